/**
 * Protobuf wire format, read in place. `ProtoReader` walks one message's fields; a nested message is walked by
 * moving `end` inward (`enter`, `leave`), so that no view and no object is made per message. Every declared
 * length is checked against the message it stands in.
 *
 * Varints beyond 2^53 lose low bits as numbers; negative int64 (ten bytes on the wire) are exact to -2^53.
 */

import { TriliteError } from '../../model/errors.ts';

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

const TWO_32 = 2 ** 32;
/** Groups nest; beyond this depth they are an attack. */
const SKIP_DEPTH_MAX = 64;

const utf8 = new TextDecoder('utf-8');
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const float64 = new Float64Array(1);
const float64Words = new Uint32Array(float64.buffer);

export class ProtoReader {
  readonly buf: Uint8Array;
  at: number;
  /** Where the message being walked ends. */
  end: number;
  /** Field number and wire type of the last tag. */
  field = 0;
  wire = 0;

  constructor(buf: Uint8Array, start = 0, end = buf.length) {
    this.buf = buf;
    this.at = start;
    this.end = end;
  }

  fail(what: string): never {
    throw new TriliteError('bad_data', `protobuf: ${what} at byte ${this.at}`);
  }

  /** Reads the next tag into `field` and `wire`; false at the message's end. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag & 7;
    if (this.field === 0 || this.field > 0x1fffffff) this.fail('invalid tag');
    return true;
  }

  /** Unsigned, as a number. */
  varint(): number {
    const buf = this.buf;
    const end = this.end;
    let at = this.at;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (at >= end) this.fail('unexpected end');
      const b = buf[at++]!;
      value += (b & 0x7f) * scale;
      if (b < 0x80) {
        this.at = at;
        return value;
      }
      scale *= 128;
    }
    return this.fail('varint too long');
  }

  /** int64 and int32 in two's complement. */
  int64(): number {
    const buf = this.buf;
    // Ten bytes: negative. The sum is taken of the complement, so that small negative numbers are exact.
    let last = this.at;
    const limit = Math.min(this.end, last + 10);
    while (last < limit && buf[last]! >= 0x80) last++;
    if (last >= limit) this.fail(limit === this.end ? 'unexpected end' : 'varint too long');
    if (last - this.at < 9) return this.varint();
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 9; i++) {
      value += (~buf[this.at + i]! & 0x7f) * scale;
      scale *= 128;
    }
    this.at = last + 1;
    return -value - 1;
  }

  /** sint32 and sint64. */
  zigzag(): number {
    const v = this.varint();
    return v % 2 === 0 ? v / 2 : -(v + 1) / 2;
  }

  fixed32(): number {
    const { buf, at } = this;
    if (at + 4 > this.end) this.fail('unexpected end');
    this.at = at + 4;
    return (buf[at]! | (buf[at + 1]! << 8) | (buf[at + 2]! << 16) | (buf[at + 3]! << 24)) >>> 0;
  }

  /** Unsigned, as a number. */
  fixed64(): number {
    const low = this.fixed32();
    return this.fixed32() * TWO_32 + low;
  }

  sfixed64(): number {
    const low = this.fixed32();
    return (this.fixed32() | 0) * TWO_32 + low;
  }

  double(): number {
    float64Words[0] = this.fixed32();
    float64Words[1] = this.fixed32();
    return float64[0]!;
  }

  /** Reads a length and returns where the piece ends; `at` is its start. */
  pieceEnd(): number {
    if (this.wire !== WIRE_BYTES) this.fail(`field ${this.field} has the wrong wire type`);
    const n = this.varint();
    if (n > this.end - this.at) this.fail('length beyond the message');
    return this.at + n;
  }

  /** Walks into a nested message; hand what it returns to `leave`. */
  enter(): number {
    const outer = this.end;
    this.end = this.pieceEnd();
    return outer;
  }

  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  bytes(): Uint8Array {
    const end = this.pieceEnd();
    const piece = this.buf.subarray(this.at, end);
    this.at = end;
    return piece;
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  text(): string {
    return utf8.decode(this.bytes());
  }

  /** Throws where the bytes are not UTF-8. */
  strictText(): string {
    const piece = this.bytes();
    try {
      return strictUtf8.decode(piece);
    } catch {
      return this.fail('invalid UTF-8 in a string');
    }
  }

  #expect(wire: number): void {
    if (this.wire !== wire) this.fail(`field ${this.field} has the wrong wire type`);
  }

  // The same as above with the wire type checked, for fields outside of hot loops.

  asVarint(): number {
    this.#expect(WIRE_VARINT);
    return this.varint();
  }

  asInt64(): number {
    this.#expect(WIRE_VARINT);
    return this.int64();
  }

  asZigzag(): number {
    this.#expect(WIRE_VARINT);
    return this.zigzag();
  }

  asDouble(): number {
    this.#expect(WIRE_FIXED64);
    return this.double();
  }

  asFixed64(): number {
    this.#expect(WIRE_FIXED64);
    return this.fixed64();
  }

  /** Appends a repeated scalar, packed or not, to `into`. */
  repeated(into: number[], wire: number, read: (r: ProtoReader) => number): void {
    if (this.wire === wire) {
      into.push(read(this));
      return;
    }
    const outer = this.enter();
    while (this.at < this.end) into.push(read(this));
    this.leave(outer);
  }

  /** Steps over the field whose tag was read last. */
  skip(depth = 0): void {
    switch (this.wire) {
      case WIRE_VARINT:
        this.varint();
        return;
      case WIRE_FIXED64:
        this.#advance(8);
        return;
      case WIRE_BYTES:
        this.at = this.pieceEnd();
        return;
      case WIRE_FIXED32:
        this.#advance(4);
        return;
      case 3:
        this.#skipGroup(depth);
        return;
      default:
        this.fail(`invalid wire type ${this.wire}`);
    }
  }

  #advance(n: number): void {
    if (this.at + n > this.end) this.fail('unexpected end');
    this.at += n;
  }

  #skipGroup(depth: number): void {
    if (depth > SKIP_DEPTH_MAX) this.fail('groups nested too deep');
    const group = this.field;
    while (this.next()) {
      if (this.wire === 4) {
        if (this.field !== group) this.fail('group ends with another number');
        return;
      }
      this.skip(depth + 1);
    }
    this.fail('unexpected end of a group');
  }
}
