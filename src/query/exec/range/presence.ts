/** `count_over_time`, `present_over_time`, `absent_over_time`'s input, `last_over_time`, `first_over_time` and times of both. */

import type { Histogram } from '../../../model/histogram.ts';
import type { Column } from '../operator.ts';
import type { RangeInput, RangeKernel } from './kernel.ts';

/** Samples in the window, of any type; with `perSecond` divided by the window's length (LogQL's `rate`). */
export function countOverTime(options: { readonly perSecond: boolean }): RangeKernel {
  return (input, out) => {
    const divisor = options.perSecond ? input.range / input.unitsPerSecond : 1;
    for (let i = 0; i < input.stepCount; i++) {
      const n = windowCount(input, i);
      if (n === 0) continue;
      out.values[i] = n / divisor;
      out.present[i] = 1;
    }
  };
}

export function presentOverTime(): RangeKernel {
  return (input, out) => {
    for (let i = 0; i < input.stepCount; i++) {
      if (windowCount(input, i) === 0) continue;
      out.values[i] = 1;
      out.present[i] = 1;
    }
  };
}

/** The newest (`last`) or oldest (`first`) sample of the window, float or histogram. */
export function edgeOverTime(edge: 'first' | 'last'): RangeKernel {
  return (input, out) => {
    for (let i = 0; i < input.stepCount; i++) {
      const at = edgeSample(input, i, edge);
      if (at === undefined) continue;
      out.present[i] = 1;
      if (at >= 0) out.values[i] = input.values[at]!;
      else setHistogram(out, i, input.histograms!.samples[-1 - at]!, input.stepCount);
    }
  };
}

/** Seconds of the newest or oldest sample of the window. */
export function edgeTime(edge: 'first' | 'last'): RangeKernel {
  return (input, out) => {
    for (let i = 0; i < input.stepCount; i++) {
      const at = edgeSample(input, i, edge);
      if (at === undefined) continue;
      const time = at >= 0 ? input.times[at]! : input.histograms!.times[-1 - at]!;
      out.values[i] = time / input.unitsPerSecond;
      out.present[i] = 1;
    }
  };
}

export function windowCount(input: RangeInput, i: number): number {
  const floats = input.hi[i]! - input.lo[i]!;
  const histograms = input.histograms;
  return histograms === undefined ? floats : floats + histograms.hi[i]! - histograms.lo[i]!;
}

export function setHistogram(out: Column, i: number, histogram: Histogram, stepCount: number): void {
  out.histograms ??= new Array<Histogram | undefined>(stepCount).fill(undefined);
  out.histograms[i] = histogram;
  out.values[i] = 0;
}

/** Index of the float, or −1 − index of the histogram; undefined for an empty window. */
function edgeSample(input: RangeInput, i: number, edge: 'first' | 'last'): number | undefined {
  const lo = input.lo[i]!;
  const hi = input.hi[i]!;
  const float = lo < hi ? (edge === 'last' ? hi - 1 : lo) : undefined;
  const h = input.histograms;
  if (h === undefined || h.lo[i]! >= h.hi[i]!) return float;
  const histogram = edge === 'last' ? h.hi[i]! - 1 : h.lo[i]!;
  if (float === undefined) return -1 - histogram;
  const earlier = input.times[float]! < h.times[histogram]!;
  return earlier === (edge === 'first') ? float : -1 - histogram;
}
