/**
 * A chunk of one series: a flag byte, the timestamps (in the chunk, or a reference to the page's table), the
 * values and, where any sample has one, the start timestamps. Bits survive exactly: stale markers, NaN payloads,
 * -0. Layout: docs/format/series-chunk.md. The page around it compresses and has the version and the checksum.
 */

import { assert } from '../../base/assert.ts';
import { ByteError, type ByteReader, ByteWriter } from '../../base/bytes.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { SampleColumns } from '../interface.ts';
import { CHUNK_FLAG, CHUNK_FLAGS_ALL, VALUE_ENCODING } from './codec.ts';
import { decodeDecimals, encodeDecimals } from './decimal.ts';
import { decodeHistograms, encodeHistograms } from './histogram.ts';
import {
  decodeTimeCount,
  decodeTimes,
  encodeTimes,
  type TimestampColumns,
  type TimestampTable,
} from './timestamps.ts';
import { decodeWords, encodeWords } from './xor.ts';

export interface SeriesChunkOptions {
  /** The page's table: timestamps go there, and the chunk refers to them. */
  readonly table?: TimestampTable | undefined;
  /** Start timestamps in ms (0 unknown), indexed as the timestamps are. */
  readonly startTimestamps?: Float64Array | undefined;
}

/** From this size in bytes per value on, a decimal column is compared with the XOR encoding. */
const WIDE_DECIMAL_BYTES = 5;

const trial = new ByteWriter(1024);

/** Writes a column of float64 values in the encoding that takes least room; the count is not written. */
export function encodeValues(out: ByteWriter, values: Float64Array, from: number, to: number): void {
  if (from === to) return;
  trial.clear();
  if (!encodeDecimals(trial, values, from, to)) {
    encodeWords(out, values, from, to);
    return;
  }
  if (trial.length >= WIDE_DECIMAL_BYTES * (to - from)) {
    const decimal = trial.take();
    trial.clear();
    encodeWords(trial, values, from, to);
    if (decimal.length <= trial.length) {
      out.bytes(decimal);
      return;
    }
  }
  out.bytes(trial.view());
}

/** Reads `n` values into `into[at, at + n)`. Throws `ByteError`. */
export function decodeValues(input: ByteReader, into: Float64Array, at: number, n: number): void {
  if (n === 0) return;
  const encoding = input.u8();
  if (encoding === VALUE_ENCODING.decimal) decodeDecimals(input, into, at, n);
  else decodeWords(input, encoding, into, at, n);
}

function encodeHead(
  out: ByteWriter,
  timestamps: Float64Array,
  from: number,
  to: number,
  options: SeriesChunkOptions | undefined,
  extraFlags: number,
): boolean {
  const starts = options?.startTimestamps;
  let hasStarts = false;
  if (starts) for (let i = from; i < to && !hasStarts; i++) hasStarts = starts[i] !== 0;
  const table = options?.table;
  out.u8((table ? CHUNK_FLAG.sharedTimes : 0) | (hasStarts ? CHUNK_FLAG.startTimes : 0) | extraFlags);
  if (table) out.varint(table.intern(timestamps, from, to));
  else encodeTimes(out, timestamps, from, to);
  return hasStarts;
}

/** Appends the samples `[from, to)` as one chunk; at most `CHUNK_SAMPLES_MAX`. */
export function encodeSeriesChunk(
  out: ByteWriter,
  timestamps: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  options?: SeriesChunkOptions,
): void {
  const hasStarts = encodeHead(out, timestamps, from, to, options, 0);
  encodeValues(out, values, from, to);
  if (hasStarts) encodeValues(out, options!.startTimestamps!, from, to);
}

/** The same for native histograms, `histograms[i]` being the sample at `timestamps[i]`. */
export function encodeHistogramChunk(
  out: ByteWriter,
  timestamps: Float64Array,
  histograms: readonly Histogram[],
  from: number,
  to: number,
  options?: SeriesChunkOptions,
): void {
  const hasStarts = encodeHead(out, timestamps, from, to, options, CHUNK_FLAG.histograms);
  encodeHistograms(out, histograms, from, to);
  if (hasStarts) encodeValues(out, options!.startTimestamps!, from, to);
}

/**
 * Appends a chunk's samples, floats or histograms, at `into.count` and moves it; returns how many there were.
 * Leaves the reader behind the chunk. Throws `ByteError` at damaged bytes, `into.count` is then as before.
 */
export function decodeSeriesChunk(input: ByteReader, into: SampleColumns, table?: TimestampColumns): number {
  const flags = input.u8();
  if (flags > CHUNK_FLAGS_ALL) throw new ByteError(`chunk flags ${flags}`, input.pos - 1);
  const at = into.count;
  let n: number;
  if (flags & CHUNK_FLAG.sharedTimes) {
    assert(table, 'a chunk with shared timestamps needs its page’s table');
    const column = table.column(input.varint());
    n = column.length;
    into.ensure(at + n);
    into.timestamps.set(column, at);
  } else {
    n = decodeTimeCount(input);
    into.ensure(at + n);
    decodeTimes(input, into.timestamps, at, n);
  }
  if (flags & CHUNK_FLAG.histograms) {
    const histograms = decodeHistograms(input, n);
    into.values.fill(0, at, at + n);
    into.histograms ??= new Array<undefined>(at).fill(undefined);
    into.histograms.length = at;
    for (const h of histograms) into.histograms.push(h);
  } else {
    decodeValues(input, into.values, at, n);
    if (into.histograms) {
      into.histograms.length = at;
      for (let i = 0; i < n; i++) into.histograms.push(undefined);
    }
  }
  if (flags & CHUNK_FLAG.startTimes) {
    decodeValues(input, into.withStarts(), at, n);
  } else into.startTimestamps?.fill(0, at, at + n);
  into.count = at + n;
  return n;
}
