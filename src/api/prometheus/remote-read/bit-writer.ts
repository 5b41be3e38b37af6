/**
 * Writes bits, the highest first, as the chunks of Prometheus have them: plain bits, signed and unsigned numbers in
 * classes of length ("varbit"), and floats as what differs from the float before ("xor"). 64-bit words come as halves.
 */

import { VARBIT_CLASSES } from '../../../model/remote-read-wire.ts';

const TWO_32 = 2 ** 32;
/** Leading zeros are written in five bits. */
const LEADING_MAX = 31;
const SIGNIFICANT_BITS = 6;

/** The last float of a column, and the window of bits in which it differed from the one before. */
export interface XorState {
  low: number;
  high: number;
  /** Undefined before the first window. */
  leading: number | undefined;
  trailing: number;
}

export function newXorState(low: number, high: number): XorState {
  return { low, high, leading: undefined, trailing: 0 };
}

export class BitWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  /** Bits of the last byte that are not written yet. */
  #free = 0;

  clear(): void {
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    this.#free = 0;
  }

  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Overwrites a byte written before. */
  patch(offset: number, byte: number): void {
    this.#bytes[offset] = byte;
  }

  /** The low `n` bits, up to 32. */
  bits(value: number, n: number): void {
    for (let left = n; left > 0; ) {
      if (this.#free === 0) this.#addByte();
      const taken = Math.min(left, this.#free);
      const piece = (value >>> (left - taken)) & ((1 << taken) - 1);
      this.#bytes[this.#length - 1]! |= piece << (this.#free - taken);
      this.#free -= taken;
      left -= taken;
    }
  }

  #addByte(): void {
    if (this.#length === this.#bytes.length) {
      const next = new Uint8Array(2 * this.#length);
      next.set(this.#bytes);
      this.#bytes = next;
    }
    this.#length++;
    this.#free = 8;
  }

  /** The low `n` bits of a 64-bit word. */
  word(low: number, high: number, n = 64): void {
    if (n > 32) this.bits(high, n - 32);
    this.bits(low, Math.min(n, 32));
  }

  /** A safe integer in two's complement. */
  integer(value: number, n: number): void {
    this.word(value >>> 0, Math.floor(value / TWO_32) >>> 0, n);
  }

  /** Seven bits a byte, the lowest first; a safe integer that is not negative. */
  uvarint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.bits((rest % 128) | 0x80, 8);
    this.bits(rest, 8);
  }

  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A safe integer; small ones take few bits. */
  varbitInt(value: number): void {
    // A class of n bits has one number more above zero than below.
    this.#varbit(value, (n) => value >= 1 - 2 ** (n - 1) && value <= 2 ** (n - 1));
  }

  /** The same for numbers that are not negative. */
  varbitUint(value: number): void {
    this.#varbit(value, (n) => value < 2 ** n);
  }

  #varbit(value: number, fits: (bits: number) => boolean): void {
    if (value === 0) {
      this.bits(0, 1);
      return;
    }
    const at = VARBIT_CLASSES.findIndex(fits);
    const prefixBits = at + 2;
    this.bits((1 << prefixBits) - 2, prefixBits);
    this.integer(value, VARBIT_CLASSES[at]!);
  }

  /** A float against the last one of its column. */
  xor(state: XorState, low: number, high: number): void {
    const x = (low ^ state.low) >>> 0;
    const y = (high ^ state.high) >>> 0;
    state.low = low;
    state.high = high;
    if (x === 0 && y === 0) {
      this.bits(0, 1);
      return;
    }
    this.bits(1, 1);
    const leading = Math.min(LEADING_MAX, Math.clz32(y));
    const trailing = x !== 0 ? trailingZeros(x) : 32 + trailingZeros(y);
    const fits = state.leading !== undefined && leading >= state.leading && trailing >= state.trailing;
    if (fits) this.bits(0, 1);
    else {
      state.leading = leading;
      state.trailing = trailing;
      this.bits(1, 1);
      this.bits(leading, 5);
      // All 64 are written as 0, which no other count is.
      this.bits(64 - leading - trailing, SIGNIFICANT_BITS);
    }
    this.#shifted(x, y, state.trailing, 64 - state.leading! - state.trailing);
  }

  /** `n` bits of a word without its last `trailing` ones. */
  #shifted(low: number, high: number, trailing: number, n: number): void {
    if (trailing === 0) this.word(low, high, n);
    else if (trailing < 32) {
      this.word(((low >>> trailing) | (high << (32 - trailing))) >>> 0, high >>> trailing, n);
    } else this.word(high >>> (trailing - 32), 0, n);
  }
}

function trailingZeros(value: number): number {
  return 31 - Math.clz32(value & -value);
}
