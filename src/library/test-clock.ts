/** The clock of a sink, as tests hold it: it tells those who wait whenever it was moved, since answers change with the time. */

import type { Clock } from '../base/clock.ts';
import { HeldClock } from '../base/held-clock.ts';
import { keepAlive } from './keep-alive.ts';
import { durationMs, momentMs } from './moments.ts';
import type { Duration, Moment, SinkClock } from './sink.ts';

export class TestClock implements SinkClock {
  readonly #clock = new HeldClock();
  readonly #listeners = new Set<() => void>();

  /** Held at a moment from the start; undefined: it goes. */
  constructor(at: Moment | undefined) {
    if (at !== undefined) this.hold(at);
  }

  /** For the engine. */
  get held(): Clock {
    return this.#clock;
  }

  now(): number {
    return this.#clock.now();
  }

  hold(at?: Moment): void {
    this.#clock.hold(at === undefined ? this.now() : momentMs(at));
    this.#moved();
  }

  async advance(by: Duration): Promise<void> {
    await keepAlive(() => this.#clock.advance(durationMs(by)));
    this.#moved();
  }

  release(): void {
    this.#clock.release();
    this.#moved();
  }

  follow(listener: () => void): () => void {
    // A listener may be there twice, under a function of its own each time.
    const call = () => listener();
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  #moved(): void {
    for (const listener of this.#listeners) listener();
  }
}
