/** A native histogram as scripts write it (`histogram-literal.ts` reads it). */

import { formatFloat } from '../../model/float-format.ts';
import { compact } from '../../model/float-histogram.ts';
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../model/histogram.ts';

/** What says nothing is left out; gaps between buckets are written as zeros. */
export function histogramExpression(full: Histogram): string {
  const h = compact(full);
  const parts: string[] = [];
  const add = (name: string, value: number) => {
    if (value !== 0) parts.push(`${name}:${formatFloat(value)}`);
  };
  add('schema', h.schema);
  add('count', h.count);
  add('sum', h.sum);
  add('z_bucket', h.zeroCount);
  add('z_bucket_w', h.zeroThreshold);
  if (h.schema === CUSTOM_BUCKETS_SCHEMA) parts.push(`custom_values:${list(h.customBounds)}`);
  if (h.reset !== 'unknown') parts.push(`counter_reset_hint:${h.reset}`);
  const buckets = (
    key: string,
    offsetKey: string,
    spans: readonly BucketSpan[],
    counts: readonly number[],
  ) => {
    if (counts.length === 0) return;
    add(offsetKey, spans[0]!.offset);
    parts.push(`${key}:${list(withGaps(spans, counts))}`);
  };
  buckets('buckets', 'offset', h.positiveSpans, h.positiveCounts);
  buckets('n_buckets', 'n_offset', h.negativeSpans, h.negativeCounts);
  return `{{${parts.join(' ')}}}`;
}

function list(values: readonly number[]): string {
  return `[${values.map(formatFloat).join(' ')}]`;
}

function withGaps(spans: readonly BucketSpan[], counts: readonly number[]): number[] {
  const out: number[] = [];
  let at = 0;
  for (const [i, { offset, length }] of spans.entries()) {
    if (i > 0) for (let gap = 0; gap < offset; gap++) out.push(0);
    out.push(...counts.slice(at, at + length));
    at += length;
  }
  return out;
}
