/**
 * How many shards a remote should have: what comes in, with a twentieth of what waits, times what sending an item takes. All
 * are moving averages over intervals of ten seconds, as the original's are, so that its alerts mean the same here.
 */

export const SHARD_INTERVAL_MS = 10_000;
const WEIGHT = 0.2;
/** So much more or fewer is let be. */
const TOLERANCE = 0.3;
/** Of what waits, the share that is to be caught up with a second. */
const CATCH_UP = 0.05;
/** Further behind than this it is never made fewer. */
const BEHIND_SECONDS = 10;

class MovingRate {
  #since = 0;
  #begun = false;
  /** A second. */
  rate = 0;

  add(n: number): void {
    this.#since += n;
  }

  tick(seconds: number): void {
    const now = this.#since / seconds;
    this.#since = 0;
    this.rate = this.#begun ? this.rate + WEIGHT * (now - this.rate) : now;
    this.#begun = true;
  }
}

export class ShardCount {
  readonly #min: number;
  readonly #max: number;
  readonly #read = new MovingRate();
  readonly #dropped = new MovingRate();
  readonly #sent = new MovingRate();
  readonly #sendMs = new MovingRate();
  #sentSince = 0;
  /** No change before this: a receiver asked for patience. */
  #notBeforeMs = 0;
  /** The number that the rates ask for, not rounded. */
  desired: number;

  constructor(min: number, max: number) {
    this.#min = min;
    this.#max = max;
    this.desired = min;
  }

  read(items: number, dropped: number): void {
    this.#read.add(items);
    this.#dropped.add(dropped);
  }

  sent(items: number, durationMs: number): void {
    this.#sent.add(items);
    this.#sendMs.add(durationMs);
    this.#sentSince += items;
  }

  /** A request is tried again after this time: more shards would make that worse. */
  retried(waitMs: number, nowMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + 2 * waitMs);
  }

  /** An interval is over; the number that there should be from now on. `behindSeconds`: how old what is sent is. */
  next(current: number, behindSeconds: number, nowMs: number): number {
    const seconds = SHARD_INTERVAL_MS / 1000;
    for (const rate of [this.#read, this.#dropped, this.#sent, this.#sendMs]) rate.tick(seconds);
    const sentAny = this.#sentSince > 0;
    this.#sentSince = 0;
    const out = this.#sent.rate;
    if (out <= 0) return current;
    const incoming = this.#read.rate * (out / (this.#dropped.rate + out));
    const secondsEach = this.#sendMs.rate / 1000 / out;
    this.desired = secondsEach * (incoming + CATCH_UP * behindSeconds * incoming);
    const wanted = Math.ceil(this.desired);
    if (wanted >= current * (1 - TOLERANCE) && wanted <= current * (1 + TOLERANCE)) return current;
    if (wanted < current && behindSeconds > BEHIND_SECONDS) return current;
    if (!sentAny || nowMs < this.#notBeforeMs) return current;
    return Math.min(this.#max, Math.max(this.#min, wanted));
  }
}
