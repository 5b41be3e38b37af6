/**
 * Protobuf's wire format, written: fields go out one after the other, and the length of a nested message is put in
 * front of it once it stands.
 */

import { ByteWriter } from './bytes.ts';
import { WIRE } from './protobuf.ts';

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

  /** Begins a nested message, mostly a short one, behind its tag; what is returned is for `endLength`. */
  beginLength(): number {
    this.u8(0);
    return this.length;
  }

  /** The message that began there is whole: its length goes before it, for which a byte is mostly enough. */
  endLength(start: number): void {
    const size = this.length - start;
    if (size < 0x80) {
      this.patchU8(start - 1, size);
      return;
    }
    let more = 1;
    for (let rest = Math.floor(size / 128); rest > 0x7f; rest = Math.floor(rest / 128)) more++;
    this.shift(start, more);
    for (let i = 0, rest = size; i <= more; i++, rest = Math.floor(rest / 128))
      this.patchU8(start - 1 + i, i < more ? (rest % 128) | 0x80 : rest);
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
