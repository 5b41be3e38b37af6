/**
 * Pseudo-random numbers that are the same everywhere for the same seed (the 32-bit SplitMix generator), and hashing to
 * seed a generator of its own per series: what one series does then does not depend on how many others there are.
 */

const GOLDEN = 0x9e3779b9;
const TWO_32 = 4294967296;

/** SplitMix32's finisher: spreads every bit of `x` over all 32. */
export function mix32(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** A seed made of two: a run's and a series' number, say. */
export function seedOf(a: number, b: number): number {
  return mix32((mix32(a >>> 0) + Math.imul(b + 1, GOLDEN)) >>> 0);
}

/** A seed made of a text. */
export function textSeed(text: string): number {
  let seed = text.length;
  for (let i = 0; i < text.length; i++) seed = mix32((seed ^ text.charCodeAt(i)) + GOLDEN);
  return seed;
}

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits. */
  u32(): number {
    this.#state = (this.#state + GOLDEN) >>> 0;
    return mix32(this.#state);
  }

  /** In [0, 1), 32 bits of it. */
  next(): number {
    return this.u32() / TWO_32;
  }

  /** An integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!;
  }

  /** Roughly normal with mean 0 and deviation 1: a sum of uniforms is close enough for load. */
  normal(): number {
    return (this.next() + this.next() + this.next() + this.next() - 2) * 1.7320508;
  }

  /** Exponential with mean 1: gaps between events, latencies' tails. */
  exponential(): number {
    return -Math.log(1 - this.next());
  }

  /** Lower-case hexadecimal digits. */
  hex(digits: number): string {
    let out = '';
    while (out.length < digits) out += this.u32().toString(16).padStart(8, '0');
    return out.slice(0, digits);
  }
}
