/**
 * Which series of an index are idle, by the head generation that last had something of them, and their eviction in
 * slices. A series may go when SQLite has it, nobody may still read by its ref, and no generation holds anything of it.
 */

import type { SeriesIndex } from './series-index.ts';

/** Slots looked at in one slice: some milliseconds when all of them go. */
const SLICE_SLOTS = 4096;

export class IdleSeries {
  readonly #series: SeriesIndex;
  #usedIn = new Uint32Array(256);
  #next = 0;

  constructor(series: SeriesIndex) {
    this.#series = series;
  }

  /** Something of the slot came in this generation. */
  used(slot: number, generation: number): void {
    if (slot >= this.#usedIn.length) {
      const next = new Uint32Array(Math.max(slot + 1, this.#usedIn.length * 2));
      next.set(this.#usedIn);
      this.#usedIn = next;
    }
    this.#usedIn[slot] = generation;
  }

  /**
   * Evicts, among the next slots, the series unused since generation `idleSince`, going round and round. Series
   * created after `retired` stay: SQLite may not have them, and a reader may hold their refs. Returns whether the
   * round is done.
   */
  evictSlice(idleSince: number, retired: number, isHeld: (slot: number) => boolean): boolean {
    const series = this.#series;
    const end = Math.min(series.slotCount, this.#next + SLICE_SLOTS);
    for (let slot = this.#next; slot < end; slot++) {
      if (!series.has(slot) || this.#usedIn[slot]! > idleSince || series.createdIn(slot) > retired) continue;
      if (!isHeld(slot)) series.evict(slot);
    }
    this.#next = end;
    if (end < series.slotCount) return false;
    this.#next = 0;
    return true;
  }
}
