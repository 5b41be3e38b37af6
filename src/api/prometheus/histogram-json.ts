/**
 * A native histogram in the API's form: `{"count":"..","sum":"..","buckets":[[rule,"lower","upper","count"],…]}`,
 * populated buckets only, from the most negative to the most positive. Rule: 0 `(lower,upper]`, 1 `[lower,upper)`,
 * 2 open, 3 closed.
 */

import { exponentialBound } from '../../model/float-histogram.ts';
import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../model/histogram.ts';
import type { JsonWriter } from '../json-writer.ts';

const UPPER_INCLUSIVE = 0;
const LOWER_INCLUSIVE = 1;
const CLOSED = 3;

export function writeHistogram(out: JsonWriter, histogram: Histogram): void {
  out.raw('{"count":');
  out.sampleValue(histogram.count);
  out.raw(',"sum":');
  out.sampleValue(histogram.sum);
  let separator = ',"buckets":[';
  const bucket = (rule: number, lower: number, upper: number, count: number) => {
    if (count === 0) return;
    out.raw(`${separator}[${rule},`);
    out.sampleValue(lower);
    out.raw(',');
    out.sampleValue(upper);
    out.raw(',');
    out.sampleValue(count);
    out.raw(']');
    separator = ',';
  };
  writeBuckets(histogram, bucket);
  out.raw(separator === ',' ? ']}' : '}');
}

type Bucket = (rule: number, lower: number, upper: number, count: number) => void;

function writeBuckets(h: Histogram, bucket: Bucket): void {
  if (h.schema === CUSTOM_BUCKETS_SCHEMA) {
    const bounds = h.customBounds;
    walk(h.positiveSpans, h.positiveCounts, (index, count) => {
      const lower = index === 0 ? Number.NEGATIVE_INFINITY : bounds[index - 1]!;
      const upper = index < bounds.length ? bounds[index]! : Number.POSITIVE_INFINITY;
      bucket(index === 0 ? CLOSED : UPPER_INCLUSIVE, lower, upper, count);
    });
    return;
  }
  // A bucket that the zero bucket reaches into begins where that ends.
  const innerBound = (index: number) => Math.max(exponentialBound(index - 1, h.schema), h.zeroThreshold);
  const negative: [index: number, count: number][] = [];
  walk(h.negativeSpans, h.negativeCounts, (index, count) => negative.push([index, count]));
  for (const [index, count] of negative.reverse()) {
    bucket(LOWER_INCLUSIVE, -exponentialBound(index, h.schema), -innerBound(index), count);
  }
  // A negated histogram's zero bucket is left out, as the original does.
  if (h.zeroCount > 0) bucket(CLOSED, -h.zeroThreshold, h.zeroThreshold, h.zeroCount);
  walk(h.positiveSpans, h.positiveCounts, (index, count) => {
    bucket(UPPER_INCLUSIVE, innerBound(index), exponentialBound(index, h.schema), count);
  });
}

function walk(
  spans: readonly BucketSpan[],
  counts: readonly number[],
  visit: (i: number, n: number) => void,
): void {
  let index = 0;
  let at = 0;
  for (const span of spans) {
    index += span.offset;
    for (let k = 0; k < span.length; k++) visit(index++, counts[at++]!);
  }
}
