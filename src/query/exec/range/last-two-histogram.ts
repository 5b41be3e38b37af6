/** `irate` and `idelta` where a series has native histograms. */

import type { Histogram } from '../../../model/histogram.ts';
import { reduceSchema } from '../../../model/histogram-schema.ts';
import { divideHistogram, isHistogramReset, subtractHistograms } from '../histogram/arithmetic.ts';
import type { Column } from '../operator.ts';
import type { Notes, RangeInput } from './kernel.ts';
import { type LastTwoOptions, lastTwoValue } from './last-two-value.ts';
import {
  metricNameOf,
  mixedSchemasText,
  mixedText,
  notCounterText,
  notGaugeText,
  reconciledText,
} from './notes.ts';
import { setHistogram } from './presence.ts';
import { startsAnew } from './start-times.ts';

export function lastTwoHistograms(
  input: RangeInput,
  out: Column,
  notes: Notes,
  options: LastTwoOptions,
): void {
  const h = input.histograms!;
  for (let i = 0; i < input.stepCount; i++) {
    // The last two samples of either kind, in order of time.
    let f = input.hi[i]! - 1;
    let g = h.hi[i]! - 1;
    let floats = 0;
    let histograms = 0;
    while (floats + histograms < 2) {
      const hasFloat = f >= input.lo[i]!;
      const hasHistogram = g >= h.lo[i]!;
      if (!hasFloat && !hasHistogram) break;
      if (hasFloat && (!hasHistogram || input.times[f]! > h.times[g]!)) {
        floats++;
        f--;
      } else {
        histograms++;
        g--;
      }
    }
    if (floats + histograms < 2) continue;
    if (floats === 1) {
      notes.warn(mixedText(metricNameOf(input.labels)));
      continue;
    }
    if (floats === 2) {
      const value = lastTwoValue(input, input.values, input.times, input.hi[i]! - 1, options);
      if (value === undefined) continue;
      out.values[i] = value;
      out.present[i] = 1;
      continue;
    }
    const last = h.hi[i]! - 1;
    const seconds = (h.times[last]! - h.times[last - 1]!) / input.unitsPerSecond;
    const result = difference(input, last, notes, options);
    if (result === undefined || seconds === 0) continue;
    setHistogram(out, i, options.rate ? divideHistogram(result, seconds) : result, input.stepCount);
    out.present[i] = 1;
  }
}

function difference(
  input: RangeInput,
  last: number,
  notes: Notes,
  options: LastTwoOptions,
): Histogram | undefined {
  const h = input.histograms!;
  const current = h.samples[last]!;
  const before = h.samples[last - 1]!;
  const name = metricNameOf(input.labels);
  const gauges = (current.reset === 'gauge' ? 1 : 0) + (before.reset === 'gauge' ? 1 : 0);
  if (options.rate && gauges > 0) notes.warn(notCounterText(name));
  if (!options.rate && gauges < 2) notes.warn(notGaugeText(name));
  const starts = options.useStartTimes ? h.startTimes : undefined;
  const anew = starts !== undefined && startsAnew(starts, h.times, last);
  if (options.rate && (anew || isHistogramReset(current, before))) return { ...current, reset: 'gauge' };
  const schema = Math.min(current.schema, before.schema);
  const result = subtractHistograms(reduceSchema(current, schema), before);
  if (result.histogram === undefined) {
    notes.warn(mixedSchemasText(name));
    return undefined;
  }
  if (result.boundsReconciled) notes.info(reconciledText('subtraction'));
  return { ...result.histogram, reset: 'gauge' };
}
