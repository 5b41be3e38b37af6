/**
 * `rate`, `increase` and `delta` of floats: the last value less the first, plus what was lost at counter resets,
 * extrapolated to the edges of the window.
 *
 * Windows slide, so resets are listed once per
 * series and a window walks only its own: O(samples + steps + resets in windows).
 */

import type { Column } from '../operator.ts';
import { extrapolatedHistogram } from './counter-histogram.ts';
import { type CounterOptions, ExtrapolationGrid, extrapolationFactor, windowStart } from './extrapolation.ts';
import type { Notes, RangeInput, RangeKernel } from './kernel.ts';
import { metricNameOf, mixedText } from './notes.ts';
import { startsAnew, startWithin, warnOverlaps } from './start-times.ts';

export function extrapolated(options: CounterOptions): RangeKernel {
  let grid: ExtrapolationGrid | undefined;
  return (input, out, notes) => {
    const startTimes = options.counter && options.useStartTimes ? input.startTimes : undefined;
    if (input.histograms === undefined && startTimes === undefined) {
      grid ??= new ExtrapolationGrid(input.stepCount);
      grid.update(input, options.perSecond);
      extrapolatePlain(input, out, options, grid);
      return;
    }
    if (input.count > 0) extrapolateFloats(input, out, notes, options);
    if (input.histograms) extrapolatedHistogram(input, out, notes, options);
  };
}

/** Fast path: floats alone, and resets are where values decrease. */
function extrapolatePlain(
  input: RangeInput,
  out: Column,
  { counter, perSecond }: CounterOptions,
  { factor, interval, toStart, toEnd }: ExtrapolationGrid,
): void {
  const { values, lo: los, hi: his, stepCount } = input;
  const { values: outValues, present } = out;
  const resets = counter ? resetIndexes(input, undefined) : NO_RESETS;
  const seconds = perSecond ? input.range / input.unitsPerSecond : 1;
  let nextReset = 0;
  for (let i = 0; i < stepCount; i++) {
    const lo = los[i]!;
    const last = his[i]! - 1;
    if (last <= lo) continue;
    const first = values[lo]!;
    let result = values[last]! - first;
    if (resets.length > 0) {
      while (nextReset < resets.length && resets[nextReset]! <= lo) nextReset++;
      for (let r = nextReset; r < resets.length && resets[r]! <= last; r++) result += values[resets[r]! - 1]!;
    }
    let f = factor[i]!;
    // A counter is not extrapolated below zero: it was zero `interval × first ÷ result` before its first sample.
    if (counter && result > 0 && first >= 0 && interval[i]! * first < toStart[i]! * result) {
      const toZero = interval[i]! * (first / result);
      f = (interval[i]! + toZero + toEnd[i]!) / interval[i]! / seconds;
    }
    outValues[i] = result * f;
    present[i] = 1;
  }
}

const NO_RESETS: readonly number[] = [];

/** Indexes of the samples before which a reset happened, ascending. */
export function resetIndexes(input: RangeInput, starts: Float64Array | undefined): readonly number[] {
  const { values, times, count } = input;
  let resets: number[] | undefined;
  let before = count > 0 ? values[0]! : 0;
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    if (value < before || (starts !== undefined && startsAnew(starts, times, i))) (resets ??= []).push(i);
    before = value;
  }
  return resets ?? NO_RESETS;
}

function extrapolateFloats(input: RangeInput, out: Column, notes: Notes, options: CounterOptions): void {
  const { times, values, lo: los, hi: his, stepCount, histograms } = input;
  const starts = options.counter && options.useStartTimes ? input.startTimes : undefined;
  const resets = options.counter ? resetIndexes(input, starts) : [];
  let nextReset = 0;
  for (let i = 0; i < stepCount; i++) {
    const lo = los[i]!;
    const last = his[i]! - 1;
    if (last < lo) continue;
    if (histograms !== undefined && histograms.hi[i]! > histograms.lo[i]!) {
      notes.warn(mixedText(metricNameOf(input.labels)));
      continue;
    }
    let start: number | undefined;
    if (starts !== undefined) {
      start = startWithin(starts, times, lo, windowStart(input, i));
      warnOverlaps(starts, times, lo, last + 1, metricNameOf(input.labels), notes);
    }
    if (last === lo && start === undefined) continue;
    const first = start === undefined ? values[lo]! : 0;
    let result = values[last]! - first;
    while (nextReset < resets.length && resets[nextReset]! <= lo) nextReset++;
    for (let r = nextReset; r < resets.length && resets[r]! <= last; r++) result += values[resets[r]! - 1]!;
    const seconds = (times[last]! - times[lo]!) / input.unitsPerSecond;
    const average = last === lo ? 0 : seconds / (last - lo);
    const zeroPart = result > 0 && first >= 0 ? first / result : undefined;
    const factor = extrapolationFactor(
      input,
      i,
      start ?? times[lo]!,
      times[last]!,
      average,
      zeroPart,
      options,
    );
    out.values[i] = result * factor;
    out.present[i] = 1;
  }
}
