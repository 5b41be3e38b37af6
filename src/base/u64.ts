/** 64 bits in two u32 halves, with the little arithmetic that times on the wire need; all of it modulo 2^64. */

const TWO_32 = 4294967296;

export class U64 {
  low = 0;
  high = 0;

  /** The halves as they are; each is taken modulo 2^32. */
  set(low: number, high: number): this {
    this.low = low >>> 0;
    this.high = high >>> 0;
    return this;
  }

  /** A whole number that a double has exactly; a negative one in two's complement. */
  setNumber(value: number): this {
    return this.set(value, Math.floor(value / TWO_32));
  }

  add(low: number, high: number): this {
    const sum = this.low + low;
    return this.set(sum, this.high + high + (sum >= TWO_32 ? 1 : 0));
  }

  /** Milli to micro, micro to nano. */
  times1000(): this {
    // Both products stay under 2^53.
    const product = this.low * 1000;
    return this.set(product, this.high * 1000 + Math.floor(product / TWO_32));
  }
}
