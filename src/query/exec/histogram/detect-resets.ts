/**
 * Where only count and sum of histograms are asked for, buckets go at once. What they would have told of counter
 * resets becomes a hint: each sample that came without one is compared with the one before.
 */

import type { Histogram } from '../../../model/histogram.ts';
import type { SampleColumns } from '../../../storage/interface.ts';
import { isHistogramReset } from './arithmetic.ts';

/** In place, in the columns (the histograms themselves are shared and stay as they are). */
export function detectResets(columns: SampleColumns): void {
  const { histograms } = columns;
  if (histograms === undefined) return;
  let previous: Histogram | undefined;
  for (let i = 0; i < columns.count; i++) {
    const h = histograms[i];
    if (h === undefined || h.stale) continue;
    const told = h.reset !== 'unknown' || previous === undefined;
    const reset = told ? h.reset : isHistogramReset(h, previous!) ? 'reset' : 'not_reset';
    histograms[i] = { ...h, ...NO_BUCKETS, reset };
    previous = h;
  }
}

const NO_BUCKETS = {
  zeroThreshold: 0,
  zeroCount: 0,
  positiveSpans: [],
  positiveCounts: [],
  negativeSpans: [],
  negativeCounts: [],
  customBounds: [],
} as const;
