/**
 * Which series of a scrape came to nothing because storage refused their samples: they count as not exposed, and end where the
 * scrape before had them. That is known after the batch was appended.
 */

import type { Refusal } from '../storage/interface.ts';
import type { SlotRows } from './slot-rows.ts';

/** The slots of series that go stale when they are gone and of which no sample was taken, each with whether it was there before. */
export function withdrawnSlots(out: SlotRows, refused: readonly Refusal[]): Map<number, boolean> {
  const { rows, slots, stamped, continued } = out;
  const n = rows.sampleCount;
  const rowOf = (item: number) => (item < n ? rows.sampleSeries[item]! : rows.histograms[item - n]!.series);
  const items = new Set(refused.map((r) => r.item));
  const gone = new Map<number, boolean>();
  for (const item of items) {
    const row = rowOf(item);
    const slot = slots[row]!;
    if (slot >= 0 && stamped[row] === 0) gone.set(slot, gone.get(slot) === true || continued[row] === 1);
  }
  // Another sample of the series may have been taken.
  for (let item = 0; gone.size > 0 && item < n + rows.histograms.length; item++) {
    if (!items.has(item)) gone.delete(slots[rowOf(item)]!);
  }
  return gone;
}
