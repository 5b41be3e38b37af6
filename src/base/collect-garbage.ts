/**
 * A garbage collection now. V8 lets garbage wait while there is memory, and knows nothing of a limit for the process:
 * where memory is short, what waits is memory too. Costs some 10 ms with a heap of 20 MB.
 */

import v8 from 'node:v8';
import vm from 'node:vm';

let collect: (() => void) | undefined;

export function collectGarbage(): void {
  if (!collect) {
    v8.setFlagsFromString('--expose-gc');
    collect = vm.runInNewContext('gc') as () => void;
  }
  collect();
}
