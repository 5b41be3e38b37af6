/** The columns of a `MetricBatch` while a decoder fills them. */

import type { ExemplarSample, FamilyMetadata, HistogramSample, MetricBatch } from '../../model/batch.ts';
import type { Labels } from '../../model/labels.ts';
import { normalizeNaN, setStale, wordsOf } from '../../model/sample.ts';

const CAPACITY_MIN = 16;

export interface RowMark {
  readonly series: number;
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export class MetricRows {
  seriesCount = 0;
  keyStart: Uint32Array;
  keyEnd: Uint32Array;
  sampleCount = 0;
  sampleSeries: Uint32Array;
  timestamps: Float64Array;
  values: Float64Array;
  /** The words of `values`, by which NaNs keep their bits. */
  words: Uint32Array;
  startTimestamps: Float64Array | undefined;
  /** The column of the batch before, if it had one. */
  #startsBefore: Float64Array | undefined;
  histograms: HistogramSample[] = [];
  exemplars: ExemplarSample[] = [];
  metadata: FamilyMetadata[] = [];

  /** Capacities are estimates; the columns double where they do not suffice. */
  constructor(seriesCapacity: number, sampleCapacity: number) {
    const series = Math.max(CAPACITY_MIN, seriesCapacity);
    const samples = Math.max(CAPACITY_MIN, sampleCapacity);
    this.keyStart = new Uint32Array(series);
    this.keyEnd = new Uint32Array(series);
    this.sampleSeries = new Uint32Array(samples);
    this.timestamps = new Float64Array(samples);
    this.values = new Float64Array(samples);
    this.words = wordsOf(this.values);
  }

  /** Empties the columns, whose room is kept. */
  reset(): void {
    this.seriesCount = 0;
    this.sampleCount = 0;
    this.#startsBefore = this.startTimestamps ?? this.#startsBefore;
    this.startTimestamps = undefined;
    // Lists may have been handed on.
    if (this.histograms.length > 0) this.histograms = [];
    if (this.exemplars.length > 0) this.exemplars = [];
    if (this.metadata.length > 0) this.metadata = [];
  }

  addSeries(keyStart: number, keyEnd: number): number {
    const i = this.seriesCount++;
    if (i === this.keyStart.length) {
      const start = new Uint32Array(i * 2);
      start.set(this.keyStart);
      this.keyStart = start;
      const end = new Uint32Array(i * 2);
      end.set(this.keyEnd);
      this.keyEnd = end;
    }
    this.keyStart[i] = keyStart;
    this.keyEnd[i] = keyEnd;
    return i;
  }

  /** Room for one more sample. */
  growSamples(): void {
    const n = this.values.length * 2;
    const series = new Uint32Array(n);
    series.set(this.sampleSeries);
    this.sampleSeries = series;
    const timestamps = new Float64Array(n);
    timestamps.set(this.timestamps);
    this.timestamps = timestamps;
    const values = new Float64Array(n);
    const words = wordsOf(values);
    words.set(this.words);
    this.values = values;
    this.words = words;
    if (this.startTimestamps) {
      const starts = new Float64Array(n);
      starts.set(this.startTimestamps);
      this.startTimestamps = starts;
    }
  }

  /** Appends a sample; any NaN becomes the normal one. Returns its index. */
  addSample(series: number, timestampMs: number, value: number): number {
    if (this.sampleCount === this.values.length) this.growSamples();
    const i = this.sampleCount++;
    this.sampleSeries[i] = series;
    this.timestamps[i] = timestampMs;
    this.values[i] = value;
    if (value !== value) normalizeNaN(this.words, i);
    return i;
  }

  addStale(series: number, timestampMs: number): number {
    const i = this.addSample(series, timestampMs, 0);
    setStale(this.words, i);
    return i;
  }

  setStart(sample: number, startMs: number): void {
    if (startMs === 0 && this.startTimestamps === undefined) return;
    this.startTimestamps ??= this.#emptyStarts();
    this.startTimestamps[sample] = startMs;
  }

  #emptyStarts(): Float64Array {
    const before = this.#startsBefore;
    return before?.length === this.values.length ? before.fill(0) : new Float64Array(this.values.length);
  }

  /** How far the columns are filled, for `rewind`. */
  mark(): RowMark {
    return {
      series: this.seriesCount,
      samples: this.sampleCount,
      histograms: this.histograms.length,
      exemplars: this.exemplars.length,
    };
  }

  /** Takes back everything added since the mark. */
  rewind(mark: RowMark): void {
    this.seriesCount = mark.series;
    this.startTimestamps?.fill(0, mark.samples, this.sampleCount);
    this.sampleCount = mark.samples;
    this.histograms.length = mark.histograms;
    this.exemplars.length = mark.exemplars;
  }

  batch(space: number, keys: Uint8Array, labels: (i: number) => Labels | undefined): MetricBatch {
    return {
      space,
      keys,
      seriesCount: this.seriesCount,
      keyStart: this.keyStart,
      keyEnd: this.keyEnd,
      labels,
      sampleCount: this.sampleCount,
      sampleSeries: this.sampleSeries,
      timestamps: this.timestamps,
      values: this.values,
      ...(this.startTimestamps ? { startTimestamps: this.startTimestamps } : {}),
      histograms: this.histograms,
      exemplars: this.exemplars,
      metadata: this.metadata,
    };
  }
}
