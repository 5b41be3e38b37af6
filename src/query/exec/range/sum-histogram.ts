/** `sum_over_time` and `avg_over_time` of windows with native histograms. */

import { RunningHistogramSum } from '../histogram/running-sum.ts';
import type { Column } from '../operator.ts';
import type { Notes, RangeInput } from './kernel.ts';
import { metricNameOf, mixedSchemasText, mixedText, reconciledText, resetConflictText } from './notes.ts';
import { setHistogram } from './presence.ts';

/** Answers the steps that have histograms; where floats are there too, the step's answer is taken back. */
export function sumHistograms(input: RangeInput, out: Column, notes: Notes, mean: boolean): void {
  const h = input.histograms!;
  const name = metricNameOf(input.labels);
  for (let i = 0; i < input.stepCount; i++) {
    if (h.lo[i]! >= h.hi[i]!) continue;
    if (input.lo[i]! < input.hi[i]!) {
      out.present[i] = 0;
      notes.warn(mixedText(name));
      continue;
    }
    const sum = new RunningHistogramSum();
    for (let j = h.lo[i]!; j < h.hi[i]!; j++) sum.add(h.samples[j]!);
    if (sum.resetConflict) notes.warn(resetConflictText('aggregation'));
    if (sum.boundsReconciled) notes.info(reconciledText('aggregation'));
    const result = mean ? sum.mean() : sum.sum();
    if (result === undefined) {
      notes.warn(mixedSchemasText(name));
      continue;
    }
    setHistogram(out, i, result, input.stepCount);
    out.present[i] = 1;
  }
}
