/**
 * Messages of remote read that have samples in them, as remote-write has them too:
 *
 *   TimeSeries  1 labels {1 name, 2 value}  2 samples {1 value, 2 time ms}  4 histograms
 *
 * Zeros are left out; floats go out as words, so that the stale marker keeps its bits.
 */

import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { BucketSpan, Histogram } from '../../../model/histogram.ts';
import type { Labels } from '../../../model/labels.ts';
import { STALE_HIGH, STALE_LOW, wordsOf } from '../../../model/sample.ts';
import type { SampleColumns } from '../../../storage/interface.ts';
import { isIntegerChunk } from './histogram-chunk.ts';

const RESET_HINTS = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 } as const;

const inner = new ProtoWriter(1024);
const innermost = new ProtoWriter(1024);

export function writeInt64(out: ProtoWriter, field: number, value: number): void {
  if (value === 0) return;
  out.tag(field, WIRE.varint);
  if (value > 0) out.varint(value);
  else out.varint64(BigInt(value));
}

function writeText(out: ProtoWriter, field: number, value: string): void {
  if (value === '') return;
  out.tag(field, WIRE.length);
  out.text(value);
}

/** The labels as field 1, repeated. */
export function writeLabels(out: ProtoWriter, labels: Labels): void {
  const { pairs } = labels;
  for (let i = 0; i < pairs.length; i += 2) {
    innermost.clear();
    writeText(innermost, 1, pairs[i]!);
    writeText(innermost, 2, pairs[i + 1]!);
    out.bytesField(1, innermost.view());
  }
}

/** Samples `[from, to)` of a series as a TimeSeries. */
export function writeTimeSeries(
  out: ProtoWriter,
  labels: Labels,
  columns: SampleColumns,
  from: number,
  to: number,
): void {
  const { timestamps, histograms } = columns;
  const words = wordsOf(columns.values);
  writeLabels(out, labels);
  for (let i = from; i < to; i++) {
    inner.clear();
    const histogram = histograms?.[i];
    if (histogram) writeHistogram(inner, histogram, timestamps[i]!);
    else {
      writeWords(inner, 1, words[2 * i]!, words[2 * i + 1]!);
      writeInt64(inner, 2, timestamps[i]!);
    }
    out.bytesField(histogram ? 4 : 2, inner.view());
  }
}

function writeWords(out: ProtoWriter, field: number, low: number, high: number): void {
  if (low === 0 && high === 0) return;
  out.tag(field, WIRE.fixed64);
  out.u32(low);
  out.u32(high);
}

function writeDouble(out: ProtoWriter, field: number, value: number): void {
  if (Object.is(value, 0)) return;
  out.tag(field, WIRE.fixed64);
  out.f64(value);
}

function writeHistogram(out: ProtoWriter, h: Histogram, timestampMs: number): void {
  const integer = isIntegerChunk(h);
  // The counts are each one of two, of which the one that is there is written though it be zero.
  const count = (fieldInteger: number, fieldFloat: number, value: number) => {
    out.tag(integer ? fieldInteger : fieldFloat, integer ? WIRE.varint : WIRE.fixed64);
    if (integer) out.varint(value);
    else out.f64(value);
  };
  count(1, 2, h.count);
  if (h.stale) writeWords(out, 3, STALE_LOW, STALE_HIGH);
  else writeDouble(out, 3, h.sum);
  if (h.schema !== 0) {
    out.tag(4, WIRE.varint);
    out.zigzag(h.schema);
  }
  writeDouble(out, 5, h.zeroThreshold);
  count(6, 7, h.zeroCount);
  writeSide(out, 8, h.negativeSpans, h.negativeCounts, integer);
  writeSide(out, 11, h.positiveSpans, h.positiveCounts, integer);
  out.uint32Field(14, RESET_HINTS[h.reset]);
  writeInt64(out, 15, timestampMs);
  packed(out, 16, h.customBounds, (piece, bound) => piece.f64(bound));
}

/** Fields of a side: its spans, then the differences of its integers, then its floats. */
function writeSide(
  out: ProtoWriter,
  field: number,
  spans: readonly BucketSpan[],
  counts: readonly number[],
  integer: boolean,
): void {
  for (const { offset, length } of spans) {
    innermost.clear();
    if (offset !== 0) {
      innermost.tag(1, WIRE.varint);
      innermost.zigzag(offset);
    }
    innermost.uint32Field(2, length);
    out.bytesField(field, innermost.view());
  }
  if (integer) {
    packed(out, field + 1, counts, (piece, count, i) =>
      piece.zigzag(i === 0 ? count : count - counts[i - 1]!),
    );
  } else packed(out, field + 2, counts, (piece, count) => piece.f64(count));
}

function packed(
  out: ProtoWriter,
  field: number,
  values: readonly number[],
  write: (piece: ProtoWriter, value: number, i: number) => void,
): void {
  if (values.length === 0) return;
  innermost.clear();
  for (let i = 0; i < values.length; i++) write(innermost, values[i]!, i);
  out.bytesField(field, innermost.view());
}
