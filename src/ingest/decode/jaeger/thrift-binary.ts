/**
 * Thrift's binary protocol: everything big-endian and of fixed width.
 *
 *     message   80 01 00 kind | length name | sequence      (strict)
 *               length name | kind | sequence               (old: a length is never negative, so the first bit tells)
 *     field     type (1 byte) | id (2) | value;  0 ends a struct
 *     list      type (1) | size (4);  map  type, type, size
 */

import { THRIFT, ThriftReader } from './thrift-reader.ts';

const STRICT_VERSION = 0x8001;

export class ThriftBinaryReader extends ThriftReader {
  override message(): void {
    const first = this.i32();
    if (first < 0) {
      if (first >>> 16 !== STRICT_VERSION) this.fail('unknown version of the binary protocol');
      this.messageType = first & 0xff;
      this.binary();
    } else {
      this.range(first);
      this.messageType = this.buf[this.advance(1)]!;
    }
    this.i32();
  }

  override structBegin(): number {
    return 0;
  }

  override structEnd(): void {}

  override nextField(): boolean {
    this.fieldType = this.buf[this.advance(1)]!;
    if (this.fieldType === THRIFT.stop) return false;
    this.fieldId = this.view.getInt16(this.advance(2));
    return true;
  }

  override listBegin(): void {
    this.listType = this.buf[this.advance(1)]!;
    this.listSize = this.checkSize(this.i32());
  }

  protected override mapBegin(): number {
    const types = this.view.getUint16(this.advance(2));
    this.listSize = this.checkSize(this.i32());
    return types;
  }

  override bool(): boolean {
    return this.buf[this.advance(1)] === 1;
  }

  protected override skipI16(): void {
    this.advance(2);
  }

  override i32(): number {
    return this.view.getInt32(this.advance(4));
  }

  override i64(): void {
    const at = this.advance(8);
    this.high = this.view.getUint32(at);
    this.low = this.view.getUint32(at + 4);
  }

  override double(): void {
    this.i64();
  }

  override binary(): void {
    this.range(this.i32());
  }
}
