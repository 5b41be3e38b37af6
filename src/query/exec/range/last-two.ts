/** `irate` and `idelta`: the difference of the last two samples of the window. */

import type { Column } from '../operator.ts';
import type { RangeInput, RangeKernel } from './kernel.ts';
import { lastTwoHistograms } from './last-two-histogram.ts';
import { type LastTwoOptions, lastTwoValue } from './last-two-value.ts';

export function lastTwo(options: LastTwoOptions): RangeKernel {
  return (input, out, notes) => {
    if (input.histograms) lastTwoHistograms(input, out, notes, options);
    else lastTwoFloats(input, out, options);
  };
}

function lastTwoFloats(input: RangeInput, out: Column, options: LastTwoOptions): void {
  const { times, values, lo: los, hi: his, stepCount } = input;
  for (let i = 0; i < stepCount; i++) {
    const last = his[i]! - 1;
    if (last <= los[i]!) continue;
    const value = lastTwoValue(input, values, times, last, options);
    if (value === undefined) continue;
    out.values[i] = value;
    out.present[i] = 1;
  }
}
