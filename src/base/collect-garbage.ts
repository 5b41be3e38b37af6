/**
 * A garbage collection now. V8 lets garbage wait while there is memory, and knows nothing of a limit for the process:
 * where memory is short, what waits is memory too. Costs some 10 ms with a heap of 20 MB.
 */

import v8 from 'node:v8';
import vm from 'node:vm';

/** As V8 has it behind its flag. */
type Gc = (options?: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

let gc: Gc | undefined;

function loaded(): Gc {
  if (!gc) {
    v8.setFlagsFromString('--expose-gc');
    gc = vm.runInNewContext('gc') as Gc;
  }
  return gc;
}

export function collectGarbage(): void {
  loaded()();
}

/** Empty pages of a heap are worth the longer way of collecting from this on: a process of 400 MB has no room for more. */
const EMPTY_WORTH_BYTES = 96 * 1024 * 1024;

/** A collection; where V8 keeps many pages for what may come, also their return. */
export function collectAndReturn(): void {
  const { total_heap_size: committed, used_heap_size: used } = v8.getHeapStatistics();
  if (committed - used > EMPTY_WORTH_BYTES) shrinkHeap();
  else collectGarbage();
}

/** Collects all there is, in several rounds, and gives the pages of the heap that are empty then back to the system. */
export function shrinkHeap(): void {
  loaded()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
