/**
 * Adding, subtracting and scaling native histograms, and telling a counter reset from one to the next.
 *
 * Two exponential histograms meet at the coarser schema and at a zero bucket wide enough for both: the narrower
 * one is widened until it cuts no populated bucket of either side. Two custom-bucket histograms meet at the
 * bounds that they share.
 */

import {
  type Buckets,
  exponentialBound,
  negativeBuckets,
  positiveBuckets,
  sameNumbers,
  usesCustomBuckets,
  withBuckets,
} from '../../../model/float-histogram.ts';
import type { CounterReset, Histogram } from '../../../model/histogram.ts';
import { addCount, atSchema } from '../../../model/histogram-schema.ts';

export interface Combined {
  /** Undefined where one has exponential and the other custom buckets. */
  readonly histogram: Histogram | undefined;
  /** One was marked as a counter reset, the other as none. */
  readonly resetConflict: boolean;
  /** Custom bounds differed and were reduced to the shared ones. */
  readonly boundsReconciled: boolean;
}

const INCOMPATIBLE: Combined = { histogram: undefined, resetConflict: false, boundsReconciled: false };

export function addHistograms(a: Histogram, b: Histogram): Combined {
  return combine(a, b, 1);
}

/** A difference can shrink: its hint is `gauge`. */
export function subtractHistograms(a: Histogram, b: Histogram): Combined {
  const result = combine(a, b, -1);
  return result.histogram === undefined
    ? result
    : { ...result, histogram: { ...result.histogram, reset: 'gauge' } };
}

function combine(a: Histogram, b: Histogram, sign: 1 | -1): Combined {
  if (usesCustomBuckets(a) !== usesCustomBuckets(b)) return INCOMPATIBLE;
  const [reset, resetConflict] = combinedReset(a.reset, b.reset);
  const base = { ...a, count: a.count + sign * b.count, sum: a.sum + sign * b.sum, reset, integer: false };
  if (usesCustomBuckets(a)) {
    const bounds = sharedBounds(a.customBounds, b.customBounds);
    const positive = mergeBuckets(ontoBounds(a, bounds), ontoBounds(b, bounds), sign);
    const histogram = withBuckets({ ...base, customBounds: bounds }, positive, { indexes: [], counts: [] });
    const boundsReconciled = !sameNumbers(a.customBounds, b.customBounds);
    return { histogram, resetConflict, boundsReconciled };
  }
  const schema = Math.min(a.schema, b.schema);
  const threshold = commonZeroThreshold(a, b);
  const za = withZeroThreshold(a, threshold);
  const zb = withZeroThreshold(b, threshold);
  const positive = mergeBuckets(
    atSchema(za.positive, a.schema, schema),
    atSchema(zb.positive, b.schema, schema),
    sign,
  );
  const negative = mergeBuckets(
    atSchema(za.negative, a.schema, schema),
    atSchema(zb.negative, b.schema, schema),
    sign,
  );
  const zeroCount = za.zeroCount + sign * zb.zeroCount;
  const histogram = withBuckets({ ...base, schema, zeroThreshold: threshold, zeroCount }, positive, negative);
  return { histogram, resetConflict, boundsReconciled: false };
}

/** The hint of a sum, and whether the two contradict each other. */
export function combinedReset(a: CounterReset, b: CounterReset): [CounterReset, boolean] {
  if (a === b) return [a, false];
  if (a === 'gauge' || b === 'gauge') return ['gauge', false];
  if (a === 'unknown' || b === 'unknown') return ['unknown', false];
  return ['unknown', true];
}

export function scaleHistogram(h: Histogram, factor: number): Histogram {
  return {
    ...h,
    zeroCount: h.zeroCount * factor,
    count: h.count * factor,
    sum: h.sum * factor,
    positiveCounts: h.positiveCounts.map((c) => c * factor),
    negativeCounts: h.negativeCounts.map((c) => c * factor),
    reset: factor < 0 ? 'gauge' : h.reset,
    integer: false,
  };
}

/** By 0 no bucket is left, and what is left is infinite or NaN. */
export function divideHistogram(h: Histogram, divisor: number): Histogram {
  const divided: Histogram = {
    ...h,
    zeroCount: h.zeroCount / divisor,
    count: h.count / divisor,
    sum: h.sum / divisor,
    positiveCounts: h.positiveCounts.map((c) => c / divisor),
    negativeCounts: h.negativeCounts.map((c) => c / divisor),
    reset: divisor < 0 ? 'gauge' : h.reset,
    integer: false,
  };
  if (divisor !== 0) return divided;
  return withBuckets(divided, { indexes: [], counts: [] }, { indexes: [], counts: [] });
}

/** Bounds that both have. */
function sharedBounds(a: readonly number[], b: readonly number[]): readonly number[] {
  if (sameNumbers(a, b)) return a;
  const other = new Set(b);
  return a.filter((bound) => other.has(bound));
}

/** The buckets of a custom-bucket histogram, counted into the first of `bounds` that holds each. */
export function ontoBounds(h: Histogram, bounds: readonly number[]): Buckets {
  const source = positiveBuckets(h);
  if (bounds === h.customBounds) return source;
  const out: Buckets = { indexes: [], counts: [] };
  let target = 0;
  for (let i = 0; i < source.indexes.length; i++) {
    const index = source.indexes[i]!;
    const upper = index < h.customBounds.length ? h.customBounds[index]! : Number.POSITIVE_INFINITY;
    while (target < bounds.length && bounds[target]! < upper) target++;
    addCount(out, target, source.counts[i]!);
  }
  return out;
}

/** Bucket by bucket `a + sign · b`; buckets that come to 0 are left out. */
function mergeBuckets(a: Buckets, b: Buckets, sign: 1 | -1): Buckets {
  const out: Buckets = { indexes: [], counts: [] };
  let i = 0;
  let j = 0;
  while (i < a.indexes.length || j < b.indexes.length) {
    const x = i < a.indexes.length ? a.indexes[i]! : Number.POSITIVE_INFINITY;
    const y = j < b.indexes.length ? b.indexes[j]! : Number.POSITIVE_INFINITY;
    let count = 0;
    if (x <= y) count += a.counts[i++]!;
    if (y <= x) count += sign * b.counts[j++]!;
    if (count !== 0) {
      out.indexes.push(Math.min(x, y));
      out.counts.push(count);
    }
  }
  return out;
}

function commonZeroThreshold(a: Histogram, b: Histogram): number {
  let threshold = Math.max(a.zeroThreshold, b.zeroThreshold);
  for (;;) {
    const wider = Math.max(uncutThreshold(a, threshold), uncutThreshold(b, threshold));
    if (wider === threshold) return threshold;
    threshold = wider;
  }
}

/** The smallest threshold from `threshold` on that cuts through no populated bucket. */
function uncutThreshold(h: Histogram, threshold: number): number {
  if (threshold === h.zeroThreshold) return threshold;
  for (const { indexes } of [positiveBuckets(h), negativeBuckets(h)]) {
    for (const index of indexes) {
      const upper = exponentialBound(index, h.schema);
      if (upper > threshold && exponentialBound(index - 1, h.schema) < threshold) threshold = upper;
    }
  }
  return threshold;
}

interface ZeroWidened {
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly zeroCount: number;
}

/** Buckets within the threshold counted into the zero bucket. */
function withZeroThreshold(h: Histogram, threshold: number): ZeroWidened {
  const positive = positiveBuckets(h);
  const negative = negativeBuckets(h);
  if (threshold === h.zeroThreshold) return { positive, negative, zeroCount: h.zeroCount };
  let zeroCount = h.zeroCount;
  const outside = (buckets: Buckets): Buckets => {
    const out: Buckets = { indexes: [], counts: [] };
    for (let i = 0; i < buckets.indexes.length; i++) {
      if (exponentialBound(buckets.indexes[i]! - 1, h.schema) < threshold) zeroCount += buckets.counts[i]!;
      else addCount(out, buckets.indexes[i]!, buckets.counts[i]!);
    }
    return out;
  };
  return { positive: outside(positive), negative: outside(negative), zeroCount };
}

/** Whether a counter was reset between `previous` and `current`. */
export function isHistogramReset(current: Histogram, previous: Histogram): boolean {
  if (current.reset === 'reset') return true;
  if (current.reset === 'not_reset') return false;
  if (current.count < previous.count) return true;
  if (usesCustomBuckets(current) !== usesCustomBuckets(previous)) return true;
  if (usesCustomBuckets(current)) {
    const bounds = sharedBounds(current.customBounds, previous.customBounds);
    return anyDecrease(ontoBounds(current, bounds), ontoBounds(previous, bounds));
  }
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  if (uncutThreshold(previous, current.zeroThreshold) !== current.zeroThreshold) return true;
  const before = withZeroThreshold(previous, current.zeroThreshold);
  if (current.zeroCount < before.zeroCount) return true;
  const { schema } = current;
  return (
    anyDecrease(positiveBuckets(current), atSchema(before.positive, previous.schema, schema)) ||
    anyDecrease(negativeBuckets(current), atSchema(before.negative, previous.schema, schema))
  );
}

function anyDecrease(current: Buckets, previous: Buckets): boolean {
  let i = 0;
  for (let j = 0; j < previous.indexes.length; j++) {
    const index = previous.indexes[j]!;
    while (i < current.indexes.length && current.indexes[i]! < index) i++;
    const count = current.indexes[i] === index ? current.counts[i]! : 0;
    if (count < previous.counts[j]!) return true;
  }
  return false;
}
