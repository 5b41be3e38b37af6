/** Answers what readers ask of the heads (`snapshot.ts`). Runs on the front; every answer is one look at one moment. */

import { Matcher } from '../../model/matcher.ts';
import type { LogHead } from './log-head.ts';
import type { MetricHead } from './metric-head.ts';
import {
  byId,
  packExemplars,
  packHistograms,
  packNewSeries,
  packRuns,
  packSegments,
  packSpans,
} from './pack.ts';
import type { SeriesIndex } from './series-index.ts';
import type {
  ExemplarHeadAnswer,
  HeadRequest,
  LogHeadAnswer,
  MetadataHeadAnswer,
  MetricHeadAnswer,
  TraceHeadAnswer,
} from './snapshot.ts';
import type { TraceHead } from './trace-head.ts';

type SeriesRequest = Extract<HeadRequest, { matchers: unknown }>;

export class HeadServer {
  readonly #metrics: MetricHead;
  readonly #logs: LogHead;
  readonly #traces: TraceHead;

  constructor(metrics: MetricHead, logs: LogHead, traces: TraceHead) {
    this.#metrics = metrics;
    this.#logs = logs;
    this.#traces = traces;
  }

  /** `request` is a `HeadRequest`, as a reader sent it. */
  answer(message: unknown): unknown {
    const request = message as HeadRequest;
    switch (request.kind) {
      case 'metrics':
        return this.#selectMetrics(request);
      case 'logs':
        return this.#selectLogs(request);
      case 'exemplars':
        return this.#selectExemplars(request);
      case 'traces':
        return this.#selectTraces(request.flushedGeneration);
      case 'metadata':
        return { metadata: [...this.#metrics.metadata] } satisfies MetadataHeadAnswer;
    }
  }

  #selectMetrics(request: SeriesRequest): MetricHeadAnswer {
    const { series, sealed, current } = this.#metrics;
    const slots = select(series, request);
    const generations = [...sealed, current].filter((g) => g.number > request.flushedGeneration);
    return {
      newSeries: packNewSeries(series, slots, request.flushedGeneration),
      generations: generations.map((g) => ({
        ...packRuns(series, g, slots),
        histograms: packHistograms(series, g, slots),
      })),
    };
  }

  #selectLogs(request: SeriesRequest): LogHeadAnswer {
    const { series, sealed, current } = this.#logs;
    const slots = select(series, request);
    const generations = [...sealed, current].filter((g) => g.number > request.flushedGeneration);
    return {
      newSeries: packNewSeries(series, slots, request.flushedGeneration),
      generations: generations.map((g) => ({
        slabs: g.segments.slabs,
        segments: packSegments(series, g, slots),
      })),
    };
  }

  #selectExemplars(request: SeriesRequest): ExemplarHeadAnswer {
    const { series, sealed, current } = this.#metrics;
    const slots = select(series, request);
    const wanted = new Set(slots);
    return {
      newSeries: packNewSeries(series, slots, request.flushedGeneration),
      exemplars: [...sealed, current]
        .filter((g) => g.number > request.flushedGeneration)
        .flatMap((g) => packExemplars(series, g, wanted)),
    };
  }

  #selectTraces(flushedGeneration: number): TraceHeadAnswer {
    const { sealed, current } = this.#traces;
    return {
      generations: [...sealed, current]
        .filter((g) => g.number > flushedGeneration && g.store.spans > 0)
        .map(packSpans),
    };
  }
}

function select(series: SeriesIndex, request: SeriesRequest): number[] {
  return byId(series, series.select(request.matchers.map(Matcher.from)));
}
