/**
 * When idle series leave memory: after some time without anything new, or sooner where there are very many. Works on
 * the front in small slices, one at each tick while there is nothing to do and one after another during a round.
 */

import type { HeadServer } from './head-server.ts';
import type { IdleSeries } from './idle-series.ts';
import type { SeriesIndex } from './series-index.ts';

/** A series that nothing came for in this time is evicted: longer than the gaps of anything that is scraped or pushed. */
const IDLE_MS = 3_600_000;
/** Above this many series of an index, those that the last generations had nothing of are evicted before their time. */
const SERIES_MAX = 1_500_000;
/** Looked at so often, in ms. */
const ROUND_MS = 60_000;
/** Generations that a series may have missed although it is active: a flush by size comes early. */
const MISSED_GENERATIONS = 2;

interface EvictableHead {
  readonly series: SeriesIndex;
  readonly idle: IdleSeries;
  /** Slots of which some generation holds something. */
  held(): (slot: number) => boolean;
}

export class Evictor {
  readonly #heads: readonly EvictableHead[];
  readonly #server: HeadServer;
  readonly #onFirst: () => void;
  /** Retired generations, oldest first, and when they were. */
  #retired: { readonly generation: number; readonly atMs: number }[] = [];
  #idleSince = 0;
  #newest = 0;
  #roundAtMs = 0;
  #running = false;

  /** `onFirst` is called before series are evicted: from then on SQLite has some that memory has not. */
  constructor(heads: readonly EvictableHead[], server: HeadServer, onFirst: () => void) {
    this.#heads = heads;
    this.#server = server;
    this.#onFirst = onFirst;
  }

  /** What the generation held is in blocks, and no query reads it from memory any more. */
  retired(generation: number, atMs: number): void {
    this.#newest = generation;
    this.#retired.push({ generation, atMs });
  }

  /** Called at every tick; starts a round when it is time. */
  run(nowMs: number): void {
    if (this.#running || nowMs - this.#roundAtMs < ROUND_MS) return;
    this.#roundAtMs = nowMs;
    while (this.#retired[0] && this.#retired[0].atMs <= nowMs - IDLE_MS) {
      this.#idleSince = this.#retired.shift()!.generation;
    }
    void this.#round();
  }

  async #round(): Promise<void> {
    this.#running = true;
    for (const head of this.#heads) {
      const isFull = head.series.size > SERIES_MAX;
      const idleSince = isFull
        ? Math.max(this.#idleSince, this.#newest - MISSED_GENERATIONS)
        : this.#idleSince;
      if (idleSince <= 0) continue;
      this.#onFirst();
      while (!this.#slice(head, idleSince)) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
  }

  /** Whether the head's round is done. */
  #slice(head: EvictableHead, idleSince: number): boolean {
    // An answer that is being made holds slots: the next round comes soon.
    if (this.#server.answering > 0) return true;
    return head.idle.evictSlice(idleSince, this.#newest, head.held());
  }
}
