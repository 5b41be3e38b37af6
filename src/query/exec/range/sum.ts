/**
 * `sum_over_time` and `avg_over_time`. With `kahan` every window is summed anew with compensation; without, it is
 * a plain fold. A mean whose sum would overflow goes on as an incremental mean, which cannot.
 */

import { KahanSum } from '../kahan.ts';
import type { Column } from '../operator.ts';
import type { RangeInput, RangeKernel } from './kernel.ts';
import { sumHistograms } from './sum-histogram.ts';

export interface SumOptions {
  /** Compensate rounding errors (Kahan–Neumaier). */
  readonly kahan: boolean;
  /** Divide the sum by this many units per second of the window; 0: do not. */
  readonly perSecond?: boolean;
}

export function sumOverTime(options: SumOptions): RangeKernel {
  return (input, out, notes) => {
    sumFloats(input, out, options);
    if (input.histograms) sumHistograms(input, out, notes, false);
  };
}

function sumFloats(input: RangeInput, out: Column, options: SumOptions): void {
  const { values, lo, hi, stepCount } = input;
  const divisor = options.perSecond === true ? input.range / input.unitsPerSecond : 1;
  for (let i = 0; i < stepCount; i++) {
    const from = lo[i]!;
    const to = hi[i]!;
    if (from >= to) continue;
    const sum = options.kahan ? kahanSum(values, from, to) : plainSum(values, from, to);
    out.values[i] = sum / divisor;
    out.present[i] = 1;
  }
}

function plainSum(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let j = from; j < to; j++) sum += values[j]!;
  return sum;
}

export function kahanSum(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let compensation = 0;
  for (let j = from; j < to; j++) {
    const v = values[j]!;
    const total = sum + v;
    if (total - total !== 0) compensation = 0;
    else if (Math.abs(sum) >= Math.abs(v)) compensation += sum - total + v;
    else compensation += v - total + sum;
    sum = total;
  }
  return sum + compensation;
}

export function avgOverTime(options: SumOptions): RangeKernel {
  return (input, out, notes) => {
    const { values, lo, hi, stepCount } = input;
    for (let i = 0; i < stepCount; i++) {
      const from = lo[i]!;
      const to = hi[i]!;
      if (from >= to) continue;
      out.values[i] = options.kahan ? kahanMean(values, from, to) : plainSum(values, from, to) / (to - from);
      out.present[i] = 1;
    }
    if (input.histograms) sumHistograms(input, out, notes, true);
  };
}

/** Mean of `values[from, to)`. */
export function kahanMean(values: Float64Array, from: number, to: number): number {
  const direct = kahanSum(values, from, to) / (to - from);
  // Fast path: no overflow, or an input that is infinite itself.
  if (direct - direct === 0) return direct;
  const mean = new IncrementalMean();
  for (let j = from; j < to; j++) mean.add(values[j]!);
  return mean.value();
}

/** A compensated sum that turns into a running mean once the sum overflows. */
export class IncrementalMean {
  #count = 0;
  readonly #sum = new KahanSum();
  #mean = 0;
  #meanCompensation = 0;
  #incremental = false;

  add(value: number): void {
    this.#count++;
    if (!this.#incremental) {
      const sum = this.#sum.sum;
      const compensation = this.#sum.compensation;
      this.#sum.add(value);
      if (this.#count === 1 || isFiniteNumber(this.#sum.sum)) return;
      this.#incremental = true;
      this.#mean = sum / (this.#count - 1);
      this.#meanCompensation = compensation / (this.#count - 1);
    }
    const n = this.#count;
    const scale = (n - 1) / n;
    this.#mean *= scale;
    this.#meanCompensation *= scale;
    this.#addToMean(value / n);
  }

  value(): number {
    if (this.#incremental) return this.#mean + this.#meanCompensation;
    return this.#sum.sum / this.#count + this.#sum.compensation / this.#count;
  }

  #addToMean(value: number): void {
    const mean = this.#mean;
    const total = mean + value;
    if (total - total !== 0) this.#meanCompensation = 0;
    else if (Math.abs(mean) >= Math.abs(value)) this.#meanCompensation += mean - total + value;
    else this.#meanCompensation += value - total + mean;
    this.#mean = total;
  }
}

function isFiniteNumber(x: number): boolean {
  return x - x === 0;
}
