/** Samples of a series as they are collected from entries: times and values in columns that grow. */

import type { Labels } from '../../model/labels.ts';

/** Samples of one output series, ascending unless `sorted` says otherwise. */
export class SampleSeries {
  readonly labels: Labels;
  readonly error: string | undefined;
  count = 0;
  times = new Float64Array(64);
  values: Float64Array | undefined;
  #sorted = true;

  constructor(labels: Labels, error: string | undefined, weighted: boolean) {
    this.labels = labels;
    this.error = error;
    this.values = weighted ? new Float64Array(64) : undefined;
  }

  push(time: number, value: number): void {
    const n = this.count;
    if (n === this.times.length) this.#grow();
    if (n > 0 && time < this.times[n - 1]!) this.#sorted = false;
    this.times[n] = time;
    if (this.values) this.values[n] = value;
    this.count = n + 1;
  }

  #grow(): void {
    const times = new Float64Array(this.times.length * 2);
    times.set(this.times);
    this.times = times;
    if (!this.values) return;
    const values = new Float64Array(times.length);
    values.set(this.values);
    this.values = values;
  }

  /** Several streams may feed a series: puts its samples in order of time. */
  sort(): void {
    if (this.#sorted) return;
    const { values } = this;
    if (!values) {
      this.times.subarray(0, this.count).sort();
      return;
    }
    const order = Uint32Array.from({ length: this.count }, (_, i) => i);
    const old = this.times;
    order.sort((a, b) => old[a]! - old[b]! || a - b);
    this.times = Float64Array.from(order, (i) => old[i]!);
    this.values = Float64Array.from(order, (i) => values[i]!);
    this.#sorted = true;
  }
}
