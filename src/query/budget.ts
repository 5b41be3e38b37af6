/**
 * The bounds of one query: samples held at once, a deadline, and the signal that its client is gone. Leaves
 * charge per series, so that a check costs nothing per sample; collecting operators charge what they hold.
 */

import { TriliteError } from '../model/errors.ts';

/** Prometheus' default: 50 M samples held at once (a float sample with its presence takes 9 bytes here). */
export const QUERY_SAMPLES_MAX = 50_000_000;

export interface BudgetLimits {
  readonly samplesMax?: number;
  /** When the query must be done, as `clock` tells time. */
  readonly deadlineMs?: number;
  readonly clock?: () => number;
}

/** The clock is asked again after this many samples, which take a few milliseconds. */
const SAMPLES_PER_CLOCK_CHECK = 1_000_000;

export class Budget {
  readonly #samplesMax: number;
  readonly #deadlineMs: number;
  readonly #clock: () => number;
  readonly #signal: AbortSignal;
  #held = 0;
  #sinceCheck = 0;
  seriesRead = 0;
  samplesRead = 0;
  peakSamples = 0;

  constructor(signal: AbortSignal, limits: BudgetLimits = {}) {
    this.#signal = signal;
    this.#samplesMax = limits.samplesMax ?? QUERY_SAMPLES_MAX;
    this.#deadlineMs = limits.deadlineMs ?? Number.POSITIVE_INFINITY;
    this.#clock = limits.clock ?? Date.now;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Counts a series that a leaf read. Throws `canceled`, `timeout` or `limit`. */
  read(sampleCount: number): void {
    this.seriesRead++;
    this.samplesRead += sampleCount;
    // Not held, but present at once: one series must not be larger than the limit either.
    if (this.#held + sampleCount > this.#samplesMax) this.#refuse();
    if (this.#held + sampleCount > this.peakSamples) this.peakSamples = this.#held + sampleCount;
    this.#sinceCheck += sampleCount + 1000;
    if (this.#sinceCheck > SAMPLES_PER_CLOCK_CHECK) this.check();
  }

  /** Counts samples that stay in memory until `release`. */
  hold(sampleCount: number): void {
    this.#held += sampleCount;
    if (this.#held > this.peakSamples) this.peakSamples = this.#held;
    if (this.#held > this.#samplesMax) this.#refuse();
    this.#sinceCheck += sampleCount;
    if (this.#sinceCheck > SAMPLES_PER_CLOCK_CHECK) this.check();
  }

  release(sampleCount: number): void {
    this.#held -= sampleCount;
  }

  /** Throws where the query is past its deadline or its client is gone. */
  check(): void {
    this.#sinceCheck = 0;
    if (this.#clock() >= this.#deadlineMs) {
      throw new TriliteError('timeout', 'query timed out in expression evaluation');
    }
    if (this.#signal.aborted)
      throw new TriliteError('canceled', 'query was canceled in expression evaluation');
  }

  #refuse(): never {
    throw new TriliteError(
      'execution',
      'query processing would load too many samples into memory in query execution',
    );
  }
}
