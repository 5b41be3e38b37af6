/**
 * Times of lines that say none themselves: the moment they are read, each a nanosecond later at least than the one
 * before. No two lines share a time, so that equal lines stay apart where what is equal in time and text counts as one.
 */

const NS_PER_MS = 1_000_000;

export class EntryTimes {
  readonly #now: () => number;
  timeMs = 0;
  timeNs = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Moves on; `timeMs` and `timeNs` are the next line's. */
  next(): void {
    const now = this.#now();
    if (now > this.timeMs) {
      this.timeMs = now;
      this.timeNs = 0;
    } else if (++this.timeNs === NS_PER_MS) {
      this.timeMs++;
      this.timeNs = 0;
    }
  }
}
