/**
 * XXH64 of bytes with seed 0, as its specification has it: for places where another system's choice by hash has to be
 * the same here. In BigInt, so not for hot paths (`hash.ts` is for those).
 */

const MASK = 0xffffffffffffffffn;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
/** Bytes that the four lanes take in a turn. */
const STRIPE = 32;

const times = (a: bigint, b: bigint) => (a * b) & MASK;
const rotate = (a: bigint, bits: bigint) => ((a << bits) | (a >> (64n - bits))) & MASK;
const round = (lane: bigint, input: bigint) => times(rotate((lane + times(input, P2)) & MASK, 31n), P1);

/** In [0, 2^64). */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length;
  let at = 0;
  let hash = P5;
  if (end >= STRIPE) {
    const lanes = [(P1 + P2) & MASK, P2, 0n, (MASK + 1n - P1) & MASK];
    for (; at + STRIPE <= end; at += STRIPE) {
      for (let i = 0; i < 4; i++) lanes[i] = round(lanes[i]!, view.getBigUint64(at + 8 * i, true));
    }
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK;
    for (const lane of lanes) hash = (times(hash ^ round(0n, lane), P1) + P4) & MASK;
  }
  hash = (hash + BigInt(end)) & MASK;
  for (; at + 8 <= end; at += 8) {
    hash = (times(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n), P1) + P4) & MASK;
  }
  if (at + 4 <= end) {
    hash = (times(rotate(hash ^ times(BigInt(view.getUint32(at, true)), P1), 23n), P2) + P3) & MASK;
    at += 4;
  }
  for (; at < end; at++) hash = times(rotate(hash ^ times(BigInt(bytes[at]!), P5), 11n), P1);
  hash = times(hash ^ (hash >> 33n), P2);
  hash = times(hash ^ (hash >> 29n), P3);
  return hash ^ (hash >> 32n);
}
