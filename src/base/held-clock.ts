/**
 * A clock that can be held: while it is, its time stands still until it is moved, and timers go by that time alone. Until then, and
 * after it was released, it is the machine's.
 */

import { type Clock, systemClock, type Timer } from './clock.ts';

interface HeldTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** What a timer sets off (a query of a rule) mostly ends in this time of the machine's, which it gets before the next one is due. */
const SETTLE_MS = 25;

export class HeldClock implements Clock {
  #heldMs: number | undefined;
  /** All that have not fired: those of the machine's clock have a timer there. */
  readonly #timers = new Map<HeldTimer, Timer | undefined>();

  now(): number {
    return this.#heldMs ?? systemClock.now();
  }

  elapsed(): number {
    return this.#heldMs ?? systemClock.elapsed();
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: HeldTimer = { dueMs: this.now() + Math.max(0, delayMs), callback };
    this.#arm(timer);
    return {
      cancel: () => {
        this.#timers.get(timer)?.cancel();
        this.#timers.delete(timer);
      },
    };
  }

  /** The time stands still at `ms`. */
  hold(ms: number): void {
    this.#heldMs = ms;
    for (const timer of this.#timers.keys()) this.#arm(timer);
  }

  /** Moves the time that is held, from timer to timer. Resolves when all that were due have been called. */
  async advance(ms: number): Promise<void> {
    if (this.#heldMs === undefined) throw new Error('the clock is not held');
    const endMs = this.#heldMs + ms;
    for (let next = this.#next(endMs); next; next = this.#next(endMs)) {
      this.#heldMs = Math.max(this.#heldMs, next.dueMs);
      this.#timers.delete(next);
      next.callback();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      // Somebody may have released it.
      if (this.#heldMs === undefined) return;
    }
    this.#heldMs = endMs;
  }

  release(): void {
    this.#heldMs = undefined;
    for (const timer of this.#timers.keys()) this.#arm(timer);
  }

  #next(endMs: number): HeldTimer | undefined {
    let next: HeldTimer | undefined;
    for (const timer of this.#timers.keys()) {
      if (timer.dueMs <= endMs && timer.dueMs < (next?.dueMs ?? Number.POSITIVE_INFINITY)) next = timer;
    }
    return next;
  }

  #arm(timer: HeldTimer): void {
    this.#timers.get(timer)?.cancel();
    const fire = () => {
      this.#timers.delete(timer);
      timer.callback();
    };
    const isHeld = this.#heldMs !== undefined;
    this.#timers.set(timer, isHeld ? undefined : systemClock.after(timer.dueMs - systemClock.now(), fire));
  }
}
