/** Quantiles of plain numbers, with linear interpolation between ranks. */

import { formatFloat } from '../../model/float-format.ts';

/**
 * The φ-quantile of `values[0, count)`, which it puts in another order, with NaN below every number (and first, after
 * the call); NaN of nothing, −Inf below 0, +Inf above 1. Finds the two ranks it needs without sorting the rest.
 */
export function takeQuantile(phi: number, values: Float64Array, count: number): number {
  const nans = nansFirst(values, count);
  if (count === 0 || Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  const rank = phi * (count - 1);
  const low = Math.floor(rank);
  const weight = rank - low;
  if (low < nans) return Number.NaN;
  placeRank(values, nans, count, low);
  let next = values[low]!;
  if (low + 1 < count) {
    // What is behind the rank is no less: the smallest of it is the next rank.
    next = Number.POSITIVE_INFINITY;
    for (let i = low + 1; i < count; i++) if (values[i]! < next) next = values[i]!;
  }
  return values[low]! * (1 - weight) + next * weight;
}

/** Moves NaNs to the front; returns how many there are. */
function nansFirst(values: Float64Array, count: number): number {
  let nans = 0;
  for (let i = 0; i < count; i++) {
    const v = values[i]!;
    if (v === v) continue;
    values[i] = values[nans]!;
    values[nans++] = v;
  }
  return nans;
}

/** Hoare's selection: puts the value of rank `k` at `k`, no greater ones before it and no lesser ones behind. */
function placeRank(values: Float64Array, from: number, to: number, k: number): void {
  let left = from;
  let right = to - 1;
  while (left < right) {
    const pivot = middleOf(values[left]!, values[(left + right) >>> 1]!, values[right]!);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const v = values[i]!;
      values[i++] = values[j]!;
      values[j--] = v;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else return;
  }
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** The warning that a φ outside 0…1 (or NaN) deserves. */
export function quantileWarning(phi: number): string | undefined {
  if (phi >= 0 && phi <= 1) return undefined;
  return `quantile value should be between 0 and 1, got ${formatFloat(phi)}`;
}
