/**
 * Reading and writing of bytes: varints, zigzag, fixed-width numbers and length-delimited pieces.
 *
 * `ByteWriter` grows its buffer and hands out a view or a copy; `ByteReader` walks a buffer it does not own and
 * throws `ByteError` at the first byte that is missing, so that a decoder never reads past a declared length.
 * Integers are JavaScript numbers: varints are exact up to 2^53-1; 64-bit values that must keep all bits travel
 * as two 32-bit halves.
 */

// A byte order mark within a value is part of it.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();
const TWO_32 = 4294967296;

/** Bytes end too early, or a number in them has no valid form. `offset` is where, counted from the buffer's start. */
export class ByteError extends Error {
  override name = 'ByteError';
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.offset = offset;
  }
}

export function utf8Encode(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Replaces invalid sequences by U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes);
}

/** Compares as unsigned bytes; a shorter prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = a[i]! - b[i]!;
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

export class ByteWriter {
  #buf: Uint8Array<ArrayBuffer>;
  #view: DataView;
  /** Bytes written so far; also the offset of the next byte. */
  length = 0;

  constructor(capacityBytes = 256) {
    this.#buf = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#buf.buffer);
  }

  /** Makes room for `extra` more bytes. */
  reserve(extra: number): void {
    const need = this.length + extra;
    if (need <= this.#buf.length) return;
    const next = new Uint8Array(Math.max(need, this.#buf.length * 2));
    next.set(this.#buf.subarray(0, this.length));
    this.#buf = next;
    this.#view = new DataView(next.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.#buf[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Unsigned integer up to 2^53-1. */
  varint(value: number): void {
    this.reserve(8);
    const buf = this.#buf;
    let at = this.length;
    while (value > 0x7fffffff) {
      buf[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 0x7f) {
      buf[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    buf[at++] = value;
    this.length = at;
  }

  /** Signed integer between -(2^52) and 2^52. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(piece: Uint8Array): void {
    this.reserve(piece.length);
    this.#buf.set(piece, this.length);
    this.length += piece.length;
  }

  /** The bytes `[start, start + length)` of a view: quicker than `bytes` for short ones, of which no array is made. */
  copy(source: DataView, start: number, length: number): void {
    this.reserve(length + 8);
    const view = this.#view;
    const at = this.length;
    this.length += length;
    if (start + length + 8 > source.byteLength) {
      for (let i = 0; i < length; i++) view.setUint8(at + i, source.getUint8(start + i));
      return;
    }
    // Eight at a time, past the end: optimized code makes no bigint of them.
    for (let i = 0; i < length; i += 8) {
      view.setBigInt64(at + i, source.getBigInt64(start + i, true), true);
    }
  }

  /** Varint length, then the bytes. */
  block(piece: Uint8Array): void {
    this.varint(piece.length);
    this.bytes(piece);
  }

  /** Varint length in bytes, then the UTF-8 text. */
  text(value: string): void {
    const n = value.length;
    if (n < 64) {
      // Fast path: short ASCII, which labels mostly are.
      this.reserve(n + 1);
      const buf = this.#buf;
      let at = this.length + 1;
      let i = 0;
      for (; i < n; i++) {
        const c = value.charCodeAt(i);
        if (c > 0x7f) break;
        buf[at++] = c;
      }
      if (i === n) {
        buf[this.length] = n;
        this.length = at;
        return;
      }
    }
    this.block(utf8Encoder.encode(value));
  }

  /** Overwrites a byte written before. */
  patchU8(offset: number, value: number): void {
    this.#buf[offset] = value;
  }

  /** Moves what was written since `start` further back, and leaves `gap` bytes before it. */
  shift(start: number, gap: number): void {
    this.reserve(gap);
    this.#buf.copyWithin(start + gap, start, this.length);
    this.length += gap;
  }

  /** Overwrites four bytes written before. */
  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  /** A view on what was written; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#buf.subarray(0, this.length);
  }

  /** A copy of what was written, in a buffer of its own. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#buf.slice(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}

export class ByteReader {
  readonly buf: Uint8Array;
  end: number;
  pos: number;
  readonly #view: DataView;

  constructor(buf: Uint8Array, start = 0, end = buf.length) {
    this.buf = buf;
    this.pos = start;
    this.end = end;
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  }

  get done(): boolean {
    return this.pos >= this.end;
  }

  /** Goes on with `[start, end)` of the buffer, which must be within it: for who reads piece after piece. */
  seek(start: number, end: number): this {
    this.pos = start;
    this.end = end;
    return this;
  }

  #need(n: number): void {
    if (this.pos + n > this.end) throw new ByteError(`unexpected end, ${n} more bytes expected`, this.pos);
  }

  u8(): number {
    this.#need(1);
    return this.buf[this.pos++]!;
  }

  u32(): number {
    this.#need(4);
    const v = this.#view.getUint32(this.pos, true);
    this.pos += 4;
    return v;
  }

  f64(): number {
    this.#need(8);
    const v = this.#view.getFloat64(this.pos, true);
    this.pos += 8;
    return v;
  }

  /** Unsigned varint; throws above 2^53-1, where a number would no longer be exact. */
  varint(): number {
    let shift = 1;
    let value = 0;
    for (let i = 0; i < 8; i++) {
      this.#need(1);
      const b = this.buf[this.pos++]!;
      value += (b & 0x7f) * shift;
      if (b < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      shift *= 128;
    }
    throw new ByteError('varint above 2^53', this.pos);
  }

  zigzag(): number {
    const v = this.varint();
    return v % 2 === 0 ? v / 2 : -(v + 1) / 2;
  }

  /** A view of the next `n` bytes. */
  bytes(n: number): Uint8Array {
    this.#need(n);
    const piece = this.buf.subarray(this.pos, this.pos + n);
    this.pos += n;
    return piece;
  }

  block(): Uint8Array {
    return this.bytes(this.varint());
  }

  text(): string {
    const n = this.varint();
    this.#need(n);
    const start = this.pos;
    this.pos += n;
    if (n < 24) {
      // Fast path: short ASCII without a call into the decoder.
      let s = '';
      for (let i = start; i < this.pos; i++) {
        const c = this.buf[i]!;
        if (c > 0x7f) return utf8Decoder.decode(this.buf.subarray(start, this.pos));
        s += String.fromCharCode(c);
      }
      return s;
    }
    return utf8Decoder.decode(this.buf.subarray(start, this.pos));
  }
}

/** A count of things that take at least `bytesEach` bytes; a damaged one cannot ask for more than is there. */
export function readCount(input: ByteReader, bytesEach: number): number {
  const n = input.varint();
  if (n * bytesEach > input.end - input.pos) throw new ByteError(`${n} items`, input.pos);
  return n;
}

/** An index below `limit`. */
export function readIndex(input: ByteReader, limit: number): number {
  const index = input.varint();
  if (index >= limit) throw new ByteError(`index ${index} of ${limit}`, input.pos);
  return index;
}

/** Two u32 halves as one number; exact up to 2^53. */
export function joinU32(high: number, low: number): number {
  return high * TWO_32 + low;
}
