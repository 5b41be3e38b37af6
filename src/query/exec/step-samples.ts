/**
 * Which sample an instant selector sees at each step: the newest one in the left-open lookback window `(t − lookback, t]`.
 * That follows from times alone, and series of one scrape mostly have the same, so it is found once for all of them.
 */

import { SeenTimes } from './seen-times.ts';

export interface StepGrid {
  /** Time of the first step, in ms, and the distance of steps; 0 where there is one or all look at one time. */
  readonly first: number;
  readonly width: number;
  readonly stepCount: number;
  readonly lookback: number;
}

export class StepSamples {
  readonly #grid: StepGrid;
  readonly #seen = new SeenTimes();
  /** Index of the sample at each step, -1 where there is none. */
  readonly at: Int32Array;
  /** Whether any step has a sample. */
  any = false;

  constructor(grid: StepGrid) {
    this.#grid = grid;
    this.at = new Int32Array(grid.stepCount);
  }

  /** Takes the times of a series, `times[0, count)`, which ascend. */
  find(times: Float64Array, count: number): void {
    if (this.#seen.again(times, count)) return;
    const { first, width, stepCount, lookback } = this.#grid;
    let next = 0;
    this.any = false;
    for (let i = 0; i < stepCount; i++) {
      const t = first + i * width;
      while (next < count && times[next]! <= t) next++;
      const has = next > 0 && times[next - 1]! > t - lookback;
      this.at[i] = has ? next - 1 : -1;
      if (has) this.any = true;
    }
  }
}
