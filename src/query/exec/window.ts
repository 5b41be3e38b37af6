/**
 * Sliding windows. For each step the samples with a time in the left-open window `(end − range, end]` are a run
 * `[lo, hi)` of ascending times; both edges only move forward, so all windows of a series cost one scan.
 *
 *   times   ·  ·   ·  ·     ·  ·
 *   step 0  (lo───────hi]
 *   step 1      (lo──────hi]
 *
 * Units are the caller's: milliseconds for metrics, nanosecond offsets for log entries.
 */

export interface WindowGrid {
  /** End of the first step's window. */
  readonly firstEnd: number;
  /** Distance of steps; 0 where there is one step. */
  readonly stepWidth: number;
  readonly stepCount: number;
  readonly range: number;
}

export class Windows {
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;

  constructor(stepCount: number) {
    this.lo = new Uint32Array(stepCount);
    this.hi = new Uint32Array(stepCount);
  }

  /** Fills `lo` and `hi` for `times[0, count)`, which ascend. */
  slide(times: Float64Array, count: number, grid: WindowGrid): void {
    const { firstEnd, stepWidth, stepCount, range } = grid;
    const { lo: los, hi: his } = this;
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < stepCount; i++) {
      const end = firstEnd + i * stepWidth;
      const start = end - range;
      while (hi < count && times[hi]! <= end) hi++;
      while (lo < hi && times[lo]! <= start) lo++;
      los[i] = lo;
      his[i] = hi;
    }
  }
}
