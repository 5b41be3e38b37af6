/** A token bucket: so many a second, so many at once after a while without any. */

const SECOND_MS = 1000;

export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  /** Full at first. */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Takes `count` tokens where they are there; none otherwise. */
  take(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }

  /** Gives back what was taken and not used. */
  give(count: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }

  /** How long it takes until `count` tokens are there; infinite for more than there are ever. */
  waitMs(count: number, nowMs: number): number {
    this.#fill(nowMs);
    if (count > this.#burst) return Number.POSITIVE_INFINITY;
    return Math.max(0, ((count - this.#tokens) * SECOND_MS) / this.#perSecond);
  }

  #fill(nowMs: number): void {
    // A clock that is set back gives none.
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#perSecond) / SECOND_MS);
    this.#atMs = nowMs;
  }
}
