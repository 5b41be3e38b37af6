/**
 * The metric head: what the WAL holds of metrics, in memory. Appending has two ways:
 *
 * - fast: every sample is newer than all its series has, or the newest again; verdicts are one comparison each;
 * - slow: something is out of order or repeated. Each such sample is looked up where a sample of its time could
 *   be: in the batch before it, in the head, and, when a block covers its time, in the blocks (asked of the writer).
 *
 * Generations: a flush seals the current one and starts the next; sealed ones stay readable until their block is
 * visible and no reader is older (`engine.ts`).
 */

import type { FamilyMetadata, HistogramSample, MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import { normalizeNaN, sameBits, wordsOf } from '../../model/sample.ts';
import { sameHistogram } from '../chunkenc/histogram-record.ts';
import type { Refusal } from '../interface.ts';
import { IdleSeries } from './idle-series.ts';
import { MetricRuns } from './metric-runs.ts';
import type { SeriesIndex } from './series-index.ts';
import type { MetricRecord } from './wal-record.ts';

/** Marks a batch series that is skipped in silence, or refused with the labels' error. */
const SKIPPED = -2;
const INVALID = -3;
/** Times are written as zigzag varints of differences, which are exact below 2^52; the year 37,600 is near enough. */
const TIME_MAX_MS = 2 ** 50;
/** Both words of a NaN that is neither the normal one nor the stale marker, and so is never stored. */
const NO_SAMPLE_WORD = 0xffffffff;
const TIME_MESSAGE = 'timestamp is out of the range that can be stored';

export interface MetricGeneration {
  readonly number: number;
  readonly runs: MetricRuns;
  readonly histograms: Map<number, { timestampMs: number; histogram: Histogram }[]>;
  readonly exemplars: { slot: number; exemplar: Exemplar }[];
}

/** A sample whose time some block covers: is it there already? */
export interface Probe {
  readonly id: number;
  readonly timestampMs: number;
}
/** The bits found for a probe (low, high), undefined when there is no such sample. */
export type ProbeAnswer = readonly [low: number, high: number] | undefined;

export interface Verdict {
  /** Batch indexes of the samples to add, ascending; undefined: all of them. */
  readonly take: Uint32Array | undefined;
  readonly takeHistograms: readonly HistogramSample[];
  readonly accepted: number;
  readonly refused: Refusal[];
}

export class MetricHead {
  readonly series: SeriesIndex;
  current: MetricGeneration;
  sealed: readonly MetricGeneration[] = [];
  readonly metadata = new Map<string, MetricMetadata[]>();
  /** Per slot: newest timestamp in memory and its value. */
  #newestMs = new Float64Array(1024).fill(Number.NEGATIVE_INFINITY);
  #newestValue = new Float64Array(1024);
  #newestWords = wordsOf(this.#newestValue);
  /** Up to this time blocks may hold samples of the slot. */
  #floorMs = new Float64Array(1024).fill(Number.NEGATIVE_INFINITY);
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

  constructor(series: SeriesIndex, generation: number) {
    this.series = series;
    this.current = newGeneration(generation, 0);
    this.idle = new IdleSeries(series);
    series.onAdd = (slot, labels) => this.#added(slot, labels);
  }

  #added(slot: number, labels: Labels | undefined): void {
    if (slot >= this.#newestMs.length) {
      const size = this.#newestMs.length * 2;
      this.#newestMs = grown(this.#newestMs, size);
      this.#floorMs = grown(this.#floorMs, size);
      const values = new Float64Array(size);
      values.set(this.#newestValue);
      this.#newestValue = values;
      this.#newestWords = wordsOf(values);
      const batchOf = new Uint32Array(size);
      batchOf.set(this.#batchOf);
      this.#batchOf = batchOf;
    }
    // The slot may have been another series'.
    this.#newestMs[slot] = Number.NEGATIVE_INFINITY;
    this.#batchOf[slot] = 0;
    this.idle.used(slot, this.current.number);
    const isNew = this.series.createdIn(slot) !== 0;
    this.#floorMs[slot] = isNew ? Number.NEGATIVE_INFINITY : this.persistedMaxMs;
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
    for (let i = 0; i < batch.seriesCount; i++) {
      const start = batch.keyStart[i]!;
      const end = batch.keyEnd[i]!;
      let slot = this.series.find(batch.space, batch.keys, start, end);
      if (slot < 0) slot = this.#resolveNew(batch, i, start, end, errors);
      slots[i] = slot;
      if (slot < 0) continue;
      if (this.#batchOf[slot] === stamp) repeated = true;
      this.#batchOf[slot] = stamp;
    }
    return { slots, repeated, errors };
  }

  #resolveNew(
    batch: MetricBatch,
    i: number,
    start: number,
    end: number,
    errors: Map<number, TriliteError>,
  ): number {
    try {
      const labels = batch.labels(i);
      if (!labels) return SKIPPED;
      return this.series.resolve(labels, this.current.number, batch.space, batch.keys, start, end);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      errors.set(i, error);
      return INVALID;
    }
  }

  /**
   * Decides a batch of which every sample is newer than all that its series has, or is the newest sent again, as
   * `target_info` is with each part of an export; no series may be in it twice. Undefined where another sample is in
   * it: then `decide` has to.
   */
  decideNewer(batch: MetricBatch, slots: Int32Array): Verdict | undefined {
    const { sampleSeries, timestamps, values, sampleCount } = batch;
    const words = wordsOf(values);
    const newest = this.#newestMs;
    let previous = -1;
    let resent: number[] | undefined;
    for (let i = 0; i < sampleCount; i++) {
      const series = sampleSeries[i]!;
      const slot = slots[series]!;
      if (slot < 0) return undefined;
      const t = timestamps[i]!;
      if (!(t >= newest[slot]! && t > this.#floorMs[slot]! && isStorableTime(t))) return undefined;
      // Back to an earlier series: its samples may not ascend.
      if (series === previous ? t <= timestamps[i - 1]! : series < previous) return undefined;
      if (values[i]! !== values[i]!) normalizeNaN(words, i);
      previous = series;
      if (t > newest[slot]!) continue;
      if (!sameBits(this.#newestWords, slot, words, i)) return undefined;
      resent ??= [];
      resent.push(i);
    }
    if (batch.histograms.length > 0 && !this.#allHistogramsNewer(batch, slots)) return undefined;
    return {
      take: resent && allBut(resent, sampleCount),
      takeHistograms: batch.histograms,
      accepted: sampleCount + batch.histograms.length,
      refused: [],
    };
  }

  #allHistogramsNewer(batch: MetricBatch, slots: Int32Array): boolean {
    const seen = new Set<number>();
    for (const { series, timestampMs: t } of batch.histograms) {
      const slot = slots[series]!;
      if (slot < 0 || seen.has(series)) return false;
      if (!(t > this.#newestMs[slot]! && t > this.#floorMs[slot]! && isStorableTime(t))) return false;
      seen.add(series);
    }
    for (let i = 0; i < batch.sampleCount; i++) if (seen.has(batch.sampleSeries[i]!)) return false;
    return true;
  }

  /**
   * Decides sample by sample. `probed` answers earlier probes (key `id:time`); when samples need probes that it
   * lacks, they are returned instead of a verdict. `covers` says whether some block may hold the time.
   */
  decide(
    batch: MetricBatch,
    slots: Int32Array,
    errors: ReadonlyMap<number, TriliteError>,
    covers: (timestampMs: number) => boolean,
    probed: ReadonlyMap<string, ProbeAnswer>,
  ): Verdict | Probe[] {
    const words = wordsOf(batch.values);
    const staged = new Map<string, number>();
    const take: number[] = [];
    const refused: Refusal[] = [];
    const probes: Probe[] = [];
    let accepted = 0;
    for (let i = 0; i < batch.sampleCount; i++) {
      const series = batch.sampleSeries[i]!;
      const slot = slots[series]!;
      if (slot < 0) {
        if (slot === INVALID)
          refused.push({ item: i, reason: 'invalid_labels', message: errors.get(series)!.message });
        continue;
      }
      const t = batch.timestamps[i]!;
      if (!isStorableTime(t)) {
        refused.push({ item: i, reason: 'invalid_sample', message: TIME_MESSAGE });
        continue;
      }
      if (batch.values[i]! !== batch.values[i]!) normalizeNaN(words, i);
      const key = `${this.series.id(slot)}:${t}`;
      const same = this.#compare(slot, t, key, words, i, staged, covers, probed, probes);
      if (same === 'different') {
        refused.push({ item: i, reason: 'duplicate_timestamp', message: 'duplicate sample for timestamp' });
        continue;
      }
      accepted++;
      if (same === 'absent') {
        staged.set(key, i);
        take.push(i);
      }
    }
    if (probes.length > 0) return probes;
    const histograms = this.#decideHistograms(batch, slots, errors, staged, refused);
    return {
      take: Uint32Array.from(take),
      takeHistograms: histograms.take,
      accepted: accepted + histograms.accepted,
      refused,
    };
  }

  #compare(
    slot: number,
    t: number,
    key: string,
    words: Uint32Array,
    i: number,
    staged: ReadonlyMap<string, number>,
    covers: (timestampMs: number) => boolean,
    probed: ReadonlyMap<string, ProbeAnswer>,
    probes: Probe[],
  ): 'absent' | 'same' | 'different' {
    const before = staged.get(key);
    if (before !== undefined) return sameBits(words, before, words, i) ? 'same' : 'different';
    const inHead = this.#findSample(slot, t);
    if (inHead) return inHead.runs.sameValue(inHead.place, words, i) ? 'same' : 'different';
    if (t <= this.#newestMs[slot]! && this.#findHistogram(slot, t)) return 'different';
    if (t > this.#floorMs[slot]! || !covers(t)) return 'absent';
    if (!probed.has(key)) {
      probes.push({ id: this.series.id(slot), timestampMs: t });
      return 'absent';
    }
    const found = probed.get(key);
    if (!found) return 'absent';
    return found[0] === words[2 * i] && found[1] === words[2 * i + 1] ? 'same' : 'different';
  }

  #decideHistograms(
    batch: MetricBatch,
    slots: Int32Array,
    errors: ReadonlyMap<number, TriliteError>,
    floats: ReadonlyMap<string, number>,
    refused: Refusal[],
  ): { take: HistogramSample[]; accepted: number } {
    const take: HistogramSample[] = [];
    const staged = new Map<string, HistogramSample>();
    let accepted = 0;
    batch.histograms.forEach((h, i) => {
      const item = batch.sampleCount + i;
      const slot = slots[h.series]!;
      if (slot < 0) {
        if (slot === INVALID)
          refused.push({ item, reason: 'invalid_labels', message: errors.get(h.series)!.message });
        return;
      }
      if (!isStorableTime(h.timestampMs)) {
        refused.push({ item, reason: 'invalid_sample', message: TIME_MESSAGE });
        return;
      }
      const key = `${this.series.id(slot)}:${h.timestampMs}`;
      const there = staged.get(key) ?? this.#findHistogram(slot, h.timestampMs);
      const isOther = there && !sameHistogram(there.histogram, h.histogram);
      if (isOther || floats.has(key) || this.#findSample(slot, h.timestampMs) !== undefined) {
        refused.push({ item, reason: 'duplicate_timestamp', message: 'duplicate sample for timestamp' });
        return;
      }
      accepted++;
      if (there) return;
      staged.set(key, h);
      take.push(h);
    });
    return { take, accepted };
  }

  #findHistogram(slot: number, timestampMs: number): { histogram: Histogram } | undefined {
    for (const g of [this.current, ...this.sealed]) {
      if (g.number <= this.#settled) continue;
      const found = g.histograms.get(slot)?.find((x) => x.timestampMs === timestampMs);
      if (found) return found;
    }
    return undefined;
  }

  /** The runs and the place in them of the float sample that the head has at this time. */
  #findSample(slot: number, timestampMs: number): { runs: MetricRuns; place: number } | undefined {
    if (timestampMs > this.#newestMs[slot]!) return undefined;
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
    for (let k = 0; k < n; k++) {
      const i = take ? take[k]! : k;
      const slot = slots[sampleSeries[i]!]!;
      this.#addSample(slot, timestamps[i]!, words, i);
      ids[k] = this.series.id(slot);
    }
    for (const h of verdict.takeHistograms) this.#addHistogram(slots[h.series]!, h.timestampMs, h.histogram);
    const exemplars = this.#addExemplars(batch, slots);
    const metadata = this.#addMetadata(batch.metadata);
    return {
      definitions: this.#takeDefinitions(),
      count: n,
      ids,
      timestamps: take ? pickTimes(timestamps, take) : timestamps,
      valueWords: take ? pickWords(words, take) : words,
      histograms: verdict.takeHistograms.map((h) => ({
        id: this.series.id(slots[h.series]!),
        timestampMs: h.timestampMs,
        histogram: h.histogram,
      })),
      exemplars,
      metadata,
    };
  }

  #addSample(slot: number, t: number, words: Uint32Array, i: number): void {
    this.current.runs.append(slot, t, words, i);
    if (t <= this.#newestMs[slot]!) return;
    this.#newestMs[slot] = t;
    this.#newestWords[2 * slot] = words[2 * i]!;
    this.#newestWords[2 * slot + 1] = words[2 * i + 1]!;
  }

  #addHistogram(slot: number, timestampMs: number, histogram: Histogram): void {
    const list = this.current.histograms.get(slot);
    if (list) list.push({ timestampMs, histogram });
    else this.current.histograms.set(slot, [{ timestampMs, histogram }]);
    if (timestampMs <= this.#newestMs[slot]!) return;
    this.#newestMs[slot] = timestampMs;
    // No sample has these bits: none is the newest sent again.
    this.#newestWords[2 * slot] = NO_SAMPLE_WORD;
    this.#newestWords[2 * slot + 1] = NO_SAMPLE_WORD;
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
      if (known?.some((k) => k.type === m.type && k.help === m.help && k.unit === m.unit)) return false;
      const entry = { type: m.type, help: m.help, unit: m.unit };
      if (known) known.push(entry);
      else this.metadata.set(m.family, [entry]);
      return true;
    });
  }

  #takeDefinitions(): { ids: number[]; labels: Labels[] } {
    const pending = this.#pendingDefinitions;
    if (pending.ids.length > 0) this.#pendingDefinitions = { ids: [], labels: [] };
    return pending;
  }

  /** Puts back what a WAL record holds; `slotOf` gives -1 for an id that nothing defines any more. */
  replay(record: Omit<MetricRecord, 'definitions'>, slotOf: (id: number) => number): void {
    for (let i = 0; i < record.count; i++) {
      const slot = slotOf(record.ids[i]!);
      if (slot >= 0) this.#addSample(slot, record.timestamps[i]!, record.valueWords, i);
    }
    for (const h of record.histograms) {
      const slot = slotOf(h.id);
      if (slot >= 0) this.#addHistogram(slot, h.timestampMs, h.histogram);
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
      if (g.number <= generation) this.#eachSlot(g, (slot) => this.#raiseFloor(slot));
  }

  /** The generation's samples are in blocks now: out-of-order samples of its time must look there. */
  retire(generation: number): void {
    const gone = this.sealed.filter((g) => g.number <= generation);
    for (const g of gone) {
      for (const { slot } of g.exemplars) this.idle.used(slot, g.number);
      this.#eachSlot(g, (slot) => {
        this.idle.used(slot, g.number);
        this.#raiseFloor(slot);
      });
    }
    this.sealed = this.sealed.filter((g) => g.number > generation);
  }

  #eachSlot(g: MetricGeneration, visit: (slot: number) => void): void {
    for (let slot = 0; slot < this.series.slotCount; slot++) {
      if (g.runs.has(slot) || g.histograms.has(slot)) visit(slot);
    }
  }

  #raiseFloor(slot: number): void {
    this.#floorMs[slot] = Math.max(this.#floorMs[slot]!, this.#newestMs[slot]!);
  }
}

/** Whether the encodings hold the time exactly. */
function isStorableTime(timestampMs: number): boolean {
  return timestampMs >= -TIME_MAX_MS && timestampMs <= TIME_MAX_MS;
}

/** 0 … count - 1 without the indexes, which ascend. */
function allBut(indexes: readonly number[], count: number): Uint32Array {
  const kept = new Uint32Array(count - indexes.length);
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (i === indexes[next]) next++;
    else kept[i - next] = i;
  }
  return kept;
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

function grown(values: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  next.set(values);
  return next;
}
