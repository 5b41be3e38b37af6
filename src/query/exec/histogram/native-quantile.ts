/**
 * Quantiles, fractions and moments of one native histogram. Within a bucket observations are taken to be spread
 * evenly on a logarithmic scale; linearly in the zero bucket and in custom buckets.
 */

import { allBuckets, type Bucket, usesCustomBuckets } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { KahanSum } from '../kahan.ts';

/** What NaN observations, which are in no bucket, did to a quantile. */
export type QuantileNote = 'nan_result' | 'nan_skew' | undefined;

export const lastQuantile = { note: undefined as QuantileNote };
/** Whether the last fraction was of a histogram with NaN observations. */
export const lastFraction = { hasNaN: false };

/** The bucket around zero has no negative part where all else is positive, and the other way around. */
export function clipZero(bucket: Bucket, buckets: readonly Bucket[]): Bucket {
  return bucket.kind === 'zero' ? clipAtZero(bucket, buckets) : bucket;
}

function clipAtZero(bucket: Bucket, buckets: readonly Bucket[]): Bucket {
  const negative = buckets.some((b) => b.kind === 'negative');
  const positive = buckets.some((b) => b.kind === 'positive');
  if (positive && !negative) return { ...bucket, lower: 0 };
  if (negative && !positive) return { ...bucket, upper: 0 };
  return bucket;
}

/** The φ-quantile; `lastQuantile.note` tells of NaN observations. */
export function histogramQuantile(q: number, h: Histogram): number {
  lastQuantile.note = undefined;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  if (h.count === 0 || Number.isNaN(q)) return Number.NaN;
  const buckets = allBuckets(h);
  // From the nearer end; NaN observations make the sum NaN and break counting from the top.
  const upward = Number.isNaN(h.sum) || q < 0.5;
  let rank = upward ? q * h.count : (1 - q) * h.count;
  let found: Bucket | undefined;
  let count = 0;
  for (let i = 0; i < buckets.length; i++) {
    found = buckets[upward ? i : buckets.length - 1 - i]!;
    count += found.count;
    if (count >= rank) break;
  }
  if (found === undefined) {
    if (!(rank > 0)) return Number.NaN;
    if (!Number.isNaN(h.sum)) return 0;
    lastQuantile.note = 'nan_result';
    return Number.NaN;
  }
  let bucket = clipZero(found, buckets);
  if (usesCustomBuckets(h)) {
    if (bucket.lower === Number.NEGATIVE_INFINITY) {
      if (bucket.upper <= 0) return bucket.upper;
      bucket = { ...bucket, lower: 0 };
    } else if (bucket.upper === Number.POSITIVE_INFINITY) return bucket.lower;
  }
  if (count > h.count) count = h.count;
  if (count < rank) {
    // Without NaN observations it is the buckets that do not add up.
    if (!Number.isNaN(h.sum)) return bucket.upper;
    lastQuantile.note = 'nan_result';
    return Number.NaN;
  }
  if (upward) rank -= count - bucket.count;
  else rank = count - rank;
  // Opposite infinities make the sum NaN too, but they are in buckets.
  if (Number.isNaN(h.sum) && totalOf(buckets) < h.count) lastQuantile.note = 'nan_skew';
  return within(bucket, rank / bucket.count, usesCustomBuckets(h));
}

function totalOf(buckets: readonly Bucket[]): number {
  let total = 0;
  for (const b of buckets) total += b.count;
  return total;
}

/** The value a fraction of the way into the bucket. */
function within(bucket: Bucket, fraction: number, custom: boolean): number {
  const { lower, upper } = bucket;
  if (custom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

/** The part of observations in [lower, upper]; NaN of nothing. `lastFraction` tells of NaN observations. */
export function histogramFraction(lower: number, upper: number, h: Histogram): number {
  lastFraction.hasNaN = false;
  if (h.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const custom = usesCustomBuckets(h);
  const buckets = allBuckets(h);
  let rank = 0;
  let lowerRank: number | undefined;
  let upperRank: number | undefined;
  for (const original of buckets) {
    const atZero = original.lower <= 0 && original.upper >= 0;
    const b = atZero ? clipAtZero(original, buckets) : original;
    if (lowerRank === undefined && b.lower >= lower) lowerRank = rank;
    if (upperRank === undefined && b.lower >= upper) upperRank = rank;
    if (lowerRank !== undefined && upperRank !== undefined) break;
    if (lowerRank === undefined && b.upper > lower) lowerRank = rank + countBelow(b, lower, custom);
    if (upperRank === undefined && b.upper > upper) upperRank = rank + countBelow(b, upper, custom);
    rank += b.count;
  }
  // NaN observations count but are in no range.
  const top = Number.isNaN(h.sum) ? totalOf(buckets) : h.count;
  lastFraction.hasNaN = top < h.count;
  if (lowerRank === undefined || lowerRank > top) lowerRank = top;
  if (upperRank === undefined || upperRank > top) upperRank = top;
  return (upperRank - lowerRank) / h.count;
}

/** How many of the bucket's observations are below `v`, which is inside it. */
export function countBelow(b: Bucket, v: number, custom: boolean): number {
  if (b.lower === Number.NEGATIVE_INFINITY) return v === Number.NEGATIVE_INFINITY ? 0 : b.count;
  if (b.upper === Number.POSITIVE_INFINITY) return 0;
  if (custom || b.kind === 'zero') return (b.count * (v - b.lower)) / (b.upper - b.lower);
  const logLower = Math.log2(Math.abs(b.lower));
  const logUpper = Math.log2(Math.abs(b.upper));
  const logV = Math.log2(Math.abs(v));
  const fraction =
    v > 0 ? (logV - logLower) / (logUpper - logLower) : 1 - (logV - logUpper) / (logLower - logUpper);
  return b.count * fraction;
}

/** The mean that stands for a bucket's observations; infinite where a custom bucket is. */
function bucketMean(b: Bucket, custom: boolean): number {
  if (custom) return (b.lower + b.upper) / 2;
  if (b.lower <= 0 && b.upper >= 0) return 0;
  const mean = Math.sqrt(b.lower * b.upper);
  return b.upper < 0 ? -mean : mean;
}

/** Population variance, each observation at its bucket's mean. */
export function histogramVariance(h: Histogram): number {
  const mean = h.sum / h.count;
  const custom = usesCustomBuckets(h);
  const variance = new KahanSum();
  for (const b of allBuckets(h)) {
    const delta = bucketMean(b, custom) - mean;
    variance.add(b.count * delta * delta);
  }
  return variance.value() / h.count;
}
