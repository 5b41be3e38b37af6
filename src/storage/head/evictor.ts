/**
 * When idle series leave memory: after some time without anything new, or sooner where there are very many. Works on
 * the front in small slices, one at each tick while there is nothing to do and one after another during a round.
 */

import type { HeadServer } from './head-server.ts';
import type { IdleSeries } from './idle-series.ts';
import type { SeriesIndex } from './series-index.ts';

/** A series that nothing came for in this time is evicted: longer than the gaps of anything that is scraped or pushed. */
const IDLE_MS = 3_600_000;
/** Above this many series of an index it is this time, in which everything that is scraped comes a few times. */
const SERIES_MAX = 1_500_000;
const IDLE_WHEN_FULL_MS = 300_000;
/** Looked at so often, in ms. */
const ROUND_MS = 60_000;

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
    void this.#round(nowMs);
  }

  /** Evicts all series that nothing is held of, however short a time they have been idle. */
  async evictAll(): Promise<void> {
    if (this.#running || this.#newest === 0) return;
    this.#running = true;
    for (const head of this.#heads) await this.#evict(head, this.#newest);
    this.#running = false;
  }

  async #evict(head: EvictableHead, idleSince: number): Promise<void> {
    this.#onFirst();
    while (!this.#slice(head, idleSince)) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The newest generation that was retired by then, 0 where there is none. */
  #retiredBy(timeMs: number): number {
    return this.#retired.findLast((r) => r.atMs <= timeMs)?.generation ?? 0;
  }

  async #round(nowMs: number): Promise<void> {
    this.#running = true;
    const oldest = this.#retiredBy(nowMs - IDLE_MS);
    // Of those that are older than needed one stays.
    this.#retired = this.#retired.filter((r) => r.generation >= oldest);
    for (const head of this.#heads) {
      const isFull = head.series.size > SERIES_MAX;
      const idleSince = isFull ? this.#retiredBy(nowMs - IDLE_WHEN_FULL_MS) : oldest;
      if (idleSince > 0) await this.#evict(head, idleSince);
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
