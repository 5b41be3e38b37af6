/**
 * The attribute keys that somebody looks for, numbered. Almost every attribute of a span is none of them, which its
 * key's length mostly tells.
 */

import { utf8Encode } from '../base/bytes.ts';

/** Keys of attributes are short; longer ones are found, but not by their length alone. */
const LENGTHS = 128;

/** A key's bit in a mask of 32: several may share one. */
export function maskBit(id: number): number {
  return 1 << (id & 31);
}

export function maskOf(ids: readonly number[]): number {
  let mask = 0;
  for (const id of ids) mask |= maskBit(id);
  return mask;
}

export class WantedKeys {
  readonly #ids = new Map<string, number>();
  readonly #keys: Uint8Array[] = [];
  /** The key of each length that was asked for last, and behind each the one before it; -1 for none. */
  readonly #byLength = new Int32Array(LENGTHS).fill(-1);
  readonly #before: number[] = [];
  /** Per length the last bytes that keys of it have, five bits of each: a look tells that almost all others are none. */
  readonly #lasts = new Int32Array(LENGTHS);

  get size(): number {
    return this.#keys.length;
  }

  /** The key's number; the same for the same key. */
  id(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const bytes = utf8Encode(key);
    const id = this.#keys.length;
    const slot = Math.min(bytes.length, LENGTHS - 1);
    this.#ids.set(key, id);
    this.#keys.push(bytes);
    this.#before.push(this.#byLength[slot]!);
    this.#byLength[slot] = id;
    this.#lasts[slot]! |= maskBit(bytes[bytes.length - 1] ?? 0);
    return id;
  }

  /** The number of the key `bytes[from, to)`, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const n = to - from;
    const slot = n < LENGTHS ? n : LENGTHS - 1;
    if ((this.#lasts[slot]! & (1 << (bytes[to - 1]! & 31))) === 0 && n > 0) return -1;
    let id = this.#byLength[slot]!;
    while (id >= 0 && !isSame(this.#keys[id]!, bytes, from, n)) id = this.#before[id]!;
    return id;
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, from: number, n: number): boolean {
  if (key.length !== n) return false;
  // Keys share their beginnings (`db.`, `http.`), not their ends.
  for (let i = n - 1; i >= 0; i--) if (key[i] !== bytes[from + i]) return false;
  return true;
}
