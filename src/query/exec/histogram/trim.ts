/**
 * Trimming a native histogram at a value: the buckets on the kept side stay, the one that is cut is interpolated.
 * Count and sum are told anew from what is left, the sum from the means of the kept parts, if anything was removed.
 *
 * A custom bucket that reaches to infinity cannot be interpolated: it is dropped where the cut leaves it a finite
 * side only, and kept whole, at the cut, where the kept side is the infinite one.
 */

import {
  type Bucket,
  type Buckets,
  negativeBuckets,
  positiveBuckets,
  usesCustomBuckets,
  wholeBuckets,
  withBuckets,
} from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { clipZero, countBelow } from './native-quantile.ts';

/** What is left of a bucket: so many observations with this mean. */
interface Kept {
  readonly count: number;
  readonly mean: number;
}

const NOTHING: Kept = { count: 0, mean: 0 };

/** Keeps observations up to `at` (`upper`) or from it on (`lower`). */
export function trimHistogram(h: Histogram, at: number, keep: 'upper' | 'lower'): Histogram {
  const custom = usesCustomBuckets(h);
  const buckets = wholeBuckets(h);
  if (Number.isNaN(at)) return trimAtNaN(h, buckets);
  let changed = false;
  let count = 0;
  let sum = 0;
  const counts = buckets.map((original) => {
    const bucket = clipZero(original, buckets);
    const kept = custom ? keptCustom(bucket, at, keep) : keptFinite(bucket, at, keep, false);
    if (kept.count !== bucket.count) changed = true;
    count += kept.count;
    if (kept.count !== 0) sum += kept.count * kept.mean;
    return { kind: bucket.kind, count: kept.count };
  });
  if (!changed) return h;
  const of = (kind: Bucket['kind']) => counts.filter((b) => b.kind === kind).map((b) => b.count);
  const trimmed = { ...h, count, sum, zeroCount: of('zero')[0] ?? 0, integer: false };
  return withBuckets(
    trimmed,
    replaced(positiveBuckets(h), of('positive')),
    replaced(negativeBuckets(h), of('negative').reverse()),
  );
}

/** No bucket is on either side of NaN; a part of the zero bucket is, but nobody knows which. */
function trimAtNaN(h: Histogram, buckets: readonly Bucket[]): Histogram {
  if (buckets.length === 0) return h;
  const left = h.zeroCount > 0 ? Number.NaN : 0;
  const none: Buckets = { indexes: [], counts: [] };
  return withBuckets({ ...h, count: left, sum: left, zeroCount: left }, none, none);
}

/** A bucket with finite bounds. */
function keptFinite(bucket: Bucket, at: number, keep: 'upper' | 'lower', custom: boolean): Kept {
  const { lower, upper, count } = bucket;
  const mean = (from: number, to: number): number => {
    if (custom || bucket.kind === 'zero') return (from + to) / 2;
    const geometric = Math.sqrt(from * to);
    return to <= 0 ? -geometric : geometric;
  };
  const whole = { count, mean: mean(lower, upper) };
  if (at <= lower) return keep === 'upper' ? NOTHING : whole;
  if (at >= upper) return keep === 'upper' ? whole : NOTHING;
  const below = countBelow(bucket, at, custom);
  return keep === 'upper'
    ? { count: below, mean: mean(lower, at) }
    : { count: count - below, mean: mean(at, upper) };
}

function keptCustom(bucket: Bucket, at: number, keep: 'upper' | 'lower'): Kept {
  const { lower, upper, count } = bucket;
  const fromBelow = lower === Number.NEGATIVE_INFINITY;
  const toAbove = upper === Number.POSITIVE_INFINITY;
  if (!fromBelow && !toAbove) return keptFinite(bucket, at, keep, true);
  const keepsAll = at === (keep === 'upper' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
  if (keepsAll) return { count, mean: fromBelow ? Math.min(upper, 0) : lower };
  if (fromBelow && toAbove) return NOTHING;
  if (toAbove) {
    if (keep === 'upper' || at === Number.POSITIVE_INFINITY) return NOTHING;
    return { count, mean: Math.max(lower, at) };
  }
  if (upper <= 0) {
    if (keep === 'lower' || at === Number.NEGATIVE_INFINITY) return NOTHING;
    return { count, mean: Math.min(upper, at) };
  }
  // Observations of the first bucket are taken to be positive where its bound is.
  if (at < 0) return NOTHING;
  return keptFinite({ ...bucket, lower: 0 }, at, keep, true);
}

function replaced({ indexes }: Buckets, counts: readonly number[]): Buckets {
  const out: Buckets = { indexes: [], counts: [] };
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    out.indexes.push(indexes[i]!);
    out.counts.push(count);
  }
  return out;
}
