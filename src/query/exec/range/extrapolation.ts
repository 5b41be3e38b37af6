/**
 * How far the change between the first and the last sample of a window is extrapolated: to an edge when the sample
 * next to it is nearer than 1.1 average distances, else half an average distance; a counter never below zero.
 */

import type { RangeInput } from './kernel.ts';

export interface CounterOptions {
  /** Values never decrease but by a reset. */
  readonly counter: boolean;
  /** Divide by the window's nominal length in seconds. */
  readonly perSecond: boolean;
  /** Start timestamps tell resets too, and a first sample that started within the window grew from zero. */
  readonly useStartTimes: boolean;
}

/** Samples closer to an edge than this many average distances are taken to reach it. */
const EDGE_DISTANCES = 1.1;

export function windowStart(input: RangeInput, step: number): number {
  return input.firstEnd + step * input.stepWidth - input.range;
}

/**
 * What the change between the window's first and last sample is multiplied by to reach the edges. `average`: the
 * distance of samples in seconds, in which everything is reckoned, so that results are Prometheus' to the last bit.
 * `zeroPart`: the counter's first value as a part of its increase, which tells when it was
 * zero; undefined where it does not.
 */
export function extrapolationFactor(
  input: RangeInput,
  step: number,
  firstTime: number,
  lastTime: number,
  average: number,
  zeroPart: number | undefined,
  options: CounterOptions,
): number {
  const { range, unitsPerSecond } = input;
  const start = windowStart(input, step);
  const interval = (lastTime - firstTime) / unitsPerSecond;
  const threshold = average * EDGE_DISTANCES;
  let toStart = (firstTime - start) / unitsPerSecond;
  let toEnd = (start + range - lastTime) / unitsPerSecond;
  if (toStart >= threshold) toStart = average / 2;
  if (options.counter && zeroPart !== undefined) {
    const toZero = interval * zeroPart;
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = average / 2;
  const factor = (interval + toStart + toEnd) / interval;
  return options.perSecond ? factor / (range / unitsPerSecond) : factor;
}
