/**
 * Finds a number (a series' slot) by the bytes that name it: an open-addressing table over 64-bit hashes, with the
 * key bytes kept to tell equal hashes apart. Keys live in spaces that are never compared with each other, so one
 * table serves every wire form (`model/batch.ts`). The keys of a slot are chained, so that they can be removed.
 *
 *   hashes   [low, high] per place      refs   where the key is (piece-store.ts)
 *   slots    value + 1, 0 = free        key    u32 next key of the slot, or 0 | u32 space | u32 length | bytes
 *   next     the place whose key was asked for after this place's: senders repeat their order, so the key asked for
 *            is mostly the one guessed, and comparing its bytes is a quarter of the cost of hashing them
 */

import { hash64, hashBytes } from '../../base/hash.ts';
import { sameBytes, viewOf } from '../../base/same-bytes.ts';
import { grown } from './label-pairs.ts';
import { PieceStore, REF_SLAB_SHIFT, REF_UNIT_MASK, UNIT_BYTES } from './piece-store.ts';

const CAPACITY_START = 1024;
/** Full above this share: linear probing stays short. */
const LOAD_MAX = 0.6;
const HEADER_BYTES = 12;
/**
 * Of more names the oldest are forgotten, and learned again should they still be in use: a sender that writes its labels in
 * another order, or metrics that are derived by other settings after a reload, name the same series anew.
 */
export const KEYS_PER_SLOT_MAX = 16;
/** Odd and without a pattern: neighbouring spaces end far apart. */
const SPACE_FACTOR = 0x9e3779b1;

/**
 * As `hashBytes`, of key and space together. The spaces of scraped targets have the same few keys, so what is equal in two
 * of them must not come to lie side by side.
 */
export function hashKey(space: number, bytes: Uint8Array, start: number, end: number): number {
  const mixed = Math.imul(hashBytes(bytes, start, end) ^ Math.imul(space, SPACE_FACTOR), SPACE_FACTOR);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

export class KeyTable {
  #capacity = CAPACITY_START;
  #hashes = new Uint32Array(2 * CAPACITY_START);
  #slots = new Uint32Array(CAPACITY_START);
  #refs = new Uint32Array(CAPACITY_START);
  #next = new Uint32Array(CAPACITY_START);
  /** The place that was found or added last. */
  #last = 0;
  /** The buffer that was asked with last, and a view of it: a batch asks with one for all its keys. */
  #asked: Uint8Array = new Uint8Array(0);
  #askedView = viewOf(this.#asked);
  readonly #pieces = new PieceStore();
  /** First key of each slot, or 0. */
  #first = new Uint32Array(CAPACITY_START);
  size = 0;

  /** The number stored under the key, or -1. */
  find(space: number, bytes: Uint8Array, start: number, end: number): number {
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = viewOf(bytes);
    }
    const guess = this.#next[this.#last]!;
    const guessed = this.#slots[guess]!;
    // A guess is a place that may have become another key's, or free.
    if (guessed !== 0 && this.#sameKey(this.#refs[guess]!, space, start, end)) {
      this.#last = guess;
      return guessed - 1;
    }
    const low = hashKey(space, bytes, start, end);
    const high = hash64.high;
    const mask = this.#capacity - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const slot = this.#slots[at]!;
      if (slot === 0) return -1;
      if (this.#hashes[2 * at] !== low || this.#hashes[2 * at + 1] !== high) continue;
      if (!this.#sameKey(this.#refs[at]!, space, start, end)) continue;
      this.#next[this.#last] = at;
      this.#last = at;
      return slot - 1;
    }
  }

  /** Stores a key that `find` did not find. */
  add(space: number, bytes: Uint8Array, start: number, end: number, slot: number): void {
    if (this.size + 1 > this.#capacity * LOAD_MAX) this.#grow();
    if (slot >= this.#first.length)
      this.#first = grown(this.#first, Math.max(slot + 1, 2 * this.#first.length));
    this.#forgetOldest(slot);
    const low = hashKey(space, bytes, start, end);
    const high = hash64.high;
    const ref = this.#keep(space, bytes, start, end);
    this.#word(ref, 0, this.#first[slot]!);
    this.#first[slot] = ref;
    const at = this.#put(low, high, slot + 1, ref);
    this.#next[this.#last] = at;
    this.#last = at;
    this.size++;
  }

  /** Removes every key of the slot. */
  removeSlot(slot: number): void {
    if (slot >= this.#first.length) return;
    for (let ref = this.#first[slot]!; ref !== 0; ref = this.#forget(ref));
    this.#first[slot] = 0;
  }

  /** Makes room for another key of the slot. */
  #forgetOldest(slot: number): void {
    let keys = 1;
    let before = 0;
    let ref = this.#first[slot]!;
    if (ref === 0) return;
    for (let next = this.#after(ref); next !== 0; next = this.#after(ref)) {
      before = ref;
      ref = next;
      keys++;
    }
    if (keys < KEYS_PER_SLOT_MAX) return;
    this.#word(before, 0, 0);
    this.#forget(ref);
  }

  /** The key behind this one in its slot's chain, or 0. */
  #after(ref: number): number {
    return this.#pieces.words[ref >>> REF_SLAB_SHIFT]![2 * (ref & REF_UNIT_MASK)]!;
  }

  /** Removes a key that nothing leads to; gives the one behind it. */
  #forget(ref: number): number {
    const words = this.#pieces.words[ref >>> REF_SLAB_SHIFT]!;
    const at = 2 * (ref & REF_UNIT_MASK);
    const next = words[at]!;
    const length = words[at + 2]!;
    const bytes = this.#pieces.bytes[ref >>> REF_SLAB_SHIFT]!;
    const start = (ref & REF_UNIT_MASK) * UNIT_BYTES + HEADER_BYTES;
    this.#remove(hashKey(words[at + 1]!, bytes, start, start + length), ref);
    this.#pieces.free(ref, HEADER_BYTES + length);
    return next;
  }

  #remove(home: number, ref: number): void {
    const mask = this.#capacity - 1;
    let at = home & mask;
    while (this.#refs[at] !== ref || this.#slots[at] === 0) at = (at + 1) & mask;
    this.size--;
    // What follows in the cluster moves up where its own place is not after the gap.
    for (let next = (at + 1) & mask; this.#slots[next] !== 0; next = (next + 1) & mask) {
      const own = this.#hashes[2 * next]! & mask;
      if (((next - own) & mask) < ((next - at) & mask)) continue;
      this.#hashes[2 * at] = this.#hashes[2 * next]!;
      this.#hashes[2 * at + 1] = this.#hashes[2 * next + 1]!;
      this.#slots[at] = this.#slots[next]!;
      this.#refs[at] = this.#refs[next]!;
      at = next;
    }
    this.#slots[at] = 0;
  }

  #put(low: number, high: number, slot: number, ref: number): number {
    const mask = this.#capacity - 1;
    let at = low & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#hashes[2 * at] = low;
    this.#hashes[2 * at + 1] = high;
    this.#slots[at] = slot;
    this.#refs[at] = ref;
    return at;
  }

  #keep(space: number, bytes: Uint8Array, start: number, end: number): number {
    const n = end - start;
    const ref = this.#pieces.allocate(HEADER_BYTES + n);
    this.#word(ref, 1, space);
    this.#word(ref, 2, n);
    const into = this.#pieces.bytes[ref >>> REF_SLAB_SHIFT]!;
    const offset = (ref & REF_UNIT_MASK) * UNIT_BYTES + HEADER_BYTES;
    for (let i = 0; i < n; i++) into[offset + i] = bytes[start + i]!;
    return ref;
  }

  #word(ref: number, i: number, value: number): void {
    this.#pieces.words[ref >>> REF_SLAB_SHIFT]![2 * (ref & REF_UNIT_MASK) + i] = value;
  }

  /** Whether the key at a ref is `#asked[start, end)`. */
  #sameKey(ref: number, space: number, start: number, end: number): boolean {
    const n = end - start;
    const slab = ref >>> REF_SLAB_SHIFT;
    const unit = ref & REF_UNIT_MASK;
    const words = this.#pieces.words[slab]!;
    if (words[2 * unit + 1] !== space || words[2 * unit + 2] !== n) return false;
    const own = this.#pieces.views[slab]!;
    return sameBytes(own, unit * UNIT_BYTES + HEADER_BYTES, this.#askedView, start, n);
  }

  #grow(): void {
    const hashes = this.#hashes;
    const slots = this.#slots;
    const refs = this.#refs;
    const oldCapacity = this.#capacity;
    this.#capacity = oldCapacity * 2;
    this.#hashes = new Uint32Array(2 * this.#capacity);
    this.#slots = new Uint32Array(this.#capacity);
    this.#refs = new Uint32Array(this.#capacity);
    // The order is learned again with the next requests.
    this.#next = new Uint32Array(this.#capacity);
    this.#last = 0;
    for (let i = 0; i < oldCapacity; i++) {
      if (slots[i] === 0) continue;
      this.#put(hashes[2 * i]!, hashes[2 * i + 1]!, slots[i]!, refs[i]!);
    }
  }
}
