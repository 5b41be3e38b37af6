/**
 * `smoothed` instant selectors: the value at a step is interpolated between the samples around it; where none
 * follows within the lookback, the last one is carried forward.
 */

import { usesCustomBuckets } from '../../model/float-histogram.ts';
import type { Histogram } from '../../model/histogram.ts';
import { interpolateHistograms } from './histogram/interpolate.ts';
import type { Column } from './operator.ts';
import type { Notes } from './range/kernel.ts';
import { metricNameOf, mixedSchemasText, mixedText } from './range/notes.ts';
import { setHistogram } from './range/presence.ts';

/** Samples of one series without stale markers; a histogram where `histograms` has one, else a float. */
export interface PlainSamples {
  readonly count: number;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

/** Fills `out` for steps `first + i * width`; false where no step has a value. */
export function interpolateAt(
  samples: PlainSamples,
  first: number,
  width: number,
  lookbackMs: number,
  out: Column,
  notes: Notes,
): boolean {
  const { timestamps, values, histograms, count } = samples;
  let next = 0;
  let any = false;
  for (let i = 0; i < out.values.length; i++) {
    const t = first + i * width;
    while (next < count && timestamps[next]! <= t) next++;
    if (histograms !== undefined && isMixed(samples, next, t, lookbackMs)) {
      notes.warn(mixedText(metricNameOf(out.labels)));
      continue;
    }
    const before = next - 1;
    if (before < 0 || timestamps[before]! <= t - lookbackMs) continue;
    const hasNext = timestamps[before]! < t && next < count && timestamps[next]! <= t + lookbackMs;
    const h = histograms?.[before];
    const after = hasNext ? histograms?.[next] : undefined;
    if (h !== undefined) {
      if (after !== undefined && usesCustomBuckets(h) !== usesCustomBuckets(after)) {
        notes.warn(mixedSchemasText(metricNameOf(out.labels)));
        continue;
      }
      const part = (t - timestamps[before]!) / (timestamps[next]! - timestamps[before]!);
      const result = timestamps[before] === t ? h : histogramAt(h, after, part, notes);
      setHistogram(out, i, result, out.values.length);
    } else {
      out.values[i] = hasNext
        ? interpolate(timestamps[before]!, values[before]!, timestamps[next]!, values[next]!, t)
        : values[before]!;
    }
    out.present[i] = 1;
    any = true;
  }
  return any;
}

/** Whether the lookbacks on both sides of `t` have floats and histograms; `next` is the first sample after it. */
function isMixed(
  { histograms, timestamps, count }: PlainSamples,
  next: number,
  t: number,
  lookbackMs: number,
): boolean {
  let from = next;
  while (from > 0 && timestamps[from - 1]! > t - lookbackMs) from--;
  let to = next;
  while (to < count && timestamps[to]! <= t + lookbackMs) to++;
  const some = histograms!.slice(from, to);
  return some.includes(undefined) && some.some((h) => h !== undefined);
}

/** Carried on where none follows. Whether it grows steadily is not known unless both say that they are gauges. */
function histogramAt(h: Histogram, after: Histogram | undefined, part: number, notes: Notes): Histogram {
  if (after === undefined) return { ...h, reset: 'unknown' };
  const counter = h.reset !== 'gauge' || after.reset !== 'gauge';
  return interpolateHistograms(h, after, part, counter, notes);
}

export function interpolate(t1: number, v1: number, t2: number, v2: number, t: number): number {
  return v1 + ((v2 - v1) * (t - t1)) / (t2 - t1);
}
