/**
 * What a scrape is counted by as its samples pass: how many there were, which series are new, which stand in it twice,
 * and whether a limit of the job was passed. A limit does not end the count: the scrape fails when all is counted.
 */

import type { TimeWindow } from '../ingest/admit.ts';
import { TriliteError } from '../model/errors.ts';
import type { SeriesCache } from './series-cache.ts';

/** A limit of the job that a scrape may pass. */
export type PassedLimit = 'samples' | 'buckets' | 'labels';

export interface Collected {
  readonly scraped: number;
  readonly postRelabel: number;
  readonly added: number;
  /** Samples of a series that stood in the exposition before. */
  readonly duplicates: number;
  /** Samples whose own times are too old, or too far ahead: they are not stored, and the scrape goes on. */
  readonly outOfBounds: number;
  readonly passed: readonly PassedLimit[];
  /** Why the scrape fails, if it does. */
  readonly error: TriliteError | undefined;
}

export const NOTHING_COLLECTED: Collected = {
  scraped: 0,
  postRelabel: 0,
  added: 0,
  duplicates: 0,
  outOfBounds: 0,
  passed: [],
  error: undefined,
};

/** `visit` says that a sample is not to be taken. */
const PASS_OVER = -1;

export class ScrapeTally {
  readonly #cache: SeriesCache;
  readonly #seenOtherwise: (slot: number) => number;
  #scrape = 0;
  #sampleLimit = 0;
  /** The last scrape that succeeded and was not empty: what was not in it or since then is new when it comes. */
  #lastFull = 0;
  #postRelabel = 0;
  #added = 0;
  #duplicates = 0;
  #outOfBounds = 0;
  #window: TimeWindow = { minMs: Number.NEGATIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY };
  #taken = 0;
  #passed: PassedLimit[] = [];
  scraped = 0;

  /** `seenOtherwise`: the scrape that had the slot's series last under a text that is another one. */
  constructor(cache: SeriesCache, seenOtherwise: (slot: number) => number) {
    this.#cache = cache;
    this.#seenOtherwise = seenOtherwise;
  }

  /** `sampleLimit`: 0 is none. `window`: where times of samples may lie. */
  begin(scrape: number, sampleLimit: number, window: TimeWindow): void {
    this.#window = window;
    this.#outOfBounds = 0;
    this.#scrape = scrape;
    this.#sampleLimit = sampleLimit;
    this.scraped = 0;
    this.#postRelabel = 0;
    this.#added = 0;
    this.#duplicates = 0;
    this.#taken = 0;
    this.#passed = [];
  }

  pass(limit: PassedLimit): void {
    if (!this.#passed.includes(limit)) this.#passed.push(limit);
  }

  /** Takes a series of this scrape. `explicit`: the sample has a time of its own. False where it is not to be stored. */
  take(slot: number, explicit: boolean): boolean {
    const seen = this.visit(slot, explicit);
    return seen !== PASS_OVER && this.admit(slot, seen);
  }

  /** Returns the scrape that had the series before, to be given to `admit`, or less than 0: nothing is to be stored. */
  visit(slot: number, explicit: boolean): number {
    const cache = this.#cache;
    const seen = cache.seen[slot]!;
    cache.seen[slot] = this.#scrape;
    if (cache.kept[slot] === 0) return PASS_OVER;
    this.#postRelabel++;
    // The first of equal series wins, unless each has a time of its own.
    if (seen !== this.#scrape || explicit) return seen;
    this.#duplicates++;
    return PASS_OVER;
  }

  /** Whether a sample's own time is acceptable; one that is not is counted, and does not make its series new. */
  isTimely(slot: number, timestampMs: number): boolean {
    const { minMs, maxMs } = this.#window;
    if (timestampMs >= minMs && timestampMs <= maxMs) return true;
    const { kept, seen } = this.#cache;
    if (kept[slot] === 0) return false;
    this.#postRelabel++;
    this.#outOfBounds++;
    if (this.#isKnown(seen[slot]!)) seen[slot] = this.#scrape;
    return false;
  }

  /** Whether a series that scrape `seen` had last is none that is new. */
  #isKnown(seen: number): boolean {
    return seen !== 0 && seen >= this.#lastFull;
  }

  admit(slot: number, seen: number): boolean {
    if (this.#sampleLimit > 0 && ++this.#taken > this.#sampleLimit) {
      this.pass('samples');
      this.forget(slot, seen);
      return false;
    }
    const isNew = !this.#isKnown(seen) && !this.#isKnown(this.#seenOtherwise(slot));
    if (isNew && this.#passed.length === 0) this.#added++;
    return true;
  }

  /** The series is as new as it was before this scrape: its sample is not stored. */
  forget(slot: number, seen: number): void {
    this.#cache.seen[slot] = seen;
  }

  /** `isFull`: the exposition was not empty. */
  end(failure: TriliteError | undefined, isFull: boolean): Collected {
    const error = failure ?? this.#limitError();
    if (error === undefined && isFull) this.#lastFull = this.#scrape;
    return {
      scraped: this.scraped,
      postRelabel: this.#postRelabel,
      added: this.#added,
      duplicates: this.#duplicates,
      outOfBounds: this.#outOfBounds,
      passed: this.#passed,
      error,
    };
  }

  #limitError(): TriliteError | undefined {
    if (this.#passed.includes('samples')) return new TriliteError('limit', 'sample limit exceeded');
    if (this.#passed.includes('buckets')) return new TriliteError('limit', 'histogram bucket limit exceeded');
    return undefined;
  }
}
