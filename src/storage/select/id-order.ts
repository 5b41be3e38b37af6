/**
 * Putting what the front sent in the order of series ids: the front sends in the order of its slots, which is that of
 * arrival, and does not spend time on sorting. Series of one metric ascend already.
 */

import { SEGMENT_ROW } from '../head/log-segments.ts';
import type { RunSnapshot } from '../head/metric-runs.ts';
import type { PackedSeries } from '../head/packed-labels.ts';

/** Bits of an id that one pass sorts by: its counters stay in the fastest cache. */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Indexes of the ids (below 2^32) in ascending order of the ids, equal ones as they stand; undefined where they do ascend.
 * A radix sort: two or three passes, where comparing takes a dozen and more.
 */
export function orderOfIds(ids: ArrayLike<number>): Uint32Array | undefined {
  const n = ids.length;
  let ascends = true;
  let max = n > 0 ? ids[0]! : 0;
  for (let i = 1; i < n; i++) {
    const id = ids[i]!;
    if (id < max) ascends = false;
    else max = id;
  }
  if (ascends) return undefined;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let sorted = new Uint32Array(n);
  const starts = new Uint32Array(DIGITS + 1);
  for (let shift = 0; shift < 32 && max >>> shift > 0; shift += DIGIT_BITS) {
    starts.fill(0);
    for (let i = 0; i < n; i++) starts[((ids[i]! >>> shift) & (DIGITS - 1)) + 1]!++;
    for (let d = 1; d < DIGITS; d++) starts[d]! += starts[d - 1]!;
    for (let i = 0; i < n; i++) {
      const at = order[i]!;
      sorted[starts[(ids[at]! >>> shift) & (DIGITS - 1)]!++] = at;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}

export function seriesById({ ids, refs, slabs }: PackedSeries): PackedSeries {
  const order = orderOfIds(ids);
  if (!order) return { ids, refs, slabs };
  return {
    ids: Uint32Array.from(order, (i) => ids[i]!),
    refs: Uint32Array.from(order, (i) => refs[i]!),
    slabs,
  };
}

export function runsById<T extends RunSnapshot>(snapshot: T): T {
  const order = orderOfIds(snapshot.ids);
  if (!order) return snapshot;
  const { ids, runStart, runs, lastFill, starts } = snapshot;
  const n = ids.length;
  const sorted = {
    ids: new Uint32Array(n),
    runStart: new Uint32Array(n + 1),
    runs: new Uint32Array(runs.length),
    lastFill: new Uint8Array(n),
  };
  let at = 0;
  for (let k = 0; k < n; k++) {
    const i = order[k]!;
    sorted.ids[k] = ids[i]!;
    sorted.lastFill[k] = lastFill[i]!;
    sorted.runStart[k] = at;
    for (let r = runStart[i]!; r < runStart[i + 1]!; r++) sorted.runs[at++] = runs[r]!;
  }
  sorted.runStart[n] = at;
  if (!starts) return { ...snapshot, ...sorted };
  const from = order.map((i) => starts.from[i]!);
  const to = order.map((i) => starts.to[i]!);
  return { ...snapshot, ...sorted, starts: { ...starts, from, to } };
}

/** Rows of segments, those of a series as they stand. */
export function segmentsById(rows: Float64Array): Float64Array {
  const ids = new Float64Array(rows.length / SEGMENT_ROW);
  for (let i = 0; i < ids.length; i++) ids[i] = rows[i * SEGMENT_ROW]!;
  const order = orderOfIds(ids);
  if (!order) return rows;
  const sorted = new Float64Array(rows.length);
  order.forEach((i, k) => {
    sorted.set(rows.subarray(i * SEGMENT_ROW, (i + 1) * SEGMENT_ROW), k * SEGMENT_ROW);
  });
  return sorted;
}
