/**
 * Protobuf's wire format, read in place. 64-bit values are left as two u32 halves (`low`, `high`) or read as numbers
 * where 2^53 is enough.
 *
 * A message is walked in one of two ways. A reader that takes foreign shapes of a field for unknown fields compares
 * whole tags: `while (r.pos < r.end) { switch (r.tag()) { case 10: … default: r.skip() } }`, a tag being field
 * number × 8 + wire type. A reader that refuses them looks at the number alone, and at the wire type as it reads
 * the value: `while (r.next()) { if (r.field === 1) x = r.asDouble(); else r.skip(); }`. A nested message is walked
 * by moving `end` inward (`enter`, `leave`, or `range` and `seek`), so that no object is made per message.
 */

import { ByteError, utf8Decode } from './bytes.ts';

export const WIRE = { varint: 0, fixed64: 1, length: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

const TWO_32 = 4294967296;
/** Groups nest; beyond this depth they are an attack. */
const GROUP_DEPTH_MAX = 64;

/** A cursor over one message, `buf[pos, end)`. Throws `ByteError` where the bytes end too early or are malformed. */
export class ProtoReader {
  readonly buf: Uint8Array;
  pos: number;
  /** Where the message being walked ends. */
  end: number;
  /** Field number and wire type of the last tag. */
  field = 0;
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

  fail(message: string): never {
    throw new ByteError(message, this.pos);
  }

  // ------------------------------------------------------------------------------------------------ walking

  /** Goes to another message of the same buffer. */
  seek(start: number, end: number): void {
    this.pos = start;
    this.end = end;
  }

  tag(): number {
    let tag = this.pos < this.end ? this.buf[this.pos]! : this.fail('unexpected end');
    if (tag < 0x80) this.pos++;
    else {
      this.varint64();
      if (this.high !== 0) this.fail('field number out of range');
      tag = this.low;
    }
    this.wire = tag & 7;
    this.field = tag >>> 3;
    if (this.field === 0) this.fail('field number out of range');
    return tag;
  }

  /** Reads the next tag into `field` and `wire`; false at the message's end. */
  next(): boolean {
    if (this.pos >= this.end) return false;
    this.tag();
    return true;
  }

  /** Throws where the last tag has another wire type. */
  expect(wire: number): void {
    if (this.wire !== wire) this.fail(`field ${this.field} has the wrong wire type`);
  }

  /** Steps over a length-delimited field and leaves its bounds in `from` and `to`; the wire type is not looked at. */
  range(): void {
    let length = this.pos < this.end ? this.buf[this.pos]! : this.fail('unexpected end of a length');
    if (length < 0x80) this.pos++;
    else {
      this.varint64();
      // Kept in 31 bits: positions that might be doubles would be slow everywhere.
      length = this.high === 0 ? this.low | 0 : -1;
    }
    if (length < 0 || length > this.end - this.pos) this.fail('length beyond the end of the message');
    this.from = this.pos;
    this.to = this.pos + length;
    this.pos = this.to;
  }

  /** Walks into a nested message; hand what it returns to `leave`. */
  enter(): number {
    this.expect(WIRE.length);
    const outer = this.end;
    this.range();
    this.pos = this.from;
    this.end = this.to;
    return outer;
  }

  leave(outer: number): void {
    this.pos = this.end;
    this.end = outer;
  }

  /** Steps over the value of the last tag. */
  skip(depth = 0): void {
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
      case WIRE.groupStart:
        this.#skipGroup(depth);
        return;
      case WIRE.fixed32:
        this.fixed32();
        return;
      default:
        this.fail(`wire type ${this.wire}`);
    }
  }

  #skipGroup(depth: number): void {
    if (depth > GROUP_DEPTH_MAX) this.fail('groups nested too deep');
    const group = this.field;
    while (this.next()) {
      if (this.wire === WIRE.groupEnd) {
        if (this.field !== group) this.fail('group ends with another number');
        return;
      }
      this.skip(depth + 1);
    }
    this.fail('unexpected end of a group');
  }

  // ------------------------------------------------------------------------- values, whatever the wire type

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

  /** A varint as an unsigned number. */
  varint(): number {
    const { buf, end } = this;
    let p = this.pos;
    let value = 0;
    // Fast path: up to four bytes.
    for (let shift = 0; shift < 28 && p < end; shift += 7) {
      const b = buf[p++]!;
      value |= (b & 0x7f) << shift;
      if (b < 0x80) {
        this.pos = p;
        return value;
      }
    }
    this.varint64();
    return this.high * TWO_32 + this.low;
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

  /** int64 and int32, which are in two's complement, as a number. */
  int64(): number {
    this.varint64();
    return (this.high | 0) * TWO_32 + this.low;
  }

  /** sint32 and sint64. */
  zigzag(): number {
    const v = this.varint();
    return v % 2 === 0 ? v / 2 : -(v + 1) / 2;
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

  // ---------------------------------------------------------------------- values, with the wire type checked

  /** A view of a length-delimited field. */
  bytes(): Uint8Array {
    this.expect(WIRE.length);
    this.range();
    return this.buf.subarray(this.from, this.to);
  }

  /** A string; invalid UTF-8 becomes U+FFFD. */
  text(): string {
    return utf8Decode(this.bytes());
  }

  asVarint(): number {
    this.expect(WIRE.varint);
    return this.varint();
  }

  asInt64(): number {
    this.expect(WIRE.varint);
    return this.int64();
  }

  asZigzag(): number {
    this.expect(WIRE.varint);
    return this.zigzag();
  }

  asDouble(): number {
    this.expect(WIRE.fixed64);
    return this.double();
  }

  /** fixed64 as an unsigned number. */
  asFixed64(): number {
    this.expect(WIRE.fixed64);
    this.fixed64();
    return this.high * TWO_32 + this.low;
  }

  asSfixed64(): number {
    this.expect(WIRE.fixed64);
    this.fixed64();
    return (this.high | 0) * TWO_32 + this.low;
  }

  /** Appends a repeated scalar, packed or not, to `into`. */
  repeated(into: number[], wire: number, read: (r: ProtoReader) => number): void {
    if (this.wire === wire) {
      into.push(read(this));
      return;
    }
    const outer = this.enter();
    while (this.pos < this.end) into.push(read(this));
    this.leave(outer);
  }
}
