/**
 * Memory that a query used is given back when it has ended: V8 lets what is outside of its own heap (columns, texts)
 * wait for a collection that may not come before the next large query, and the process stays as large as it ever was.
 */

import v8 from 'node:v8';
import { collectGarbage } from '../base/collect-garbage.ts';

/** So much more than after the last collection is worth one, which takes some 10 ms. */
const WORTH_COLLECTING_BYTES = 64 * 1024 * 1024;

let keptBytes = 0;

/** To be called between jobs. */
export function returnMemory(): void {
  const bytes = v8.getHeapStatistics().external_memory;
  keptBytes = Math.min(keptBytes, bytes);
  if (bytes < keptBytes + WORTH_COLLECTING_BYTES) return;
  collectGarbage();
  // What a collection finds is counted until the next one has swept it.
  collectGarbage();
  keptBytes = v8.getHeapStatistics().external_memory;
}
