/**
 * `smoothed` instant selectors: the value at a step is interpolated between the samples around it; where none
 * follows within the lookback, the last one is carried forward.
 */

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
    const before = next - 1;
    if (before < 0 || timestamps[before]! <= t - lookbackMs) continue;
    const hasNext = timestamps[before]! < t && next < count && timestamps[next]! <= t + lookbackMs;
    const h = histograms?.[before];
    const after = hasNext ? histograms?.[next] : undefined;
    if (hasNext && (h === undefined) !== (after === undefined)) {
      notes.warn(mixedText(metricNameOf(out.labels)));
      continue;
    }
    if (h !== undefined) {
      const part = hasNext ? (t - timestamps[before]!) / (timestamps[next]! - timestamps[before]!) : 0;
      const result = after === undefined ? h : interpolateHistograms(h, after, part);
      if (result === undefined) {
        notes.warn(mixedSchemasText(metricNameOf(out.labels)));
        continue;
      }
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

export function interpolate(t1: number, v1: number, t2: number, v2: number, t: number): number {
  return v1 + ((v2 - v1) * (t - t1)) / (t2 - t1);
}
