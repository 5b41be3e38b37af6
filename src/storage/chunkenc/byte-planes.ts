/**
 * Byte planes: the integers of a column split by significance: first the highest byte of every value, then the
 * next lower of every value, down to the lowest. High planes of small numbers are nearly constant and low planes
 * have one distribution each, so the general compressor over the page sees them apart; and neither side has a
 * branch per value. Measured against varints and bit packing in docs/format/series-chunk.md.
 */

import { ByteError, type ByteReader, type ByteWriter } from '../../base/bytes.ts';

const TWO_32 = 4294967296;

/** Seven bytes hold 2^53-1. */
export const PLANE_WIDTH_MAX = 7;

/** How many planes hold integers up to `max` (below 2^53): 0 for 0. */
export function planeWidth(max: number): number {
  let width = 0;
  for (let bound = 1; max >= bound; bound *= 256) width++;
  return width;
}

let scratch = new Uint8Array(4096);

function scratchBytes(size: number): Uint8Array {
  if (scratch.length < size) scratch = new Uint8Array(Math.max(size, 2 * scratch.length));
  return scratch;
}

/** Writes `width` planes of `values[from, to)`: integers from 0 up to 256^width - 1, below 2^53. */
export function writePlanes(
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  width: number,
): void {
  const n = to - from;
  if (n === 0 || width === 0) return;
  const buf = scratchBytes(n * width);
  // Fast path: one and two bytes, which counters and gauges mostly need.
  if (width === 1) {
    for (let i = 0; i < n; i++) buf[i] = values[from + i]! | 0;
  } else if (width === 2) {
    for (let i = 0; i < n; i++) {
      const v = values[from + i]! | 0;
      buf[i] = v >>> 8;
      buf[n + i] = v;
    }
  } else {
    let at = 0;
    for (let plane = width - 1; plane >= 4; plane--) {
      const shift = 8 * (plane - 4);
      for (let i = 0; i < n; i++) buf[at++] = Math.floor(values[from + i]! / TWO_32) >>> shift;
    }
    for (let plane = Math.min(width, 4) - 1; plane >= 0; plane--) {
      const shift = 8 * plane;
      for (let i = 0; i < n; i++) {
        const v = values[from + i]!;
        buf[at++] = (v - Math.floor(v / TWO_32) * TWO_32) >>> shift;
      }
    }
  }
  out.bytes(buf.subarray(0, n * width));
}

/** Steps over `width` planes of `n` values and says where they begin. Throws `ByteError` where bytes are missing. */
export function takePlanes(input: ByteReader, n: number, width: number): number {
  if (width > PLANE_WIDTH_MAX) throw new ByteError(`${width} byte planes`, input.pos);
  const start = input.pos;
  if (start + n * width > input.end) throw new ByteError('byte planes end early', start);
  input.pos = start + n * width;
  return start;
}

/** Reads `width` planes into `values[at, at + n)`. Throws `ByteError` where bytes are missing. */
export function readPlanes(
  input: ByteReader,
  values: Float64Array,
  at: number,
  n: number,
  width: number,
): void {
  const start = takePlanes(input, n, width);
  const buf = input.buf;
  if (width === 0) {
    values.fill(0, at, at + n);
  } else if (width === 1) {
    for (let i = 0; i < n; i++) values[at + i] = buf[start + i]!;
  } else if (width === 2) {
    const low = start + n;
    for (let i = 0; i < n; i++) values[at + i] = (buf[start + i]! << 8) | buf[low + i]!;
  } else {
    for (let i = 0; i < n; i++) values[at + i] = buf[start + i]!;
    for (let plane = 1; plane < width; plane++) {
      const base = start + plane * n;
      for (let i = 0; i < n; i++) values[at + i] = values[at + i]! * 256 + buf[base + i]!;
    }
  }
}

/** Which bytes of a 64-bit column are not zero throughout: bit 7 for the highest of `high`, bit 0 for the lowest of `low`. */
export function planeMask(highOr: number, lowOr: number): number {
  let mask = 0;
  for (let b = 0; b < 4; b++) {
    if ((lowOr >>> (8 * b)) & 0xff) mask |= 1 << b;
    if ((highOr >>> (8 * b)) & 0xff) mask |= 16 << b;
  }
  return mask;
}

/** Writes the planes of `mask`, highest first, of n 64-bit values in `words` (low half, high half, …). */
export function writeWordPlanes(out: ByteWriter, words: Uint32Array, n: number, mask: number): void {
  const buf = scratchBytes(n * 8);
  let at = 0;
  for (let plane = 7; plane >= 0; plane--) {
    if (!((mask >>> plane) & 1)) continue;
    const shift = 8 * (plane & 3);
    let w = plane >> 2;
    for (let i = 0; i < n; i++, w += 2) buf[at++] = words[w]! >>> shift;
  }
  out.bytes(buf.subarray(0, at));
}

/** Reads the planes of `mask` into `words[at…]` (low half, high half, …), which it overwrites. */
export function readWordPlanes(
  input: ByteReader,
  words: Uint32Array,
  at: number,
  n: number,
  mask: number,
): void {
  words.fill(0, at, at + 2 * n);
  const buf = input.buf;
  for (let plane = 7; plane >= 0; plane--) {
    if (!((mask >>> plane) & 1)) continue;
    const start = input.pos;
    if (start + n > input.end) throw new ByteError('byte planes end early', start);
    input.pos = start + n;
    const shift = 8 * (plane & 3);
    let w = at + (plane >> 2);
    for (let i = 0; i < n; i++, w += 2) words[w] = words[w]! | (buf[start + i]! << shift);
  }
}
