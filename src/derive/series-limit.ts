/** How many series a tenant may have at a time. */

import type { DeriveCounts } from './derive-counts.ts';

export class SeriesLimit {
  /** 0: no limit. */
  readonly max: number;
  readonly #counts: DeriveCounts;
  active = 0;

  constructor(max: number, counts: DeriveCounts) {
    this.max = max;
    this.#counts = counts;
  }

  /** Whether one more may be there; one that may not is counted. */
  hasRoom(): boolean {
    if (this.max === 0 || this.active < this.max) return true;
    this.#counts.seriesLimited++;
    return false;
  }

  take(count: number): boolean {
    if (this.max > 0 && this.active + count > this.max) {
      this.#counts.seriesLimited += count;
      return false;
    }
    this.active += count;
    return true;
  }

  give(count: number): void {
    this.active -= count;
  }
}
