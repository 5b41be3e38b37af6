/** A native histogram between two others. */

import type { Histogram } from '../../../model/histogram.ts';
import { addHistograms, scaleHistogram, subtractHistograms } from './arithmetic.ts';

/** `x + (y − x) · part`; undefined where their buckets do not go together. */
export function interpolateHistograms(x: Histogram, y: Histogram, part: number): Histogram | undefined {
  const difference = subtractHistograms(y, x).histogram;
  if (difference === undefined) return undefined;
  const sum = addHistograms(x, scaleHistogram({ ...difference, reset: x.reset }, part)).histogram;
  return sum && { ...sum, reset: x.reset === 'gauge' && y.reset === 'gauge' ? 'gauge' : 'unknown' };
}
