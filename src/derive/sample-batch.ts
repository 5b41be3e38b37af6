/**
 * Samples of derived series on their way to storage. A series is named by a number that no other series of the process
 * ever has, so that storage finds it by eight bytes; its labels are made where storage does not know the number.
 */

import {
  type ExemplarSample,
  type FamilyMetadata,
  type HistogramSample,
  KEY_SPACE,
  type MetricBatch,
} from '../model/batch.ts';
import type { Exemplar } from '../model/exemplar.ts';
import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';
import { setStale, wordsOf } from '../model/sample.ts';

const KEY_BYTES = 8;
const TWO_32 = 4294967296;

/** Makes labels of a series by what `series` was told of it. */
export interface LabelSource {
  labelsOf(slot: number, ordinal: number): Labels;
}

/** Of the process: series of all tenants and groups. */
let nextNumber = 0;

/** Numbers for so many series: the first of them. */
export function takeNumbers(count: number): number {
  const first = nextNumber;
  nextNumber += count;
  return first;
}

export class SampleBatch implements MetricBatch {
  readonly space = KEY_SPACE.derived;
  readonly keys: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array;
  readonly keyStart: Uint32Array;
  readonly keyEnd: Uint32Array;
  seriesCount = 0;
  sampleCount = 0;
  readonly sampleSeries: Uint32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly #valueWords: Uint32Array;
  readonly histograms: HistogramSample[] = [];
  readonly exemplars: ExemplarSample[] = [];
  readonly metadata: FamilyMetadata[] = [];
  readonly #sources: LabelSource[] = [];
  readonly #slots: Uint32Array;
  readonly #ordinals: Uint32Array;

  /** Of so many series at most, with two samples each at most. */
  constructor(capacity: number) {
    this.keys = new Uint8Array(capacity * KEY_BYTES);
    this.#words = new Uint32Array(this.keys.buffer);
    this.keyStart = Uint32Array.from({ length: capacity }, (_, i) => i * KEY_BYTES);
    this.keyEnd = Uint32Array.from({ length: capacity }, (_, i) => (i + 1) * KEY_BYTES);
    this.sampleSeries = new Uint32Array(2 * capacity);
    this.timestamps = new Float64Array(2 * capacity);
    this.values = new Float64Array(2 * capacity);
    this.#valueWords = wordsOf(this.values);
    this.#slots = new Uint32Array(capacity);
    this.#ordinals = new Uint32Array(capacity);
  }

  get isEmpty(): boolean {
    return this.seriesCount === 0;
  }

  get itemCount(): number {
    return this.sampleCount + this.histograms.length + this.exemplars.length;
  }

  hasRoom(series: number): boolean {
    return (this.seriesCount + series) * KEY_BYTES <= this.keys.length;
  }

  /** Begins a series; what follows is of it. */
  series(number: number, source: LabelSource, slot: number, ordinal: number): void {
    const i = this.seriesCount++;
    this.#words[2 * i] = number % TWO_32;
    this.#words[2 * i + 1] = Math.floor(number / TWO_32);
    this.#sources[i] = source;
    this.#slots[i] = slot;
    this.#ordinals[i] = ordinal;
  }

  sample(timeMs: number, value: number): void {
    const i = this.sampleCount++;
    this.sampleSeries[i] = this.seriesCount - 1;
    this.timestamps[i] = timeMs;
    this.values[i] = value;
  }

  stale(timeMs: number): void {
    this.sample(timeMs, 0);
    setStale(this.#valueWords, this.sampleCount - 1);
  }

  histogram(timeMs: number, histogram: Histogram): void {
    this.histograms.push({
      series: this.seriesCount - 1,
      timestampMs: timeMs,
      startTimestampMs: 0,
      histogram,
    });
  }

  exemplar(exemplar: Exemplar): void {
    this.exemplars.push({ series: this.seriesCount - 1, exemplar });
  }

  labels(i: number): Labels {
    return this.#sources[i]!.labelsOf(this.#slots[i]!, this.#ordinals[i]!);
  }
}
