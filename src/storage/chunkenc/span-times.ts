/**
 * Start times of a group as bytes: those of the traces' first spans, then each further span's distance from the span
 * before it, which is small. Rows whose times do not fit a float64 exactly are 0 there and listed apart.
 */

import type { ByteReader, ByteWriter } from '../../base/bytes.ts';
import type { ExactTimes } from '../../model/span-group.ts';
import { readU32s, readWhole, readWords, writeU32s, writeWhole, writeWords } from './column.ts';

const NS_PER_MS = 1000000n;

export function writeStarts(
  out: ByteWriter,
  startsNs: Float64Array,
  traceStarts: Uint32Array,
  exact: readonly ExactTimes[],
): void {
  const starts = exact.length === 0 ? startsNs : startsNs.slice();
  for (const { row } of exact) starts[row] = 0;
  const traces = traceStarts.length - 1;
  const firsts = new Float64Array(traces);
  const deltas = new Float64Array(starts.length - traces);
  let d = 0;
  for (let t = 0; t < traces; t++) {
    const end = traceStarts[t + 1]!;
    let row = traceStarts[t]!;
    firsts[t] = starts[row]!;
    for (row++; row < end; row++) deltas[d++] = starts[row]! - starts[row - 1]!;
  }
  writeWhole(out, firsts);
  writeWhole(out, deltas);
}

export function readStarts(
  input: ByteReader,
  traceStarts: Uint32Array,
  exact: readonly ExactTimes[],
  baseMs: number,
): Float64Array {
  const traces = traceStarts.length - 1;
  const n = traceStarts[traces]!;
  const firsts = readWhole(input, traces);
  const deltas = readWhole(input, n - traces);
  const starts = new Float64Array(n);
  let d = 0;
  for (let t = 0; t < traces; t++) {
    const end = traceStarts[t + 1]!;
    let row = traceStarts[t]!;
    let at = firsts[t]!;
    starts[row] = at;
    for (row++; row < end; row++) starts[row] = at += deltas[d++]!;
  }
  const baseNs = BigInt(baseMs) * NS_PER_MS;
  for (const { row, startNs } of exact) starts[row] = Number(startNs - baseNs);
  return starts;
}

export function writeDurations(out: ByteWriter, durations: Float64Array, exact: readonly ExactTimes[]): void {
  const values = exact.length === 0 ? durations : durations.slice();
  for (const { row } of exact) values[row] = 0;
  writeWhole(out, values);
}

export function readDurations(input: ByteReader, n: number, exact: readonly ExactTimes[]): Float64Array {
  const values = readWhole(input, n);
  for (const { row, startNs, endNs } of exact) values[row] = Math.max(0, Number(endNs - startNs));
  return values;
}

export function writeExactTimes(out: ByteWriter, exact: readonly ExactTimes[]): void {
  writeU32s(
    out,
    Uint32Array.from(exact, (e) => e.row),
  );
  writeWords(out, wordsOf(exact.map((e) => e.startNs)));
  writeWords(out, wordsOf(exact.map((e) => e.endNs)));
}

export function readExactTimes(input: ByteReader, n: number): ExactTimes[] {
  const rows = readU32s(input, n);
  const starts = new BigUint64Array(readWords(input, n).buffer);
  const ends = new BigUint64Array(readWords(input, n).buffer);
  return Array.from(rows, (row, i) => ({ row, startNs: starts[i]!, endNs: ends[i]! }));
}

/** Event times by event row, as 64-bit words. */
export function writeExactEvents(out: ByteWriter, exact: ReadonlyMap<number, bigint>): void {
  writeU32s(out, Uint32Array.from(exact.keys()));
  writeWords(out, wordsOf([...exact.values()]));
}

export function readExactEvents(input: ByteReader, n: number): Map<number, bigint> {
  const rows = readU32s(input, n);
  const times = new BigUint64Array(readWords(input, n).buffer);
  return new Map(Array.from(rows, (row, i) => [row, times[i]!] as const));
}

function wordsOf(values: readonly bigint[]): Uint32Array {
  return new Uint32Array(BigUint64Array.from(values).buffer);
}

/** Exact start of a span in ns since 1970. */
export function exactStart(
  row: number,
  baseMs: number,
  startsNs: Float64Array,
  exact: readonly ExactTimes[],
): bigint {
  const found = exact.find((e) => e.row === row);
  return found ? found.startNs : BigInt(baseMs) * NS_PER_MS + BigInt(startsNs[row]!);
}
