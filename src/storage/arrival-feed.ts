/**
 * Who is told that something came, whatever way it came: appenders note it here when it can be queried. Many appends
 * of one turn of the event loop are told once, and without listeners a note costs a comparison.
 */

import type { ArrivalListener, Signal } from './interface.ts';

export class ArrivalFeed {
  readonly #listeners = new Set<ArrivalListener>();
  readonly #onProblem: (what: string, error: Error) => void;
  /** What came since listeners were told; a set of its own for each telling, which they may keep. */
  #arrived: Set<Signal> | undefined;

  constructor(onProblem: (what: string, error: Error) => void) {
    this.#onProblem = onProblem;
  }

  follow(listener: ArrivalListener): () => void {
    // One function may be given twice, and then is told twice.
    const own: ArrivalListener = (signals) => listener(signals);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Something of the signal can be queried from now on. */
  note(signal: Signal): void {
    if (this.#listeners.size === 0) return;
    if (this.#arrived) this.#arrived.add(signal);
    else {
      this.#arrived = new Set([signal]);
      setImmediate(() => this.#tell());
    }
  }

  #tell(): void {
    const signals = this.#arrived!;
    this.#arrived = undefined;
    for (const listener of this.#listeners) {
      try {
        listener(signals);
      } catch (error) {
        this.#onProblem('telling of what arrived failed', error as Error);
      }
    }
  }
}
