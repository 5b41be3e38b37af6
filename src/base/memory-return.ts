/**
 * Memory that a query, or a flush, used is given back when it has ended: V8 lets what it does not use any more (columns and texts outside of
 * its own heap, and what is in it) wait for a collection that may not come before the next large query, and the process stays
 * as large as it ever was.
 */

import v8 from 'node:v8';
import { shrinkHeap } from './collect-garbage.ts';

/** So much more than after the last time is worth doing it again … */
const WORTH_FREEING_BYTES = 64 * 1024 * 1024;
/** … which takes some 60 ms, so not more than this share of the time … */
const TIME_SHARE = 0.1;
/** … unless it is so much. */
const PRESSING_BYTES = 4 * WORTH_FREEING_BYTES;

let keptBytes = 0;
let nextMs = 0;

/** To be called between jobs. */
export function returnMemory(): void {
  const bytes = heldBytes();
  keptBytes = Math.min(keptBytes, bytes);
  const grownBytes = bytes - keptBytes;
  const isTime = performance.now() >= nextMs;
  if (grownBytes >= (isTime ? WORTH_FREEING_BYTES : PRESSING_BYTES)) freeMemory();
}

/** Frees what is not used any more, however much it is. */
export function freeMemory(): void {
  const startMs = performance.now();
  shrinkHeap();
  keptBytes = heldBytes();
  const endMs = performance.now();
  nextMs = endMs + (endMs - startMs) / TIME_SHARE;
}

/** With pages that V8 keeps for what may come. */
function heldBytes(): number {
  const { external_memory: outside, total_heap_size: inside } = v8.getHeapStatistics();
  return outside + inside;
}
