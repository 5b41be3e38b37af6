/** Queries that were run or on view, in the browser's memory, the newest first; a history for each language. */

import { remembered } from '../store.ts';

/** More than this nobody looks through, and the memory is shared with everything else of this origin. */
const KEPT_MAX = 50;

class QueryHistory {
  readonly #memory: ReturnType<typeof remembered>;

  constructor(name: string) {
    this.#memory = remembered(name);
  }

  queries(): readonly string[] {
    try {
      const kept: unknown = JSON.parse(this.#memory.get() ?? '[]');
      return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
    } catch {
      return [];
    }
  }

  /** One that was there before moves to the top. */
  add(text: string): void {
    const query = text.trim();
    if (query === '') return;
    const others = this.queries().filter((one) => one !== query);
    this.#memory.set(JSON.stringify([query, ...others].slice(0, KEPT_MAX)));
  }

  clear(): void {
    this.#memory.set(undefined);
  }
}

export const promqlHistory = new QueryHistory('promql-history');
export const logqlHistory = new QueryHistory('logql-history');
