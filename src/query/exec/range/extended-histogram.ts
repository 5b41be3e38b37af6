/** `rate`, `increase` and `delta` of native histograms over `anchored` and `smoothed` range vectors. */

import { usesCustomBuckets } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { isHistogramReset, scaleHistogram } from '../histogram/arithmetic.ts';
import { interpolateHistograms } from '../histogram/interpolate.ts';
import type { Column } from '../operator.ts';
import { histogramChange } from './counter-histogram.ts';
import { type ExtendedOptions, sampleAfter, sampleBefore } from './edges.ts';
import { windowStart } from './extrapolation.ts';
import type { Notes, RangeInput } from './kernel.ts';
import { metricNameOf, mixedSchemasText } from './notes.ts';
import { setHistogram } from './presence.ts';

export function extendedHistogram(
  input: RangeInput,
  out: Column,
  notes: Notes,
  options: ExtendedOptions,
): void {
  const h = input.histograms!;
  const { counter, perSecond, edges, lookback } = options;
  const name = metricNameOf(input.labels);
  for (let i = 0; i < input.stepCount; i++) {
    if (input.hi[i]! > input.lo[i]!) continue;
    const start = windowStart(input, i);
    const end = start + input.range;
    const lo = h.lo[i]!;
    const hi = h.hi[i]!;
    const before = sampleBefore(h.times, lo, start, lookback);
    const after = edges === 'smoothed' ? sampleAfter(h.times, h.count, hi, end, lookback) : undefined;
    if (lo === hi && (before === undefined || after === undefined)) continue;
    const run = h.samples.slice(lo, hi);
    if (before !== undefined) {
      const smooth = edges === 'smoothed' && h.times[before]! < start && before + 1 < h.count;
      const left = smooth ? between(input, before, start, counter) : h.samples[before]!;
      if (left === undefined) {
        notes.warn(mixedSchemasText(name));
        continue;
      }
      // Whatever happened between the two is in the interpolation already.
      if (smooth && run.length > 0)
        run[0] = { ...run[0]!, reset: run[0]!.reset === 'gauge' ? 'gauge' : 'not_reset' };
      run.unshift(left);
    }
    if (after !== undefined && hi > 0 && h.times[hi - 1]! < end) {
      const right = between(input, hi - 1, end, counter);
      if (right === undefined) {
        notes.warn(mixedSchemasText(name));
        continue;
      }
      // Without a sample between them, both edges grew from the same nothing.
      run.push(hi > lo ? right : { ...right, reset: 'not_reset' });
    }
    // A lone sample did not change.
    const single = run.length === 1 ? [run[0]!, run[0]!] : run;
    const change = histogramChange({ samples: single, anew: [] }, counter, name, notes);
    if (change === undefined) continue;
    setHistogram(
      out,
      i,
      perSecond ? scaleHistogram(change, input.unitsPerSecond / input.range) : change,
      input.stepCount,
    );
    out.present[i] = 1;
  }
}

/** The histogram at time `at` between samples `a` and `a + 1`; undefined where their buckets do not go together. */
function between(input: RangeInput, a: number, at: number, counter: boolean): Histogram | undefined {
  const { samples, times } = input.histograms!;
  const x = samples[a]!;
  const y = samples[a + 1]!;
  if (usesCustomBuckets(x) !== usesCustomBuckets(y)) return undefined;
  const part = (at - times[a]!) / (times[a + 1]! - times[a]!);
  // A counter that was reset started from nothing.
  if (counter && isHistogramReset(y, x)) return { ...scaleHistogram(y, part), reset: 'reset' };
  return interpolateHistograms(x, y, part);
}
