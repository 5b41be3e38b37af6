/**
 * The log head: entries that the WAL holds, in segments per stream. Nothing is refused here (limits are the
 * receivers' matter): an entry that is there already is stored again and dropped when it is read or flushed.
 */

import {
  ByteError,
  type ByteReader,
  type ByteWriter,
  readCount,
  readIndex,
  utf8Decode,
} from '../../base/bytes.ts';
import { decompressSnappy, snappyLength } from '../../base/snappy.ts';
import type { LogBatch } from '../../model/batch.ts';
import type { Labels } from '../../model/labels.ts';
import { IdleSeries } from './idle-series.ts';
import { LogSegments } from './log-segments.ts';
import type { SeriesIndex } from './series-index.ts';
import { readDefinitions, WAL_KIND, writeDefinitions } from './wal-record.ts';

const NS_PER_MS = 1_000_000;
/** Stream, time, nanoseconds, line length and number of pairs: a byte each at least. */
const ENTRY_BYTES_MIN = 5;
/** What an entry takes beside its line, mostly. */
const ENTRY_BYTES_TYPICAL = 16;

export interface LogGeneration {
  readonly number: number;
  readonly segments: LogSegments;
}

export class LogHead {
  readonly series: SeriesIndex;
  readonly #partitionSpanMs: number;
  current: LogGeneration;
  sealed: readonly LogGeneration[] = [];
  /** Streams that no WAL record defines yet. */
  #pendingDefinitions: { ids: number[]; labels: Labels[] } = { ids: [], labels: [] };
  readonly idle: IdleSeries;

  constructor(series: SeriesIndex, generation: number, partitionSpanMs: number) {
    this.series = series;
    this.#partitionSpanMs = partitionSpanMs;
    this.current = { number: generation, segments: new LogSegments(partitionSpanMs) };
    this.idle = new IdleSeries(series);
    series.onAdd = (slot, labels) => {
      this.idle.used(slot, this.current.number);
      if (series.createdIn(slot) === 0 || !labels) return;
      this.#pendingDefinitions.ids.push(series.id(slot));
      this.#pendingDefinitions.labels.push(labels);
    };
  }

  /** Adds the batch to the head and writes its WAL record; returns the ids of its streams. */
  append(batch: LogBatch, out: ByteWriter): readonly number[] {
    const slots = batch.streams.map((labels) => this.series.resolveLabels(labels, this.current.number));
    const ids = slots.map((slot) => this.series.id(slot));
    this.current.segments.append(batch, slots);
    out.u8(batch.packed ? WAL_KIND.packedLogs : WAL_KIND.logs);
    const defined = this.#pendingDefinitions;
    if (defined.ids.length > 0) this.#pendingDefinitions = { ids: [], labels: [] };
    writeDefinitions(out, defined);
    encodeEntries(out, batch, ids);
    return ids;
  }

  /** Takes in a record of this kind, behind the kind. */
  replay(
    kind: number,
    input: ByteReader,
    define: (id: number, canonical: Uint8Array) => void,
    slotOf: (id: number) => number,
  ): void {
    // `slotOf` gives -1 for an id that nothing defines any more.
    readDefinitions(input, define);
    const { batch, ids } = decodeEntries(input, kind === WAL_KIND.packedLogs);
    this.current.segments.append(batch, ids.map(slotOf));
  }

  seal(next: number): LogGeneration {
    const sealed = this.current;
    this.sealed = [...this.sealed, sealed];
    this.current = { number: next, segments: new LogSegments(this.#partitionSpanMs) };
    return sealed;
  }

  /** The slots of which some generation holds something: they cannot be evicted. */
  held(): (slot: number) => boolean {
    const generations = [this.current, ...this.sealed];
    return (slot) => generations.some((g) => g.segments.segmentsOf(slot).length > 0);
  }

  retire(generation: number): void {
    for (const g of this.sealed) {
      if (g.number > generation) continue;
      for (const slot of g.segments.slots()) this.idle.used(slot, g.number);
    }
    this.sealed = this.sealed.filter((g) => g.number > generation);
  }
}

/**
 * The body where it is kept compressed, stream ids, the strings of metadata once, then per entry stream, time, line (its
 * bytes, or where it stands in the body) and metadata.
 */
function encodeEntries(out: ByteWriter, batch: LogBatch, ids: readonly number[]): void {
  const { packed } = batch;
  // At once, since growing means copying.
  out.reserve((packed ? packed.bytes.length : batch.bytes.length) + ENTRY_BYTES_TYPICAL * batch.count);
  if (packed) out.block(packed.bytes);
  out.varint(ids.length);
  for (const id of ids) out.varint(id);
  out.varint(batch.strings.length);
  for (const s of batch.strings) out.text(s);
  out.varint(batch.count);
  let time = 0;
  let lineEnd = 0;
  let pairStart = 0;
  for (let i = 0; i < batch.count; i++) {
    out.varint(batch.stream[i]!);
    out.zigzag(batch.timeMs[i]! - time);
    time = batch.timeMs[i]!;
    out.varint(batch.timeNs[i]!);
    const start = batch.lineStart[i]!;
    const end = batch.lineEnd[i]!;
    if (packed) out.zigzag(start - lineEnd);
    lineEnd = end;
    out.varint(end - start);
    if (!packed) out.bytes(batch.bytes.subarray(start, end));
    const pairEnd = batch.pairEnd[i]!;
    out.varint(pairEnd - pairStart);
    for (let p = pairStart; p < pairEnd; p++) out.varint(batch.pairs[p]!);
    pairStart = pairEnd;
  }
}

/** A body that says it is longer is damaged: receivers take no such request. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;

function readBody(input: ByteReader): Uint8Array {
  const packed = input.block();
  const length = snappyLength(packed);
  if (length > BODY_BYTES_MAX) throw new ByteError(`body of ${length} bytes`, input.pos);
  return decompressSnappy(packed);
}

function decodeEntries(input: ByteReader, isPacked: boolean): { batch: LogBatch; ids: number[] } {
  const body = isPacked ? readBody(input) : undefined;
  const ids = Array.from({ length: readCount(input, 1) }, () => input.varint());
  const strings = Array.from({ length: readCount(input, 1) }, () => utf8Decode(input.block()));
  const count = readCount(input, ENTRY_BYTES_MIN);
  const batch = {
    streams: [],
    count,
    stream: new Uint32Array(count),
    timeMs: new Float64Array(count),
    timeNs: new Uint32Array(count),
    bytes: body ?? input.buf,
    lineStart: new Uint32Array(count),
    lineEnd: new Uint32Array(count),
    pairEnd: new Uint32Array(count),
    strings,
  };
  const pairs: number[] = [];
  let time = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    batch.stream[i] = readIndex(input, ids.length);
    batch.timeMs[i] = time += input.zigzag();
    batch.timeNs[i] = readIndex(input, NS_PER_MS);
    if (body) at += input.zigzag();
    const n = input.varint();
    if (body) {
      if (at < 0 || at + n > body.length) throw new ByteError('line outside the body', input.pos);
    } else {
      at = input.pos;
      input.bytes(n);
    }
    batch.lineStart[i] = at;
    batch.lineEnd[i] = at += n;
    for (let p = input.varint(); p > 0; p--) pairs.push(readIndex(input, strings.length));
    batch.pairEnd[i] = pairs.length;
  }
  return { batch: { ...batch, pairs: Uint32Array.from(pairs) }, ids };
}
