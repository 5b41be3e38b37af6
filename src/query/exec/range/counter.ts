/**
 * `rate`, `increase` and `delta` of floats: the last value less the first, plus what was lost at counter resets,
 * extrapolated to the edges of the window.
 *
 * Windows slide, so resets are listed once per
 * series and a window walks only its own: O(samples + steps + resets in windows).
 */

import type { Column } from '../operator.ts';
import { extrapolatedHistogram } from './counter-histogram.ts';
import { type CounterOptions, extrapolationFactor, windowStart } from './extrapolation.ts';
import type { Notes, RangeInput, RangeKernel } from './kernel.ts';
import { metricNameOf, mixedText } from './notes.ts';
import { startsAnew, startWithin, warnOverlaps } from './start-times.ts';

export function extrapolated(options: CounterOptions): RangeKernel {
  return (input, out, notes) => {
    if (input.count > 0) extrapolateFloats(input, out, notes, options);
    if (input.histograms) extrapolatedHistogram(input, out, notes, options);
  };
}

/** Indexes of the samples before which a reset happened, ascending. */
export function resetIndexes(input: RangeInput, starts: Float64Array | undefined): number[] {
  const { values, times, count } = input;
  const resets: number[] = [];
  for (let i = 1; i < count; i++) {
    if (values[i]! < values[i - 1]!) resets.push(i);
    else if (starts !== undefined && startsAnew(starts, times, i)) resets.push(i);
  }
  return resets;
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
