/**
 * Encoding of float64 columns that are no decimals: each value against the one before, as 64-bit words, in byte
 * planes; planes that are zero throughout are left out. Two ways to compare: XOR, better where values jump about,
 * and the zigzag difference of the bit patterns as integers, better where they drift (sums of durations). A zstd
 * pass follows; with it byte planes took less room than the bit-packed XOR of Gorilla on every data set measured
 * (docs/format/series-chunk.md).
 */

import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';
import { wordsOf } from '../../model/sample.ts';
import { planeMask, readWordPlanes, writeWordPlanes } from './byte-planes.ts';
import { VALUE_ENCODING } from './codec.ts';

let xors = new Uint32Array(2048);
let deltas = new Uint32Array(2048);

/** Writes `values[from, to)`, at least one; the encoding byte first. */
export function encodeWords(out: ByteWriter, values: Float64Array, from: number, to: number): void {
  const n = to - from;
  const words = wordsOf(values);
  if (xors.length < 2 * n) {
    xors = new Uint32Array(4 * n);
    deltas = new Uint32Array(4 * n);
  }
  const x = xors;
  const d = deltas;
  let low = words[2 * from]!;
  let high = words[2 * from + 1]!;
  const firstLow = low;
  const firstHigh = high;
  let xorLow = 0;
  let xorHigh = 0;
  let deltaLow = 0;
  let deltaHigh = 0;
  let saved = 0;
  for (let i = 1, w = 2 * from + 2; i < n; i++, w += 2) {
    const nextLow = words[w]!;
    const nextHigh = words[w + 1]!;
    const xl = nextLow ^ low;
    const xh = nextHigh ^ high;
    // 64-bit difference in two halves, then zigzag: shift left by one, inverted where it is negative.
    let dl = (nextLow - low) | 0;
    let dh = (nextHigh - high - (nextLow < low ? 1 : 0)) | 0;
    const sign = dh >> 31;
    dh = ((dh << 1) | (dl >>> 31)) ^ sign;
    dl = (dl << 1) ^ sign;
    const at = 2 * i - 2;
    x[at] = xl;
    x[at + 1] = xh;
    d[at] = dl;
    d[at + 1] = dh;
    xorLow |= xl;
    xorHigh |= xh;
    deltaLow |= dl;
    deltaHigh |= dh;
    saved += Math.clz32(dh) - Math.clz32(xh);
    low = nextLow;
    high = nextHigh;
  }
  // The zigzag costs a bit already, so whichever has more leading zeros wins.
  const useDelta = saved > 0;
  const mask = useDelta ? planeMask(deltaHigh, deltaLow) : planeMask(xorHigh, xorLow);
  out.u8(mask === 0 ? VALUE_ENCODING.constant : useDelta ? VALUE_ENCODING.bitDelta : VALUE_ENCODING.xor);
  out.u32(firstLow);
  out.u32(firstHigh);
  if (mask === 0) return;
  out.u8(mask);
  writeWordPlanes(out, useDelta ? d : x, n - 1, mask);
}

/** Reads `n` values of one of this file's encodings, whose byte was read before, into `into[at, at + n)`. */
export function decodeWords(
  input: ByteReader,
  encoding: number,
  into: Float64Array,
  at: number,
  n: number,
): void {
  const words = wordsOf(into);
  let low = input.u32();
  let high = input.u32();
  if (n === 0) return;
  const start = 2 * at;
  const end = start + 2 * n;
  words[start] = low;
  words[start + 1] = high;
  if (encoding === VALUE_ENCODING.constant) {
    for (let w = start + 2; w < end; w += 2) {
      words[w] = low;
      words[w + 1] = high;
    }
    return;
  }
  readWordPlanes(input, words, start + 2, n - 1, input.u8());
  if (encoding === VALUE_ENCODING.xor) {
    for (let w = start + 2; w < end; w += 2) {
      words[w] = low ^= words[w]!;
      words[w + 1] = high ^= words[w + 1]!;
    }
    return;
  }
  if (encoding !== VALUE_ENCODING.bitDelta) throw new ByteError(`value encoding ${encoding}`, input.pos);
  for (let w = start + 2; w < end; w += 2) {
    const zl = words[w]!;
    const zh = words[w + 1]!;
    const sign = -(zl & 1);
    const sum = low + ((((zl >>> 1) | (zh << 31)) ^ sign) >>> 0);
    high = (high + ((zh >>> 1) ^ sign) + (sum >= 4294967296 ? 1 : 0)) | 0;
    low = sum >>> 0;
    words[w] = low;
    words[w + 1] = high;
  }
}
