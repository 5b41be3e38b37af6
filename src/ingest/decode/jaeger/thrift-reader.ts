/**
 * Thrift, read in place: what its protocols have in common. A struct is walked so, and what is not known is skipped:
 *
 *     const outer = r.structBegin();
 *     while (r.nextField()) { if (r.fieldId === 1 && r.fieldType === THRIFT.i64) r.i64(); else r.skip(r.fieldType); }
 *     r.structEnd(outer);
 *
 * Nothing is allocated: 64-bit values are left in `low` and `high`, strings and binaries as their bounds in `from` and
 * `to`. Whatever the bytes say of their sizes is compared with what is left of them before anything is done about it.
 */

import { ByteError, utf8Decode } from '../../../base/bytes.ts';

/** Types by their numbers in the binary protocol; the compact one's are translated to these. */
export const THRIFT = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
  uuid: 16,
} as const;

/** Kinds of messages that call something; the second expects no answer. */
export const THRIFT_CALL = 1;
export const THRIFT_ONEWAY = 4;

/** Structs and containers within each other; what is nested deeper is an attack. The same as in Go's library. */
const DEPTH_MAX = 64;
const UUID_BYTES = 16;

/** A cursor over `buf`. Throws `ByteError` where the bytes end too early or cannot be. */
export abstract class ThriftReader {
  readonly buf: Uint8Array;
  pos = 0;
  /** Of the field whose header was read last. */
  fieldType = 0;
  fieldId = 0;
  /** Halves of the 64-bit value, or of the double's bits, that was read last. */
  low = 0;
  high = 0;
  /** Bounds of the string or binary that was read last. */
  from = 0;
  to = 0;
  /** Of the list or set whose header was read last. */
  listType = 0;
  listSize = 0;
  /** Kind of the message whose header was read. */
  messageType = 0;
  protected readonly view: DataView;

  constructor(buf: Uint8Array) {
    this.buf = buf;
    this.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  }

  /** Reads what stands in front of a call: its kind, and its name into `from` and `to`. */
  abstract message(): void;
  /** What it returns is for `structEnd`. */
  abstract structBegin(): number;
  abstract structEnd(outer: number): void;
  /** Reads the next field's header; false at the struct's end. */
  abstract nextField(): boolean;
  abstract listBegin(): void;
  abstract bool(): boolean;
  abstract i32(): number;
  abstract i64(): void;
  abstract double(): void;
  /** Steps over a string or binary and leaves its bounds. */
  abstract binary(): void;
  /** Steps over a number of 16 bits. */
  protected abstract skipI16(): void;
  /** Reads a map's header; types in the upper and lower byte, the size in `listSize`. */
  protected abstract mapBegin(): number;

  fail(message: string): never {
    throw new ByteError(message, this.pos);
  }

  /** The string that was read last. */
  text(): string {
    return utf8Decode(this.buf.subarray(this.from, this.to));
  }

  /** Steps over a value of the type. */
  skip(type: number, depth = 0): void {
    if (depth > DEPTH_MAX) this.fail(`thrift values nested deeper than ${DEPTH_MAX}`);
    switch (type) {
      case THRIFT.bool:
        this.bool();
        return;
      case THRIFT.byte:
        this.advance(1);
        return;
      case THRIFT.i16:
        this.skipI16();
        return;
      case THRIFT.i32:
        this.i32();
        return;
      case THRIFT.i64:
        this.i64();
        return;
      case THRIFT.double:
        this.double();
        return;
      case THRIFT.string:
        this.binary();
        return;
      case THRIFT.uuid:
        this.advance(UUID_BYTES);
        return;
      default:
        this.#skipNested(type, depth);
    }
  }

  #skipNested(type: number, depth: number): void {
    switch (type) {
      case THRIFT.struct: {
        const outer = this.structBegin();
        while (this.nextField()) this.skip(this.fieldType, depth + 1);
        this.structEnd(outer);
        return;
      }
      case THRIFT.list:
      case THRIFT.set: {
        this.listBegin();
        const { listType, listSize } = this;
        for (let i = 0; i < listSize; i++) this.skip(listType, depth + 1);
        return;
      }
      case THRIFT.map: {
        const types = this.mapBegin();
        const { listSize } = this;
        for (let i = 0; i < listSize; i++) {
          this.skip(types >> 8, depth + 1);
          this.skip(types & 0xff, depth + 1);
        }
        return;
      }
      default:
        this.fail(`unknown thrift type ${type}`);
    }
  }

  /** Steps over `bytes` and gives where they begin. */
  protected advance(bytes: number): number {
    const at = this.pos;
    if (bytes > this.buf.length - at) this.fail(`unexpected end, ${bytes} more bytes expected`);
    this.pos = at + bytes;
    return at;
  }

  /** The next `length` bytes are a string. */
  protected range(length: number): void {
    if (length < 0) this.fail('negative length');
    this.from = this.advance(length);
    this.to = this.pos;
  }

  /** Every element takes a byte at least, so a size that there are no bytes for is none. */
  protected checkSize(size: number): number {
    if (size < 0 || size > this.buf.length - this.pos) this.fail(`${size} elements beyond the end`);
    return size;
  }
}
