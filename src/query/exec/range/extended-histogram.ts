/** `rate`, `increase` and `delta` of native histograms over `anchored` and `smoothed` range vectors. */

import { usesCustomBuckets } from '../../../model/float-histogram.ts';
import type { Histogram } from '../../../model/histogram.ts';
import {
  addHistograms,
  type Combined,
  divideHistogram,
  isHistogramReset,
  subtractHistograms,
} from '../histogram/arithmetic.ts';
import { interpolateHistograms } from '../histogram/interpolate.ts';
import type { Column } from '../operator.ts';
import { type ExtendedOptions, sampleAfter, sampleBefore } from './edges.ts';
import { windowStart } from './extrapolation.ts';
import type { HistogramWindows, Notes, RangeInput } from './kernel.ts';
import { metricNameOf, mixedSchemasText, notCounterText, notGaugeText, reconciledText } from './notes.ts';
import { setHistogram } from './presence.ts';

/** `mixed`: steps to leave out. */
export function extendedHistogram(
  input: RangeInput,
  out: Column,
  notes: Notes,
  options: ExtendedOptions,
  mixed: Uint8Array | undefined,
): void {
  const h = input.histograms!;
  for (let i = 0; i < input.stepCount; i++) {
    if (mixed?.[i] === 1) continue;
    const edges = edgeSamples(h, i, windowStart(input, i), input.range, options);
    if (edges === undefined) continue;
    const change = changeBetween(h, edges, options, metricNameOf(input.labels), notes);
    if (change === undefined) continue;
    const { perSecond } = options;
    const value = perSecond ? divideHistogram(change, input.range / input.unitsPerSecond) : change;
    setHistogram(out, i, { ...value, reset: 'gauge' }, input.stepCount);
    out.present[i] = 1;
  }
}

/** The samples at the edges of a window: they may lie beyond it. */
interface Edges {
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
}

/** Undefined where the window has too few samples. */
function edgeSamples(
  h: HistogramWindows,
  step: number,
  start: number,
  range: number,
  { edges, lookback }: ExtendedOptions,
): Edges | undefined {
  const lo = h.lo[step]!;
  const hi = h.hi[step]!;
  const end = start + range;
  const before = sampleBefore(h.times, lo, start, lookback);
  const atEnd = hi > lo && h.times[hi - 1] === end;
  const after = edges === 'smoothed' && !atEnd ? sampleAfter(h.times, h.count, hi, end, lookback) : undefined;
  if (lo === hi && (before === undefined || after === undefined)) return undefined;
  return { first: before ?? lo, last: after ?? hi - 1, start, end };
}

/** What a series grew by from edge to edge; undefined (with a note) where buckets do not go together. */
function changeBetween(
  h: HistogramWindows,
  { first, last, start, end }: Edges,
  { counter, edges }: ExtendedOptions,
  name: string,
  notes: Notes,
): Histogram | undefined {
  const { samples, times } = h;
  for (let j = first; j <= last; j++) {
    if (usesCustomBuckets(samples[j]!) !== usesCustomBuckets(samples[first]!)) {
      notes.warn(mixedSchemasText(name));
      return undefined;
    }
    if (counter && samples[j]!.reset === 'gauge') notes.warn(notCounterText(name));
  }
  const between = (a: number, at: number): Histogram => {
    const part = (at - times[a]!) / (times[a + 1]! - times[a]!);
    return interpolateHistograms(samples[a]!, samples[a + 1]!, part, counter, notes);
  };
  const smoothLeft = edges === 'smoothed' && times[first]! < start;
  const smoothRight = edges === 'smoothed' && last > first && times[last]! > end;
  const left = smoothLeft ? between(first, start) : samples[first]!;
  const right = smoothRight ? between(last - 1, end) : samples[last]!;
  if (!counter && (left.reset !== 'gauge' || right.reset !== 'gauge')) notes.warn(notGaugeText(name));
  const take = (result: Combined, during: 'addition' | 'subtraction'): Histogram => {
    if (result.boundsReconciled) notes.info(reconciledText(during));
    return result.histogram!;
  };
  const change = take(subtractHistograms(right, left), 'subtraction');
  if (!counter) return change;
  const lost = lostAtResets(samples, first, last, left, right, smoothLeft, notes);
  return lost === undefined ? change : take(addHistograms(change, lost), 'addition');
}

/** What stood before each reset from edge to edge; undefined where there was none. */
function lostAtResets(
  samples: readonly Histogram[],
  first: number,
  last: number,
  left: Histogram,
  right: Histogram,
  smoothLeft: boolean,
  notes: Notes,
): Histogram | undefined {
  let next = first + 1;
  let previous = left;
  if (smoothLeft && isHistogramReset(samples[next]!, samples[first]!)) {
    // The interpolation at the left edge has seen to this one.
    previous = samples[next]!;
    next++;
  }
  if (next > last) return undefined;
  let lost: Histogram | undefined;
  const lose = (h: Histogram) => {
    const sum = lost === undefined ? undefined : addHistograms(lost, h);
    if (sum?.boundsReconciled) notes.info(reconciledText('addition'));
    lost = sum?.histogram ?? h;
  };
  // The last sample is the right edge, or that was made of it.
  for (; next < last; next++) {
    if (isHistogramReset(samples[next]!, previous)) lose(previous);
    previous = samples[next]!;
  }
  if (isHistogramReset(right, previous)) lose(previous);
  return lost;
}
