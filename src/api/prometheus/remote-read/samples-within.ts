/** Which samples of those that a cursor gave are in the asked range: pages are coarse, it may give more. */

import type { SampleColumns, TimeRange } from '../../../storage/interface.ts';

/** They are `[from, to)`. */
export function samplesWithin(
  columns: SampleColumns,
  { minMs, maxMs }: TimeRange,
): { readonly from: number; readonly to: number } {
  const { timestamps, count } = columns;
  let from = 0;
  while (from < count && timestamps[from]! < minMs) from++;
  let to = count;
  while (to > from && timestamps[to - 1]! > maxMs) to--;
  return { from, to };
}
