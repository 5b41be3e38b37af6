/**
 * Thrift's compact protocol: integers are varints (signed ones zigzag), doubles little-endian.
 *
 *     message   82 | kind << 5 | version 1 | sequence (varint) | length name
 *     field     delta << 4 | type: the id is that of the field before plus the delta; where delta is 0 the id follows.
 *               A bool has its value in the type. 0 ends a struct
 *     list      size << 4 | type, a size of 15 says that the size follows
 *     map       size, then key type << 4 | value type unless it is empty
 */

import { THRIFT, ThriftReader } from './thrift-reader.ts';

export const COMPACT_PROTOCOL_ID = 0x82;
const VERSION = 1;

const TRUE = 1;
const FALSE = 2;
/** By the compact protocol's number of a type: the common one. */
const TYPES: readonly number[] = [
  THRIFT.stop,
  THRIFT.bool,
  THRIFT.bool,
  THRIFT.byte,
  THRIFT.i16,
  THRIFT.i32,
  THRIFT.i64,
  THRIFT.double,
  THRIFT.string,
  THRIFT.list,
  THRIFT.set,
  THRIFT.map,
  THRIFT.struct,
  THRIFT.uuid,
];
/** The size in a list's header that stands for one that follows. */
const LONG_LIST = 15;

export class ThriftCompactReader extends ThriftReader {
  /** What the next field's delta is added to. */
  #lastId = 0;
  /** The bool that stood in a field's header and was not read yet: TRUE, FALSE or 0. */
  #heldBool = 0;

  override message(): void {
    const at = this.advance(2);
    if (this.buf[at] !== COMPACT_PROTOCOL_ID) this.fail('not the compact protocol');
    const kind = this.buf[at + 1]!;
    if ((kind & 0x1f) !== VERSION) this.fail('unknown version of the compact protocol');
    this.messageType = kind >> 5;
    this.#varint();
    this.binary();
  }

  override structBegin(): number {
    const outer = this.#lastId;
    this.#lastId = 0;
    return outer;
  }

  override structEnd(outer: number): void {
    this.#lastId = outer;
  }

  override nextField(): boolean {
    const header = this.buf[this.advance(1)]!;
    const type = header & 0x0f;
    if (type === 0) return false;
    this.fieldType = this.#typeOf(type);
    if (header < 0x10) this.#lastId = (this.i32() << 16) >> 16;
    else this.#lastId += header >> 4;
    this.fieldId = this.#lastId;
    this.#heldBool = type <= FALSE ? type : 0;
    return true;
  }

  override listBegin(): void {
    const header = this.buf[this.advance(1)]!;
    const short = header >> 4;
    const size = short === LONG_LIST ? this.#length() : short;
    this.listSize = this.checkSize(size);
    this.listType = size === 0 ? THRIFT.stop : this.#typeOf(header & 0x0f);
  }

  protected override mapBegin(): number {
    this.listSize = this.checkSize(this.#length());
    if (this.listSize === 0) return 0;
    const types = this.buf[this.advance(1)]!;
    return (this.#typeOf(types >> 4) << 8) | this.#typeOf(types & 0x0f);
  }

  #typeOf(compact: number): number {
    const type = TYPES[compact];
    if (type === undefined) this.fail(`unknown compact type ${compact}`);
    return type;
  }

  override bool(): boolean {
    const held = this.#heldBool;
    this.#heldBool = 0;
    return (held || this.buf[this.advance(1)]) === TRUE;
  }

  protected override skipI16(): void {
    this.#varint();
  }

  override i32(): number {
    this.#varint();
    return (this.low >>> 1) ^ -(this.low & 1);
  }

  override i64(): void {
    this.#varint();
    const sign = -(this.low & 1);
    const low = (this.low >>> 1) | (this.high << 31);
    this.low = (low ^ sign) >>> 0;
    this.high = ((this.high >>> 1) ^ sign) >>> 0;
  }

  override double(): void {
    const at = this.advance(8);
    this.low = this.view.getUint32(at, true);
    this.high = this.view.getUint32(at + 4, true);
  }

  override binary(): void {
    this.range(this.#length());
  }

  /** A size: below 2^31, or -1 where it is not. */
  #length(): number {
    this.#varint();
    return this.high === 0 ? this.low | 0 : -1;
  }

  /** A varint of up to ten bytes into `low` and `high`; bits above 64 are dropped. */
  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.buf[this.advance(1)]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    this.fail('varint longer than ten bytes');
  }
}
