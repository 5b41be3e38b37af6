/** Samples of a series as they are collected from entries: times and values in columns that grow. */

import type { Labels } from '../../model/labels.ts';

const FIRST_SAMPLES = 64;
/** Up to here columns double; then they grow by a quarter, so that a long series wastes little. */
const DOUBLING_MAX = 65_536;

/** Told of the memory that a series takes, in samples and bytes, before it takes it. */
export type OnGrowth = (samples: number, bytes: number) => void;

/** Samples of one output series, each with its value. */
export class SampleSeries {
  readonly labels: Labels;
  readonly error: string;
  count = 0;
  times = new Float64Array(FIRST_SAMPLES);
  values = new Float64Array(FIRST_SAMPLES);
  readonly #onGrowth: OnGrowth;
  /** Ends of runs that ascend in time: each of several streams that feed a series makes its own. */
  #runEnds: number[] = [];

  constructor(labels: Labels, error: string, onGrowth: OnGrowth) {
    this.labels = labels;
    this.error = error;
    this.#onGrowth = onGrowth;
    onGrowth(FIRST_SAMPLES, 16 * FIRST_SAMPLES);
  }

  push(time: number, value: number): void {
    const n = this.count;
    if (n === this.times.length) this.#grow();
    if (n > 0 && time < this.times[n - 1]!) this.#runEnds.push(n);
    this.times[n] = time;
    this.values[n] = value;
    this.count = n + 1;
  }

  #grow(): void {
    const before = this.times.length;
    const size = before < DOUBLING_MAX ? 2 * before : Math.ceil(1.25 * before);
    this.#onGrowth(size - before, 16 * (size - before));
    const times = new Float64Array(size);
    times.set(this.times);
    const values = new Float64Array(size);
    values.set(this.values);
    this.times = times;
    this.values = values;
  }

  /** Puts the samples in order of time, those of equal time as they came: neighbouring runs are merged until one is left. */
  sort(): void {
    let ends = [...this.#runEnds, this.count];
    if (ends.length === 1) return;
    this.#onGrowth(0, 16 * this.count);
    let from: Columns = { times: this.times, values: this.values };
    let into: Columns = { times: new Float64Array(this.count), values: new Float64Array(this.count) };
    while (ends.length > 1) {
      const merged: number[] = [];
      for (let r = 0; r < ends.length; r += 2) {
        const start = r === 0 ? 0 : ends[r - 1]!;
        const end = ends[r + 1] ?? ends[r]!;
        mergeRuns(from, into, start, ends[r]!, end);
        merged.push(end);
      }
      [from, into] = [into, from];
      ends = merged;
    }
    this.times = from.times;
    this.values = from.values;
    this.#runEnds = [];
    this.#onGrowth(0, -16 * this.count);
  }
}

interface Columns {
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

function mergeRuns(from: Columns, into: Columns, start: number, middle: number, end: number): void {
  let a = start;
  let b = middle;
  const { times } = from;
  for (let at = start; at < end; at++) {
    const next = a < middle && (b === end || times[a]! <= times[b]!) ? a++ : b++;
    into.times[at] = times[next]!;
    into.values[at] = from.values[next]!;
  }
}
