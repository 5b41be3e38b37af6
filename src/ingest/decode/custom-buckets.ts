/**
 * A classic histogram as a native one with custom buckets: the upper bounds become the bounds, the differences of
 * the cumulative counts the counts.
 */

import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../model/histogram.ts';

export interface ClassicHistogram {
  /** Cumulative counts by upper bound. */
  readonly buckets: ReadonlyMap<number, number>;
  readonly count: number | undefined;
  readonly sum: number;
}

/** Undefined where the histogram contradicts itself: buckets that shrink, a count below its buckets. */
export function customBuckets({ buckets, count: told, sum }: ClassicHistogram): Histogram | undefined {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const top = buckets.get(Number.POSITIVE_INFINITY);
  const count = told ?? top ?? (bounds.length > 0 ? buckets.get(bounds.at(-1)!) : undefined);
  if (count === undefined || !(count >= 0) || (top !== undefined && top !== count)) return undefined;
  const finite = bounds.filter((b) => Number.isFinite(b));
  const counts: number[] = [];
  let before = 0;
  for (const cumulative of [...finite.map((b) => buckets.get(b)!), count]) {
    if (!(cumulative >= before)) return undefined;
    counts.push(cumulative - before);
    before = cumulative;
  }
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveCounts: counts,
    negativeSpans: [],
    negativeCounts: [],
    customBounds: finite,
    reset: 'unknown',
    integer: counts.every(Number.isInteger),
    stale: false,
  };
}
