/** Reads metrics for queries: blocks through the job's snapshot, the rest from the head. Runs in a reader thread. */

import { unionAscending } from '../../base/sorted.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import type { MetricHeadAnswer } from '../head/snapshot.ts';
import type {
  ExemplarSeries,
  LabelQuery,
  LabelValuesQuery,
  MetricReader,
  SampleColumns,
  SeriesCursor,
  SeriesSelect,
  TimeRange,
} from '../interface.ts';
import type { BlockRow } from '../sqlite/block-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import type { BlockDeletions } from './deletions.ts';
import { addHistograms, readHistogramSeries, type TimedHistogram } from './head-histograms.ts';
import { HeadSamples } from './head-samples.ts';
import { runsById } from './id-order.ts';
import { LabelLookup } from './label-lookup.ts';
import { BlockSamples } from './metric-pages.ts';
import { orderSamples } from './sample-order.ts';

/** Series between two batch boundaries, where cancellation is seen. */
const BATCH_SERIES = 256;

export class MetricQuerier implements MetricReader {
  readonly #snapshot: BlockSnapshot;

  constructor(snapshot: BlockSnapshot) {
    this.#snapshot = snapshot;
  }

  /** Time of the oldest sample in a block. */
  oldestMs(): number | undefined {
    return this.#snapshot.blocks.oldestMs(SIGNAL.metrics);
  }

  async select(query: SeriesSelect, signal: AbortSignal): Promise<SeriesCursor> {
    return this.#open(query, query.matchers, signal);
  }

  async #open(range: TimeRange, matchers: readonly Matcher[], signal: AbortSignal): Promise<MetricCursor> {
    const snapshot = this.#snapshot;
    const head = await this.#askHead(matchers);
    const blocks = snapshot.blocks.overlapping(SIGNAL.metrics, range.minMs, range.maxMs);
    const persisted = blocks.length > 0 ? snapshot.persisted(SIGNAL.metrics, matchers) : new Uint32Array(0);
    return new MetricCursor(snapshot, range, persisted, head, blocks, signal);
  }

  async #askHead(matchers: readonly Matcher[]): Promise<MetricHeadAnswer> {
    const snapshot = this.#snapshot;
    const head = await snapshot.ask({
      kind: 'metrics',
      flushedGeneration: snapshot.flushedGeneration,
      after: snapshot.after,
      matchers: matchers.map((m) => m.toData()),
    });
    snapshot.addNewSeries(head.newSeries);
    return head;
  }

  async #lookUp(query: LabelQuery): Promise<LabelLookup> {
    const found = new LabelLookup(this.#snapshot, SIGNAL.metrics);
    const isInRange = (h: TimedHistogram) => h.timestampMs >= query.minMs && h.timestampMs <= query.maxMs;
    for (const matchers of query.matcherSets.length === 0 ? [[]] : query.matcherSets) {
      const head = await this.#askHead(matchers);
      for (const g of head.generations) {
        const samples = new HeadSamples(g);
        const histograms = readHistogramSeries(g.histograms);
        for (let i = 0; i < g.ids.length; i++) {
          const id = g.ids[i]!;
          if (samples.hasAny(i, query.minMs, query.maxMs)) found.add(id);
          else if (histograms.size > 0 && histograms.get(id)?.some(isInRange)) found.add(id);
        }
      }
      found.addPersisted(query, matchers);
    }
    return found;
  }

  async series(query: LabelQuery): Promise<Labels[]> {
    return (await this.#lookUp(query)).series();
  }

  async labelNames(query: LabelQuery): Promise<string[]> {
    return (await this.#lookUp(query)).names();
  }

  async labelValues(name: string, query: LabelValuesQuery): Promise<string[]> {
    return (await this.#lookUp(query)).values(name, query.limit);
  }

  async exemplars(query: LabelQuery): Promise<ExemplarSeries[]> {
    const snapshot = this.#snapshot;
    const found = new Map<number, Map<string, ExemplarSeries['exemplars'][number]>>();
    const add = (id: number, timestampMs: number, value: number, bytes: Uint8Array) => {
      if (timestampMs < query.minMs || timestampMs > query.maxMs) return;
      const labels = Labels.fromBytes(bytes);
      let list = found.get(id);
      if (!list) found.set(id, (list = new Map()));
      const key = `${timestampMs}:${labels.key()}`;
      if (!list.has(key)) list.set(key, { labels, value, timestampMs });
    };
    for (const matchers of query.matcherSets.length === 0 ? [[]] : query.matcherSets) {
      const head = await snapshot.ask({
        kind: 'exemplars',
        flushedGeneration: snapshot.flushedGeneration,
        after: snapshot.after,
        matchers: matchers.map((m) => m.toData()),
      });
      snapshot.addNewSeries(head.newSeries);
      for (const id of snapshot.persisted(SIGNAL.metrics, matchers)) {
        for (const e of snapshot.exemplars.of(id, query.minMs, query.maxMs)) {
          if (e.generation > snapshot.after || snapshot.after === 0)
            add(id, e.timestampMs, e.value, e.labels);
        }
      }
      for (const e of head.exemplars) add(e.id, e.timestampMs, e.value, e.labels);
    }
    return [...found].map(([id, list]) => ({
      labels: snapshot.labels(SIGNAL.metrics, id),
      exemplars: [...list.values()].sort((a, b) => a.timestampMs - b.timestampMs),
    }));
  }

  async metadata(): Promise<Map<string, MetricMetadata[]>> {
    const { metadata } = await this.#snapshot.ask({ kind: 'metadata', after: this.#snapshot.after });
    return new Map(metadata.map(([family, list]) => [family, [...list]]));
  }
}

class MetricCursor implements SeriesCursor {
  readonly #snapshot: BlockSnapshot;
  readonly #range: TimeRange;
  readonly #signal: AbortSignal;
  readonly #blocks: readonly {
    readonly samples: BlockSamples;
    readonly deleted: BlockDeletions | undefined;
  }[];
  readonly #heads: { samples: HeadSamples; at: number; histograms: Map<number, TimedHistogram[]> }[];
  readonly #ids: ArrayLike<number>;
  #next = 0;
  #batchEnd = 0;
  id = -1;

  constructor(
    snapshot: BlockSnapshot,
    range: TimeRange,
    persisted: Uint32Array,
    head: MetricHeadAnswer,
    blocks: readonly BlockRow[],
    signal: AbortSignal,
  ) {
    this.#snapshot = snapshot;
    this.#range = range;
    this.#signal = signal;
    this.#heads = head.generations.map((g) => ({
      samples: new HeadSamples(runsById(g)),
      at: 0,
      histograms: readHistogramSeries(g.histograms),
    }));
    this.#ids = unionAscending([persisted, ...this.#heads.map((h) => h.samples.snapshot.ids)]);
    const first = persisted[0];
    const last = persisted.at(-1);
    this.#blocks = blocks.map((block) => {
      const spans =
        first === undefined ? [] : snapshot.blocks.spans(block.id, first, last!, range.minMs, range.maxMs);
      const samples = new BlockSamples(snapshot.metricPages, block.id, spans);
      return { samples, deleted: snapshot.deletions.of(block) };
    });
  }

  async nextBatch(): Promise<boolean> {
    this.#signal.throwIfAborted();
    this.#next = this.#batchEnd;
    this.#batchEnd = Math.min(this.#ids.length, this.#next + BATCH_SERIES);
    return this.#next < this.#ids.length;
  }

  next(): boolean {
    if (this.#next >= this.#batchEnd) return false;
    this.id = this.#ids[this.#next++]!;
    for (const h of this.#heads) {
      const { ids } = h.samples.snapshot;
      while (h.at < ids.length && ids[h.at]! < this.id) h.at++;
    }
    return true;
  }

  labels(): Labels {
    return this.#snapshot.labels(SIGNAL.metrics, this.id);
  }

  read(into: SampleColumns): number {
    const { minMs, maxMs } = this.#range;
    into.count = 0;
    into.histograms = undefined;
    into.startTimestamps = undefined;
    for (const { samples, deleted } of this.#blocks)
      samples.read(this.id, minMs, maxMs, into, deleted?.timesOf(this.id));
    for (const h of this.#heads) {
      if (h.samples.snapshot.ids[h.at] !== this.id) continue;
      h.samples.read(h.at, into);
      const own = h.histograms.get(this.id);
      if (own) addHistograms(into, own);
    }
    orderSamples(into);
    return into.count;
  }

  close(): void {}
}
