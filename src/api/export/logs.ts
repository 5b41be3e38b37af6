/**
 * `GET /api/v1/trilite/export/logs`: every entry of the streams that `query` (a selector) selects, oldest first, in frames
 * (`model/export-wire.ts`). A page ends between two slices of the store, which do not overlap in time: so what is behind
 * the newest entry of a page is all that is left.
 */

import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import { type ExportMessage, MESSAGE_BYTES, messageFrame } from '../../model/export-wire.ts';
import { quote } from '../../model/go-string.ts';
import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Service } from '../../query/service.ts';
import type { LogReader, TimeRange } from '../../storage/interface.ts';
import { optionalSelector } from '../loki/selector.ts';
import { readingParameter } from '../params.ts';
import { framesAnswer, PAGE_BYTES, paramsOf, positionOf, windowOf } from './window.ts';

const NS_PER_MS = 1e6;
const PLAIN_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Field numbers and wire types of PushRequest, Stream, Entry, Timestamp and LabelPair. */
const TAG = {
  stream: 10,
  labels: 10,
  entry: 18,
  time: 10,
  seconds: 8,
  nanos: 16,
  line: 18,
  pair: 26,
  name: 10,
  value: 18,
} as const;

/** Everything up to this time, inclusive, has gone out. */
interface Position {
  readonly afterMs: number;
  /** Within the millisecond. */
  readonly afterNs: number;
}

export const exportLogs: Service = async (request, { storage, signal }) => {
  const params = paramsOf(request);
  const matchers = readingParameter('query', () => optionalSelector(params.get('query')));
  const window = windowOf(params, request.nowMs);
  return framesAnswer(pageOf(storage.logs, matchers, window, positionOf(params, isPosition), signal));
};

function isPosition(value: unknown): value is Position {
  const { afterMs, afterNs } = (value ?? {}) as Partial<Position>;
  return typeof afterMs === 'number' && typeof afterNs === 'number';
}

async function* pageOf(
  logs: LogReader,
  matchers: readonly Matcher[],
  window: TimeRange,
  after: Position = { afterMs: window.minMs - 1, afterNs: NS_PER_MS },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, Position | undefined> {
  const minMs = Math.max(window.minMs, after.afterMs);
  const cursor = await logs.select({ matchers, minMs, maxMs: window.maxMs, direction: 'forward' }, signal);
  const out = new LogMessage();
  let newest = after;
  let sent = 0;
  try {
    while (await cursor.nextBatch()) {
      while (cursor.next()) {
        const chunk = cursor.chunk();
        const first = firstBehind(chunk, after);
        const end = firstBehind(chunk, { afterMs: window.maxMs, afterNs: NS_PER_MS });
        for (let i = first; i < end; ) {
          i = out.add(cursor.labels(), chunk, i, end);
          if (out.bytes < MESSAGE_BYTES) continue;
          sent += out.bytes;
          yield messageFrame(out.take());
        }
        if (end > first) newest = later(newest, timeOf(chunk, end - 1));
      }
      if (sent < PAGE_BYTES) continue;
      if (out.bytes > 0) yield messageFrame(out.take());
      return newest;
    }
    if (out.bytes > 0) yield messageFrame(out.take());
  } finally {
    cursor.close();
  }
  return undefined;
}

function timeOf({ baseMs, offsetsNs }: EntryChunk, i: number): Position {
  const offset = offsetsNs[i]!;
  const ms = Math.floor(offset / NS_PER_MS);
  return { afterMs: baseMs + ms, afterNs: offset - ms * NS_PER_MS };
}

function isBehind(a: Position, b: Position): boolean {
  return a.afterMs > b.afterMs || (a.afterMs === b.afterMs && a.afterNs > b.afterNs);
}

function later(a: Position, b: Position): Position {
  return isBehind(b, a) ? b : a;
}

/** Index of the first entry behind the time, `count` where none is. */
function firstBehind(chunk: EntryChunk, time: Position): number {
  let low = 0;
  let high = chunk.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(timeOf(chunk, middle), time)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Streams of one push request as they are put together; a stream's neighbouring chunks are one. */
class LogMessage {
  readonly #out = new ProtoWriter(1 << 16);
  #items = 0;

  get bytes(): number {
    return this.#out.length;
  }

  /** Adds entries `[from, end)` of a stream until the message is full; returns the first that is not in it. */
  add(labels: Labels, chunk: EntryChunk, from: number, end: number): number {
    const out = this.#out;
    out.u8(TAG.stream);
    const start = out.length;
    out.u8(TAG.labels);
    out.text(selectorText(labels));
    let i = from;
    while (i < end && out.length < MESSAGE_BYTES) writeEntry(out, chunk, i++);
    out.closeLength(start);
    this.#items += i - from;
    return i;
  }

  take(): ExportMessage {
    const whole = { message: this.#out.take(), items: this.#items, exemplars: 0 };
    this.#out.clear();
    this.#items = 0;
    return whole;
  }
}

/** The stream's labels as pushes name them. */
function selectorText({ pairs }: Labels): string {
  let text = '';
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    const shown = PLAIN_NAME.test(name) ? name : quote(name);
    text += `${i === 0 ? '' : ', '}${shown}=${quote(pairs[i + 1]!)}`;
  }
  return `{${text}}`;
}

function writeEntry(out: ProtoWriter, chunk: EntryChunk, i: number): void {
  out.u8(TAG.entry);
  const start = out.beginLength();
  out.u8(TAG.time);
  const time = out.beginLength();
  writeTime(out, timeOf(chunk, i));
  out.endLength(time);
  out.u8(TAG.line);
  out.block(chunk.lines.subarray(i === 0 ? 0 : chunk.lineEnds[i - 1]!, chunk.lineEnds[i]!));
  for (let p = i === 0 ? 0 : chunk.pairEnds[i - 1]!; p < chunk.pairEnds[i]!; p += 2) {
    out.u8(TAG.pair);
    const pair = out.beginLength();
    out.u8(TAG.name);
    out.text(chunk.strings[chunk.pairs[p]!]!);
    out.u8(TAG.value);
    out.text(chunk.strings[chunk.pairs[p + 1]!]!);
    out.endLength(pair);
  }
  out.endLength(start);
}

function writeTime(out: ProtoWriter, { afterMs: ms, afterNs: ns }: Position): void {
  const seconds = Math.floor(ms / 1000);
  const nanos = (ms - seconds * 1000) * NS_PER_MS + ns;
  if (seconds !== 0) {
    out.u8(TAG.seconds);
    if (seconds > 0) out.varint(seconds);
    else out.varint64(BigInt(seconds));
  }
  if (nanos === 0) return;
  out.u8(TAG.nanos);
  out.varint(nanos);
}
