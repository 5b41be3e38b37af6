/** `deriv` and `predict_linear`: a least-squares line through the window's floats. */

import { KahanSum } from '../kahan.ts';
import type { Notes, RangeInput, RangeKernel } from './kernel.ts';
import { ignoredHistogramsText, metricNameOf } from './notes.ts';

/** The line of the last `fitLine` call: value at the intercept time, and slope per second. Overwritten. */
const line = { intercept: 0, slope: 0 };

/** Least squares over `[from, to)`; x is in seconds relative to `origin`, which keeps the sums small. */
function fitLine(input: RangeInput, from: number, to: number, origin: number): void {
  const { times, values, unitsPerSecond } = input;
  const first = values[from]!;
  let constant = true;
  const sumX = new KahanSum();
  const sumY = new KahanSum();
  const sumXY = new KahanSum();
  const sumX2 = new KahanSum();
  for (let j = from; j < to; j++) {
    const y = values[j]!;
    if (constant && j > from && y !== first) constant = false;
    const x = (times[j]! - origin) / unitsPerSecond;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumX2.add(x * x);
  }
  if (constant) {
    line.slope = Number.isFinite(first) ? 0 : Number.NaN;
    line.intercept = Number.isFinite(first) ? first : Number.NaN;
    return;
  }
  const n = to - from;
  const x = sumX.value();
  const y = sumY.value();
  const covariance = sumXY.value() - (x * y) / n;
  const variance = sumX2.value() - (x * x) / n;
  line.slope = covariance / variance;
  line.intercept = y / n - (line.slope * x) / n;
}

export function deriv(): RangeKernel {
  return (input, out, notes) => {
    for (let i = 0; i < input.stepCount; i++) {
      const from = input.lo[i]!;
      const to = input.hi[i]!;
      if (!enough(input, i, notes)) continue;
      fitLine(input, from, to, input.times[from]!);
      out.values[i] = line.slope;
      out.present[i] = 1;
    }
  };
}

/** `seconds` per step: how far ahead. `evaluationTimes`: per step, in the grid's units; not the window's end where an offset or @ is given. */
export function predictLinear(seconds: Float64Array, evaluationTimes: Float64Array): RangeKernel {
  return (input, out, notes) => {
    for (let i = 0; i < input.stepCount; i++) {
      if (!enough(input, i, notes)) continue;
      fitLine(input, input.lo[i]!, input.hi[i]!, evaluationTimes[i]!);
      out.values[i] = line.slope * seconds[i]! + line.intercept;
      out.present[i] = 1;
    }
  };
}

/** A line needs two floats; histograms beside them are passed over with a word. */
function enough(input: RangeInput, i: number, notes: Notes): boolean {
  const floats = input.hi[i]! - input.lo[i]!;
  const h = input.histograms;
  if (floats > 0 && h !== undefined && h.hi[i]! > h.lo[i]!) {
    notes.info(ignoredHistogramsText(metricNameOf(input.labels)));
  }
  return floats >= 2;
}
