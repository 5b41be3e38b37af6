/**
 * Hints for histograms that came without: where only count and sum are asked for, each sample is compared with
 * the one before, so that sums can tell of conflicting counter resets.
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
    if (h.reset === 'unknown' && previous !== undefined) {
      histograms[i] = { ...h, reset: isHistogramReset(h, previous) ? 'reset' : 'not_reset' };
    }
    previous = h;
  }
}
