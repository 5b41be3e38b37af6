/** Pauses between attempts that fail: each twice the one before up to a ceiling, and none of them exact. */

export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  #nextMs: number;

  /** `random` gives numbers from 0 up to 1. */
  constructor(limits: BackoffLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
    this.#nextMs = limits.firstMs;
  }

  /** Between half of a pause and the whole: many clients of a server that comes back do not come all at once. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(ms * 2, this.#limits.maxMs);
    return ms * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#nextMs = this.#limits.firstMs;
  }
}
