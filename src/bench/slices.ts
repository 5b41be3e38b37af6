/**
 * Requests are prepared before the clock starts, in slices: the generator shares the machine with what it measures.
 * A slice is what one round sends to each system; it ends at the round's items or at the bound on memory.
 */

import type { BenchRequest } from './workload.ts';

/** Bodies that may wait at a time. */
export const SLICE_BYTES_MAX = 192 * 1024 * 1024;

export interface Slice {
  readonly requests: readonly BenchRequest[];
  readonly items: number;
  readonly bodyBytes: number;
  /** The iterator is at its end. */
  readonly last: boolean;
}

/** Takes requests until `itemsMax` items stand ready. */
export function nextSlice(
  source: Iterator<BenchRequest>,
  itemsMax: number,
  bytesMax = SLICE_BYTES_MAX,
): Slice {
  const requests: BenchRequest[] = [];
  let items = 0;
  let bodyBytes = 0;
  while (items < itemsMax && bodyBytes < bytesMax) {
    const { done, value } = source.next();
    if (done) return { requests, items, bodyBytes, last: true };
    requests.push(value);
    items += value.items;
    bodyBytes += value.body.length;
  }
  return { requests, items, bodyBytes, last: false };
}
