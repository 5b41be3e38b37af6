/**
 * Passes a call on at once where there was none for a while, and holds those that follow in a row: the gap between two grows
 * with each, up to five seconds as in the original, so that a mechanism that never rests does not keep everyone busy.
 */

import type { Clock, Timer } from '../../base/clock.ts';

const GAP_MIN_MS = 100;
const GAP_MAX_MS = 5000;

export class UpdateThrottle {
  readonly #clock: Clock;
  readonly #call: () => void;
  readonly #onDelayed: () => void;
  #gapMs = GAP_MIN_MS;
  #lastMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, call: () => void, onDelayed: () => void) {
    this.#clock = clock;
    this.#call = call;
    this.#onDelayed = onDelayed;
  }

  /** Calls, now or later; once for all triggers that come until then. */
  trigger(): void {
    if (this.#timer) return;
    const now = this.#clock.elapsed();
    if (now - this.#lastMs > GAP_MAX_MS) this.#gapMs = GAP_MIN_MS;
    const dueMs = this.#lastMs + this.#gapMs;
    if (now >= dueMs) {
      this.#pass(now);
      return;
    }
    this.#onDelayed();
    this.#timer = this.#clock.after(dueMs - now, () => {
      this.#timer = undefined;
      this.#pass(this.#clock.elapsed());
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #pass(nowMs: number): void {
    if (nowMs - this.#lastMs <= GAP_MAX_MS) this.#gapMs = Math.min(GAP_MAX_MS, this.#gapMs * 2);
    this.#lastMs = nowMs;
    this.#call();
  }
}
