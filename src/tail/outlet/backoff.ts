/** Waiting longer after each failure: twice as long each time, half of it by chance, so that many do not come at once. */

import { setTimeout as sleep } from 'node:timers/promises';

export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  failures = 0;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  /** Counts a failure and waits. Rejects where `signal` ends it. */
  async wait(signal: AbortSignal): Promise<void> {
    const longest = Math.min(this.#maxMs, this.#minMs * 2 ** this.failures++);
    await sleep(longest / 2 + Math.random() * (longest / 2), undefined, { signal });
  }
}
