/** `double_exponential_smoothing`: Holt's linear trend, smoothing factor and trend factor per step. */

import { TriliteError } from '../../../model/errors.ts';
import { formatFloat } from '../../../model/float-format.ts';
import { noteIgnoredHistograms } from './extremes.ts';
import type { RangeKernel } from './kernel.ts';

/** Throws `execution` where a factor is not strictly between 0 and 1. */
export function doubleExponentialSmoothing(smoothing: Float64Array, trend: Float64Array): RangeKernel {
  return (input, out, notes) => {
    const { values, lo, hi, stepCount } = input;
    for (let i = 0; i < stepCount; i++) {
      const from = lo[i]!;
      const to = hi[i]!;
      const { histograms } = input;
      if (from >= to && (histograms === undefined || histograms.lo[i]! >= histograms.hi[i]!)) continue;
      const sf = smoothing[i]!;
      const tf = trend[i]!;
      checkFactor(sf, 'smoothing', 'sf');
      checkFactor(tf, 'trend', 'tf');
      if (to - from < 2) continue;
      let before = 0;
      let current = values[from]!;
      let b = values[from + 1]! - values[from]!;
      for (let j = from + 1; j < to; j++) {
        if (j > from + 1) b = tf * (current - before) + (1 - tf) * b;
        const next = sf * values[j]! + (1 - sf) * (current + b);
        before = current;
        current = next;
      }
      out.values[i] = current;
      out.present[i] = 1;
    }
    noteIgnoredHistograms(input, out, notes);
  };
}

function checkFactor(factor: number, what: string, short: string): void {
  if (Number.isNaN(factor) || (factor > 0 && factor < 1)) return;
  const got = Number.isFinite(factor) ? factor.toFixed(6) : formatFloat(factor);
  throw new TriliteError('execution', `invalid ${what} factor. Expected: 0 < ${short} < 1, got: ${got}`);
}
