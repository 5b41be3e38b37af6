/**
 * Start timestamps: since when a counter's sample has been counting. A later start than the sample before is a
 * reset that values alone may not show, and the first sample of a window that started within it grew from zero.
 */

import { quote } from '../../../model/go-string.ts';
import type { Notes } from './kernel.ts';

/** Whether sample `i` starts anew after sample `i - 1`. */
export function startsAnew(starts: Float64Array, times: Float64Array, i: number): boolean {
  const start = starts[i]!;
  const before = times[i - 1]!;
  if (start === 0 || start >= times[i]!) return false;
  if (start !== before) return start > before;
  // A start at the sample before is a delta's, unless that one's own start was not known.
  const startBefore = starts[i - 1]!;
  return startBefore !== 0 && startBefore < before;
}

/** The start of the window's first sample where it lies inside the window, else undefined. */
export function startWithin(
  starts: Float64Array | undefined,
  times: Float64Array,
  first: number,
  windowStart: number,
): number | undefined {
  const start = starts === undefined ? 0 : starts[first]!;
  return start !== 0 && start > windowStart && start < times[first]! ? start : undefined;
}

/** Warns where a start contradicts the sample before it. */
export function warnOverlaps(
  starts: Float64Array,
  times: Float64Array,
  from: number,
  to: number,
  metricName: string,
  notes: Notes,
): void {
  for (let i = from + 1; i < to; i++) {
    const start = starts[i]!;
    if (start === 0 || start >= times[i - 1]! || start === starts[i - 1]) continue;
    const text = 'sample has start time that overlaps with previous sample timestamp for metric';
    notes.warn(`${text} ${quote(metricName)}`);
    return;
  }
}
