/**
 * Arithmetic of OTLP's exponential buckets, which delta points need to be added up (`delta-streams.ts`). A side is dense:
 * counts from an offset on; at scale s bucket i covers (2^(i/2^s), 2^((i+1)/2^s)]. Two histograms are added at the coarser
 * of their scales, and coarser still where the sum would have too many buckets.
 */

import type { OtlpBuckets } from './otlp-point.ts';

/** Buckets of one side; SDKs have as many at most. */
export const SIDE_BUCKETS_MAX = 160;

export interface ExponentialCounts {
  scale: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: OtlpBuckets;
  negative: OtlpBuckets;
}

export const NO_BUCKETS: OtlpBuckets = { offset: 0, counts: [] };

/** Adds `b` to `a`, in place of both. */
export function addExponentials(a: ExponentialCounts, b: ExponentialCounts): void {
  const scale = Math.min(a.scale, b.scale);
  rescale(a, scale);
  rescale(b, scale);
  const fitting = Math.min(
    fittingScale(scale, a.positive, b.positive),
    fittingScale(scale, a.negative, b.negative),
  );
  rescale(a, fitting);
  rescale(b, fitting);
  widenZero(a, b.zeroThreshold);
  widenZero(b, a.zeroThreshold);
  a.zeroCount += b.zeroCount;
  a.positive = sumOf(a.positive, b.positive);
  a.negative = sumOf(a.negative, b.negative);
}

/** Makes the buckets coarser: 2^(scale - to) neighbours become one. */
function rescale(h: ExponentialCounts, to: number): void {
  if (h.scale === to) return;
  const factor = 2 ** (h.scale - to);
  h.positive = merged(h.positive, factor);
  h.negative = merged(h.negative, factor);
  h.scale = to;
}

function merged({ offset, counts }: OtlpBuckets, factor: number): OtlpBuckets {
  if (counts.length === 0) return NO_BUCKETS;
  const first = Math.floor(offset / factor);
  const out: number[] = [];
  for (let i = 0; i < counts.length; i++) {
    const at = Math.floor((offset + i) / factor) - first;
    while (out.length <= at) out.push(0);
    out[at]! += counts[i]!;
  }
  return { offset: first, counts: out };
}

/** First and last index of a populated bucket of either, or undefined. */
function extent(a: OtlpBuckets, b: OtlpBuckets): [first: number, last: number] | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { offset, counts } of [a, b]) {
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      first = Math.min(first, offset + i);
      last = Math.max(last, offset + i);
    }
  }
  return first <= last ? [first, last] : undefined;
}

/** The finest scale, `scale` at most, at which the two together have no more buckets than a side may have. */
function fittingScale(scale: number, a: OtlpBuckets, b: OtlpBuckets): number {
  const found = extent(a, b);
  if (!found) return scale;
  let [first, last] = found;
  let fitting = scale;
  for (; last - first >= SIDE_BUCKETS_MAX; fitting--) {
    first = Math.floor(first / 2);
    last = Math.floor(last / 2);
  }
  return fitting;
}

/** Both together, without empty buckets at the ends. */
function sumOf(a: OtlpBuckets, b: OtlpBuckets): OtlpBuckets {
  const found = extent(a, b);
  if (!found) return NO_BUCKETS;
  const [first, last] = found;
  const out = new Array<number>(last - first + 1).fill(0);
  for (const { offset, counts } of [a, b]) {
    for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) out[offset + i - first]! += counts[i]!;
  }
  return { offset: first, counts: out };
}

/** Widens the zero bucket to the end of the bucket that the threshold is in: what lies within counts as zero. */
function widenZero(h: ExponentialCounts, threshold: number): void {
  if (!(threshold > h.zeroThreshold)) return;
  const last = bucketOf(threshold, h.scale);
  const taken: OtlpBuckets[] = [h.positive, h.negative].map(({ offset, counts }) => {
    const n = Math.max(0, Math.min(counts.length, last + 1 - offset));
    for (let i = 0; i < n; i++) h.zeroCount += counts[i]!;
    return { offset: offset + n, counts: counts.slice(n) };
  });
  h.positive = taken[0]!;
  h.negative = taken[1]!;
  h.zeroThreshold = 2 ** ((last + 1) / 2 ** h.scale);
}

/** The bucket that has the value. */
function bucketOf(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * 2 ** scale) - 1;
}
