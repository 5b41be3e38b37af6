/** A native histogram between two others. */

import type { Histogram } from '../../../model/histogram.ts';
import type { Notes } from '../range/kernel.ts';
import { reconciledText } from '../range/notes.ts';
import {
  addHistograms,
  type Combined,
  combinedReset,
  isHistogramReset,
  scaleHistogram,
  subtractHistograms,
} from './arithmetic.ts';

/**
 * `x + (y − x) · part`; a counter that was reset between the two grew from nothing. Both have exponential or both
 * custom buckets.
 */
export function interpolateHistograms(
  x: Histogram,
  y: Histogram,
  part: number,
  counter: boolean,
  notes: Notes,
): Histogram {
  if (counter && isHistogramReset(y, x)) return scaleHistogram(y, part);
  const take = (result: Combined, during: 'addition' | 'subtraction'): Histogram => {
    if (result.boundsReconciled) notes.info(reconciledText(during));
    return result.histogram!;
  };
  const [reset] = combinedReset(y.reset, x.reset);
  const change = scaleHistogram({ ...take(subtractHistograms(y, x), 'subtraction'), reset }, part);
  return take(addHistograms(change, x), 'addition');
}
