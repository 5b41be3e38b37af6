/**
 * The series of label sets that have the same metrics: a slot per label set, and columns of what its counters, gauges and
 * histograms stand at. Counting touches numbers in arrays and nothing else; labels are made when storage asks for them.
 *
 *   per slot      numbers   a value per counter and gauge; per histogram its sum and a count per bucket (not cumulative)
 *                 states    of each metric: not there, new, known to storage, over the limit
 *                 exemplars per bucket the first trace since the last collection, and its value
 *
 * Slot 0 stands for all label sets that the limit leaves no room for.
 */

import { hashBytes } from '../base/hash.ts';
import { Labels, METRIC_NAME } from '../model/labels.ts';
import {
  COUNT,
  FIRST_BUCKET,
  firstSeries,
  type HistogramPlace,
  type HistogramSpec,
  placeHistograms,
  SUM,
  seriesOf,
} from './histogram-places.ts';
import { KeySlots } from './key-slots.ts';
import type { LabelKey } from './label-key.ts';
import { NativeBuckets } from './native-buckets.ts';
import { type LabelSource, type SampleBatch, takeNumbers } from './sample-batch.ts';
import type { SeriesLimit } from './series-limit.ts';
import type { HistogramMode, NativeHistogramSettings } from './settings.ts';

export interface GroupSpec {
  readonly counters: readonly string[];
  readonly gauges: readonly string[];
  readonly histograms: readonly HistogramSpec[];
  readonly mode: HistogramMode;
  readonly native: NativeHistogramSettings;
  readonly traceIdLabel: string;
  /** Labels of every series. */
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly limit: SeriesLimit;
  /** The labels that the key of the span or edge at hand stands for. */
  labelsOf(key: Uint8Array): Labels;
}

/** Times of a collection. */
export interface CollectTimes {
  readonly nowMs: number;
  /** Where a series that is new gets a zero, so that its first value shows as an increase. */
  readonly zeroMs: number;
}

// States of a metric: those from `FRESH` on have a series of their own.
const NONE = 0;
const OVER = 1;
const FRESH = 2;
const KNOWN = 3;
const OVERFLOW_SLOT = 0;
const OVERFLOW_LABELS = Labels.from({ metric_overflow: 'true' });
const SLOTS_START = 16;
/** So many keys are remembered; then they are found by their labels again. */
const KEYS_PER_SLOT = 4;
const KEYS_MIN = 1024;
const TRACE_ID_BYTES = 16;

export class SeriesGroup implements LabelSource {
  readonly #spec: GroupSpec;
  /** Slots by the bytes of their labels. */
  readonly #slots = new KeySlots();
  /** What was found before: places of keys, several of which may mean the same labels, and the slot of each. */
  #keys = new KeySlots();
  #slotOfKey = new Uint32Array(SLOTS_START);
  readonly #scalars: number;
  readonly #histograms: readonly HistogramPlace[];
  /** Columns of a slot: metrics, numbers, exemplars; and series that it has at most. */
  readonly #metricCount: number;
  readonly #numberCount: number;
  readonly #exemplarCount: number;
  readonly seriesMax: number;
  #states: Uint8Array;
  #numbers: Float64Array;
  #updatedMs: Float64Array;
  #firstNumber: Float64Array;
  #changed: Uint8Array;
  #exemplarSet: Uint8Array;
  #exemplarValues: Float64Array;
  #exemplarIds: Uint8Array;
  readonly #labels: (Labels | undefined)[] = [];
  readonly #native: (NativeBuckets | undefined)[] = [];
  /** Slots that changed since they were collected. */
  changedSlots: number[] = [];

  constructor(spec: GroupSpec) {
    this.#spec = spec;
    this.#scalars = spec.counters.length + spec.gauges.length;
    const { places, numbers, exemplars, series } = placeHistograms(spec.histograms, spec.mode, this.#scalars);
    this.#histograms = places;
    this.#metricCount = this.#scalars + places.length;
    this.#numberCount = numbers;
    this.#exemplarCount = exemplars;
    this.seriesMax = series;
    this.#states = new Uint8Array(SLOTS_START * this.#metricCount);
    this.#numbers = new Float64Array(SLOTS_START * numbers);
    this.#updatedMs = new Float64Array(SLOTS_START);
    this.#firstNumber = new Float64Array(SLOTS_START);
    this.#changed = new Uint8Array(SLOTS_START);
    this.#exemplarSet = new Uint8Array(SLOTS_START * exemplars);
    this.#exemplarValues = new Float64Array(SLOTS_START * exemplars);
    this.#exemplarIds = new Uint8Array(SLOTS_START * exemplars * TRACE_ID_BYTES);
    this.#begin(OVERFLOW_LABELS);
  }

  /** Label sets that have series. */
  get size(): number {
    return this.#slots.size - 1;
  }

  // ---------------------------------------------------------------------------------------------------- counting

  /** The slot of a label set, made where it is new and there is room. Call `touch` when it has been counted on. */
  slotOf(key: LabelKey): number {
    const hash = key.hash();
    const place = this.#keys.find(hash, key.bytes, 0, key.length);
    return place >= 0 ? this.#slotOfKey[place]! : this.#slotOfNew(key, hash);
  }

  #slotOfNew(key: LabelKey, hash: number): number {
    const labels = this.#spec.labelsOf(key.bytes);
    const bytes = labels.toBytes();
    let slot = this.#slots.find(hashBytes(bytes, 0, bytes.length), bytes, 0, bytes.length);
    if (slot < 0) {
      // What never gets a series must not take memory either.
      if (!this.#spec.limit.hasRoom()) return OVERFLOW_SLOT;
      slot = this.#begin(labels);
    }
    if (this.#keys.size >= KEYS_PER_SLOT * this.#slots.size + KEYS_MIN) this.#keys = new KeySlots();
    const place = this.#keys.add(hash, key.bytes, 0, key.length);
    if (place >= this.#slotOfKey.length) {
      const next = new Uint32Array(2 * this.#slotOfKey.length);
      next.set(this.#slotOfKey);
      this.#slotOfKey = next;
    }
    this.#slotOfKey[place] = slot;
    return slot;
  }

  #begin(labels: Labels): number {
    const bytes = labels.toBytes();
    const slot = this.#slots.add(hashBytes(bytes, 0, bytes.length), bytes, 0, bytes.length);
    if (slot >= this.#updatedMs.length) this.#grow();
    let all = labels;
    for (const [name, value] of Object.entries(this.#spec.externalLabels)) all = all.with(name, value);
    this.#labels[slot] = all;
    this.#firstNumber[slot] = takeNumbers(this.seriesMax);
    return slot;
  }

  #grow(): void {
    const grown = <T extends Uint8Array | Float64Array>(column: T): T => {
      const next = new (column.constructor as new (length: number) => T)(2 * column.length);
      next.set(column);
      return next;
    };
    this.#states = grown(this.#states);
    this.#numbers = grown(this.#numbers);
    this.#updatedMs = grown(this.#updatedMs);
    this.#firstNumber = grown(this.#firstNumber);
    this.#changed = grown(this.#changed);
    this.#exemplarSet = grown(this.#exemplarSet);
    this.#exemplarValues = grown(this.#exemplarValues);
    this.#exemplarIds = grown(this.#exemplarIds);
  }

  touch(slot: number, nowMs: number): void {
    this.#updatedMs[slot] = nowMs;
    if (this.#changed[slot] === 1) return;
    this.#changed[slot] = 1;
    this.changedSlots.push(slot);
  }

  /** The slot that counts for a metric that the given one has no series of: itself from now on, or slot 0. */
  #settle(slot: number, metric: number, series: number, nowMs: number): number {
    const at = slot * this.#metricCount + metric;
    if (this.#states[at] === NONE && (slot === OVERFLOW_SLOT || this.#spec.limit.take(series))) {
      this.#states[at] = FRESH;
      return slot;
    }
    this.#states[at] = OVER;
    if (this.#states[metric] === NONE) this.#states[metric] = FRESH;
    this.touch(OVERFLOW_SLOT, nowMs);
    return OVERFLOW_SLOT;
  }

  /** Adds to a counter. */
  add(slot: number, counter: number, value: number, nowMs: number): void {
    const has = this.#states[slot * this.#metricCount + counter]! >= FRESH;
    const own = has ? slot : this.#settle(slot, counter, 1, nowMs);
    this.#numbers[own * this.#numberCount + counter]! += value;
  }

  /** Sets a gauge, counted from 0, to 1. */
  mark(slot: number, gauge: number, nowMs: number): void {
    const metric = this.#spec.counters.length + gauge;
    const has = this.#states[slot * this.#metricCount + metric]! >= FRESH;
    const own = has ? slot : this.#settle(slot, metric, 1, nowMs);
    this.#numbers[own * this.#numberCount + metric] = 1;
  }

  /** `count` observations of a value in a histogram, of the trace whose id stands at `ids[at]`. */
  observe(
    slot: number,
    histogram: number,
    value: number,
    count: number,
    ids: Uint8Array,
    at: number,
    nowMs: number,
  ): void {
    const place = this.#histograms[histogram]!;
    const metric = this.#scalars + histogram;
    const has = this.#states[slot * this.#metricCount + metric]! >= FRESH;
    const own = has ? slot : this.#settle(slot, metric, place.seriesCount, nowMs);
    const { limits } = place;
    let bucket = 0;
    while (bucket < limits.length && value > limits[bucket]!) bucket++;
    const number = own * this.#numberCount + place.number;
    this.#numbers[number]! += value * count;
    this.#numbers[number + 1 + bucket]! += count;
    const exemplar = own * this.#exemplarCount + place.exemplar + bucket;
    if (this.#exemplarSet[exemplar] === 0) {
      this.#exemplarSet[exemplar] = 1;
      this.#exemplarValues[exemplar] = value;
      for (let i = 0; i < TRACE_ID_BYTES; i++) {
        this.#exemplarIds[exemplar * TRACE_ID_BYTES + i] = ids[at + i]!;
      }
    }
    if (place.native >= 0) {
      const index = own * this.#histograms.length + histogram;
      this.#native[index] ??= new NativeBuckets(this.#spec.native, nowMs);
      this.#native[index].observe(value, Math.ceil(count), nowMs);
    }
  }

  // -------------------------------------------------------------------------------------------------- collecting

  /** All slots that may have series. */
  *slots(): IterableIterator<number> {
    for (let slot = 0; slot < this.#slots.end; slot++) if (this.#slots.isUsed(slot)) yield slot;
  }

  /** Writes what the slot's series stand at; they count as unchanged then. `batch` has room for all of them. */
  collect(slot: number, batch: SampleBatch, times: CollectTimes): void {
    this.#changed[slot] = 0;
    for (let metric = 0; metric < this.#metricCount; metric++) {
      const at = slot * this.#metricCount + metric;
      const state = this.#states[at]!;
      if (state < FRESH) continue;
      const isFresh = state === FRESH;
      this.#states[at] = KNOWN;
      if (metric < this.#scalars) {
        this.#begun(batch, slot, metric);
        if (isFresh && metric < this.#spec.counters.length) batch.sample(times.zeroMs, 0);
        batch.sample(times.nowMs, this.#numbers[slot * this.#numberCount + metric]!);
      } else {
        this.#collectHistogram(slot, metric - this.#scalars, isFresh, batch, times);
      }
    }
  }

  #begun(batch: SampleBatch, slot: number, ordinal: number): void {
    batch.series(this.#firstNumber[slot]! + ordinal, this, slot, ordinal);
  }

  #collectHistogram(
    slot: number,
    histogram: number,
    isFresh: boolean,
    batch: SampleBatch,
    times: CollectTimes,
  ): void {
    const place = this.#histograms[histogram]!;
    const number = slot * this.#numberCount + place.number;
    const exemplar = slot * this.#exemplarCount + place.exemplar;
    if (place.classic >= 0) {
      this.#begun(batch, slot, place.classic + SUM);
      batch.sample(times.nowMs, this.#numbers[number]!);
      let count = 0;
      for (let bucket = 0; bucket < place.les.length; bucket++) {
        count += this.#numbers[number + 1 + bucket]!;
        this.#begun(batch, slot, place.classic + FIRST_BUCKET + bucket);
        if (isFresh) batch.sample(times.zeroMs, 0);
        batch.sample(times.nowMs, count);
        if (this.#exemplarSet[exemplar + bucket] === 1) this.#exemplar(exemplar + bucket, batch, times);
      }
      this.#begun(batch, slot, place.classic + COUNT);
      if (isFresh) batch.sample(times.zeroMs, 0);
      batch.sample(times.nowMs, count);
    }
    const native = this.#native[slot * this.#histograms.length + histogram];
    if (native) {
      this.#begun(batch, slot, place.native);
      if (isFresh) batch.histogram(times.zeroMs, native.empty());
      batch.histogram(times.nowMs, native.snapshot());
      for (let bucket = 0; bucket < place.les.length; bucket++) {
        if (this.#exemplarSet[exemplar + bucket] === 1) this.#exemplar(exemplar + bucket, batch, times);
      }
    }
    this.#exemplarSet.fill(0, exemplar, exemplar + place.les.length);
  }

  #exemplar(exemplar: number, batch: SampleBatch, times: CollectTimes): void {
    const at = exemplar * TRACE_ID_BYTES;
    const id = Buffer.from(this.#exemplarIds.subarray(at, at + TRACE_ID_BYTES)).toString('hex');
    // Exemplars name a trace as the original does: without the zeros in front.
    const labels = Labels.from({ [this.#spec.traceIdLabel]: id.replace(/^0+/, '') });
    batch.exemplar({ labels, value: this.#exemplarValues[exemplar]!, timestampMs: times.nowMs });
  }

  labelsOf(slot: number, ordinal: number): Labels {
    const base = this.#labels[slot]!;
    const { counters, gauges } = this.#spec;
    if (ordinal < this.#scalars)
      return base.with(METRIC_NAME, (counters[ordinal] ?? gauges[ordinal - counters.length])!);
    const place = this.#histograms.findLast((h) => ordinal >= firstSeries(h))!;
    const { suffix, le } = seriesOf(place, ordinal);
    const labels = base.with(METRIC_NAME, place.name + suffix);
    return le === undefined ? labels : labels.with('le', le);
  }

  /** A collection did not reach storage: the slots are to be collected again. */
  retry(slots: readonly number[]): void {
    for (const slot of slots) {
      if (this.#changed[slot] === 1 || !this.#slots.isUsed(slot)) continue;
      this.#changed[slot] = 1;
      this.changedSlots.push(slot);
    }
  }

  // ------------------------------------------------------------------------------------------------------ ending

  /** Slots that nothing was counted on since. */
  idleSlots(sinceMs: number): number[] {
    return [...this.slots()].filter((slot) => this.#updatedMs[slot]! < sinceMs && this.#hasSeries(slot));
  }

  #hasSeries(slot: number): boolean {
    const from = slot * this.#metricCount;
    return this.#states.subarray(from, from + this.#metricCount).some((state) => state !== NONE);
  }

  /** Writes a stale marker for each of the slot's series that storage knows. */
  end(slot: number, batch: SampleBatch, timeMs: number): void {
    for (let ordinal = 0; ordinal < this.seriesMax; ordinal++) {
      const metric = this.#metricOf(ordinal);
      if (this.#states[slot * this.#metricCount + metric] !== KNOWN) continue;
      this.#begun(batch, slot, ordinal);
      const place = this.#histograms[metric - this.#scalars];
      if (place?.native !== ordinal) batch.stale(timeMs);
      else batch.histogram(timeMs, { ...new NativeBuckets(this.#spec.native, timeMs).empty(), stale: true });
    }
  }

  #metricOf(ordinal: number): number {
    if (ordinal < this.#scalars) return ordinal;
    let metric = this.#scalars;
    let end = this.#scalars;
    for (const place of this.#histograms) {
      end += place.seriesCount;
      if (ordinal < end) return metric;
      metric++;
    }
    return metric;
  }

  /** Forgets slots that have ended. What was over the limit may have room now. */
  forget(slots: readonly number[]): void {
    for (const slot of slots) {
      const { limit } = this.#spec;
      for (let metric = 0; metric < this.#metricCount; metric++) {
        const at = slot * this.#metricCount + metric;
        const has = this.#states[at]! >= FRESH;
        const series = metric < this.#scalars ? 1 : this.#histograms[metric - this.#scalars]!.seriesCount;
        if (has && slot !== OVERFLOW_SLOT) limit.give(series);
        this.#states[at] = NONE;
      }
      this.#numbers.fill(0, slot * this.#numberCount, (slot + 1) * this.#numberCount);
      this.#exemplarSet.fill(0, slot * this.#exemplarCount, (slot + 1) * this.#exemplarCount);
      this.#changed[slot] = 0;
      for (let h = 0; h < this.#histograms.length; h++) {
        this.#native[slot * this.#histograms.length + h] = undefined;
      }
      if (slot !== OVERFLOW_SLOT) this.#labels[slot] = undefined;
    }
    const gone = slots.filter((slot) => slot !== OVERFLOW_SLOT);
    if (gone.length === 0) return;
    this.#slots.remove(gone);
    this.#keys = new KeySlots();
    const away = new Set(slots);
    this.changedSlots = this.changedSlots.filter((slot) => !away.has(slot));
    for (let at = 0; at < this.#states.length; at++) {
      if (this.#states[at] === OVER) this.#states[at] = NONE;
    }
  }
}
