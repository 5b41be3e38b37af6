/** Samples beyond a window that `anchored` and `smoothed` range vectors look at. */

import type { WindowGrid } from '../window.ts';
import type { CounterOptions } from './extrapolation.ts';

export interface ExtendedOptions extends CounterOptions {
  readonly edges: 'anchored' | 'smoothed';
  /** How far beyond the window samples count, in the grid's units. */
  readonly lookback: number;
}

/** Index of the last sample at or before the window's start and within the lookback of it; undefined for none. */
export function sampleBefore(
  times: Float64Array,
  lo: number,
  start: number,
  lookback: number,
): number | undefined {
  return lo > 0 && times[lo - 1]! > start - lookback ? lo - 1 : undefined;
}

/** Index of the first sample after `end` and within the lookback of it. */
export function sampleAfter(
  times: Float64Array,
  count: number,
  hi: number,
  end: number,
  lookback: number,
): number | undefined {
  return hi < count && times[hi]! <= end + lookback ? hi : undefined;
}

/** Times of samples with the windows of each step. */
export interface WindowedTimes {
  readonly times: Float64Array;
  readonly count: number;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
}

/** Whether there is a sample in the window of a step, or near enough to its edges to be looked at. */
export function anyNear(
  { times, count, lo, hi }: WindowedTimes,
  step: number,
  grid: WindowGrid,
  { edges, lookback }: Pick<ExtendedOptions, 'edges' | 'lookback'>,
): boolean {
  const end = grid.firstEnd + step * grid.stepWidth;
  return (
    hi[step]! > lo[step]! ||
    sampleBefore(times, lo[step]!, end - grid.range, lookback) !== undefined ||
    (edges === 'smoothed' && sampleAfter(times, count, hi[step]!, end, lookback) !== undefined)
  );
}
