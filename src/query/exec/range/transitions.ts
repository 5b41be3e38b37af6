/**
 * `changes` and `resets`: transitions between neighbouring samples of the window. Each transition of the series
 * is decided once, then a window is the difference of two prefix counts. A change of type, float to histogram
 * or back, counts for both.
 */

import { histogramsEqual } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { isHistogramReset } from '../histogram/arithmetic.ts';
import { sampleBefore } from './edges.ts';
import { windowStart } from './extrapolation.ts';
import type { RangeInput, RangeKernel } from './kernel.ts';
import { windowCount } from './presence.ts';
import { startsAnew } from './start-times.ts';

export interface TransitionOptions {
  readonly count: 'changes' | 'resets';
  readonly useStartTimes: boolean;
  /** The last sample before the window belongs to it if it is this near; undefined: it never does. */
  readonly anchorLookback?: number | undefined;
}

export function transitions(options: TransitionOptions): RangeKernel {
  return (input, out) => {
    if (input.histograms) mixed(input, options, out);
    else floats(input, options, out);
  };
}

function floats(input: RangeInput, options: TransitionOptions, out: Parameters<RangeKernel>[1]): void {
  const { values, times, count, lo: los, hi: his, stepCount } = input;
  const starts = options.useStartTimes ? input.startTimes : undefined;
  const before = new Uint32Array(count + 1);
  for (let i = 1; i < count; i++) {
    const happened =
      options.count === 'changes'
        ? floatChanged(values[i - 1]!, values[i]!)
        : values[i]! < values[i - 1]! || (starts !== undefined && startsAnew(starts, times, i));
    before[i + 1] = before[i]! + (happened ? 1 : 0);
  }
  for (let i = 0; i < stepCount; i++) {
    const hi = his[i]!;
    if (los[i]! >= hi) continue;
    const lo = anchored(times, los[i]!, input, i, options);
    // Transition j stands between samples j-1 and j; the window has those of lo+1 … hi-1.
    out.values[i] = before[hi]! - before[lo + 1]!;
    out.present[i] = 1;
  }
}

/** The window's first sample, or the one before it where that is wanted and near enough. */
function anchored(
  times: Float64Array,
  lo: number,
  input: RangeInput,
  i: number,
  options: TransitionOptions,
): number {
  if (options.anchorLookback === undefined) return lo;
  return sampleBefore(times, lo, windowStart(input, i), options.anchorLookback) ?? lo;
}

function floatChanged(a: number, b: number): boolean {
  return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
}

/** Special case: the series has histograms. Merges both kinds by time, then as above. */
function mixed(input: RangeInput, options: TransitionOptions, out: Parameters<RangeKernel>[1]): void {
  const h = input.histograms!;
  const total = input.count + h.count;
  const before = new Uint32Array(total + 1);
  let f = 0;
  let g = 0;
  let previous: number | Histogram | undefined;
  let previousTime = 0;
  for (let i = 0; i < total; i++) {
    const takeFloat = g >= h.count || (f < input.count && input.times[f]! < h.times[g]!);
    const time = takeFloat ? input.times[f]! : h.times[g]!;
    const start = options.useStartTimes ? ((takeFloat ? input.startTimes?.[f] : h.startTimes?.[g]) ?? 0) : 0;
    const current: number | Histogram = takeFloat ? input.values[f++]! : h.samples[g++]!;
    const anew = start !== 0 && start > previousTime && start <= time;
    const happened =
      previous !== undefined &&
      (options.count === 'changes' ? changed(previous, current) : anew || wasReset(previous, current));
    before[i + 1] = before[i]! + (happened ? 1 : 0);
    previous = current;
    previousTime = time;
  }
  for (let i = 0; i < input.stepCount; i++) {
    const n = windowCount(input, i);
    if (n === 0) continue;
    // Floats before `lo` plus histograms before theirs are the merged samples before the window.
    const first = input.lo[i]! + h.lo[i]!;
    const end = first + n;
    const anchor = Math.min(
      anchored(input.times, input.lo[i]!, input, i, options) + h.lo[i]!,
      anchored(h.times, h.lo[i]!, input, i, options) + input.lo[i]!,
    );
    out.values[i] = before[end]! - before[anchor + 1]!;
    out.present[i] = 1;
  }
}

function changed(a: number | Histogram, b: number | Histogram): boolean {
  if (typeof a === 'number' && typeof b === 'number') return floatChanged(a, b);
  if (typeof a === 'number' || typeof b === 'number') return true;
  return !histogramsEqual(a, b);
}

function wasReset(a: number | Histogram, b: number | Histogram): boolean {
  if (typeof a === 'number' && typeof b === 'number') return b < a;
  if (typeof a === 'number' || typeof b === 'number') return true;
  return isHistogramReset(b, a);
}
