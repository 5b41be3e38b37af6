/**
 * Finds a number (a series' slot) by the bytes that name it: an open-addressing table over 64-bit hashes, with the
 * key bytes kept to tell equal hashes apart. Keys live in spaces that are never compared with each other, so one
 * table serves the canonical labels and every wire form (`model/batch.ts`).
 *
 *   hashes   [low, high] per place      arena   key bytes, one after another, in segments
 *   slots    value + 1, 0 = free        refs    where the key's bytes are: segment * SEGMENT_BYTES + offset
 *   next     the place whose key was asked for after this place's: senders repeat their order, so the key asked for
 *            is mostly the one guessed, and comparing its bytes is a quarter of the cost of hashing them
 */

import { hash64, hashBytes } from '../../base/hash.ts';
import { sameBytes, viewOf } from '../../base/same-bytes.ts';

const SEGMENT_BYTES = 1 << 20;
const CAPACITY_START = 1024;
/** Full above this share: linear probing stays short. */
const LOAD_MAX = 0.6;

export class KeyTable {
  #capacity = CAPACITY_START;
  #hashes = new Uint32Array(2 * CAPACITY_START);
  #slots = new Uint32Array(CAPACITY_START);
  #refs = new Float64Array(CAPACITY_START);
  #lengths = new Uint32Array(CAPACITY_START);
  #spaces = new Uint32Array(CAPACITY_START);
  #next = new Uint32Array(CAPACITY_START);
  /** The place that was found or added last. */
  #last = 0;
  #segments: Uint8Array[] = [];
  #views: DataView[] = [];
  #segmentUsed = SEGMENT_BYTES;
  /** The buffer that was asked with last, and a view of it: a batch asks with one for all its keys. */
  #asked: Uint8Array = new Uint8Array(0);
  #askedView = viewOf(this.#asked);
  size = 0;

  /** The number stored under the key, or -1. */
  find(space: number, bytes: Uint8Array, start: number, end: number): number {
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = viewOf(bytes);
    }
    const guess = this.#next[this.#last]!;
    const guessed = this.#slots[guess]!;
    if (guessed !== 0 && this.#spaces[guess] === space && this.#sameKey(guess, start, end)) {
      this.#last = guess;
      return guessed - 1;
    }
    const low = hashBytes(bytes, start, end);
    const high = hash64.high;
    const mask = this.#capacity - 1;
    for (let at = (low ^ space) & mask; ; at = (at + 1) & mask) {
      const slot = this.#slots[at]!;
      if (slot === 0) return -1;
      if (this.#hashes[2 * at] !== low || this.#hashes[2 * at + 1] !== high) continue;
      if (this.#spaces[at] !== space || !this.#sameKey(at, start, end)) continue;
      this.#next[this.#last] = at;
      this.#last = at;
      return slot - 1;
    }
  }

  /** Stores a key that `find` did not find. */
  add(space: number, bytes: Uint8Array, start: number, end: number, slot: number): void {
    if (this.size + 1 > this.#capacity * LOAD_MAX) this.#grow();
    const low = hashBytes(bytes, start, end);
    const at = this.#freePlace(low, space);
    this.#hashes[2 * at] = low;
    this.#hashes[2 * at + 1] = hash64.high;
    this.#slots[at] = slot + 1;
    this.#spaces[at] = space;
    this.#lengths[at] = end - start;
    this.#refs[at] = this.#keep(bytes, start, end);
    this.#next[this.#last] = at;
    this.#last = at;
    this.size++;
  }

  #freePlace(low: number, space: number): number {
    const mask = this.#capacity - 1;
    let at = (low ^ space) & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    return at;
  }

  #keep(bytes: Uint8Array, start: number, end: number): number {
    const n = end - start;
    if (n > SEGMENT_BYTES) {
      // An outsized key has a segment of its own, which stays full.
      this.#addSegment(bytes.slice(start, end));
      this.#segmentUsed = SEGMENT_BYTES;
      return (this.#segments.length - 1) * SEGMENT_BYTES;
    }
    if (this.#segmentUsed + n > SEGMENT_BYTES) {
      this.#addSegment(new Uint8Array(SEGMENT_BYTES));
      this.#segmentUsed = 0;
    }
    const segment = this.#segments.length - 1;
    const offset = this.#segmentUsed;
    const into = this.#segments[segment]!;
    for (let i = 0; i < n; i++) into[offset + i] = bytes[start + i]!;
    this.#segmentUsed += n;
    return segment * SEGMENT_BYTES + offset;
  }

  #addSegment(segment: Uint8Array): void {
    this.#segments.push(segment);
    this.#views.push(viewOf(segment));
  }

  /** Whether the key at a place is `#asked[start, end)`. */
  #sameKey(at: number, start: number, end: number): boolean {
    const n = end - start;
    if (this.#lengths[at] !== n) return false;
    const ref = this.#refs[at]!;
    const own = this.#views[Math.floor(ref / SEGMENT_BYTES)]!;
    return sameBytes(own, ref % SEGMENT_BYTES, this.#askedView, start, n);
  }

  #grow(): void {
    const old = { hashes: this.#hashes, slots: this.#slots, refs: this.#refs, lengths: this.#lengths };
    const spaces = this.#spaces;
    const oldCapacity = this.#capacity;
    this.#capacity = oldCapacity * 2;
    this.#hashes = new Uint32Array(2 * this.#capacity);
    this.#slots = new Uint32Array(this.#capacity);
    this.#refs = new Float64Array(this.#capacity);
    this.#lengths = new Uint32Array(this.#capacity);
    this.#spaces = new Uint32Array(this.#capacity);
    // The order is learned again with the next requests.
    this.#next = new Uint32Array(this.#capacity);
    this.#last = 0;
    for (let i = 0; i < oldCapacity; i++) {
      if (old.slots[i] === 0) continue;
      const low = old.hashes[2 * i]!;
      const at = this.#freePlace(low, spaces[i]!);
      this.#hashes[2 * at] = low;
      this.#hashes[2 * at + 1] = old.hashes[2 * i + 1]!;
      this.#slots[at] = old.slots[i]!;
      this.#refs[at] = old.refs[i]!;
      this.#lengths[at] = old.lengths[i]!;
      this.#spaces[at] = spaces[i]!;
    }
  }
}
