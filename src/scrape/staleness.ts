/**
 * Which series went stale. A series that the previous scrape had and this one has not gets a stale marker at the
 * time of this scrape, so that queries end it there instead of carrying it on for the lookback. Samples with
 * timestamps of their own are left alone, since their source says when they end.
 */

import type { SeriesCache } from './series-cache.ts';

export class StalenessTracker {
  readonly #cache: SeriesCache;

  constructor(cache: SeriesCache) {
    this.#cache = cache;
  }

  /**
   * This scrape has the series; whether the one before had it too is returned. `scrape` numbers scrapes from 1 without
   * gaps.
   */
  track(slot: number, scrape: number): boolean {
    const { tracked } = this.#cache;
    const before = tracked[slot];
    tracked[slot] = scrape;
    return before === scrape - 1 && scrape > 1;
  }

  /** This scrape has the series after all not. */
  untrack(slot: number): void {
    this.#cache.tracked[slot] = 0;
  }

  /** Calls `each` for the series that scrape `scrape - 1` had and `scrape` has not. */
  forEachVanished(scrape: number, each: (slot: number) => void): void {
    const { tracked, count } = this.#cache;
    for (let slot = 0; slot < count; slot++) if (tracked[slot] === scrape - 1 && scrape > 1) each(slot);
  }
}
