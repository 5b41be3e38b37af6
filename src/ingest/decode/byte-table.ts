/**
 * Numbers byte strings: 0, 1, 2 … in the order in which they were added. Strings live in spaces that are never compared
 * with each other, so that what stands before a string on the wire can be the space it is looked for in.
 *
 * The bytes lie one after another in one buffer; open addressing over their hashes finds them. Senders repeat their
 * order, so that the string asked for is mostly the one that was asked for after the last one before: comparing it with
 * that guess is a quarter of the cost of hashing it.
 */

import { hashBytes } from '../../base/hash.ts';
import { sameBytes, viewOf } from '../../base/same-bytes.ts';

const CAPACITY_START = 256;
const BYTES_START = 8 * 1024;

export class ByteTable {
  size = 0;
  /** Length of all strings. */
  byteLength = 0;
  #bytes = new Uint8Array(BYTES_START);
  #view = viewOf(this.#bytes);
  /** Per string; string n is `#bytes[#start[n], #start[n + 1])`. */
  #start = new Uint32Array(CAPACITY_START + 1);
  #spaces = new Uint32Array(CAPACITY_START);
  #hashes = new Uint32Array(CAPACITY_START);
  /** The string that was asked for after this one. */
  #next = new Uint32Array(CAPACITY_START);
  #last = 0;
  /** Number + 1 per place, 0 where it is free; twice as many places as strings at least. */
  #places = new Uint32Array(2 * CAPACITY_START);
  /** The buffer that was asked with last: a request asks with one for nearly all. */
  #asked: Uint8Array = this.#bytes;
  #askedView = this.#view;

  /** The number of `bytes[start, end)` in the space (u32), or -1. */
  find(space: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.size === 0) return -1;
    if (bytes !== this.#asked) {
      this.#asked = bytes;
      this.#askedView = viewOf(bytes);
    }
    const guess = this.#next[this.#last]!;
    if (this.#isAt(guess, space, start, end)) {
      this.#last = guess;
      return guess;
    }
    const hash = hashBytes(bytes, start, end);
    const mask = this.#places.length - 1;
    for (let at = placeOf(hash, space) & mask; this.#places[at] !== 0; at = (at + 1) & mask) {
      const number = this.#places[at]! - 1;
      if (this.#hashes[number] !== hash || !this.#isAt(number, space, start, end)) continue;
      this.#next[this.#last] = number;
      this.#last = number;
      return number;
    }
    return -1;
  }

  /** Adds a string that `find` did not find. */
  add(space: number, bytes: Uint8Array, start: number, end: number): number {
    const number = this.size;
    if (number === this.#spaces.length) this.#grow();
    const length = end - start;
    this.#reserve(this.byteLength + length);
    this.#bytes.set(bytes.subarray(start, end), this.byteLength);
    this.byteLength += length;
    this.size++;
    this.#start[number + 1] = this.byteLength;
    this.#spaces[number] = space;
    this.#hashes[number] = hashBytes(bytes, start, end);
    this.#next[number] = 0;
    this.#next[this.#last] = number;
    this.#last = number;
    this.#place(number);
    return number;
  }

  #isAt(number: number, space: number, start: number, end: number): boolean {
    const at = this.#start[number]!;
    const length = end - start;
    if (this.#start[number + 1]! - at !== length || this.#spaces[number] !== space) return false;
    return sameBytes(this.#view, at, this.#askedView, start, length);
  }

  #place(number: number): void {
    const mask = this.#places.length - 1;
    let at = placeOf(this.#hashes[number]!, this.#spaces[number]!) & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = number + 1;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  #grow(): void {
    const capacity = 2 * this.#spaces.length;
    this.#start = grown(this.#start, capacity + 1);
    this.#spaces = grown(this.#spaces, capacity);
    this.#hashes = grown(this.#hashes, capacity);
    this.#next = grown(this.#next, capacity);
    this.#places = new Uint32Array(2 * capacity);
    for (let number = 0; number < this.size; number++) this.#place(number);
  }
}

/** Strings of many spaces may be the same bytes, such as none. */
function placeOf(hash: number, space: number): number {
  return hash ^ Math.imul(space, 0x9e3779b1);
}

function grown(from: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const into = new Uint32Array(size);
  into.set(from);
  return into;
}
