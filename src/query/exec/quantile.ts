/** Quantiles of plain numbers, with linear interpolation between ranks. */

import { formatFloat } from '../../model/float-format.ts';

/** Sorts in place, NaN before every number, and returns the array. */
export function sortNaNFirst(values: Float64Array): Float64Array {
  // The native sort puts NaN last; turning them to the front is a rotation.
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans++;
  if (nans > 0) {
    values.copyWithin(nans, 0, values.length - nans);
    values.fill(Number.NaN, 0, nans);
  }
  return values;
}

/** The φ-quantile of sorted values; NaN of nothing, −Inf below 0, +Inf above 1. */
export function quantileOfSorted(phi: number, values: Float64Array): number {
  const n = values.length;
  if (n === 0 || Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  const rank = phi * (n - 1);
  const low = Math.max(0, Math.floor(rank));
  const high = Math.min(n - 1, low + 1);
  const weight = rank - Math.floor(rank);
  return values[low]! * (1 - weight) + values[high]! * weight;
}

/** The warning that a φ outside 0…1 (or NaN) deserves. */
export function quantileWarning(phi: number): string | undefined {
  if (phi >= 0 && phi <= 1) return undefined;
  return `quantile value should be between 0 and 1, got ${formatFloat(phi)}`;
}
