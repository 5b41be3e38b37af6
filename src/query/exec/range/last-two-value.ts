/** What `irate` and `idelta` make of two neighbouring floats. */

import type { RangeInput } from './kernel.ts';
import { startsAnew } from './start-times.ts';

export interface LastTwoOptions {
  /** Per second, and a decrease counts as a reset to zero. */
  readonly rate: boolean;
  readonly useStartTimes: boolean;
}

/** The answer for the samples `last - 1` and `last`; undefined where they share a time. */
export function lastTwoValue(
  input: RangeInput,
  values: Float64Array,
  times: Float64Array,
  last: number,
  options: LastTwoOptions,
): number | undefined {
  const interval = times[last]! - times[last - 1]!;
  if (interval === 0) return undefined;
  const value = values[last]!;
  const before = values[last - 1]!;
  if (!options.rate) return value - before;
  const starts = options.useStartTimes ? input.startTimes : undefined;
  const anew = starts !== undefined && startsAnew(starts, times, last);
  const difference = value < before || anew ? value : value - before;
  return difference / (interval / input.unitsPerSecond);
}
