/** `stddev_over_time`, `stdvar_over_time`, `quantile_over_time` and `mad_over_time`: each window is looked at anew. */

import { quantileWarning, takeQuantile } from '../quantile.ts';
import { noteIgnoredHistograms } from './extremes.ts';
import type { RangeKernel } from './kernel.ts';

/** Population variance (Welford, compensated) or its root. */
export function varianceOverTime(root: boolean): RangeKernel {
  return (input, out, notes) => {
    const { values, lo, hi, stepCount } = input;
    for (let i = 0; i < stepCount; i++) {
      const from = lo[i]!;
      const to = hi[i]!;
      if (from >= to) continue;
      const variance = varianceOf(values, from, to);
      out.values[i] = root ? Math.sqrt(variance) : variance;
      out.present[i] = 1;
    }
    noteIgnoredHistograms(input, out, notes);
  };
}

/** Welford's method with both running numbers compensated. */
export function varianceOf(values: Float64Array, from: number, to: number): number {
  let count = 0;
  let mean = 0;
  let meanC = 0;
  let aux = 0;
  let auxC = 0;
  for (let j = from; j < to; j++) {
    count++;
    const v = values[j]!;
    const delta = v - (mean + meanC);
    const dm = delta / count;
    const m = mean + dm;
    if (m - m !== 0) meanC = 0;
    else if (Math.abs(mean) >= Math.abs(dm)) meanC += mean - m + dm;
    else meanC += dm - m + mean;
    mean = m;
    const da = delta * (v - (mean + meanC));
    const a = aux + da;
    if (a - a !== 0) auxC = 0;
    else if (Math.abs(aux) >= Math.abs(da)) auxC += aux - a + da;
    else auxC += da - a + aux;
    aux = a;
  }
  return (aux + auxC) / count;
}

/** `phi` per step. */
export function quantileOverTime(phi: Float64Array): RangeKernel {
  return (input, out, notes) => {
    const { values, lo, hi, stepCount } = input;
    for (let i = 0; i < stepCount; i++) {
      const from = lo[i]!;
      const to = hi[i]!;
      if (from >= to) continue;
      const q = phi[i]!;
      const warning = quantileWarning(q);
      if (warning !== undefined) notes.warn(warning);
      out.values[i] = takeQuantile(q, values.slice(from, to), to - from);
      out.present[i] = 1;
    }
    noteIgnoredHistograms(input, out, notes);
  };
}

/** Median of the distances to the median; NaN where any value is. */
export function medianDeviationOverTime(): RangeKernel {
  return (input, out, notes) => {
    const { values, lo, hi, stepCount } = input;
    for (let i = 0; i < stepCount; i++) {
      const from = lo[i]!;
      const to = hi[i]!;
      if (from >= to) continue;
      const window = values.slice(from, to);
      const median = takeQuantile(0.5, window, window.length);
      out.present[i] = 1;
      if (Number.isNaN(window[0])) {
        out.values[i] = Number.NaN;
        continue;
      }
      for (let j = 0; j < window.length; j++) window[j] = Math.abs(window[j]! - median);
      out.values[i] = takeQuantile(0.5, window, window.length);
    }
    noteIgnoredHistograms(input, out, notes);
  };
}
