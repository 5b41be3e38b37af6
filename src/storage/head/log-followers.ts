/** Who is told of log entries as they are stored. */

import type { LogBatch } from '../../model/batch.ts';
import type { LogFeed, LogListener } from '../interface.ts';

export class LogFollowers implements LogFeed {
  readonly #listeners = new Set<LogListener>();
  readonly #onProblem: (what: string, error: Error) => void;

  constructor(onProblem: (what: string, error: Error) => void) {
    this.#onProblem = onProblem;
  }

  follow(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a listener fails with is not the sender's: the entries are stored. */
  tell(batch: LogBatch, streamIds: readonly number[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(batch, streamIds);
      } catch (error) {
        this.#onProblem('following the logs failed', error as Error);
      }
    }
  }
}
