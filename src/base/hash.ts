/**
 * A 64-bit hash of bytes as two u32 halves (no BigInt): two 32-bit multiply-and-rotate lanes in the manner of
 * murmur3, finished independently. For hash tables and sharding inside one data directory, never for security.
 * The hash of a series' canonical labels is stored in SQLite, so the function must not change within a format.
 */

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const SEED_LOW = 0x9e3779b9;
const SEED_HIGH = 0x85ebca6b;

/** The halves of the last `hashBytes` call. One object, overwritten: read both before hashing again. */
export const hash64 = { low: 0, high: 0 };

function finish(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hashes `bytes[start, end)`; the low half is returned, both are left in `hash64`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let a = SEED_LOW;
  let b = SEED_HIGH;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, C1);
    k = (k << 15) | (k >>> 17);
    a ^= Math.imul(k, C2);
    a = (a << 13) | (a >>> 19);
    a = (Math.imul(a, 5) + 0xe6546b64) | 0;
    b = Math.imul(b ^ k, 0x01000193);
    b ^= b >>> 15;
  }
  let k = 0;
  for (let shift = 0; i < end; i++, shift += 8) k |= bytes[i]! << shift;
  k = Math.imul(k, C1);
  k = (k << 15) | (k >>> 17);
  a ^= Math.imul(k, C2);
  b = Math.imul(b ^ k, 0x01000193);
  const n = end - start;
  hash64.low = finish(a ^ n);
  hash64.high = finish(b ^ Math.imul(n, C1) ^ a);
  return hash64.low;
}
