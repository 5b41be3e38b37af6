/**
 * Reads bits, the highest first, as the chunks of Prometheus have them: plain bits, signed and unsigned numbers in
 * classes of length ("varbit"), and floats as what differs from the float before ("xor"). 64-bit words come as
 * halves in `low` and `high`. Throws `ByteError` where the bits end too early.
 */

import { ByteError } from '../../base/bytes.ts';
import { VARBIT_CLASSES } from '../../model/remote-read-wire.ts';

const TWO_32 = 2 ** 32;
/** A varint of 64 bits has no more bytes than this. */
const VARINT_BYTES_MAX = 10;

/** The last float of a column, and the window of bits in which it differed from the one before. */
export interface XorState {
  low: number;
  high: number;
  leading: number;
  trailing: number;
}

export class BitReader {
  readonly #bytes: Uint8Array;
  /** In bits. */
  #pos = 0;
  readonly #end: number;
  /** Halves of the last 64-bit word. */
  low = 0;
  high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length * 8;
  }

  /** Bits that are left. */
  get left(): number {
    return this.#end - this.#pos;
  }

  /** Unsigned, up to 32 bits. */
  bits(n: number): number {
    if (n > this.#end - this.#pos) throw new ByteError('EOF', this.#bytes.length);
    let value = 0;
    for (let left = n; left > 0; ) {
      const used = this.#pos & 7;
      const taken = Math.min(8 - used, left);
      const byte = this.#bytes[this.#pos >>> 3]!;
      const piece = (byte >>> (8 - used - taken)) & ((1 << taken) - 1);
      value = (value << taken) | piece;
      this.#pos += taken;
      left -= taken;
    }
    return value >>> 0;
  }

  /** The low `n` bits of a 64-bit word, into `low` and `high`. */
  word(n = 64): void {
    this.high = n > 32 ? this.bits(n - 32) : 0;
    this.low = this.bits(Math.min(n, 32));
  }

  /** Ones before the next zero, which is read too unless there are `max` of them. */
  ones(max: number): number {
    let n = 0;
    while (n < max && this.bits(1) === 1) n++;
    return n;
  }

  /** Seven bits a byte, the lowest first. */
  uvarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++, scale *= 128) {
      const byte = this.bits(8);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new ByteError('varint longer than ten bytes', this.#pos >>> 3);
  }

  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A number of `n` bits, of which the largest is 2^(n−1); all 64 are in two's complement. */
  signed(n: number): number {
    this.word(n);
    if (n === 64) return (this.high | 0) * TWO_32 + this.low;
    const value = this.high * TWO_32 + this.low;
    return value > 2 ** (n - 1) ? value - 2 ** n : value;
  }

  varbitInt(): number {
    const n = this.#varbitLength();
    return n === 0 ? 0 : this.signed(n);
  }

  varbitUint(): number {
    const n = this.#varbitLength();
    if (n === 0) return 0;
    this.word(n);
    return this.high * TWO_32 + this.low;
  }

  #varbitLength(): number {
    const ones = this.ones(VARBIT_CLASSES.length + 1);
    return ones === 0 ? 0 : (VARBIT_CLASSES[ones - 1] ?? 64);
  }

  /** The first float of a column. */
  firstFloat(state: XorState): void {
    this.word();
    state.low = this.low;
    state.high = this.high;
    state.leading = 0;
    state.trailing = 0;
  }

  /** A float against the last one of its column. */
  xor(state: XorState): void {
    if (this.bits(1) === 1) this.xorWindow(state, this.bits(1) === 1);
  }

  /** One that differs from the last, in the window of bits in which that did or in a new one. */
  xorWindow(state: XorState, isNew: boolean): void {
    if (isNew) {
      state.leading = this.bits(5);
      // No float has none that differ: 0 says all of them.
      const significant = this.bits(6) || 64;
      state.trailing = 64 - state.leading - significant;
      if (state.trailing < 0) throw new ByteError('more bits than a float has', this.#pos >>> 3);
    }
    const { leading, trailing } = state;
    this.word(64 - leading - trailing);
    let { low, high } = this;
    if (trailing >= 32) {
      high = low << (trailing - 32);
      low = 0;
    } else if (trailing > 0) {
      high = (high << trailing) | (low >>> (32 - trailing));
      low <<= trailing;
    }
    state.low = (state.low ^ low) >>> 0;
    state.high = (state.high ^ high) >>> 0;
  }
}
