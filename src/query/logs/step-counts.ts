/**
 * Samples of a series that are only counted, or have whole numbers that are only added up: how many fall into each step's
 * window. A sample is noted where the first window that has it begins to and where the last one ceases to, so that memory
 * depends on the steps and not on the lines, and samples may come in any order.
 */

import type { Labels } from '../../model/labels.ts';
import type { OnGrowth } from './sample-series.ts';

/** Windows `(firstEnd + i * stepWidth - range, firstEnd + i * stepWidth]`, in whole nanoseconds. */
export interface CountGrid {
  readonly firstEnd: number;
  readonly stepWidth: number;
  readonly stepCount: number;
  readonly range: number;
}

export class StepCounts {
  readonly labels: Labels;
  readonly error: string;
  readonly #grid: CountGrid;
  /** Differences from step to step, until `total`. */
  readonly counts: Float64Array;
  /** Of what is added up; the counts where each sample is 1. */
  readonly sums: Float64Array;
  /** Windows of the sample before: `[#first, #end)`. */
  #first = 0;
  #end = 0;
  #last = Number.NEGATIVE_INFINITY;

  constructor(labels: Labels, error: string, grid: CountGrid, isWeighted: boolean, onGrowth: OnGrowth) {
    this.labels = labels;
    this.error = error;
    this.#grid = grid;
    const columns = isWeighted ? 2 : 1;
    onGrowth(columns * grid.stepCount, columns * 8 * grid.stepCount);
    this.counts = new Float64Array(grid.stepCount + 1);
    this.sums = isWeighted ? new Float64Array(grid.stepCount + 1) : this.counts;
  }

  /** Times are whole nanoseconds; mostly each is at or after the one before. */
  push(time: number, value: number): void {
    const { stepCount, range } = this.#grid;
    if (time < this.#last) {
      this.#first = this.#near(time);
      this.#end = this.#near(time + range);
    }
    this.#last = time;
    while (this.#first < stepCount && this.#windowEnd(this.#first) < time) this.#first++;
    while (this.#end < stepCount && this.#windowEnd(this.#end) < time + range) this.#end++;
    const { counts, sums } = this;
    counts[this.#first]!++;
    counts[this.#end]!--;
    if (sums === counts) return;
    sums[this.#first]! += value;
    sums[this.#end]! -= value;
  }

  #windowEnd(i: number): number {
    return this.#grid.firstEnd + i * this.#grid.stepWidth;
  }

  /** A step at or little before the first whose window ends at or after the time. */
  #near(time: number): number {
    const { firstEnd, stepWidth, stepCount } = this.#grid;
    const guess = Math.floor((time - firstEnd) / stepWidth) - 1;
    return Math.min(stepCount, Math.max(0, guess));
  }

  /** Makes counts and sums of the windows of the differences; called once, when all samples are in. */
  total(): void {
    addUp(this.counts);
    if (this.sums !== this.counts) addUp(this.sums);
  }
}

function addUp(differences: Float64Array): void {
  for (let i = 1; i < differences.length; i++) differences[i]! += differences[i - 1]!;
}
