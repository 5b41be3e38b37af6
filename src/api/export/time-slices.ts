/**
 * A window cut into slices of equal length, without walking through years in which there is nothing: where a slice is
 * empty, the next that is not is found by halving what is left.
 */

import type { TimeRange } from '../../storage/interface.ts';

/** Whether there may be anything in the range. Where it says that there is not, there is not. */
export type MayHave = (range: TimeRange) => Promise<boolean>;

/**
 * The first slice of the window that begins at or behind `fromMs` (the beginning of one) and that may have something;
 * undefined where none has. `sliceMs` 0: the whole window is one.
 */
export async function nextSlice(
  window: TimeRange,
  sliceMs: number,
  fromMs: number,
  mayHave: MayHave,
): Promise<TimeRange | undefined> {
  const rest = { minMs: fromMs, maxMs: window.maxMs };
  if (fromMs > window.maxMs || !(await mayHave(rest))) return undefined;
  if (sliceMs === 0) return rest;
  const slice = (index: number): TimeRange => ({
    minMs: fromMs + index * sliceMs,
    maxMs: Math.min(window.maxMs, fromMs + (index + 1) * sliceMs - 1),
  });
  // Everything below `low` is empty, something up to `high` is not.
  let low = 0;
  let high = Math.floor((window.maxMs - fromMs) / sliceMs);
  if (await mayHave(slice(0))) high = 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await mayHave({ minMs: slice(low).minMs, maxMs: slice(middle).maxMs })) high = middle;
    else low = middle + 1;
  }
  return slice(low);
}
