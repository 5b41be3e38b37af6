/** How far a transfer is: a line a second to standard error, where that is a terminal. */

import type { Tally } from '../transfer/tally.ts';

const INTERVAL_MS = 1000;

export class TransferProgress {
  readonly #say: ((line: string) => void) | undefined;
  readonly #startedMs = performance.now();
  #saidMs = this.#startedMs;

  /** Undefined: says nothing. */
  constructor(say: ((line: string) => void) | undefined) {
    this.#say = say;
  }

  /** `share`: how much of the whole, 0 to 1, where that is known. */
  note(tallies: readonly Tally[], share?: number): void {
    const nowMs = performance.now();
    if (!this.#say || nowMs - this.#saidMs < INTERVAL_MS) return;
    this.#saidMs = nowMs;
    const seconds = (nowMs - this.#startedMs) / 1000;
    const parts = tallies
      .filter((t) => t.items + t.refused > 0)
      .map(
        (t) =>
          `${t.items} ${t.noun} (${Math.round(t.items / seconds)}/s)${t.refused > 0 ? `, ${t.refused} refused` : ''}`,
      );
    const done = share === undefined ? '' : `${Math.floor(100 * share)}%  `;
    this.#say(done + (parts.join(', ') || 'nothing yet'));
  }
}
