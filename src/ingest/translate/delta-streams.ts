/**
 * Delta points to cumulative ones: the total of each stream since its first point. A stream is what the sender says it is:
 * resource, scope, metric and attributes (`OtlpSeriesCache.identityOf`). Its totals are in memory alone, so after a restart,
 * or when nothing came of it for a while, it begins anew: a counter reset, told by the start timestamp.
 *
 * A point must be newer than the stream's last one and must not have begun before the stream did; others are dropped.
 * That makes a request that is sent twice count once. Time between points may be missing.
 */

import { addExponentials, type ExponentialCounts, NO_BUCKETS } from './exponential-buckets.ts';
import { SCHEMA_MIN } from './otlp-histogram.ts';
import type { OtlpMetricKind } from './otlp-names.ts';
import type { OtlpPoint } from './otlp-point.ts';

/** Streams that are added up at a time: as many points as `OtlpSeriesCache` remembers, about. */
const STREAMS_MAX = 100_000;
/** Numbers that their histograms have together: 32 MiB of them. */
const NUMBERS_MAX = 4 * 1024 * 1024;
/** A stream that nothing came of for this long is forgotten: five export intervals of the slowest usual senders. */
const STALE_MS = 5 * 60_000;
const SWEEP_INTERVAL_MS = 60_000;

/** Why a point is dropped. */
export interface DroppedDelta {
  readonly reason: 'out_of_order' | 'limit' | 'invalid';
  readonly message: string;
}

interface Stream {
  seenMs: number;
  startMs: number;
  timeMs: number;
  /** Of sums. */
  value: number;
  /** Of histograms. */
  count: number;
  sum: number;
  hasSum: boolean;
  bounds: number[];
  counts: number[];
  exponential: ExponentialCounts | undefined;
}

export class DeltaStreams {
  readonly #streams = new Map<string, Stream>();
  /** Bounds and buckets of all streams. */
  #numbers = 0;
  #nowMs = 0;
  #sweptMs = 0;

  get size(): number {
    return this.#streams.size;
  }

  /** To be called before a request: forgets streams that have become stale. */
  begin(nowMs: number): void {
    this.#nowMs = nowMs;
    if (nowMs - this.#sweptMs < SWEEP_INTERVAL_MS) return;
    this.#sweptMs = nowMs;
    for (const [identity, stream] of this.#streams) {
      if (nowMs - stream.seenMs > STALE_MS) this.#forget(identity, stream);
    }
  }

  /** Adds the point to its stream and makes it the stream's total, or says why it is dropped. */
  accumulate(identity: string, kind: OtlpMetricKind, p: OtlpPoint): DroppedDelta | undefined {
    // Nothing was recorded: a stale marker, and no change.
    if (p.stale) return undefined;
    const known = this.#streams.get(identity);
    const problem = known ? orderProblem(known, p) : this.#limitProblem(p);
    if (problem) return problem;
    const stream = known ?? emptyStream(p);
    if (known) this.#numbers -= sizeOf(stream);
    add(stream, kind, p);
    this.#numbers += sizeOf(stream);
    stream.seenMs = this.#nowMs;
    stream.timeMs = p.timeMs;
    if (!known) this.#streams.set(identity, stream);
    if (stream.exponential && stream.exponential.scale < SCHEMA_MIN) {
      this.#forget(identity, stream);
      return {
        reason: 'invalid',
        message: `buckets so far apart that they need the scale ${stream.exponential.scale}, below ${SCHEMA_MIN}`,
      };
    }
    copyTotal(stream, kind, p);
    return undefined;
  }

  #limitProblem(p: OtlpPoint): DroppedDelta | undefined {
    const size = p.boundCount + p.bucketCount + p.positive.counts.length + p.negative.counts.length;
    if (this.#streams.size < STREAMS_MAX && this.#numbers + size <= NUMBERS_MAX) return undefined;
    return { reason: 'limit', message: `too many delta streams: ${this.#streams.size} are added up already` };
  }

  #forget(identity: string, stream: Stream): void {
    this.#streams.delete(identity);
    this.#numbers -= sizeOf(stream);
  }
}

function orderProblem(stream: Stream, p: OtlpPoint): DroppedDelta | undefined {
  const at = (ms: number) => new Date(ms).toISOString();
  if (p.startMs < stream.startMs) {
    const message = `a delta point that begins at ${at(p.startMs)}, before its stream does at ${at(stream.startMs)}`;
    return { reason: 'out_of_order', message };
  }
  if (p.timeMs <= stream.timeMs) {
    const message = `a delta point of ${at(p.timeMs)} that is not newer than its stream's last one of ${at(stream.timeMs)}`;
    return { reason: 'out_of_order', message };
  }
  return undefined;
}

/** A stream that begins as the point does, with nothing in it. */
function emptyStream(p: OtlpPoint): Stream {
  return {
    seenMs: 0,
    startMs: p.startMs,
    timeMs: p.timeMs,
    value: 0,
    count: 0,
    sum: 0,
    hasSum: p.hasSum,
    bounds: p.bounds.slice(0, p.boundCount),
    counts: [],
    exponential: undefined,
  };
}

function sizeOf({ bounds, counts, exponential }: Stream): number {
  const buckets = exponential ? exponential.positive.counts.length + exponential.negative.counts.length : 0;
  return bounds.length + counts.length + buckets;
}

function add(stream: Stream, kind: OtlpMetricKind, p: OtlpPoint): void {
  if (kind === 'histogram') addHistogram(stream, p);
  else if (kind === 'exponential') addExponential(stream, p);
  else stream.value += p.value;
}

function addHistogram(stream: Stream, p: OtlpPoint): void {
  const { bounds, counts } = stream;
  let same = bounds.length === p.boundCount;
  for (let i = 0; i < bounds.length && same; i++) same = bounds[i] === p.bounds[i];
  if (!same) {
    // Counts of other buckets cannot be added: the stream begins anew.
    Object.assign(stream, { ...emptyStream(p), counts: p.bucketCounts.slice(0, p.bucketCount) });
    stream.count = p.count;
    stream.sum = p.sum;
    return;
  }
  for (let i = 0; i < p.bucketCount; i++) counts[i] = (counts[i] ?? 0) + p.bucketCounts[i]!;
  addTotals(stream, p);
}

function addExponential(stream: Stream, p: OtlpPoint): void {
  const { scale, zeroCount, positive, negative, zeroThreshold } = p;
  const added = { scale, zeroThreshold, zeroCount, positive, negative };
  stream.exponential ??= { scale, zeroThreshold, zeroCount: 0, positive: NO_BUCKETS, negative: NO_BUCKETS };
  addExponentials(stream.exponential, added);
  addTotals(stream, p);
}

function addTotals(stream: Stream, p: OtlpPoint): void {
  stream.count += p.count;
  stream.hasSum &&= p.hasSum;
  stream.sum = stream.hasSum ? stream.sum + p.sum : 0;
}

function copyTotal(stream: Stream, kind: OtlpMetricKind, p: OtlpPoint): void {
  p.startMs = stream.startMs;
  if (kind !== 'histogram' && kind !== 'exponential') {
    p.value = stream.value;
    return;
  }
  p.count = stream.count;
  p.sum = stream.sum;
  p.hasSum = stream.hasSum;
  p.bucketCount = stream.counts.length;
  for (let i = 0; i < stream.counts.length; i++) p.bucketCounts[i] = stream.counts[i]!;
  if (!stream.exponential) return;
  p.scale = stream.exponential.scale;
  p.zeroCount = stream.exponential.zeroCount;
  p.positive = stream.exponential.positive;
  p.negative = stream.exponential.negative;
}
