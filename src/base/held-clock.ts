/**
 * A clock that a test holds: time stands until it is told to go on, and then goes from timer to timer:
 *
 *   advance(10 min)   ──▶ 00:15 timer ─ its work ─▶ 00:30 timer ─ its work ─▶ … ─▶ 10:00
 *
 * Each timer fires at its own time, and what it begins ends before time goes on, where whoever does the work says so
 * (`during`). What is measured (`elapsed`) is the machine's time all the same, and so are deadlines of queries.
 */

import { type Clock, systemClock, type Timer } from './clock.ts';

/** Work that takes longer than this does not keep time from going on: it may wait for a moment that has to come. */
const WORK_MAX_MS = 5000;
/** Turns of the event loop in which what waits for promises alone comes to rest. */
const SETTLING_TURNS = 3;

interface HeldTimer {
  /** While time is held. */
  atMs: number;
  readonly callback: () => void;
  /** While it is not. */
  running: Timer | undefined;
}

export class HeldClock implements Clock {
  readonly #base: Clock;
  /** Undefined while time runs. */
  #nowMs: number | undefined;
  readonly #timers = new Set<HeldTimer>();
  readonly #work = new Set<Promise<unknown>>();
  #advancing: Promise<void> = Promise.resolve();

  /** Held at the moment, or, where none is given, running as the machine's until it is held. */
  constructor(nowMs?: number, base: Clock = systemClock) {
    this.#nowMs = nowMs;
    this.#base = base;
  }

  get isHeld(): boolean {
    return this.#nowMs !== undefined;
  }

  now(): number {
    return this.#nowMs ?? this.#base.now();
  }

  elapsed(): number {
    return this.#base.elapsed();
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: HeldTimer = { atMs: this.now() + Math.max(0, delayMs), callback, running: undefined };
    this.#timers.add(timer);
    if (this.#nowMs === undefined) this.#run(timer, delayMs);
    return {
      cancel: () => {
        timer.running?.cancel();
        this.#timers.delete(timer);
      },
    };
  }

  /** Work that no time is to pass during. It must not wait for this clock. */
  during(work: Promise<unknown>): void {
    const known: Promise<unknown> = work.then(
      () => this.#work.delete(known),
      () => this.#work.delete(known),
    );
    this.#work.add(known);
  }

  /** Holds time at the moment, or where it is. Timers keep what is left of their delays. */
  hold(ms = this.now()): void {
    const before = this.now();
    this.#nowMs = ms;
    for (const timer of this.#timers) {
      timer.running?.cancel();
      timer.running = undefined;
      timer.atMs += ms - before;
    }
  }

  /** Lets time run as the machine's does, from the machine's now. Timers keep what is left of their delays. */
  release(): void {
    if (this.#nowMs === undefined) return;
    const before = this.#nowMs;
    this.#nowMs = undefined;
    const shift = this.now() - before;
    for (const timer of this.#timers) {
      const left = timer.atMs - before;
      timer.atMs += shift;
      this.#run(timer, left);
    }
  }

  /**
   * Goes on by so many milliseconds; resolves when all that fell due is done. One advance follows another. Rejects where time is
   * not held.
   */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0)) return Promise.reject(new RangeError(`time goes forward alone, not by ${ms} ms`));
    const mine = this.#advancing.then(() => this.#advance(ms));
    this.#advancing = mine.catch(() => {});
    return mine;
  }

  async #advance(ms: number): Promise<void> {
    if (this.#nowMs === undefined) throw new Error('time is not held');
    // What requests have begun belongs to the moment before.
    await this.#settled();
    const end = this.#nowMs + ms;
    for (let due = this.#next(end); due; due = this.#next(end)) {
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
      await this.#settled();
      // Whoever has released it meanwhile wants no more of it.
      if (this.#nowMs === undefined) return;
    }
    this.#nowMs = end;
  }

  /** The timer that is due first until then, of several of one time the one that was set first. */
  #next(endMs: number): HeldTimer | undefined {
    let first: HeldTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }

  #run(timer: HeldTimer, delayMs: number): void {
    timer.running = this.#base.after(delayMs, () => {
      this.#timers.delete(timer);
      timer.callback();
    });
  }

  /** Resolves when the work that is known of is done, and what follows from it has begun. */
  async #settled(): Promise<void> {
    const until = performance.now() + WORK_MAX_MS;
    do {
      for (let i = 0; i < SETTLING_TURNS; i++) await new Promise((resolve) => setImmediate(resolve));
      if (this.#work.size > 0) await settledWithin(this.#work, until - performance.now());
    } while (this.#work.size > 0 && performance.now() < until);
  }
}

async function settledWithin(work: Iterable<Promise<unknown>>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms));
  });
  await Promise.race([Promise.all(work), late]);
  clearTimeout(timer);
}
