/**
 * Reading native histograms: buckets as an index with a count, their bounds, equality, the text form. Buckets are
 * sparse; a bucket without a count and no bucket are the same here.
 *
 * Exponential bucket i covers (2^((i-1)/2^s), 2^(i/2^s)], mirrored for negative observations; the last one that
 * a float64 can bound is cut at the largest float, and one more reaches to infinity. Custom bucket i covers
 * (bound[i-1], bound[i]], from −Inf for the first, to +Inf for the last.
 */

import { formatFloat } from './float-format.ts';
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from './histogram.ts';

/** Populated buckets of one side, ascending by index. */
export interface Buckets {
  readonly indexes: number[];
  readonly counts: number[];
}

export function usesCustomBuckets(h: Histogram): boolean {
  return h.schema === CUSTOM_BUCKETS_SCHEMA;
}

/** Populated buckets (a count other than 0). */
export function readBuckets(spans: readonly BucketSpan[], counts: readonly number[]): Buckets {
  const out: Buckets = { indexes: [], counts: [] };
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = counts[at++]!;
      if (count === 0) continue;
      out.indexes.push(index);
      out.counts.push(count);
    }
  }
  return out;
}

export function positiveBuckets(h: Histogram): Buckets {
  return readBuckets(h.positiveSpans, h.positiveCounts);
}

export function negativeBuckets(h: Histogram): Buckets {
  return readBuckets(h.negativeSpans, h.negativeCounts);
}

/** Spans of consecutive indexes. */
export function spansOf(indexes: readonly number[]): BucketSpan[] {
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indexes) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return spans;
}

/** The histogram with other buckets. */
export function withBuckets(h: Histogram, positive: Buckets, negative: Buckets): Histogram {
  return {
    ...h,
    positiveSpans: spansOf(positive.indexes),
    positiveCounts: positive.counts,
    negativeSpans: spansOf(negative.indexes),
    negativeCounts: negative.counts,
  };
}

/** Without empty buckets. */
export function compact(h: Histogram): Histogram {
  return withBuckets(h, positiveBuckets(h), negativeBuckets(h));
}

/** log2 of the largest float64 bound that is a power of two. */
const MAX_EXPONENT = 1024;

/** The finest schema there is: 2^8 buckets per power of two. */
const FINEST_SCHEMA = 8;

/**
 * The bounds in [1/2, 1) of the finest schema. They are those of Prometheus to the last bit, which are products of
 * the binary roots of two (of 2^(1/2), 2^(1/4), …, in this order), its square root rounded down; coarser schemas
 * have every second, fourth, … of them.
 */
const BOUND_FRACTIONS = boundFractions();

function boundFractions(): Float64Array {
  const out = new Float64Array(1 << FINEST_SCHEMA).fill(0.5);
  let root = Math.SQRT2;
  for (let bit = out.length >>> 1; bit > 0; bit >>>= 1) {
    const factor = root === Math.SQRT2 ? Math.SQRT2 * (1 - Number.EPSILON / 2) : root;
    for (let i = 0; i < out.length; i++) if (i & bit) out[i]! *= factor;
    root = Math.sqrt(root);
  }
  return out;
}

/** Upper bound of exponential bucket `index` on the positive side. */
export function exponentialBound(index: number, schema: number): number {
  const exponent = index * 2 ** -schema;
  if (exponent === MAX_EXPONENT) return Number.MAX_VALUE;
  if (exponent > MAX_EXPONENT) return Number.POSITIVE_INFINITY;
  if (schema <= 0 || schema > FINEST_SCHEMA) return 2 ** exponent;
  const fraction = BOUND_FRACTIONS[(index & ((1 << schema) - 1)) << (FINEST_SCHEMA - schema)]!;
  return 2 * fraction * 2 ** (index >> schema);
}

/** Upper bound of positive bucket `index`. */
export function upperBound(h: Histogram, index: number): number {
  if (!usesCustomBuckets(h)) return exponentialBound(index, h.schema);
  return index < h.customBounds.length ? h.customBounds[index]! : Number.POSITIVE_INFINITY;
}

/** Lower bound of positive bucket `index`. */
export function lowerBound(h: Histogram, index: number): number {
  if (!usesCustomBuckets(h)) return exponentialBound(index - 1, h.schema);
  return index > 0 ? h.customBounds[index - 1]! : Number.NEGATIVE_INFINITY;
}

export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
  readonly kind: 'negative' | 'zero' | 'positive';
}

/**
 * All populated buckets from the most negative to the most positive, the zero bucket in its place. One that the zero
 * bucket reaches into begins where that ends.
 */
export function allBuckets(h: Histogram): Bucket[] {
  const width = h.zeroThreshold;
  return wholeBuckets(h).map((b) => {
    if (b.kind === 'zero') return b;
    if (b.lower > 0 && b.lower < width) return { ...b, lower: width };
    if (b.upper < 0 && b.upper > -width) return { ...b, upper: -width };
    return b;
  });
}

/**
 * As `allBuckets`, with bounds as the schema has them, whatever the zero bucket's width; `signed` has a zero bucket
 * with a negative count too.
 */
export function wholeBuckets(h: Histogram, signed = false): Bucket[] {
  const out: Bucket[] = [];
  const negative = negativeBuckets(h);
  for (let i = negative.indexes.length - 1; i >= 0; i--) {
    const index = negative.indexes[i]!;
    out.push({
      lower: -upperBound(h, index),
      upper: -lowerBound(h, index),
      lowerInclusive: true,
      upperInclusive: false,
      count: negative.counts[i]!,
      kind: 'negative',
    });
  }
  // Below zero (after a subtraction) it is not shown either.
  if (h.zeroCount > 0 || (signed && h.zeroCount < 0)) {
    out.push({
      lower: -h.zeroThreshold,
      upper: h.zeroThreshold,
      lowerInclusive: true,
      upperInclusive: true,
      count: h.zeroCount,
      kind: 'zero',
    });
  }
  const positive = positiveBuckets(h);
  for (let i = 0; i < positive.indexes.length; i++) {
    const lower = lowerBound(h, positive.indexes[i]!);
    out.push({
      lower,
      upper: upperBound(h, positive.indexes[i]!),
      lowerInclusive: lower === Number.NEGATIVE_INFINITY,
      upperInclusive: true,
      count: positive.counts[i]!,
      kind: 'positive',
    });
  }
  return out;
}

/** `{count:3, sum:5, [-2,-1):1, [-0.001,0.001]:1, (1,2]:1}` */
export function histogramText(h: Histogram): string {
  let out = `{count:${formatFloat(h.count)}, sum:${formatFloat(h.sum)}`;
  for (const b of wholeBuckets(h, true)) {
    const open = b.lowerInclusive ? '[' : '(';
    const close = b.upperInclusive ? ']' : ')';
    out += `, ${open}${formatFloat(b.lower)},${formatFloat(b.upper)}${close}:${formatFloat(b.count)}`;
  }
  return `${out}}`;
}

/** Bitwise equality of all numbers; empty buckets do not count, counter reset hints neither. */
export function histogramsEqual(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    sameBits(a.count, b.count) &&
    sameBits(a.sum, b.sum) &&
    sameBits(a.zeroCount, b.zeroCount) &&
    (usesCustomBuckets(a)
      ? sameNumbers(a.customBounds, b.customBounds)
      : a.zeroThreshold === b.zeroThreshold) &&
    sameBuckets(positiveBuckets(a), positiveBuckets(b)) &&
    sameBuckets(negativeBuckets(a), negativeBuckets(b))
  );
}

function sameBits(a: number, b: number): boolean {
  return Object.is(a, b);
}

export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  return sameNumbers(a.indexes, b.indexes) && a.counts.every((c, i) => sameBits(c, b.counts[i]!));
}
