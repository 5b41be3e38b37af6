/**
 * The metric head: what the WAL holds of metrics, in memory. A batch is resolved to slots, decided (`metric-verdict.ts`:
 * which of its samples are new), and applied.
 *
 * Generations: a flush seals the current one and starts the next; sealed ones stay readable until their block is
 * visible and no reader is older (`engine.ts`).
 */

import type { FamilyMetadata, MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import { wordsOf } from '../../model/sample.ts';
import { IdleSeries } from './idle-series.ts';
import { MetricRuns } from './metric-runs.ts';
import {
  decideNewer,
  type HeadSeries,
  INVALID,
  isStorableTime,
  MetricDecision,
  type Probe,
  type ProbeAnswer,
  SKIPPED,
  type Verdict,
} from './metric-verdict.ts';
import { NewestSamples } from './newest-samples.ts';
import { OrderWindow } from './order-window.ts';
import type { SeriesIndex } from './series-index.ts';
import type { MetricRecord } from './wal-record.ts';

export interface TimedHistogram {
  readonly timestampMs: number;
  /** 0 unknown. */
  readonly startMs: number;
  readonly histogram: Histogram;
}

interface SaidMetadata extends MetricMetadata {
  generation: number;
}

export interface MetricGeneration {
  readonly number: number;
  readonly runs: MetricRuns;
  /** By slot, in the order in which they came. */
  readonly histograms: Map<number, TimedHistogram[]>;
  readonly exemplars: { slot: number; exemplar: Exemplar }[];
}

export class MetricHead implements HeadSeries {
  readonly series: SeriesIndex;
  current: MetricGeneration;
  sealed: readonly MetricGeneration[] = [];
  /** With the generation in which it was said last. */
  readonly metadata = new Map<string, SaidMetadata[]>();
  readonly newest = new NewestSamples();
  order: OrderWindow | undefined;
  #batchOf = new Uint32Array(1024);
  #batch = 0;
  #slots = new Int32Array(1024);
  #ids = new Uint32Array(1024);
  /** Series that no WAL record defines yet. */
  #pendingDefinitions: { ids: number[]; labels: Labels[] } = { ids: [], labels: [] };
  readonly idle: IdleSeries;
  /** Of generations up to this one samples may have been deleted since they were flushed: blocks know which are there. */
  #settled = 0;
  /** Newest time that any block of metrics covers; series that SQLite had before start from it. */
  persistedMaxMs = Number.NEGATIVE_INFINITY;

  constructor(series: SeriesIndex, generation: number, order?: OrderWindow) {
    this.series = series;
    this.order = order;
    this.current = newGeneration(generation, 0);
    this.idle = new IdleSeries(series);
    series.onAdd = (slot, labels) => this.#added(slot, labels);
  }

  #added(slot: number, labels: Labels | undefined): void {
    if (slot >= this.#batchOf.length) {
      const batchOf = new Uint32Array(this.#batchOf.length * 2);
      batchOf.set(this.#batchOf);
      this.#batchOf = batchOf;
    }
    // The slot may have been another series'.
    this.#batchOf[slot] = 0;
    this.idle.used(slot, this.current.number);
    const isNew = this.series.createdIn(slot) !== 0;
    this.newest.begin(slot, isNew ? Number.NEGATIVE_INFINITY : this.persistedMaxMs);
    if (!isNew || !labels) return;
    this.#pendingDefinitions.ids.push(this.series.id(slot));
    this.#pendingDefinitions.labels.push(labels);
  }

  /**
   * Finds the slot of every series of the batch. `errors[i]` holds the reason of a series whose labels are
   * invalid. The slots are valid until the next call.
   */
  resolve(batch: MetricBatch): { slots: Int32Array; repeated: boolean; errors: Map<number, TriliteError> } {
    if (this.#slots.length < batch.seriesCount) this.#slots = new Int32Array(batch.seriesCount * 2);
    const slots = this.#slots;
    const errors = new Map<number, TriliteError>();
    const stamp = ++this.#batch;
    let repeated = false;
    const { seriesCount, handles, space, keys, keyStart, keyEnd } = batch;
    for (let i = 0; i < seriesCount; i++) {
      let slot = handles
        ? this.#slotOf(handles.places[i]!, handles.ids[i]!)
        : this.series.find(space, keys, keyStart[i]!, keyEnd[i]!);
      if (slot < 0) slot = this.#resolveNew(batch, i, errors);
      slots[i] = slot;
      if (slot < 0) continue;
      if (this.#batchOf[slot] === stamp) repeated = true;
      this.#batchOf[slot] = stamp;
    }
    return { slots, repeated, errors };
  }

  /** The slot that a handle names, or -1 where it is another series' by now. */
  #slotOf(place: number, id: number): number {
    return place > 0 && this.series.holds(place - 1, id) ? place - 1 : -1;
  }

  #resolveNew(batch: MetricBatch, i: number, errors: Map<number, TriliteError>): number {
    const { handles, space, keys, keyStart, keyEnd } = batch;
    try {
      const labels = batch.labels(i);
      if (!labels) return SKIPPED;
      const { number } = this.current;
      if (!handles) return this.series.resolve(labels, number, space, keys, keyStart[i]!, keyEnd[i]!);
      const slot = this.series.resolveLabels(labels, number);
      handles.places[i] = slot + 1;
      handles.ids[i] = this.series.id(slot);
      return slot;
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      errors.set(i, error);
      return INVALID;
    }
  }

  /** `decideNewer` of `metric-verdict.ts`. */
  decideNewer(batch: MetricBatch, slots: Int32Array): Verdict | undefined {
    return decideNewer(this, batch, slots);
  }

  /** Decides sample by sample; where blocks have to be looked at first, the probes for that are returned. */
  decide(
    batch: MetricBatch,
    slots: Int32Array,
    errors: ReadonlyMap<number, TriliteError>,
    covers: (timestampMs: number) => boolean,
    probed: ReadonlyMap<string, ProbeAnswer>,
    skipLateMarkers: boolean,
  ): Verdict | Probe[] {
    return new MetricDecision(this, batch, slots, errors, covers, probed, skipLateMarkers).run();
  }

  id(slot: number): number {
    return this.series.id(slot);
  }

  setOrderWindow(windowMs: number | undefined): void {
    if (windowMs === this.order?.windowMs) return;
    const before = this.order;
    this.order = windowMs === undefined ? undefined : new OrderWindow(windowMs);
    if (!this.order) return;
    if (before) this.order.added(before.newestMs);
    else for (let slot = 0; slot < this.series.slotCount; slot++) this.order.added(this.newest.ms[slot]!);
  }

  newestMs(): number {
    return Math.max(this.order?.newestMs ?? Number.NEGATIVE_INFINITY, this.persistedMaxMs);
  }

  findHistogram(slot: number, timestampMs: number): Histogram | undefined {
    if (timestampMs > this.newest.ms[slot]!) return undefined;
    for (const g of [this.current, ...this.sealed]) {
      if (g.number <= this.#settled) continue;
      const found = g.histograms.get(slot)?.find((x) => x.timestampMs === timestampMs);
      if (found) return found.histogram;
    }
    return undefined;
  }

  findSample(slot: number, timestampMs: number): { runs: MetricRuns; place: number } | undefined {
    if (timestampMs > this.newest.ms[slot]!) return undefined;
    for (const { runs, number } of [this.current, ...this.sealed]) {
      if (number <= this.#settled) continue;
      const place = runs.findSample(slot, timestampMs);
      if (place >= 0) return { runs, place };
    }
    return undefined;
  }

  /**
   * Adds the samples of a verdict; returns what the WAL must keep of it. The record's columns are the batch's own or
   * are used again by the next call: it is to be encoded at once.
   */
  apply(batch: MetricBatch, slots: Int32Array, verdict: Verdict): MetricRecord {
    const { take } = verdict;
    const n = take?.length ?? batch.sampleCount;
    const words = wordsOf(batch.values);
    if (this.#ids.length < n) this.#ids = new Uint32Array(2 * n);
    const ids = this.#ids;
    const { sampleSeries, timestamps } = batch;
    const starts = storableStarts(batch);
    const { runs } = this.current;
    const withStarts = starts !== undefined || runs.hasStarts;
    for (let k = 0; k < n; k++) {
      const i = take ? take[k]! : k;
      const slot = slots[sampleSeries[i]!]!;
      this.#addSample(slot, timestamps[i]!, words, i);
      if (withStarts) runs.setStart(slot, starts ? starts[i]! : 0);
      ids[k] = this.series.id(slot);
    }
    const histograms = verdict.takeHistograms.map((h) => {
      const slot = slots[h.series]!;
      const startMs = isStorableTime(h.startTimestampMs) ? h.startTimestampMs : 0;
      const added = { timestampMs: h.timestampMs, startMs, histogram: h.histogram };
      this.#addHistogram(slot, added);
      return { id: this.series.id(slot), ...added };
    });
    const exemplars = this.#addExemplars(batch, slots);
    const metadata = this.#addMetadata(batch.metadata);
    return {
      definitions: this.#takeDefinitions(),
      count: n,
      ids,
      timestamps: take ? pickTimes(timestamps, take) : timestamps,
      valueWords: take ? pickWords(words, take) : words,
      startTimestamps: take && starts ? pickTimes(starts, take) : starts,
      histograms,
      exemplars,
      metadata,
    };
  }

  #addSample(slot: number, t: number, words: Uint32Array, i: number): void {
    this.current.runs.append(slot, t, words, i);
    this.newest.added(slot, t, words, i);
    this.order?.added(t);
  }

  #addHistogram(slot: number, added: TimedHistogram): void {
    const list = this.current.histograms.get(slot);
    if (list) list.push(added);
    else this.current.histograms.set(slot, [added]);
    this.newest.addedHistogram(slot, added.timestampMs);
    this.order?.added(added.timestampMs);
  }

  #addExemplars(batch: MetricBatch, slots: Int32Array): { id: number; exemplar: Exemplar }[] {
    const added: { id: number; exemplar: Exemplar }[] = [];
    let known: ((slot: number, series: number) => boolean) | undefined;
    for (const { series, exemplar, beforeSamples } of batch.exemplars) {
      const slot = slots[series]!;
      if (slot < 0 || !isStorableTime(exemplar.timestampMs)) continue;
      if (beforeSamples) {
        known ??= this.#knownBefore(batch, slots);
        if (!known(slot, series)) continue;
      }
      this.current.exemplars.push({ slot, exemplar });
      added.push({ id: this.series.id(slot), exemplar });
    }
    return added;
  }

  /** Whether a slot's series is known from before, or has a sample in the batch before a certain one of its series. */
  #knownBefore(batch: MetricBatch, slots: Int32Array): (slot: number, series: number) => boolean {
    // Series that no record of the WAL defines are new with this batch, or with one that is under way.
    const fresh = new Set(this.#pendingDefinitions.ids);
    const first = new Map<number, number>();
    const note = (series: number) => {
      const slot = slots[series]!;
      first.set(slot, Math.min(series, first.get(slot) ?? series));
    };
    for (let i = 0; i < batch.sampleCount && fresh.size > 0; i++) note(batch.sampleSeries[i]!);
    for (const h of batch.histograms) note(h.series);
    return (slot, series) =>
      !fresh.has(this.series.id(slot)) || (first.get(slot) ?? Number.POSITIVE_INFINITY) < series;
  }

  #addMetadata(metadata: readonly FamilyMetadata[]): FamilyMetadata[] {
    return metadata.filter((m) => {
      const known = this.metadata.get(m.family);
      const same = known?.find((k) => k.type === m.type && k.help === m.help && k.unit === m.unit);
      if (same) {
        same.generation = this.current.number;
        return false;
      }
      const entry = { type: m.type, help: m.help, unit: m.unit, generation: this.current.number };
      if (known) known.push(entry);
      else this.metadata.set(m.family, [entry]);
      return true;
    });
  }

  /** What was said in later generations than the one given. */
  metadataAfter(generation: number): [family: string, entries: MetricMetadata[]][] {
    const said: [string, MetricMetadata[]][] = [];
    for (const [family, list] of this.metadata) {
      const later = generation > 0 ? list.filter((entry) => entry.generation > generation) : list;
      const entries = later.map(({ type, help, unit }) => ({ type, help, unit }));
      if (entries.length > 0) said.push([family, entries]);
    }
    return said;
  }

  #takeDefinitions(): { ids: number[]; labels: Labels[] } {
    const pending = this.#pendingDefinitions;
    if (pending.ids.length > 0) this.#pendingDefinitions = { ids: [], labels: [] };
    return pending;
  }

  /** Puts back what a WAL record holds; `slotOf` gives -1 for an id that nothing defines any more. */
  replay(record: Omit<MetricRecord, 'definitions'>, slotOf: (id: number) => number): void {
    const starts = record.startTimestamps;
    const { runs } = this.current;
    const withStarts = starts !== undefined || runs.hasStarts;
    for (let i = 0; i < record.count; i++) {
      const slot = slotOf(record.ids[i]!);
      if (slot < 0) continue;
      this.#addSample(slot, record.timestamps[i]!, record.valueWords, i);
      if (withStarts) runs.setStart(slot, starts ? starts[i]! : 0);
    }
    for (const { id, ...added } of record.histograms) {
      const slot = slotOf(id);
      if (slot >= 0) this.#addHistogram(slot, added);
    }
    for (const e of record.exemplars) {
      const slot = slotOf(e.id);
      if (slot >= 0) this.current.exemplars.push({ slot, exemplar: e.exemplar });
    }
    this.#addMetadata(record.metadata);
  }

  /** Runs and time bounds of what is in memory. */
  bounds(): { readonly chunkCount: number; readonly minTimeMs: number; readonly maxTimeMs: number } {
    const all = [...this.sealed, this.current].map((g) => g.runs.bounds()).filter((b) => b.runs > 0);
    if (all.length === 0) return { chunkCount: 0, minTimeMs: 0, maxTimeMs: 0 };
    return {
      chunkCount: all.reduce((n, b) => n + b.runs, 0),
      minTimeMs: Math.min(...all.map((b) => b.minMs)),
      maxTimeMs: Math.max(...all.map((b) => b.maxMs)),
    };
  }

  /** Seals the current generation and starts the next. */
  seal(next: number): MetricGeneration {
    const sealed = this.current;
    this.sealed = [...this.sealed, sealed];
    this.current = newGeneration(next, this.series.slotCount);
    return sealed;
  }

  /** The slots of which some generation holds something: they cannot be evicted. */
  held(): (slot: number) => boolean {
    const generations = [this.current, ...this.sealed];
    const exemplars = new Set(generations.flatMap((g) => g.exemplars.map((e) => e.slot)));
    return (slot) =>
      exemplars.has(slot) || generations.some((g) => g.runs.has(slot) || g.histograms.has(slot));
  }

  /**
   * What generations up to this one hold is asked of the blocks from now on, though a query may keep them here for a
   * while: samples were deleted there.
   */
  settle(generation: number): void {
    this.#settled = Math.max(this.#settled, generation);
    for (const g of this.sealed)
      if (g.number <= generation) this.#eachSlot(g, (slot) => this.newest.flushed(slot));
  }

  /** The generation's samples are in blocks now: out-of-order samples of its time must look there. */
  retire(generation: number): void {
    const gone = this.sealed.filter((g) => g.number <= generation);
    for (const g of gone) {
      for (const { slot } of g.exemplars) this.idle.used(slot, g.number);
      this.#eachSlot(g, (slot) => {
        this.idle.used(slot, g.number);
        this.newest.flushed(slot);
      });
    }
    this.sealed = this.sealed.filter((g) => g.number > generation);
  }

  #eachSlot(g: MetricGeneration, visit: (slot: number) => void): void {
    for (let slot = 0; slot < this.series.slotCount; slot++) {
      if (g.runs.has(slot) || g.histograms.has(slot)) visit(slot);
    }
  }
}

/** The batch's start timestamps; one that the encodings do not hold exactly is none. */
function storableStarts({ startTimestamps, sampleCount }: MetricBatch): Float64Array | undefined {
  if (!startTimestamps) return undefined;
  for (let i = 0; i < sampleCount; i++) if (!isStorableTime(startTimestamps[i]!)) startTimestamps[i] = 0;
  return startTimestamps;
}

function pickTimes(times: Float64Array, indexes: Uint32Array): Float64Array {
  const picked = new Float64Array(indexes.length);
  for (let k = 0; k < indexes.length; k++) picked[k] = times[indexes[k]!]!;
  return picked;
}

function pickWords(words: Uint32Array, indexes: Uint32Array): Uint32Array {
  const picked = new Uint32Array(2 * indexes.length);
  for (let k = 0; k < indexes.length; k++) {
    picked[2 * k] = words[2 * indexes[k]!]!;
    picked[2 * k + 1] = words[2 * indexes[k]! + 1]!;
  }
  return picked;
}

function newGeneration(number: number, slots: number): MetricGeneration {
  return { number, runs: new MetricRuns(slots), histograms: new Map(), exemplars: [] };
}
