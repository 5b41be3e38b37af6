/**
 * LZ4's frame format: a header, then blocks (sequences of literals and matches, a match possibly reaching back into
 * blocks before), an end mark. The output grows by block and is bounded; checksums are not verified.
 */

import { ByteError } from '../../base/bytes.ts';

const MAGIC = 0x184d2204;
/** Frames to be skipped have magics from this to 15 above. */
const MAGIC_SKIPPABLE = 0x184d2a50;
const MIN_MATCH = 4;
/** Header bits. */
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
const DICTIONARY_ID = 0x01;
/** The sign bit of a block's size: the block is not compressed. */
const UNCOMPRESSED = 0x80000000;

/** Called where the output would exceed what is allowed; must throw. */
export type OnTooLarge = () => never;

class Lz4Decoder {
  readonly #in: Uint8Array;
  readonly #maxBytes: number;
  readonly #tooLarge: OnTooLarge;
  #pos = 0;
  #out: Uint8Array<ArrayBuffer>;
  #at = 0;
  /** Where matches of the current frame may reach back to. */
  #frameStart = 0;

  constructor(body: Uint8Array, maxBytes: number, tooLarge: OnTooLarge) {
    this.#in = body;
    this.#maxBytes = maxBytes;
    this.#tooLarge = tooLarge;
    this.#out = new Uint8Array(Math.min(maxBytes, 4 * body.length + 64));
  }

  run(): Uint8Array {
    while (this.#pos < this.#in.length) this.#frame();
    return this.#out.subarray(0, this.#at);
  }

  #fail(what: string): never {
    throw new ByteError(`lz4: ${what}`, this.#pos);
  }

  #u32(): number {
    const p = this.#pos;
    if (p + 4 > this.#in.length) this.#fail('unexpected end');
    this.#pos = p + 4;
    const b = this.#in;
    return (b[p]! | (b[p + 1]! << 8) | (b[p + 2]! << 16) | (b[p + 3]! << 24)) >>> 0;
  }

  #frame(): void {
    const magic = this.#u32();
    if (magic >= MAGIC_SKIPPABLE && magic < MAGIC_SKIPPABLE + 16) {
      const size = this.#u32();
      if (size > this.#in.length - this.#pos) this.#fail('unexpected end');
      this.#pos += size;
      return;
    }
    if (magic !== MAGIC) this.#fail('bad magic number');
    const flags = this.#in[this.#pos] ?? this.#fail('unexpected end');
    if (flags >>> 6 !== 1) this.#fail('unknown version');
    // Flags, block size, [content size], [dictionary], header checksum.
    this.#pos += 2 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY_ID ? 4 : 0) + 1;
    this.#frameStart = this.#at;
    for (let size = this.#u32(); size !== 0; size = this.#u32()) {
      const length = size & ~UNCOMPRESSED;
      if (length > this.#in.length - this.#pos) this.#fail('unexpected end of a block');
      const end = this.#pos + length;
      if (size >= UNCOMPRESSED) this.#literals(length);
      else this.#block(end);
      this.#pos = end + (flags & BLOCK_CHECKSUM ? 4 : 0);
    }
    if (flags & CONTENT_CHECKSUM) this.#u32();
  }

  /** Makes room for `extra` bytes of output. */
  #room(extra: number): void {
    const need = this.#at + extra;
    if (need > this.#maxBytes) this.#tooLarge();
    if (need <= this.#out.length) return;
    const next = new Uint8Array(Math.min(this.#maxBytes, Math.max(need, 2 * this.#out.length)));
    next.set(this.#out.subarray(0, this.#at));
    this.#out = next;
  }

  #literals(length: number): void {
    this.#room(length);
    this.#out.set(this.#in.subarray(this.#pos, this.#pos + length), this.#at);
    this.#at += length;
    this.#pos += length;
  }

  /** A length whose nibble is full goes on in bytes until one is below 255. */
  #length(nibble: number, end: number): number {
    let length = nibble;
    if (nibble !== 15) return length;
    for (;;) {
      if (this.#pos >= end) this.#fail('unexpected end of a block');
      const b = this.#in[this.#pos++]!;
      length += b;
      if (b !== 255) return length;
    }
  }

  #block(end: number): void {
    while (this.#pos < end) {
      const token = this.#in[this.#pos++]!;
      const literals = this.#length(token >>> 4, end);
      if (literals > end - this.#pos) this.#fail('unexpected end of a block');
      if (literals > 0) this.#literals(literals);
      // The last sequence has literals only.
      if (this.#pos === end) return;
      if (this.#pos + 2 > end) this.#fail('unexpected end of a block');
      const offset = this.#in[this.#pos]! | (this.#in[this.#pos + 1]! << 8);
      this.#pos += 2;
      const length = this.#length(token & 15, end) + MIN_MATCH;
      if (offset === 0 || offset > this.#at - this.#frameStart) this.#fail('bad match offset');
      this.#room(length);
      const out = this.#out;
      const at = this.#at;
      for (let i = 0; i < length; i++) out[at + i] = out[at - offset + i]!;
      this.#at = at + length;
    }
  }
}

/** Throws `ByteError` at bad data, and calls `tooLarge` before the output exceeds `maxBytes`. */
export function decompressLz4(body: Uint8Array, maxBytes: number, tooLarge: OnTooLarge): Uint8Array {
  return new Lz4Decoder(body, maxBytes, tooLarge).run();
}
