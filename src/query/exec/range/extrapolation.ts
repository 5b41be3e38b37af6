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
  let toStart = edgeDistance((firstTime - start) / unitsPerSecond, average);
  if (options.counter && zeroPart !== undefined) {
    const toZero = interval * zeroPart;
    if (toZero < toStart) toStart = toZero;
  }
  const toEnd = edgeDistance((start + range - lastTime) / unitsPerSecond, average);
  const factor = (interval + toStart + toEnd) / interval;
  return options.perSecond ? factor / (range / unitsPerSecond) : factor;
}

/**
 * What of extrapolation follows from times alone, for every step whose window has two samples or more. Series of one
 * scrape share their times, so it is made once for all of them, and a step costs a few operations on numbers.
 */
export class ExtrapolationGrid {
  /** `extrapolationFactor` where the counter's zero does not come in between. */
  readonly factor: Float64Array;
  /** Seconds between the first and the last sample of the window. */
  readonly interval: Float64Array;
  /** How far it is extrapolated at either end, in seconds. */
  readonly toStart: Float64Array;
  readonly toEnd: Float64Array;
  #version = -1;

  constructor(stepCount: number) {
    this.factor = new Float64Array(stepCount);
    this.interval = new Float64Array(stepCount);
    this.toStart = new Float64Array(stepCount);
    this.toEnd = new Float64Array(stepCount);
  }

  /** Makes it of the input's times, unless it has been. */
  update(input: RangeInput, perSecond: boolean): void {
    if (this.#version === input.timesVersion) return;
    this.#version = input.timesVersion;
    const { times, lo, hi, stepCount, range, unitsPerSecond } = input;
    const seconds = perSecond ? range / unitsPerSecond : 1;
    for (let i = 0; i < stepCount; i++) {
      const first = lo[i]!;
      const last = hi[i]! - 1;
      if (last <= first) continue;
      const interval = (times[last]! - times[first]!) / unitsPerSecond;
      const average = interval / (last - first);
      const start = windowStart(input, i);
      const toStart = edgeDistance((times[first]! - start) / unitsPerSecond, average);
      const toEnd = edgeDistance((start + range - times[last]!) / unitsPerSecond, average);
      this.interval[i] = interval;
      this.toStart[i] = toStart;
      this.toEnd[i] = toEnd;
      this.factor[i] = (interval + toStart + toEnd) / interval / seconds;
    }
  }
}

/** How far is extrapolated towards an edge at this distance. */
function edgeDistance(distance: number, average: number): number {
  return distance >= average * EDGE_DISTANCES ? average / 2 : distance;
}
