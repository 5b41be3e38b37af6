/**
 * Rows in the order of their trace ids: a radix sort over the ids' 16-bit digits, stable, so that the spans of a trace
 * stay in the order in which they came. Nearly always two of them are enough.
 */

import { TRACE_ID_BYTES } from '../../model/span.ts';

const DIGITS = TRACE_ID_BYTES / 2;
const DIGIT_VALUES = 1 << 16;

/** Where trace ids are: 16 bytes at `at(row)` of `bytes(row)`. */
export interface TraceIds {
  idBytes(row: number): Uint8Array;
  idOffset(row: number): number;
}

/** Runs of ids that begin alike and are this long are sorted by digits, not by comparing. */
const COMPARED_MAX = 64;
/** Rows between two yields. */
const SLICE_ROWS = 16_384;

/** Sorts `rows` in place, giving way now and then. */
export function* sortByTrace(rows: Uint32Array, ids: TraceIds): Generator<void, void> {
  const n = rows.length;
  // Random ids: two digits leave little but whole traces side by side.
  const heads = yield* sortByDigits(rows, ids, 0, 2);
  for (let from = 0; from < n; ) {
    let to = from + 1;
    let one = true;
    for (; to < n && heads[to] === heads[from]; to++) one &&= compareIds(ids, rows[from]!, rows[to]!) === 0;
    if (!one) {
      const run = rows.subarray(from, to);
      if (to - from > COMPARED_MAX) yield* sortByDigits(run, ids, 2, DIGITS);
      else run.sort((a, b) => compareIds(ids, a, b));
    }
    if (Math.floor(from / SLICE_ROWS) !== Math.floor(to / SLICE_ROWS)) yield;
    from = to;
  }
}

function compareIds(ids: TraceIds, a: number, b: number): number {
  const x = ids.idBytes(a);
  const y = ids.idBytes(b);
  const i = ids.idOffset(a);
  const j = ids.idOffset(b);
  for (let k = 0; k < TRACE_ID_BYTES; k++) {
    const order = x[i + k]! - y[j + k]!;
    if (order !== 0) return order;
  }
  return 0;
}

/** Sorts by the digits [first, end) of the ids; returns the lowest two of them for each place, the first one high. */
function* sortByDigits(
  rows: Uint32Array,
  ids: TraceIds,
  first: number,
  end: number,
): Generator<void, Uint32Array> {
  const n = rows.length;
  let from: Uint32Array = rows.slice();
  let to: Uint32Array = new Uint32Array(n);
  let digits = new Uint32Array(n);
  let sorted = new Uint32Array(n);
  const counts = new Uint32Array(DIGIT_VALUES);
  for (let d = end - 1; d >= first; d--) {
    // Two digits are read at a time: the ids lie all over memory.
    const pair = (end - 1 - d) % 2 === 0;
    counts.fill(0);
    for (let i = 0; i < n; i++) {
      if (pair) digits[i] = readDigits(ids, from[i]!, d);
      counts[pair ? digits[i]! & 0xffff : digits[i]! >>> 16]!++;
    }
    let sum = 0;
    for (let v = 0; v < DIGIT_VALUES; v++) {
      const count = counts[v]!;
      counts[v] = sum;
      sum += count;
    }
    for (let i = 0; i < n; i++) {
      const at = counts[pair ? digits[i]! & 0xffff : digits[i]! >>> 16]!++;
      to[at] = from[i]!;
      sorted[at] = digits[i]!;
    }
    [from, to] = [to, from];
    [digits, sorted] = [sorted, digits];
    if (n > SLICE_ROWS) yield;
  }
  rows.set(from);
  return digits;
}

/** Digit `d` of the id in the low half, the one before it in the high half. */
function readDigits(ids: TraceIds, row: number, d: number): number {
  const bytes = ids.idBytes(row);
  const at = ids.idOffset(row) + 2 * (d - 1);
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
