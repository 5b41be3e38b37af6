/**
 * The counter-reset hints that storage gives to histograms: the first of a run says nothing, one that follows is
 * `not_reset`, or nothing
 * again where a decrease shows; an explicit `reset` is kept. Gauges stay gauges. A float or a stale marker ends the run.
 */

import type { Histogram } from '../../model/histogram.ts';
import { isHistogramReset } from '../exec/histogram/arithmetic.ts';
import type { MemorySample } from './memory-metrics.ts';

export function withResetHints(samples: readonly MemorySample[]): MemorySample[] {
  let previous: Histogram | undefined;
  return samples.map((sample) => {
    if (typeof sample.value !== 'object') {
      previous = undefined;
      return sample;
    }
    const histogram = sample.value;
    if (histogram.reset === 'gauge') {
      previous = undefined;
      return sample;
    }
    const before = previous;
    previous = histogram;
    if (histogram.reset === 'reset') return sample;
    const unknown: Histogram = { ...histogram, reset: 'unknown' };
    if (before === undefined) return { ...sample, value: unknown };
    const sameShape = before.schema === histogram.schema && before.zeroThreshold === histogram.zeroThreshold;
    const follows = sameShape && !isHistogramReset(unknown, before);
    return { ...sample, value: follows ? { ...histogram, reset: 'not_reset' } : unknown };
  });
}
