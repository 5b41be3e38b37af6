/**
 * Numbers (slots) by the bytes of their keys: open addressing over hashes that whoever asks has made, the keys one after another in one
 * array. Keys are taken out many at a time, which makes the table anew; their slots are given out again.
 *
 *   places   slot, or -1     hashes   per slot     keys   bytes from `starts[slot]` to `ends[slot]`
 */

import { sameBytes, viewOf } from '../base/same-bytes.ts';

const SLOTS_START = 64;
/** Full above this share: linear probing stays short. */
const LOAD_MAX = 0.5;
const BYTES_START = 4096;

export class KeySlots {
  /** Slots are below this; some may be free. */
  end = 0;
  #free: number[] = [];
  #places = new Int32Array(2 * SLOTS_START).fill(-1);
  #hashes = new Uint32Array(SLOTS_START);
  #starts = new Uint32Array(SLOTS_START);
  #ends = new Uint32Array(SLOTS_START);
  /** 1: the slot has a key. */
  #used = new Uint8Array(SLOTS_START);
  #keys = new Uint8Array(BYTES_START);
  #view = viewOf(this.#keys);
  /** The buffer that was asked with last, and a view of it. */
  #asked: Uint8Array = this.#keys;
  #askedView = this.#view;
  #keyBytes = 0;

  get size(): number {
    return this.end - this.#free.length;
  }

  isUsed(slot: number): boolean {
    return this.#used[slot] === 1;
  }

  /** The slot of `bytes[start, end)`, or -1. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = this.#places[at]!;
      if (slot < 0) return -1;
      if (this.#hashes[slot] === hash && this.#isKey(slot, bytes, start, end)) return slot;
    }
  }

  #isKey(slot: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[slot]!;
    const n = end - start;
    if (this.#ends[slot]! - from !== n) return false;
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = viewOf(bytes);
    }
    return sameBytes(this.#view, from, this.#askedView, start, n);
  }

  /** Gives a key that is not there a slot. */
  add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#free.pop() ?? this.end++;
    if (slot >= this.#starts.length) this.#growSlots();
    const n = end - start;
    if (this.#keyBytes + n > this.#keys.length) {
      const next = new Uint8Array(Math.max(this.#keyBytes + n, 2 * this.#keys.length));
      next.set(this.#keys);
      this.#keys = next;
      this.#view = viewOf(next);
    }
    this.#keys.set(bytes.subarray(start, end), this.#keyBytes);
    this.#starts[slot] = this.#keyBytes;
    this.#keyBytes += n;
    this.#ends[slot] = this.#keyBytes;
    this.#hashes[slot] = hash;
    this.#used[slot] = 1;
    if (this.size > this.#places.length * LOAD_MAX) this.#place(2 * this.#places.length);
    else this.#put(slot);
    return slot;
  }

  #growSlots(): void {
    const size = 2 * this.#starts.length;
    const grown = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const next = new Uint32Array(size);
      next.set(column);
      return next;
    };
    this.#hashes = grown(this.#hashes);
    this.#starts = grown(this.#starts);
    this.#ends = grown(this.#ends);
    const used = new Uint8Array(size);
    used.set(this.#used);
    this.#used = used;
  }

  #put(slot: number): void {
    const mask = this.#places.length - 1;
    let at = this.#hashes[slot]! & mask;
    while (this.#places[at]! >= 0) at = (at + 1) & mask;
    this.#places[at] = slot;
  }

  #place(size: number): void {
    this.#places = new Int32Array(size).fill(-1);
    for (let slot = 0; slot < this.end; slot++) if (this.#used[slot] === 1) this.#put(slot);
  }

  /** Takes the keys of these slots out. */
  remove(slots: readonly number[]): void {
    for (const slot of slots) this.#used[slot] = 0;
    this.#free.push(...slots);
    const keys = new Uint8Array(Math.max(BYTES_START, this.#keyBytes));
    let length = 0;
    for (let slot = 0; slot < this.end; slot++) {
      if (this.#used[slot] === 0) continue;
      const key = this.#keys.subarray(this.#starts[slot], this.#ends[slot]);
      keys.set(key, length);
      this.#starts[slot] = length;
      length += key.length;
      this.#ends[slot] = length;
    }
    this.#keys = keys;
    this.#view = viewOf(keys);
    this.#keyBytes = length;
    this.#place(this.#places.length);
  }
}
