/**
 * A partition cut into slices of time, for queries that end with the first so many entries: the newest (or oldest)
 * pages and segments come first, and with each slice twice as many. A page that reaches over a slice's edge is opened
 * in both, so an edge stands only where few do: pages of many slow streams span the whole partition, which then is one
 * slice.
 */

import type { TimeRange } from '../interface.ts';

/** Pages and segments of the first slice: what is opened though the first stream may have enough. */
const FIRST_UNITS = 8;
/** Of a slice's units, the share that may reach over its edge. */
const STRADDLING_MAX = 0.5;

/** Slices that together cover all time, in the direction's order; `units` are what is opened as a whole. */
export function cutSlices(units: readonly TimeRange[], direction: 'forward' | 'backward'): TimeRange[] {
  // Backward time is time counted down: the same cuts, mirrored.
  const forward = direction === 'forward';
  const spans = units
    .map((u) => (forward ? { from: u.minMs, to: u.maxMs } : { from: -u.maxMs, to: -u.minMs }))
    .sort((a, b) => a.from - b.from);
  const slices: TimeRange[] = [];
  let start = Number.NEGATIVE_INFINITY;
  const push = (end: number): void => {
    slices.push(forward ? { minMs: start, maxMs: end } : { minMs: -end, maxMs: -start });
    start = end + 1;
  };
  let taken = 0;
  for (let size = FIRST_UNITS; taken + size < spans.length; size *= 2) {
    const next = spans[taken + size]!.from;
    if (next <= start) continue;
    let straddling = 0;
    for (let i = 0; i < taken + size; i++) if (spans[i]!.to >= next) straddling++;
    if (straddling > size * STRADDLING_MAX) continue;
    push(next - 1);
    taken += size;
  }
  push(Number.POSITIVE_INFINITY);
  return slices;
}
