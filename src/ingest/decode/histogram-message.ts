/**
 * The Histogram message of the exposition in protobuf, which holds two histograms at once: the classic one in
 * buckets with cumulative counts, the native one in spans with deltas (integer) or counts (float).
 */

import { type ProtoReader, WIRE } from '../../base/protobuf.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { BucketSpan, Histogram } from '../../model/histogram.ts';
import { Labels } from '../../model/labels.ts';
import { customBuckets } from './custom-buckets.ts';
import { absolute, readSpan } from './remote-write-histogram.ts';

/** An exemplar as it came: its time may be missing. */
export interface WireExemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number | undefined;
}

export interface ClassicBucket {
  readonly upperBound: number;
  readonly cumulativeCount: number;
  readonly exemplar: WireExemplar | undefined;
}

export interface HistogramMessage {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly ClassicBucket[];
  /** Undefined where the message has none, or where it was not asked for. */
  readonly native: Histogram | undefined;
  readonly exemplars: readonly WireExemplar[];
  /** 0 where unknown. */
  readonly startTimestampMs: number;
}

const readDouble = (r: ProtoReader): number => r.double();
const readZigzag = (r: ProtoReader): number => r.zigzag();

interface Side {
  readonly spans: BucketSpan[];
  readonly deltas: number[];
  readonly counts: number[];
}

const emptySide = (): Side => ({ spans: [], deltas: [], counts: [] });

/**
 * Reads the message up to `r.end`; `native`: with its native part. Throws `bad_data` where spans and counts do not fit; other consistency is left to
 * `histogramProblem`.
 */
export function readHistogramMessage(
  r: ProtoReader,
  family: string,
  wanted: { readonly native: boolean; readonly gauge: boolean },
): HistogramMessage {
  let count = 0;
  let countFloat = 0;
  let sum = 0;
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  let zeroCountFloat = 0;
  let startTimestampMs = 0;
  const buckets: ClassicBucket[] = [];
  const exemplars: WireExemplar[] = [];
  const negative = emptySide();
  const positive = emptySide();
  while (r.next()) {
    if (r.field === 1) count = r.asVarint();
    else if (r.field === 2) sum = r.asDouble();
    else if (r.field === 3) buckets.push(readBucket(r));
    else if (r.field === 4) countFloat = r.asDouble();
    else if (r.field === 15) startTimestampMs = readTimestamp(r);
    else if (!wanted.native) r.skip();
    else if (r.field === 5) schema = r.asZigzag();
    else if (r.field === 6) zeroThreshold = r.asDouble();
    else if (r.field === 7) zeroCount = r.asVarint();
    else if (r.field === 8) zeroCountFloat = r.asDouble();
    else if (r.field >= 9 && r.field <= 11) readSide(r, r.field - 9, negative);
    else if (r.field >= 12 && r.field <= 14) readSide(r, r.field - 12, positive);
    else if (r.field === 16) exemplars.push(readExemplar(r));
    else r.skip();
  }
  // A native one without an observation is told by its zero threshold or by an empty span.
  const spans = positive.spans.length + negative.spans.length;
  let native: Histogram | undefined;
  if (spans > 0 || zeroThreshold > 0 || zeroCount > 0) {
    const integer = !(countFloat > 0 || zeroCountFloat > 0);
    native = {
      schema,
      zeroThreshold,
      zeroCount: integer ? zeroCount : zeroCountFloat,
      count: integer ? count : countFloat,
      sum,
      positiveSpans: positive.spans,
      positiveCounts: countsOf(family, 'positive', positive, integer),
      negativeSpans: negative.spans,
      negativeCounts: countsOf(family, 'negative', negative, integer),
      customBounds: [],
      reset: wanted.gauge ? 'gauge' : 'unknown',
      integer,
      stale: false,
    };
  }
  return { count: countFloat || count, sum, buckets, native, exemplars, startTimestampMs };
}

/** `part`: 0 a span, 1 deltas, 2 counts. */
function readSide(r: ProtoReader, part: number, side: Side): void {
  if (part === 0) side.spans.push(readSpan(r));
  else if (part === 1) r.repeated(side.deltas, WIRE.varint, readZigzag);
  else r.repeated(side.counts, WIRE.fixed64, readDouble);
}

function countsOf(family: string, name: string, side: Side, integer: boolean): number[] {
  const counts = integer ? absolute(side.deltas) : side.counts;
  const wanted = side.spans.reduce((n, s) => n + s.length, 0);
  if (wanted !== counts.length) {
    const what = `${name} side: spans require ${wanted} buckets, have ${counts.length}`;
    throw new TriliteError('bad_data', `histogram ${JSON.stringify(family)}: ${what}`);
  }
  return counts;
}

function readBucket(r: ProtoReader): ClassicBucket {
  let count = 0;
  let countFloat = 0;
  let upperBound = 0;
  let exemplar: WireExemplar | undefined;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) count = r.asVarint();
    else if (r.field === 2) upperBound = r.asDouble();
    else if (r.field === 3) exemplar = readExemplar(r);
    else if (r.field === 4) countFloat = r.asDouble();
    else r.skip();
  }
  r.leave(outer);
  return { upperBound, cumulativeCount: countFloat || count, exemplar };
}

/** Exemplar{1 LabelPair, repeated, 2 value, 3 Timestamp}. */
export function readExemplar(r: ProtoReader): WireExemplar {
  const labels = new Map<string, string>();
  let value = 0;
  let timestampMs: number | undefined;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) {
      let name = '';
      let text = '';
      const exemplar = r.enter();
      while (r.next()) {
        if (r.field === 1) name = r.text();
        else if (r.field === 2) text = r.text();
        else r.skip();
      }
      r.leave(exemplar);
      labels.set(name, text);
    } else if (r.field === 2) value = r.asDouble();
    else if (r.field === 3) timestampMs = readTimestamp(r);
    else r.skip();
  }
  r.leave(outer);
  return { labels: Labels.from(labels), value, timestampMs };
}

const NANOS_PER_MS = 1_000_000;

/** A Timestamp{1 seconds, 2 nanos} in whole milliseconds. */
export function readTimestamp(r: ProtoReader): number {
  let seconds = 0;
  let nanos = 0;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) seconds = r.asInt64();
    else if (r.field === 2) nanos = r.asInt64();
    else r.skip();
  }
  r.leave(outer);
  return seconds * 1000 + Math.trunc(nanos / NANOS_PER_MS);
}

/**
 * The exemplars of a native histogram: its own or, where it has none, those of its buckets. Ones without a time
 * are left out, since a repeated one could not be told from a new one.
 */
export function nativeExemplars({ exemplars, buckets }: HistogramMessage): Exemplar[] {
  const all = exemplars.length > 0 ? exemplars : buckets.map((b) => b.exemplar);
  const out: Exemplar[] = [];
  for (const e of all) {
    if (e?.timestampMs !== undefined) out.push({ ...e, timestampMs: e.timestampMs });
  }
  return out;
}

/** The classic part with custom buckets; undefined where it contradicts itself. */
export function convertedHistogram(
  { buckets, count, sum }: HistogramMessage,
  gauge: boolean,
): Histogram | undefined {
  const cumulative = new Map(buckets.map((b) => [b.upperBound, b.cumulativeCount]));
  const histogram = customBuckets({ buckets: cumulative, count, sum });
  return gauge && histogram !== undefined ? { ...histogram, reset: 'gauge' } : histogram;
}
