/**
 * The Histogram message, which both versions of remote-write share. Integer histograms have deltas between
 * neighbouring buckets on the wire, float histograms absolute counts; the model has absolute counts.
 */

import { type ProtoReader, WIRE } from '../../base/protobuf.ts';
import {
  type BucketSpan,
  type CounterReset,
  CUSTOM_BUCKETS_SCHEMA,
  type Histogram,
} from '../../model/histogram.ts';
import { reduceSchema } from '../../model/histogram-schema.ts';
import { STALE_HIGH, STALE_LOW } from '../../model/sample.ts';

const RESETS: readonly CounterReset[] = ['unknown', 'reset', 'not_reset', 'gauge'];

/** Schemas of exponential buckets that are stored, and the finest that a sender may have: it is merged down. */
const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;
const WIRE_SCHEMA_MAX = 52;
/** Buckets of one histogram; far above what any schema needs, far below what would exhaust memory. */
const BUCKETS_MAX = 1_000_000;

const COUNT_RULE =
  "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";

export interface WireHistogram {
  readonly histogram: Histogram;
  readonly timestampMs: number;
  readonly startTimestampMs: number;
}

const readDouble = (r: ProtoReader): number => r.double();
const readZigzag = (r: ProtoReader): number => r.zigzag();

/** Reads the message up to `r.end`. Structure is checked here, consistency by `histogramProblem`. */
export function readHistogram(r: ProtoReader): WireHistogram {
  let integer = true;
  let stale = false;
  let timestampMs = 0;
  let startTimestampMs = 0;
  let reset: CounterReset = 'unknown';
  let count = 0;
  let sum = 0;
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  const negativeSpans: BucketSpan[] = [];
  const positiveSpans: BucketSpan[] = [];
  const negativeDeltas: number[] = [];
  const positiveDeltas: number[] = [];
  const negative: number[] = [];
  const positive: number[] = [];
  const customBounds: number[] = [];
  while (r.next()) {
    switch (r.field) {
      case 1:
        count = r.asVarint();
        integer = true;
        break;
      case 2:
        count = r.asDouble();
        integer = false;
        break;
      case 3:
        sum = r.asDouble();
        stale = isStaleBits(r);
        break;
      case 4:
        schema = r.asZigzag();
        break;
      case 5:
        zeroThreshold = r.asDouble();
        break;
      case 6:
        zeroCount = r.asVarint();
        break;
      case 7:
        zeroCount = r.asDouble();
        break;
      case 8:
        negativeSpans.push(readSpan(r));
        break;
      case 9:
        r.repeated(negativeDeltas, WIRE.varint, readZigzag);
        break;
      case 10:
        r.repeated(negative, WIRE.fixed64, readDouble);
        break;
      case 11:
        positiveSpans.push(readSpan(r));
        break;
      case 12:
        r.repeated(positiveDeltas, WIRE.varint, readZigzag);
        break;
      case 13:
        r.repeated(positive, WIRE.fixed64, readDouble);
        break;
      case 14:
        reset = RESETS[r.asVarint()] ?? 'unknown';
        break;
      case 15:
        timestampMs = r.asInt64();
        break;
      case 16:
        r.repeated(customBounds, WIRE.fixed64, readDouble);
        break;
      case 17:
        startTimestampMs = r.asInt64();
        break;
      default:
        r.skip();
    }
  }
  const histogram: Histogram = {
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positiveSpans,
    positiveCounts: integer ? absolute(positiveDeltas) : positive,
    negativeSpans,
    negativeCounts: integer ? absolute(negativeDeltas) : negative,
    customBounds,
    reset,
    integer,
    stale,
  };
  return { histogram, timestampMs, startTimestampMs };
}

/** Whether the double that was just read is the stale marker, by its bits. */
function isStaleBits(r: ProtoReader): boolean {
  r.pos -= 8;
  r.fixed64();
  return r.low === STALE_LOW && r.high === STALE_HIGH;
}

/** A BucketSpan, which the exposition in protobuf has in the same form. */
export function readSpan(r: ProtoReader): BucketSpan {
  let offset = 0;
  let length = 0;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) offset = r.asZigzag();
    else if (r.field === 2) length = r.asVarint();
    else r.skip();
  }
  r.leave(outer);
  return { offset, length };
}

/** Counts of deltas, in place. */
export function absolute(deltas: number[]): number[] {
  let value = 0;
  for (let i = 0; i < deltas.length; i++) {
    value += deltas[i]!;
    deltas[i] = value;
  }
  return deltas;
}

/**
 * The histogram with at most the finest schema that is stored: of a finer one, 2^d neighbouring buckets become one. Its
 * spans must fit its buckets.
 */
export function withinSchema(h: Histogram): Histogram {
  return reduceSchema(h, SCHEMA_MAX);
}

/** What makes the histogram unfit to be stored, or undefined. */
export function histogramProblem(h: Histogram): string | undefined {
  if (h.stale) return undefined;
  const custom = h.schema === CUSTOM_BUCKETS_SCHEMA;
  if (!custom && (h.schema < SCHEMA_MIN || h.schema > WIRE_SCHEMA_MAX)) return `unknown schema ${h.schema}`;
  if (!custom && h.customBounds.length > 0) return 'custom bounds in a histogram with exponential buckets';
  if (custom) {
    if (h.negativeSpans.length > 0 || h.negativeCounts.length > 0)
      return 'custom buckets: must not have negative buckets';
    if (h.zeroCount !== 0 || h.zeroThreshold !== 0) return 'custom buckets: must not have a zero bucket';
    const layout = boundsProblem(h.customBounds, h.positiveSpans);
    if (layout !== undefined) return layout;
  }
  const spans =
    spanProblem(h.negativeSpans, h.negativeCounts.length) ??
    spanProblem(h.positiveSpans, h.positiveCounts.length);
  if (spans !== undefined) return spans;
  let buckets = h.zeroCount;
  if (!(h.zeroCount >= 0)) return 'zero bucket has a negative count';
  for (const counts of [h.negativeCounts, h.positiveCounts]) {
    for (const n of counts) {
      if (!(n >= 0)) return `bucket has a negative count: ${n}`;
      buckets += n;
    }
  }
  if (!(h.count >= 0)) return `observation count is negative: ${h.count}`;
  if (!h.integer) return undefined;
  // Observations of NaN are counted and in no bucket.
  if (Number.isNaN(h.sum) ? buckets > h.count : buckets !== h.count) {
    return `${buckets} observations found in buckets, but the Count field is ${h.count}: ${COUNT_RULE}`;
  }
  return undefined;
}

function boundsProblem(bounds: readonly number[], spans: readonly BucketSpan[]): string | undefined {
  let previous = Number.NEGATIVE_INFINITY;
  for (const bound of bounds) {
    if (Number.isNaN(bound) || bound === Number.POSITIVE_INFINITY) return 'custom bounds must be finite';
    if (bound <= previous) return 'custom bounds are not in ascending order';
    previous = bound;
  }
  let end = 0;
  for (const { offset, length } of spans) {
    if (offset < 0) return `custom buckets: span with negative offset ${offset}`;
    end += offset + length;
  }
  return end > bounds.length + 1 ? 'more custom buckets than bounds' : undefined;
}

function spanProblem(spans: readonly BucketSpan[], counts: number): string | undefined {
  let total = 0;
  for (let i = 0; i < spans.length; i++) {
    const s = spans[i]!;
    if (i > 0 && s.offset < 0) return `span number ${i + 1} has negative offset ${s.offset}`;
    total += s.length;
  }
  if (total !== counts || total > BUCKETS_MAX) return `spans need ${total} buckets, have ${counts} buckets`;
  return undefined;
}
