/**
 * Gives equal pieces of bytes the same number, 0 for the first, without making strings: an open-addressing table
 * over the pieces' hashes, the pieces themselves one after the other in one buffer.
 */

import { hashBytes } from '../../base/hash.ts';

const EMPTY = 0xffffffff;
/** Places for pieces seen lately; a power of two. */
const RECENT = 256;

export class Interner {
  #arena: Uint8Array;
  #arenaBytes = 0;
  #ends: Uint32Array;
  #hashes: Uint32Array;
  /** Piece number by hash slot; a power of two of them, at most half full. */
  #slots: Uint32Array;
  readonly #recent = new Uint32Array(RECENT).fill(EMPTY);
  size = 0;

  constructor(capacity = 8) {
    this.#arena = new Uint8Array(capacity * 16);
    this.#ends = new Uint32Array(capacity);
    this.#hashes = new Uint32Array(capacity);
    this.#slots = new Uint32Array(capacity * 2).fill(EMPTY);
  }

  /** The number of `bytes[from, to)`, a new one if the piece was not seen before. */
  add(bytes: Uint8Array, from: number, to: number): number {
    // Fast path: what recurs is mostly told apart by its length and three bytes, and comparing costs less than hashing.
    const recent = this.#recent;
    const middle = from + ((to - from) >>> 1);
    const mixed = from === to ? 0 : 97 * bytes[from]! + 31 * bytes[middle]! + 7 * bytes[to - 1]!;
    const place = (mixed + 61 * (to - from)) & (RECENT - 1);
    const candidate = recent[place]!;
    if (candidate !== EMPTY && this.#equals(candidate, bytes, from, to)) return candidate;
    const i = this.#find(bytes, from, to);
    recent[place] = i;
    return i;
  }

  #find(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(bytes, from, to);
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const i = slots[slot]!;
      if (i === EMPTY) break;
      if (this.#hashes[i] === hash && this.#equals(i, bytes, from, to)) return i;
      slot = (slot + 1) & mask;
    }
    const i = this.size++;
    slots[slot] = i;
    if (i === this.#ends.length) this.#grow();
    this.#append(bytes, from, to);
    this.#ends[i] = this.#arenaBytes;
    this.#hashes[i] = hash;
    if (2 * this.size > slots.length) this.#rehash();
    return i;
  }

  #equals(i: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = i === 0 ? 0 : this.#ends[i - 1]!;
    if (this.#ends[i]! - start !== to - from) return false;
    const arena = this.#arena;
    for (let k = from, at = start; k < to; k++, at++) if (arena[at] !== bytes[k]) return false;
    return true;
  }

  #append(bytes: Uint8Array, from: number, to: number): void {
    const need = this.#arenaBytes + to - from;
    if (need > this.#arena.length) {
      const arena = new Uint8Array(Math.max(need, this.#arena.length * 2));
      arena.set(this.#arena);
      this.#arena = arena;
    }
    // Short pieces mostly: a loop is cheaper than a view and `set`.
    const arena = this.#arena;
    let at = this.#arenaBytes;
    for (let k = from; k < to; k++) arena[at++] = bytes[k]!;
    this.#arenaBytes = need;
  }

  #grow(): void {
    const ends = new Uint32Array(this.#ends.length * 2);
    ends.set(this.#ends);
    this.#ends = ends;
    const hashes = new Uint32Array(ends.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2).fill(EMPTY);
    const mask = slots.length - 1;
    for (let i = 0; i < this.size; i++) {
      let slot = this.#hashes[i]! & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = i;
    }
    this.#slots = slots;
  }

  /** All pieces, in a buffer of their own. */
  bytes(): Uint8Array {
    return this.#arena.slice(0, this.#arenaBytes);
  }

  /** End of each piece in `bytes()`. */
  ends(): Uint32Array {
    return this.#ends.slice(0, this.size);
  }
}
