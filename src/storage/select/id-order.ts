/**
 * Putting what the front sent in the order of series ids: the front sends in the order of its slots, which is that of
 * arrival, and does not spend time on sorting. Series of one metric ascend already.
 */

import { SEGMENT_ROW } from '../head/log-segments.ts';
import type { RunSnapshot } from '../head/metric-runs.ts';
import type { PackedSeries } from '../head/packed-labels.ts';

const TWO_32 = 4294967296;

/** Indexes of the ids in ascending order of the ids, equal ones as they stand; undefined where they do ascend. */
export function orderOfIds(ids: ArrayLike<number>): Uint32Array | undefined {
  let ascends = true;
  for (let i = 1; i < ids.length && ascends; i++) ascends = ids[i - 1]! <= ids[i]!;
  if (ascends) return undefined;
  // Id and index in one number, exact below 2^53: sorting numbers needs no comparison function.
  const shift = 2 ** Math.ceil(Math.log2(ids.length + 1));
  if (shift * TWO_32 <= Number.MAX_SAFE_INTEGER) {
    const keys = new Float64Array(ids.length);
    for (let i = 0; i < ids.length; i++) keys[i] = ids[i]! * shift + i;
    keys.sort();
    return Uint32Array.from(keys, (k) => k % shift);
  }
  return Uint32Array.from({ length: ids.length }, (_, i) => i).sort((a, b) => ids[a]! - ids[b]! || a - b);
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
