/**
 * Answers what readers ask of the heads (`snapshot.ts`). Runs on the front. An answer about few series is made at once;
 * one about very many is made in slices, between which the front does its other work. Its generations are those of
 * its first moment, so what is sealed meanwhile is still in it.
 */

import { startSliced } from '../../base/slices.ts';
import { Matcher } from '../../model/matcher.ts';
import type { LogHead } from './log-head.ts';
import type { MetricHead } from './metric-head.ts';
import { packExemplars, packHistograms, packRuns, packSegments, packSpans, packStreamTimes } from './pack.ts';
import type { PackedSeries } from './packed-labels.ts';
import { selectSlots } from './select-slots.ts';
import type { SeriesIndex } from './series-index.ts';
import type {
  ExemplarHeadAnswer,
  HeadRequest,
  LogHeadAnswer,
  MetadataHeadAnswer,
  MetricHeadAnswer,
  StreamHeadAnswer,
  TraceHeadAnswer,
} from './snapshot.ts';
import type { TraceHead } from './trace-head.ts';

type SeriesRequest = Extract<HeadRequest, { matchers: unknown }>;
type Bounds = Pick<SeriesRequest, 'flushedGeneration' | 'after'>;

export class HeadServer {
  readonly #metrics: MetricHead;
  readonly #logs: LogHead;
  readonly #traces: TraceHead;

  constructor(metrics: MetricHead, logs: LogHead, traces: TraceHead) {
    this.#metrics = metrics;
    this.#logs = logs;
    this.#traces = traces;
  }

  /** Answers that are being made: no series may be evicted meanwhile. */
  answering = 0;

  /** `message` is a `HeadRequest`, as a reader sent it. A promise where the answer takes long. */
  answer(message: unknown): unknown {
    const request = message as HeadRequest;
    switch (request.kind) {
      case 'metrics':
        return this.#sliced(this.#selectMetrics(request));
      case 'logs':
        return this.#sliced(this.#selectLogs(request));
      case 'streams':
        return this.#sliced(this.#selectStreams(request));
      case 'exemplars':
        return this.#sliced(this.#selectExemplars(request));
      case 'traces':
        return this.#selectTraces(request);
      case 'metadata':
        return { metadata: this.#metrics.metadataAfter(request.after) } satisfies MetadataHeadAnswer;
    }
  }

  *#selectMetrics(request: SeriesRequest): Generator<void, MetricHeadAnswer> {
    const { series } = this.#metrics;
    const generations = this.#newer(this.#metrics, request);
    const slots = yield* selectSlots(series, request.matchers.map(Matcher.from));
    const packed: MetricHeadAnswer['generations'][number][] = [];
    for (const g of generations) {
      const runs = yield* packRuns(series, g, slots);
      packed.push({ ...runs, histograms: packHistograms(series, g, slots) });
    }
    return { newSeries: newSeries(series, slots, request.flushedGeneration), generations: packed };
  }

  *#selectLogs(request: SeriesRequest): Generator<void, LogHeadAnswer> {
    const { series } = this.#logs;
    const generations = this.#newer(this.#logs, request);
    const slots = yield* selectSlots(series, request.matchers.map(Matcher.from));
    const packed: LogHeadAnswer['generations'][number][] = [];
    for (const g of generations) {
      const segments = yield* packSegments(series, g, slots);
      packed.push({ slabs: g.segments.slabs, segments });
    }
    return { newSeries: newSeries(series, slots, request.flushedGeneration), generations: packed };
  }

  *#selectStreams(request: SeriesRequest): Generator<void, StreamHeadAnswer> {
    const { series } = this.#logs;
    const generations = this.#newer(this.#logs, request);
    const slots = yield* selectSlots(series, request.matchers.map(Matcher.from));
    const times: Float64Array[] = [];
    for (const g of generations) times.push(yield* packStreamTimes(series, g, slots));
    return { newSeries: newSeries(series, slots, request.flushedGeneration), times };
  }

  *#selectExemplars(request: SeriesRequest): Generator<void, ExemplarHeadAnswer> {
    const { series } = this.#metrics;
    const generations = this.#newer(this.#metrics, request);
    const slots = yield* selectSlots(series, request.matchers.map(Matcher.from));
    const wanted = new Set(slots);
    return {
      newSeries: newSeries(series, slots, request.flushedGeneration),
      exemplars: generations.flatMap((g) => packExemplars(series, g, wanted)),
    };
  }

  #newer<G extends { readonly number: number }>(
    head: { readonly sealed: readonly G[]; readonly current: G },
    { flushedGeneration, after }: Bounds,
  ): G[] {
    const from = Math.max(flushedGeneration, after);
    return [...head.sealed, head.current].filter((g) => g.number > from);
  }

  #selectTraces(bounds: Bounds): TraceHeadAnswer {
    const generations = this.#newer(this.#traces, bounds).filter((g) => g.store.spans > 0);
    return { generations: generations.map(packSpans) };
  }

  #sliced<T>(work: Generator<void, T>): T | Promise<T> {
    const given = startSliced(work);
    if (!(given instanceof Promise)) return given;
    this.answering++;
    return given.finally(() => this.answering--);
  }
}

/** Refs of those slots whose series were created after the generation. */
function newSeries(series: SeriesIndex, slots: Uint32Array, flushedGeneration: number): PackedSeries {
  return series.pack(slots, (slot) => series.createdIn(slot) > flushedGeneration);
}
