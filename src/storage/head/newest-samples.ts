/**
 * The newest sample of each slot, by which nearly every sample that comes is judged: newer, or the newest sent again,
 * or one that has to be looked for.
 */

import { wordsOf } from '../../model/sample.ts';

/** Both words of a NaN that is neither the normal one nor the stale marker, and so is never stored. */
const NO_SAMPLE_WORD = 0xffffffff;
const CAPACITY_START = 1024;

export class NewestSamples {
  /** Per slot: newest timestamp in memory. */
  ms = new Float64Array(CAPACITY_START).fill(Number.NEGATIVE_INFINITY);
  #values = new Float64Array(CAPACITY_START);
  /** Its value, as words. */
  words = wordsOf(this.#values);
  /** Up to this time blocks may hold samples of the slot. */
  floorMs = new Float64Array(CAPACITY_START).fill(Number.NEGATIVE_INFINITY);

  /** The slot is a new series', or another one's than before. */
  begin(slot: number, floorMs: number): void {
    if (slot >= this.ms.length) this.#grow();
    this.ms[slot] = Number.NEGATIVE_INFINITY;
    this.floorMs[slot] = floorMs;
  }

  /** No slot has anything any more. */
  forget(): void {
    this.ms.fill(Number.NEGATIVE_INFINITY);
    this.floorMs.fill(Number.NEGATIVE_INFINITY);
  }

  #grow(): void {
    const size = this.ms.length * 2;
    this.ms = grown(this.ms, size);
    this.floorMs = grown(this.floorMs, size);
    const values = new Float64Array(size);
    values.set(this.#values);
    this.#values = values;
    this.words = wordsOf(values);
  }

  /** A sample was added whose value is entry `i` of `words`. */
  added(slot: number, timestampMs: number, words: Uint32Array, i: number): void {
    if (timestampMs <= this.ms[slot]!) return;
    this.ms[slot] = timestampMs;
    this.words[2 * slot] = words[2 * i]!;
    this.words[2 * slot + 1] = words[2 * i + 1]!;
  }

  addedHistogram(slot: number, timestampMs: number): void {
    if (timestampMs <= this.ms[slot]!) return;
    this.ms[slot] = timestampMs;
    // No sample has these bits: none is the newest sent again.
    this.words[2 * slot] = NO_SAMPLE_WORD;
    this.words[2 * slot + 1] = NO_SAMPLE_WORD;
  }

  /** What the slot has in memory is in blocks from now on. */
  flushed(slot: number): void {
    this.floorMs[slot] = Math.max(this.floorMs[slot]!, this.ms[slot]!);
  }
}

function grown(values: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  next.set(values);
  return next;
}
