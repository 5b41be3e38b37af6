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

/** Collects all there is, in several rounds, and gives the pages of the heap that are empty then back to the system. */
export function shrinkHeap(): void {
  loaded()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
