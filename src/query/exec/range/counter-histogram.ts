/**
 * `rate`, `increase` and `delta` of native histograms: the last less the first at the coarsest schema of the
 * window, plus what stood before each reset, then extrapolated as floats are, with the count as the value.
 */

import { usesCustomBuckets } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import { reduceSchema } from '../../../model/histogram-schema.ts';
import {
  addHistograms,
  type Combined,
  isHistogramReset,
  scaleHistogram,
  subtractHistograms,
} from '../histogram/arithmetic.ts';
import type { Column } from '../operator.ts';
import { type CounterOptions, extrapolationFactor, windowStart } from './extrapolation.ts';
import type { Notes, RangeInput } from './kernel.ts';
import { metricNameOf, mixedSchemasText, notCounterText, notGaugeText, reconciledText } from './notes.ts';
import { setHistogram } from './presence.ts';
import { startsAnew, startWithin, warnOverlaps } from './start-times.ts';

export function extrapolatedHistogram(
  input: RangeInput,
  out: Column,
  notes: Notes,
  options: CounterOptions,
): void {
  const h = input.histograms!;
  for (let i = 0; i < input.stepCount; i++) {
    const lo = h.lo[i]!;
    const last = h.hi[i]! - 1;
    // With floats in the window too, the floats' side has said so.
    if (last < lo || input.hi[i]! > input.lo[i]!) continue;
    const name = metricNameOf(input.labels);
    const starts = options.counter && options.useStartTimes ? h.startTimes : undefined;
    const start = startWithin(starts, h.times, lo, windowStart(input, i));
    if (starts !== undefined) warnOverlaps(starts, h.times, lo, last + 1, name, notes);
    if (last === lo && start === undefined) continue;
    const window: HistogramRun = { samples: h.samples.slice(lo, last + 1), anew: [] };
    for (let j = lo; starts !== undefined && j <= last; j++) {
      if (j > lo && startsAnew(starts, h.times, j)) window.anew.push(j - lo);
    }
    if (start !== undefined) {
      // It grew from nothing at its start.
      window.samples.unshift(emptyLike(h.samples[lo]!));
      for (let a = 0; a < window.anew.length; a++) window.anew[a]!++;
    }
    const result = histogramChange(window, options.counter, name, notes);
    if (result === undefined) continue;
    const firstCount = window.samples[0]!.count;
    const seconds = (h.times[last]! - h.times[lo]!) / input.unitsPerSecond;
    const average = last === lo ? 0 : seconds / (last - lo);
    const zeroPart = result.count > 0 && firstCount >= 0 ? firstCount / result.count : undefined;
    const factor = extrapolationFactor(
      input,
      i,
      start ?? h.times[lo]!,
      h.times[last]!,
      average,
      zeroPart,
      options,
    );
    setHistogram(out, i, scaleHistogram(result, factor), input.stepCount);
    out.present[i] = 1;
  }
}

/** A histogram of the other's shape without observations. */
export function emptyLike(h: Histogram): Histogram {
  return {
    ...h,
    zeroCount: 0,
    zeroThreshold: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveCounts: [],
    negativeSpans: [],
    negativeCounts: [],
    reset: 'unknown',
  };
}

/** Samples one after another, and the indexes of those that say themselves that they start anew. */
export interface HistogramRun {
  readonly samples: Histogram[];
  readonly anew: number[];
}

/** What a run grew by; undefined (with a note) where their buckets do not go together. */
export function histogramChange(
  { samples, anew }: HistogramRun,
  counter: boolean,
  name: string,
  notes: Notes,
): Histogram | undefined {
  const last = samples.length - 1;
  let previous = samples[0]!;
  const end = samples[last]!;
  const isReset = (j: number) => anew.includes(j) || isHistogramReset(samples[j]!, previous);
  if (counter) {
    for (let j = 0; j <= last; j++) {
      if (samples[j]!.reset !== 'gauge') continue;
      notes.warn(notCounterText(name));
      break;
    }
    // What the first one looked like does not matter when the second starts anew.
    if (isReset(1)) previous = emptyLike(samples[1]!);
  } else if (previous.reset !== 'gauge' || end.reset !== 'gauge') notes.warn(notGaugeText(name));
  let schema = Math.min(previous.schema, end.schema);
  for (let j = 1; j <= last; j++) {
    const current = samples[j]!;
    if (!counter && j !== last) continue;
    if (usesCustomBuckets(current) !== usesCustomBuckets(previous)) {
      notes.warn(mixedSchemasText(name));
      return undefined;
    }
    schema = Math.min(schema, current.schema);
  }
  const take = (result: Combined, during: 'addition' | 'subtraction'): Histogram => {
    if (result.boundsReconciled) notes.info(reconciledText(during));
    return result.histogram!;
  };
  let change = take(subtractHistograms(reduceSchema(end, schema), previous), 'subtraction');
  for (let j = 1; counter && j <= last; j++) {
    if (isReset(j)) change = take(addHistograms(change, previous), 'addition');
    previous = samples[j]!;
  }
  return { ...change, reset: 'gauge' };
}
