/** So many lines a second, of all files together: a bucket that fills steadily and that each line takes from. */

import type { Clock } from '../base/clock.ts';
import type { TailLimits } from './tail-config.ts';

export class LineRate {
  readonly #limits: TailLimits;
  readonly #clock: Clock;
  readonly #onDrop: () => void;
  #tokens: number;
  #filledAtMs: number;

  constructor(limits: TailLimits, clock: Clock, onDrop: () => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onDrop = onDrop;
    this.#tokens = limits.lineBurst;
    this.#filledAtMs = clock.elapsed();
  }

  /** For one line: it may pass, is dropped, or passes when the promise resolves. */
  take(): 'pass' | 'drop' | Promise<void> {
    const { lineRate, lineBurst, dropsAboveRate } = this.#limits;
    if (lineRate === 0) return 'pass';
    const now = this.#clock.elapsed();
    this.#tokens = Math.min(lineBurst, this.#tokens + ((now - this.#filledAtMs) / 1000) * lineRate);
    this.#filledAtMs = now;
    if (this.#tokens < 1 && dropsAboveRate) {
      this.#onDrop();
      return 'drop';
    }
    this.#tokens--;
    if (this.#tokens >= 0) return 'pass';
    const waitMs = (-this.#tokens / lineRate) * 1000;
    return new Promise((resolve) => {
      this.#clock.after(waitMs, resolve);
    });
  }
}
