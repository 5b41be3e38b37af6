/**
 * Snappy's block format, written: greedy matching by a hash of four bytes, as the original does, but over the whole input
 * instead of pieces of 64 KiB, so that what repeats over the border of two pieces is found too.
 */

const HASH_BITS = 14;
const MIN_MATCH = 4;
/** Further back than this a copy takes five bytes, and hardly pays. */
const OFFSET_MAX = 65_535;
/** A copy's length goes up to here. */
const COPY_MAX = 64;
/** So many bytes without a match make the search skip one more byte at a time: what does not compress is passed quickly. */
const SKIP_SHIFT = 5;

/** What does not compress grows by a literal's head for each piece between matches that hardly pay, and by the length in front. */
const maxLength = (bytes: number): number => 32 + bytes + Math.ceil(bytes / 6);

/** Encodes blocks; its table and its buffer are used again from one to the next. */
export class SnappyEncoder {
  /** Places by hash, plus one; 0: none yet. */
  readonly #table = new Int32Array(1 << HASH_BITS);
  #out = new Uint8Array(0);

  /** A block in a buffer of its own. */
  encode(input: Uint8Array): Uint8Array<ArrayBuffer> {
    if (this.#out.length < maxLength(input.length)) this.#out = new Uint8Array(2 * maxLength(input.length));
    const out = this.#out;
    const table = this.#table.fill(0);
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    const last = input.length - MIN_MATCH;
    let to = writeLength(out, input.length);
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
      while (end <= last && view.getInt32(end, true) === view.getInt32(behind, true)) {
        end += 4;
        behind += 4;
      }
      while (end < input.length && input[end] === input[behind]) {
        end++;
        behind++;
      }
      if (at > literal) to = writeLiteral(out, to, input, literal, at);
      to = writeCopy(out, to, at - from, end - at);
      literal = at = end;
    }
    if (input.length > literal) to = writeLiteral(out, to, input, literal, input.length);
    return out.slice(0, to);
  }
}

// Each writes at `to` and returns where it ended.

function writeLength(out: Uint8Array, length: number): number {
  let to = 0;
  let rest = length;
  for (; rest > 0x7f; rest >>>= 7) out[to++] = (rest & 0x7f) | 0x80;
  out[to++] = rest;
  return to;
}

function writeLiteral(out: Uint8Array, to: number, input: Uint8Array, from: number, end: number): number {
  const n = end - from - 1;
  if (n < 60) out[to++] = n << 2;
  else {
    const extra = n < 0x100 ? 1 : n < 0x10000 ? 2 : n < 0x1000000 ? 3 : 4;
    out[to++] = (59 + extra) << 2;
    for (let i = 0; i < extra; i++) out[to++] = (n >>> (8 * i)) & 0xff;
  }
  // A call for each of the short ones, which are most, would cost more.
  if (n < 48) for (let i = from; i < end; i++) out[to++] = input[i]!;
  else {
    out.set(input.subarray(from, end), to);
    to += end - from;
  }
  return to;
}

function writeCopy(out: Uint8Array, to: number, offset: number, length: number): number {
  // What is left over must be four bytes at least.
  while (length > COPY_MAX) {
    const piece = length >= COPY_MAX + MIN_MATCH ? COPY_MAX : COPY_MAX - MIN_MATCH;
    out[to++] = ((piece - 1) << 2) | 2;
    out[to++] = offset & 0xff;
    out[to++] = offset >> 8;
    length -= piece;
  }
  if (length >= 12 || offset >= 2048) {
    out[to++] = ((length - 1) << 2) | 2;
    out[to++] = offset & 0xff;
    out[to++] = offset >> 8;
  } else {
    out[to++] = ((offset >> 8) << 5) | ((length - 4) << 2) | 1;
    out[to++] = offset & 0xff;
  }
  return to;
}
