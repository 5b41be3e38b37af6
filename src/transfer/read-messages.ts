/** Files of messages: in protobuf behind their lengths, or as lines of JSON. */

import { ByteError } from '../base/bytes.ts';
import { decodeLokiPush } from '../ingest/decode/loki-push.ts';
import { decodeLokiPushJson } from '../ingest/decode/loki-push-json.ts';
import { otlpJsonToProtobuf } from '../ingest/decode/otlp-json.ts';
import { decodeOtlpLogs } from '../ingest/decode/otlp-logs.ts';
import { decodeOtlpTraces } from '../ingest/decode/otlp-traces.ts';
import { decodeRemoteWrite1 } from '../ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../ingest/decode/remote-write-v2.ts';
import { TriliteError } from '../model/errors.ts';
import { MESSAGE_BYTES } from '../model/export-wire.ts';
import { NO_LOG_LIMITS } from './exact-logs.ts';
import { FRAME_HEAD_BYTES } from './frame-file.ts';
import type { ImportBatch, ImportKind } from './import-batch.ts';
import { type Line, readLines } from './read-lines.ts';

/** As large as a request that a receiver takes. */
const FRAME_MAX_BYTES = 256 * 1024 * 1024;
/** The first field of a WriteRequest that has metadata alone. */
const METADATA_TAG = 0x1a;

export async function* readFramed(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  kind: ImportKind,
): AsyncGenerator<ImportBatch, void> {
  let number = 0;
  for await (const message of frames(path, pieces)) {
    const place = `${path}: message ${++number}`;
    const own = kind === 'samples' && message[0] === METADATA_TAG ? 'metadata' : kind;
    yield at(place, () => batchOf(own, message, place));
  }
}

async function* frames(path: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let held = 0;
  let needed = FRAME_HEAD_BYTES;
  for await (const piece of pieces) {
    waiting.push(piece);
    held += piece.length;
    if (held < needed) continue;
    const whole = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
    let from = 0;
    for (needed = FRAME_HEAD_BYTES; whole.length - from >= needed; needed = FRAME_HEAD_BYTES) {
      const length = view.getUint32(from);
      if (length > FRAME_MAX_BYTES) {
        throw new TriliteError('bad_data', `${path}: a message of ${length} bytes, which none has`);
      }
      needed = FRAME_HEAD_BYTES + length;
      if (whole.length - from < needed) break;
      yield whole.subarray(from + FRAME_HEAD_BYTES, from + needed);
      from += needed;
    }
    waiting = from === whole.length ? [] : [whole.subarray(from)];
    held = whole.length - from;
  }
  if (held > 0) throw new TriliteError('bad_data', `${path} ends within a message: it is cut off`);
}

/** Counts what is in a message, and sees that it is one. Throws `bad_data`. */
function batchOf(kind: ImportKind, message: Uint8Array, place: string): ImportBatch {
  const counts = countsOf(kind, message);
  return { kind, message, exemplars: 0, ...counts, place };
}

function countsOf(
  kind: ImportKind,
  message: Uint8Array,
): { readonly items: number; readonly exemplars?: number } {
  switch (kind) {
    case 'samples': {
      const { batch, errors } = decodeRemoteWrite2(message);
      if (errors.length > 0) throw new TriliteError('bad_data', errors[0]!);
      return { items: batch.sampleCount + batch.histograms.length, exemplars: batch.exemplars.length };
    }
    case 'metadata':
      return { items: decodeRemoteWrite1(message).metadata.length };
    case 'push':
      return { items: decodeLokiPush(message, 0, NO_LOG_LIMITS).batch.count };
    case 'push-json':
      // Strings are decoded where they stand, and the message is still to be sent.
      return { items: decodeLokiPushJson(new Uint8Array(message), 0, NO_LOG_LIMITS).batch.count };
    case 'otlp-traces':
      return { items: decodeOtlpTraces(message).spanCount };
    case 'otlp-logs':
      return { items: decodeOtlpLogs(message, 0, NO_LOG_LIMITS).batch.count };
  }
}

/** Errors get where they are. */
function at<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TriliteError) && !(error instanceof ByteError)) throw error;
    throw new TriliteError('bad_data', `${place}: ${error.message}`);
  }
}

const PUSH_OPEN = '{"streams":[';
const PUSH_CLOSE = ']}';

/** Lines that each are a push; those in the plainest form travel together. */
export async function* readLokiLines(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<ImportBatch, void> {
  let together: { readonly streams: string; readonly line: Line }[] = [];
  let bytes = 0;
  const take = (): ImportBatch[] => {
    const lines = together;
    together = [];
    bytes = 0;
    if (lines.length === 0) return [];
    const first = `${path}:${lines[0]!.line.number}`;
    const push = (streams: string) => Buffer.from(PUSH_OPEN + streams + PUSH_CLOSE);
    try {
      return [batchOf('push-json', push(lines.map((l) => l.streams).join(',')), first)];
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      // One of them is wrong: which?
      return lines.map(({ streams, line }) => {
        const place = `${path}:${line.number}`;
        return at(place, () => batchOf('push-json', push(streams), place));
      });
    }
  };
  for await (const line of readLines(path, pieces)) {
    const text = Buffer.from(line.bytes).toString('utf8').trim();
    if (text === '') continue;
    if (text.startsWith(PUSH_OPEN) && text.endsWith(PUSH_CLOSE) && text.length > PUSH_OPEN.length + 2) {
      together.push({ streams: text.slice(PUSH_OPEN.length, -PUSH_CLOSE.length), line });
      bytes += text.length;
      if (bytes >= MESSAGE_BYTES) yield* take();
      continue;
    }
    yield* take();
    const place = `${path}:${line.number}`;
    yield at(place, () => batchOf('push-json', Buffer.from(text), place));
  }
  yield* take();
}

/** Lines that each are OTLP's traces or logs, as the collector's file exporter writes them. */
export async function* readOtlpLines(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<ImportBatch, void> {
  for await (const { bytes, number } of readLines(path, pieces)) {
    const text = Buffer.from(bytes).toString('utf8');
    if (text.trim() === '') continue;
    const place = `${path}:${number}`;
    const [, what] = /^\s*\{\s*"resource_?(spans|logs|metrics)"/i.exec(text) ?? [];
    if (what?.toLowerCase() === 'metrics') {
      const how = 'metrics are imported as OpenMetrics or remote-write; OTLP goes to a server at /v1/metrics';
      throw new TriliteError('unsupported', `${place}: ${how}`);
    }
    const signal = what?.toLowerCase() === 'logs' ? 'logs' : 'traces';
    yield at(place, () => batchOf(`otlp-${signal}`, otlpJsonToProtobuf(signal, bytes), place));
  }
}
