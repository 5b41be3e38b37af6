/**
 * Families as length-delimited protobuf, which has a place for native histograms:
 *
 *   MetricFamily  1 name  3 type (3 untyped, 4 histogram, 5 gauge histogram)  4 metrics
 *   Metric        1 labels {1 name, 2 value}  5 untyped {1 value}  6 time ms  7 histogram
 *   Histogram     2 sum  3 classic buckets {2 upper bound, 4 cumulative count}  4 count  5 schema  6 zero threshold
 *                 8 zero count  9, 12 spans {1 offset, 2 length}  11, 14 counts of negative and positive buckets
 */

import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import { positiveBuckets, usesCustomBuckets } from '../../../model/float-histogram.ts';
import type { BucketSpan, Histogram } from '../../../model/histogram.ts';
import { classicBuckets, type Family, type Metric } from './family.ts';

const TYPES = { untyped: 3, histogram: 4, gauge_histogram: 5 } as const;

export function expositionMessages(families: Iterable<Family>): Uint8Array {
  const out = new ProtoWriter(4096);
  for (const family of families) {
    const start = out.length;
    text(out, 1, family.name);
    out.tag(3, WIRE.varint);
    out.varint(TYPES[family.type]);
    for (const metric of family.metrics) nested(out, 4, () => writeMetric(out, metric));
    out.closeLength(start);
  }
  return out.take();
}

function nested(out: ProtoWriter, field: number, write: () => void): void {
  out.tag(field, WIRE.length);
  const start = out.length;
  write();
  out.closeLength(start);
}

function text(out: ProtoWriter, field: number, value: string): void {
  out.tag(field, WIRE.length);
  out.text(value);
}

/** Zeros are written, too: these fields tell absent from zero. */
function double(out: ProtoWriter, field: number, value: number): void {
  out.tag(field, WIRE.fixed64);
  out.f64(value);
}

function writeMetric(out: ProtoWriter, { pairs, value, timestampMs, histogram }: Metric): void {
  for (let i = 0; i < pairs.length; i += 2) {
    nested(out, 1, () => {
      text(out, 1, pairs[i]!);
      text(out, 2, pairs[i + 1]!);
    });
  }
  if (!histogram) nested(out, 5, () => double(out, 1, value));
  out.tag(6, WIRE.varint);
  out.varint64(BigInt(timestampMs));
  if (histogram) nested(out, 7, () => writeHistogram(out, histogram));
}

function writeHistogram(out: ProtoWriter, h: Histogram): void {
  double(out, 4, h.count);
  double(out, 2, h.sum);
  if (usesCustomBuckets(h)) {
    const { indexes, counts } = positiveBuckets(h);
    for (const [le, count] of classicBuckets(h, (index) => counts[indexes.indexOf(index)] ?? 0)) {
      nested(out, 3, () => {
        double(out, 2, le);
        double(out, 4, count);
      });
    }
    return;
  }
  out.tag(5, WIRE.varint);
  out.zigzag(h.schema);
  double(out, 6, h.zeroThreshold);
  double(out, 8, h.zeroCount);
  writeSide(out, 9, h.negativeSpans, 11, h.negativeCounts);
  writeSide(out, 12, h.positiveSpans, 14, h.positiveCounts);
}

function writeSide(
  out: ProtoWriter,
  spanField: number,
  spans: readonly BucketSpan[],
  countField: number,
  counts: readonly number[],
): void {
  for (const { offset, length } of spans) {
    nested(out, spanField, () => {
      out.tag(1, WIRE.varint);
      out.zigzag(offset);
      out.tag(2, WIRE.varint);
      out.varint(length);
    });
  }
  for (const count of counts) double(out, countField, count);
}
