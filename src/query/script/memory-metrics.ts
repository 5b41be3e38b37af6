/**
 * Metrics in plain arrays: the smallest thing that keeps the contract of the storage seam. Query scripts and
 * tests run on it.
 */

import type { Histogram } from '../../model/histogram.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import { matchesAll } from '../../model/matcher.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import { setStale, wordsOf } from '../../model/sample.ts';
import type {
  ExemplarSeries,
  LabelQuery,
  MetricReader,
  SampleColumns,
  SeriesCursor,
  SeriesSelect,
  StorageReader,
} from '../../storage/interface.ts';

export interface MemorySample {
  readonly timestampMs: number;
  /** `stale` is the stale marker of a float. */
  readonly value: number | 'stale' | Histogram;
  /** 0 unknown. */
  readonly startMs?: number;
}

export interface MemorySeries {
  readonly labels: Labels;
  /** Ascending by time. */
  readonly samples: MemorySample[];
}

export class MemoryMetrics implements MetricReader {
  readonly #series = new Map<string, MemorySeries>();

  /** Adds samples to a series; they are kept in order of time, a later one replaces one of the same time. */
  add(labels: Labels, samples: readonly MemorySample[]): void {
    let series = this.#series.get(labels.key());
    if (series === undefined) {
      series = { labels, samples: [] };
      this.#series.set(labels.key(), series);
    }
    if (follows(series.samples, samples)) {
      for (const sample of samples) series.samples.push(sample);
      return;
    }
    const byTime = new Map(series.samples.map((s) => [s.timestampMs, s]));
    for (const sample of samples) byTime.set(sample.timestampMs, sample);
    series.samples.length = 0;
    for (const sample of byTime.values()) series.samples.push(sample);
    series.samples.sort((a, b) => a.timestampMs - b.timestampMs);
  }

  /** Everything, sorted by labels. */
  all(): MemorySeries[] {
    return [...this.#series.values()].sort((a, b) => a.labels.compare(b.labels));
  }

  /** The last sample of a series. */
  newest(labels: Labels): MemorySample | undefined {
    return this.#series.get(labels.key())?.samples.at(-1);
  }

  clear(): void {
    this.#series.clear();
  }

  async select(query: SeriesSelect): Promise<SeriesCursor> {
    const found = this.#matching((labels) => matchesAll(query.matchers, labels), query.minMs, query.maxMs);
    let batch = 0;
    let at = -1;
    return {
      nextBatch: async () => batch++ === 0 && found.length > 0,
      next: () => ++at < found.length,
      labels: () => found[at]!.labels,
      read: (into) => fill(into, inRange(found[at]!, query.minMs, query.maxMs)),
      close: () => {},
    };
  }

  async series(query: LabelQuery): Promise<Labels[]> {
    const sets = query.matcherSets;
    const matches = (labels: Labels) => sets.length === 0 || sets.some((set) => matchesAll(set, labels));
    return this.#matching(matches, query.minMs, query.maxMs).map((s) => s.labels);
  }

  async labelNames(query: LabelQuery): Promise<string[]> {
    const names = new Set<string>();
    for (const { pairs } of await this.series(query))
      for (let i = 0; i < pairs.length; i += 2) names.add(pairs[i]!);
    return [...names].sort();
  }

  async labelValues(name: string, query: LabelQuery): Promise<string[]> {
    const values = new Set((await this.series(query)).map((labels) => labels.get(name)));
    values.delete('');
    return [...values].sort();
  }

  async exemplars(): Promise<ExemplarSeries[]> {
    return [];
  }

  async metadata(): Promise<Map<string, MetricMetadata[]>> {
    return new Map();
  }

  #matching(matches: (labels: Labels) => boolean, minMs: number, maxMs: number): MemorySeries[] {
    return [...this.#series.values()]
      .filter((series) => matches(series.labels) && hasRange(series, minMs, maxMs))
      .sort((a, b) => a.labels.compare(b.labels));
  }

  /** Names of all metrics, for messages. */
  metricNames(): string[] {
    return [...new Set([...this.#series.values()].map((s) => s.labels.get(METRIC_NAME)))];
  }
}

/** A reader whose logs and traces must not be asked. */
export function memoryReader(metrics: MetricReader): StorageReader {
  return {
    metrics,
    get logs(): never {
      throw new Error('no logs in memory');
    },
    get traces(): never {
      throw new Error('no traces in memory');
    },
  };
}

/** Whether all samples are newer than those before, in order: what need not be sorted. */
function follows(before: readonly MemorySample[], samples: readonly MemorySample[]): boolean {
  let last = before.at(-1)?.timestampMs ?? Number.NEGATIVE_INFINITY;
  for (const { timestampMs } of samples) {
    if (timestampMs <= last) return false;
    last = timestampMs;
  }
  return true;
}

/** Index of the first sample at or after the time. */
function firstFrom({ samples }: MemorySeries, timeMs: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (samples[middle]!.timestampMs < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hasRange(series: MemorySeries, minMs: number, maxMs: number): boolean {
  const first = series.samples[firstFrom(series, minMs)];
  return first !== undefined && first.timestampMs <= maxMs;
}

function inRange(series: MemorySeries, minMs: number, maxMs: number): MemorySample[] {
  return series.samples.slice(firstFrom(series, minMs), firstFrom(series, Math.floor(maxMs) + 1));
}

function fill(into: SampleColumns, samples: readonly MemorySample[]): number {
  into.count = 0;
  into.ensure(samples.length);
  const words = wordsOf(into.values);
  const hasHistograms = samples.some((s) => typeof s.value === 'object');
  const hasStarts = samples.some((s) => (s.startMs ?? 0) !== 0);
  into.histograms = hasHistograms ? [] : undefined;
  into.startTimestamps = hasStarts ? new Float64Array(into.timestamps.length) : undefined;
  for (let i = 0; i < samples.length; i++) {
    const { timestampMs, value, startMs } = samples[i]!;
    into.timestamps[i] = timestampMs;
    into.values[i] = typeof value === 'number' ? value : 0;
    if (value === 'stale') setStale(words, i);
    if (into.histograms) into.histograms[i] = typeof value === 'object' ? value : undefined;
    if (into.startTimestamps) into.startTimestamps[i] = startMs ?? 0;
  }
  into.count = samples.length;
  return samples.length;
}
