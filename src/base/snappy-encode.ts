/**
 * Snappy's block format, written: greedy matching by a hash of four bytes, as the original does, but over the whole input
 * instead of pieces of 64 KiB, so that what repeats over the border of two pieces is found too.
 */

import { ByteWriter } from './bytes.ts';

const HASH_BITS = 14;
const MIN_MATCH = 4;
/** Further back than this a copy takes five bytes, and hardly pays. */
const OFFSET_MAX = 65_535;
/** A copy's length goes up to here. */
const COPY_MAX = 64;
/** So many bytes without a match make the search skip one more byte at a time: what does not compress is passed quickly. */
const SKIP_SHIFT = 5;

/** Encodes blocks; its table is used again from one to the next. */
export class SnappyEncoder {
  /** Places by hash, plus one; 0: none yet. */
  readonly #table = new Int32Array(1 << HASH_BITS);

  /** A block in a buffer of its own. */
  encode(input: Uint8Array): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(64 + (input.length >> 1));
    out.varint(input.length);
    const table = this.#table.fill(0);
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    const last = input.length - MIN_MATCH;
    let literal = 0;
    let at = 0;
    while (at <= last) {
      const word = view.getInt32(at, true);
      const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
      const from = table[slot]! - 1;
      table[slot] = at + 1;
      if (from < 0 || at - from > OFFSET_MAX || view.getInt32(from, true) !== word) {
        at += 1 + ((at - literal) >> SKIP_SHIFT);
        continue;
      }
      let end = at + MIN_MATCH;
      let behind = from + MIN_MATCH;
      while (end + 4 <= input.length && view.getInt32(end, true) === view.getInt32(behind, true)) {
        end += 4;
        behind += 4;
      }
      while (end < input.length && input[end] === input[behind]) {
        end++;
        behind++;
      }
      writeLiteral(out, input, literal, at);
      writeCopy(out, at - from, end - at);
      literal = at = end;
    }
    writeLiteral(out, input, literal, input.length);
    return out.take();
  }
}

function writeLiteral(out: ByteWriter, input: Uint8Array, from: number, to: number): void {
  const length = to - from;
  if (length === 0) return;
  const n = length - 1;
  if (n < 60) out.u8(n << 2);
  else {
    const extra = n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x1000000 ? 3 : 4;
    out.u8((59 + extra) << 2);
    for (let i = 0; i < extra; i++) out.u8((n >>> (8 * i)) & 0xff);
  }
  if (length < 16) for (let i = from; i < to; i++) out.u8(input[i]!);
  else out.bytes(input.subarray(from, to));
}

function writeCopy(out: ByteWriter, offset: number, length: number): void {
  // What is left over must be four bytes at least.
  while (length >= COPY_MAX + MIN_MATCH) {
    writeLongCopy(out, offset, COPY_MAX);
    length -= COPY_MAX;
  }
  if (length > COPY_MAX) {
    writeLongCopy(out, offset, COPY_MAX - MIN_MATCH);
    length -= COPY_MAX - MIN_MATCH;
  }
  if (length >= 12 || offset >= 2048) writeLongCopy(out, offset, length);
  else {
    out.u8(((offset >> 8) << 5) | ((length - 4) << 2) | 1);
    out.u8(offset & 0xff);
  }
}

function writeLongCopy(out: ByteWriter, offset: number, length: number): void {
  out.u8(((length - 1) << 2) | 2);
  out.u8(offset & 0xff);
  out.u8(offset >> 8);
}
