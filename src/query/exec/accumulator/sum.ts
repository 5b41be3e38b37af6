/**
 * `sum` and `avg` of columns. With `kahan` the rounding errors are carried along per step; a mean whose sum
 * overflows goes on as an incremental mean. Steps that have histograms are kept apart by `HistogramSums`.
 */

import { METRIC_NAME } from '../../../model/labels.ts';
import type { Column } from '../operator.ts';
import type { Accumulator, AccumulatorNotes } from './accumulator.ts';
import { HistogramSums } from './histogram-sum.ts';

export interface SumOptions {
  readonly mean: boolean;
  /** Compensate rounding errors (Kahan–Neumaier). */
  readonly kahan: boolean;
}

export class SumAccumulator implements Accumulator {
  readonly #options: SumOptions;
  readonly #notes: AccumulatorNotes;
  readonly #sums: Float64Array;
  readonly #compensations: Float64Array;
  readonly #counts: Uint32Array;
  /** Columns that are not in `counts`, because they count at every step. */
  #fullColumns = 0;
  /** 1 where the mean is kept incrementally (`sums` holds the mean then). */
  #incremental: Uint8Array | undefined;
  #histograms: HistogramSums | undefined;
  /** Of some series with histograms, for messages. */
  #metricName = '';

  constructor(stepCount: number, options: SumOptions, notes: AccumulatorNotes) {
    this.#options = options;
    this.#notes = notes;
    this.#sums = new Float64Array(stepCount);
    this.#compensations = new Float64Array(options.kahan ? stepCount : 0);
    this.#counts = new Uint32Array(stepCount);
  }

  fold(column: Column): void {
    if (column.histograms !== undefined) {
      this.#metricName = column.labels.get(METRIC_NAME);
      this.#histograms ??= new HistogramSums(this.#counts.length, this.#options.mean, this.#notes);
      this.#histograms.fold(column.histograms, column.present);
    }
    if (this.#options.kahan) this.#foldKahan(column);
    else this.#foldPlain(column);
  }

  #foldPlain(column: Column): void {
    const { values, present, histograms } = column;
    const sums = this.#sums;
    const counts = this.#counts;
    for (let i = 0; i < sums.length; i++) {
      if (present[i] === 0 || histograms?.[i] !== undefined) continue;
      sums[i]! += values[i]!;
      counts[i]!++;
    }
  }

  #foldKahan(column: Column): void {
    if (column.histograms !== undefined || this.#incremental !== undefined) this.#foldAny(column, 0);
    else if (this.#options.mean || column.present.includes(0)) this.#foldFinite(column);
    else this.#foldFullToSum(column);
  }

  // The fast paths take the rounding error of an addition by Knuth's TwoSum, which gives the same error as the compared
  // form and does without a branch.

  /** A value at every step. A sum that becomes infinite is told at the end: nothing brings it back. */
  #foldFullToSum({ values }: Column): void {
    const sums = this.#sums;
    const compensations = this.#compensations;
    const n = sums.length;
    for (let i = 0; i < n; i++) {
      const v = values[i]!;
      const sum = sums[i]!;
      const total = sum + v;
      const added = total - sum;
      compensations[i]! += sum - (total - added) + (v - added);
      sums[i] = total;
    }
    this.#fullColumns++;
  }

  /** A mean as long as its sum stays finite; any sum, as above. */
  #foldFinite(column: Column): void {
    const { values, present } = column;
    const { mean } = this.#options;
    const sums = this.#sums;
    const compensations = this.#compensations;
    const counts = this.#counts;
    for (let i = 0; i < sums.length; i++) {
      if (present[i] === 0) continue;
      const v = values[i]!;
      const sum = sums[i]!;
      const total = sum + v;
      if (mean && total - total !== 0) {
        this.#foldAny(column, i);
        return;
      }
      const added = total - sum;
      compensations[i]! += sum - (total - added) + (v - added);
      sums[i] = total;
      counts[i]!++;
    }
  }

  #foldAny(column: Column, from: number): void {
    const { values, present, histograms } = column;
    const sums = this.#sums;
    const compensations = this.#compensations;
    const counts = this.#counts;
    for (let i = from; i < sums.length; i++) {
      if (present[i] === 0 || (histograms !== undefined && histograms[i] !== undefined)) continue;
      const v = values[i]!;
      const sum = sums[i]!;
      const total = sum + v;
      if (this.#incremental !== undefined && this.#incremental[i] === 1) {
        this.#foldMean(i, v);
        continue;
      }
      if (total - total !== 0) {
        if (this.#options.mean && counts[i]! > 0) {
          this.#switchToMean(i, v);
          continue;
        }
        compensations[i] = 0;
      } else if (Math.abs(sum) >= Math.abs(v)) compensations[i]! += sum - total + v;
      else compensations[i]! += v - total + sum;
      sums[i] = total;
      counts[i]!++;
    }
  }

  /** Slow path: the sum of step `i` would become infinite with `v`. */
  #switchToMean(i: number, v: number): void {
    this.#incremental ??= new Uint8Array(this.#counts.length);
    this.#incremental[i] = 1;
    this.#sums[i]! /= this.#counts[i]!;
    this.#compensations[i]! /= this.#counts[i]!;
    this.#foldMean(i, v);
  }

  #foldMean(i: number, v: number): void {
    const n = this.#counts[i]! + 1;
    this.#counts[i] = n;
    const scale = (n - 1) / n;
    const mean = this.#sums[i]! * scale;
    const compensation = this.#compensations[i]! * scale;
    const part = v / n;
    const total = mean + part;
    this.#sums[i] = total;
    if (total - total !== 0) this.#compensations[i] = 0;
    else if (Math.abs(mean) >= Math.abs(part)) this.#compensations[i] = compensation + (mean - total + part);
    else this.#compensations[i] = compensation + (part - total + mean);
  }

  emit(out: Column): void {
    const { kahan, mean } = this.#options;
    for (let i = 0; i < this.#counts.length; i++) {
      const n = this.#counts[i]! + this.#fullColumns;
      if (n === 0) continue;
      out.present[i] = 1;
      const compensation = kahan && Number.isFinite(this.#sums[i]!) ? this.#compensations[i]! : 0;
      if (!mean || (this.#incremental !== undefined && this.#incremental[i] === 1)) {
        out.values[i] = this.#sums[i]! + compensation;
      } else out.values[i] = this.#sums[i]! / n + compensation / n;
    }
    this.#histograms?.emit(out, this.#metricName);
  }
}
