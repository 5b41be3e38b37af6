/**
 * Protobuf's wire format: a reader that walks fields in place and a writer that fills in lengths once a message
 * stands. 64-bit values are left as two u32 halves (`low`, `high`) or read as numbers where 2^53 is enough.
 */

import { ByteError, ByteWriter } from './bytes.ts';

export const WIRE = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

/** Field numbers go up to 2^29-1. */
const FIELD_MAX = 536870911;

/**
 * A cursor over one message, `buf[pos, end)`. The loop is
 * `while (r.pos < r.end) { switch (r.tag()) { case 10: … default: r.skip() } }`; a tag is field number × 8 + wire type.
 * Throws `ByteError` where the bytes end too early or are malformed.
 */
export class ProtoReader {
  readonly buf: Uint8Array;
  pos: number;
  end: number;
  /** Wire type of the last tag. */
  wire = 0;
  /** Halves of the last 64-bit value that was read. */
  low = 0;
  high = 0;
  /** Bounds of the last length-delimited field. */
  from = 0;
  to = 0;
  readonly #view: DataView;

  constructor(buf: Uint8Array, start = 0, end = buf.length) {
    this.buf = buf;
    this.pos = start;
    this.end = end;
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  }

  /** Goes to another message of the same buffer. */
  seek(start: number, end: number): void {
    this.pos = start;
    this.end = end;
  }

  fail(message: string): never {
    throw new ByteError(message, this.pos);
  }

  tag(): number {
    const first = this.pos < this.end ? this.buf[this.pos]! : this.fail('unexpected end');
    let tag = first;
    if (first < 0x80) this.pos++;
    else {
      this.varint64();
      if (this.high !== 0) this.fail('field number out of range');
      tag = this.low;
    }
    this.wire = tag & 7;
    if (tag >>> 3 === 0 || tag >>> 3 > FIELD_MAX) this.fail('field number out of range');
    return tag;
  }

  /** Reads a varint of up to ten bytes into `low` and `high`; bits above 64 are dropped. */
  varint64(): void {
    const { buf, end } = this;
    let low = 0;
    let high = 0;
    let p = this.pos;
    for (let shift = 0; shift < 70; shift += 7) {
      if (p >= end) this.fail('unexpected end of a varint');
      const b = buf[p++]!;
      const bits = b & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (b < 0x80) {
        this.pos = p;
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    this.fail('varint longer than ten bytes');
  }

  /** A varint's low 32 bits, unsigned. */
  uint32(): number {
    const first = this.pos < this.end ? this.buf[this.pos]! : this.fail('unexpected end of a varint');
    if (first < 0x80) {
      this.pos++;
      return first;
    }
    this.varint64();
    return this.low;
  }

  /** Reads eight bytes into `low` and `high`. */
  fixed64(): void {
    if (this.pos + 8 > this.end) this.fail('unexpected end of a 64-bit value');
    this.low = this.#view.getUint32(this.pos, true);
    this.high = this.#view.getUint32(this.pos + 4, true);
    this.pos += 8;
  }

  fixed32(): number {
    if (this.pos + 4 > this.end) this.fail('unexpected end of a 32-bit value');
    const value = this.#view.getUint32(this.pos, true);
    this.pos += 4;
    return value;
  }

  double(): number {
    if (this.pos + 8 > this.end) this.fail('unexpected end of a 64-bit value');
    const value = this.#view.getFloat64(this.pos, true);
    this.pos += 8;
    return value;
  }

  /** Steps over a length-delimited field and leaves its bounds in `from` and `to`. */
  range(): void {
    const first = this.pos < this.end ? this.buf[this.pos]! : this.fail('unexpected end of a length');
    let length = first;
    if (first < 0x80) this.pos++;
    else {
      this.varint64();
      length = this.high * 4294967296 + this.low;
    }
    if (length > this.end - this.pos) this.fail('length beyond the end of the message');
    this.from = this.pos;
    this.to = this.pos + length;
    this.pos = this.to;
  }

  /** A view of a length-delimited field. */
  bytes(): Uint8Array {
    this.range();
    return this.buf.subarray(this.from, this.to);
  }

  /** Steps over the value of the last tag. */
  skip(): void {
    switch (this.wire) {
      case WIRE.varint:
        this.varint64();
        return;
      case WIRE.fixed64:
        this.fixed64();
        return;
      case WIRE.length:
        this.range();
        return;
      case WIRE.fixed32:
        this.fixed32();
        return;
      default:
        this.fail(`wire type ${this.wire}`);
    }
  }
}

export class ProtoWriter extends ByteWriter {
  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** All 64 bits; a negative number as its two's complement, which takes ten bytes. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= 0x7fffffffn) {
      this.varint(Number(value));
      return;
    }
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest));
  }

  fixed64(value: bigint): void {
    this.u32(Number(BigInt.asUintN(32, value)));
    this.u32(Number(BigInt.asUintN(32, value >> 32n)));
  }

  /** A length-delimited field: tag, length, bytes. */
  bytesField(field: number, piece: Uint8Array): void {
    this.tag(field, WIRE.length);
    this.block(piece);
  }

  /** A varint field, left out where it is zero. */
  uint32Field(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, WIRE.varint);
    this.varint(value);
  }

  /** Puts the varint length of what was written since `start` in front of it. */
  closeLength(start: number): void {
    const size = this.length - start;
    let prefix = 1;
    for (let rest = size; rest > 0x7f; rest = Math.floor(rest / 128)) prefix++;
    // `varint` wants eight bytes of room, and would move the buffer otherwise.
    this.reserve(prefix + 8);
    this.length += prefix;
    this.view().copyWithin(start + prefix, start, start + size);
    this.length = start;
    this.varint(size);
    this.length = start + prefix + size;
  }
}
