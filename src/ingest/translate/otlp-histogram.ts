/**
 * OTLP histogram points as native histograms. OTLP numbers a positive bucket by its lower bound, the model by its
 * upper one: hence the shift by one. A scale finer than the finest schema is merged down, 2^d buckets into one.
 */

import { TriliteError } from '../../model/errors.ts';
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../model/histogram.ts';
import type { OtlpPoint } from './otlp-point.ts';

/** The coarsest schema that is stored. */
export const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;
/** OTLP senders rarely say it; this is what other translators assume. */
const ZERO_THRESHOLD = 1e-128;
/** Empty buckets up to this many are written out; a longer gap begins a new span. */
const GAP_MAX = 2;

interface Layout {
  readonly spans: BucketSpan[];
  readonly counts: number[];
}

/** Spans over the populated buckets; bucket i of `counts` has the index `offset + i`, merged by `2^down`, plus `shift`. */
function layOut(counts: readonly number[], offset: number, down: number, shift: number): Layout {
  const out: Layout = { spans: [], counts: [] };
  const divisor = 2 ** down;
  let last = Number.NaN;
  for (let i = 0; i < counts.length; i++) {
    const n = counts[i]!;
    if (n === 0) continue;
    const index = Math.floor((offset + i) / divisor) + shift;
    if (index === last) {
      out.counts[out.counts.length - 1]! += n;
      continue;
    }
    const gap = index - last - 1;
    if (gap <= GAP_MAX) {
      for (let k = 0; k < gap; k++) out.counts.push(0);
      const span = out.spans.at(-1)!;
      out.spans[out.spans.length - 1] = { offset: span.offset, length: span.length + gap + 1 };
    } else out.spans.push({ offset: Number.isNaN(last) ? index : gap, length: 1 });
    out.counts.push(n);
    last = index;
  }
  return out;
}

/** Throws `bad_data` for a scale coarser than the coarsest schema. */
export function exponentialHistogram(p: OtlpPoint): Histogram {
  if (p.scale < SCHEMA_MIN) {
    const what = 'cannot convert exponential to native histogram.';
    throw new TriliteError('bad_data', `${what} Scale must be >= ${SCHEMA_MIN}, was ${p.scale}`);
  }
  const down = Math.max(0, p.scale - SCHEMA_MAX);
  const positive = layOut(p.positive.counts, p.positive.offset, down, 1);
  const negative = layOut(p.negative.counts, p.negative.offset, down, 1);
  return {
    schema: p.scale - down,
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount: p.zeroCount,
    count: p.stale ? 0 : p.count,
    sum: p.stale ? 0 : p.sum,
    positiveSpans: positive.spans,
    positiveCounts: positive.counts,
    negativeSpans: negative.spans,
    negativeCounts: negative.counts,
    customBounds: [],
    reset: 'unknown',
    integer: true,
    stale: p.stale,
  };
}

/** A classic histogram with its bounds as custom buckets. */
export function bucketHistogram(p: OtlpPoint): Histogram {
  const { spans, counts } = layOut(p.bucketCounts.slice(0, p.bucketCount), 0, 0, 0);
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: p.stale ? 0 : p.count,
    sum: p.stale ? 0 : p.sum,
    positiveSpans: spans,
    positiveCounts: counts,
    negativeSpans: [],
    negativeCounts: [],
    customBounds: p.bounds.slice(0, p.boundCount),
    reset: 'unknown',
    integer: true,
    stale: p.stale,
  };
}
