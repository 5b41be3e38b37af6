/** The Histogram message, which remote-write and remote read share, written: what `ingest/decode/remote-write-histogram.ts` reads. */

import { WIRE } from '../base/protobuf.ts';
import type { ProtoWriter } from '../base/protobuf-writer.ts';
import type { BucketSpan, CounterReset, Histogram } from './histogram.ts';
import { STALE_HIGH, STALE_LOW } from './sample.ts';

const RESETS: readonly CounterReset[] = ['unknown', 'reset', 'not_reset', 'gauge'];

/** An int64 that may be negative. */
export function writeInt64(out: ProtoWriter, value: number): void {
  if (value >= 0) out.varint(value);
  else out.varint64(BigInt(value));
}

function doubleField(out: ProtoWriter, field: number, value: number): void {
  out.tag(field, WIRE.fixed64);
  out.f64(value);
}

/** Left out where they are zero with a plain sign, which is what the message means by leaving out. */
function optionalDouble(out: ProtoWriter, field: number, value: number): void {
  if (!Object.is(value, 0)) doubleField(out, field, value);
}

/** Writes the fields of the message. `startMs` is of remote-write 2.0 alone: 0 leaves it out. `integer`: its counts as integers. */
export function writeHistogramMessage(
  out: ProtoWriter,
  h: Histogram,
  timestampMs: number,
  startMs: number,
  integer = h.integer,
): void {
  if (integer) {
    out.tag(1, WIRE.varint);
    out.varint(h.count);
  } else doubleField(out, 2, h.count);
  if (h.stale) {
    out.tag(3, WIRE.fixed64);
    out.u32(STALE_LOW);
    out.u32(STALE_HIGH);
  } else optionalDouble(out, 3, h.sum);
  if (h.schema !== 0) {
    out.tag(4, WIRE.varint);
    out.zigzag(h.schema);
  }
  optionalDouble(out, 5, h.zeroThreshold);
  if (integer) {
    out.tag(6, WIRE.varint);
    out.varint(h.zeroCount);
  } else doubleField(out, 7, h.zeroCount);
  writeSide(out, 8, h.negativeSpans, h.negativeCounts, integer);
  writeSide(out, 11, h.positiveSpans, h.positiveCounts, integer);
  out.uint32Field(14, RESETS.indexOf(h.reset));
  if (timestampMs !== 0) {
    out.tag(15, WIRE.varint);
    writeInt64(out, timestampMs);
  }
  if (h.customBounds.length > 0) writeDoubles(out, 16, h.customBounds);
  if (startMs !== 0) {
    out.tag(17, WIRE.varint);
    writeInt64(out, startMs);
  }
}

/** Spans in `field`, deltas of integers in the next one, counts of floats in the one after. */
function writeSide(
  out: ProtoWriter,
  field: number,
  spans: readonly BucketSpan[],
  counts: readonly number[],
  integer: boolean,
): void {
  for (const { offset, length } of spans) {
    out.tag(field, WIRE.length);
    const start = out.beginLength();
    if (offset !== 0) {
      out.tag(1, WIRE.varint);
      out.zigzag(offset);
    }
    out.uint32Field(2, length);
    out.endLength(start);
  }
  if (counts.length === 0) return;
  if (!integer) {
    writeDoubles(out, field + 2, counts);
    return;
  }
  out.tag(field + 1, WIRE.length);
  const start = out.beginLength();
  let before = 0;
  for (const count of counts) {
    out.zigzag(count - before);
    before = count;
  }
  out.endLength(start);
}

function writeDoubles(out: ProtoWriter, field: number, values: readonly number[]): void {
  out.tag(field, WIRE.length);
  out.varint(8 * values.length);
  for (const value of values) out.f64(value);
}
