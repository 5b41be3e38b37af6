/**
 * Counts what a system has stored. Some make what they took visible only after a while, so the count is repeated until
 * nothing is missing, or until it has not changed for some time.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './target.ts';
import type { LoadOptions, Sent, Workload } from './workload.ts';

const PAUSE_MS = 1000;
/** A count that stays the same for this long will not grow any more. */
const STABLE_MS = 5000;
const ATTEMPT_ERRORS_MAX = 5;

export interface ReadBack {
  readonly found: number;
  /** How it was counted, where not item by item. */
  readonly how: string | undefined;
}

/** Undefined where the workload has nothing to count. Throws where the system cannot answer. */
export async function readBack(
  workload: Pick<Workload, 'count'>,
  system: System,
  options: LoadOptions,
  sent: Sent,
  maxMs: number,
  signal: AbortSignal,
): Promise<ReadBack | undefined> {
  if (!workload.count) return undefined;
  const deadline = performance.now() + maxMs;
  let last: ReadBack | undefined;
  let changedAt = performance.now();
  let errors = 0;
  for (;;) {
    try {
      const counted = await workload.count(system, options, sent);
      const now =
        typeof counted === 'number'
          ? { found: counted, how: undefined }
          : { found: counted.items, how: counted.how };
      if (now.found !== last?.found) changedAt = performance.now();
      last = now;
      if (now.found >= sent.acknowledged) return now;
    } catch (error) {
      if (++errors >= ATTEMPT_ERRORS_MAX || performance.now() > deadline) throw error;
    }
    const stable = last !== undefined && performance.now() - changedAt > Math.min(STABLE_MS, maxMs);
    if (last && (stable || signal.aborted || performance.now() > deadline)) return last;
    await sleep(PAUSE_MS);
  }
}
