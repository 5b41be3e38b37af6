/**
 * The bounds of one query: samples and bytes held at once, a deadline, and the signal that its client is gone. Leaves
 * charge per series, so that a check costs nothing per sample; operators that collect charge what they hold
 * (`Holding`), in samples as the original counts them and in bytes.
 */

import { TriliteError } from '../model/errors.ts';
import { COLUMN_STEP_BYTES, DEFAULT_QUERY_SETTINGS } from '../model/query-settings.ts';

export interface BudgetLimits {
  /** 0: no bound. */
  readonly samplesMax?: number;
  readonly bytesMax?: number;
  /** When the query must be done, as `clock` tells time. */
  readonly deadlineMs?: number;
  readonly clock?: () => number;
}

/** The clock is asked again after this many samples, which take a few milliseconds. */
const SAMPLES_PER_CLOCK_CHECK = 1_000_000;
/** What a sample takes while its series is read: time and value. */
const READ_SAMPLE_BYTES = 16;

export class Budget {
  readonly #samplesMax: number;
  readonly #bytesMax: number;
  readonly #deadlineMs: number;
  readonly #clock: () => number;
  readonly #signal: AbortSignal;
  #held = 0;
  #heldBytes = 0;
  #sinceCheck = 0;
  seriesRead = 0;
  samplesRead = 0;
  peakSamples = 0;
  peakBytes = 0;

  constructor(signal: AbortSignal, limits: BudgetLimits = {}) {
    this.#signal = signal;
    this.#samplesMax = (limits.samplesMax ?? DEFAULT_QUERY_SETTINGS.samplesMax) || Number.POSITIVE_INFINITY;
    this.#bytesMax = (limits.bytesMax ?? DEFAULT_QUERY_SETTINGS.bytesMax) || Number.POSITIVE_INFINITY;
    this.#deadlineMs = limits.deadlineMs ?? Number.POSITIVE_INFINITY;
    this.#clock = limits.clock ?? Date.now;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** When the query must be done; infinite where it need not. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Counts a series that a leaf read. Throws `canceled`, `timeout` or `execution`. */
  read(sampleCount: number): void {
    this.seriesRead++;
    this.samplesRead += sampleCount;
    // Not held, but present at once: one series must not be larger than the limit either.
    this.#peak(this.#held + sampleCount, this.#heldBytes + sampleCount * READ_SAMPLE_BYTES);
    this.#sinceCheck += sampleCount + 1000;
    if (this.#sinceCheck > SAMPLES_PER_CLOCK_CHECK) this.check();
  }

  /** Counts work that reads and holds nothing, as looking at each sample of many windows, so that it can be ended. */
  spend(sampleCount: number): void {
    this.#sinceCheck += sampleCount;
    if (this.#sinceCheck > SAMPLES_PER_CLOCK_CHECK) this.check();
  }

  /** Counts what stays in memory until `release`; `bytes` where it is no plain column. Throws as `read`. */
  hold(sampleCount: number, bytes = sampleCount * COLUMN_STEP_BYTES): void {
    this.#held += sampleCount;
    this.#heldBytes += bytes;
    this.#peak(this.#held, this.#heldBytes);
    this.#sinceCheck += sampleCount;
    if (this.#sinceCheck > SAMPLES_PER_CLOCK_CHECK) this.check();
  }

  /** Throws as `read` does of a series with so many samples, and counts nothing: before room is made for what may come. */
  allow(sampleCount: number): void {
    this.#bounds(0, sampleCount * READ_SAMPLE_BYTES);
  }

  release(sampleCount: number, bytes = sampleCount * COLUMN_STEP_BYTES): void {
    this.#held -= sampleCount;
    this.#heldBytes -= bytes;
  }

  #peak(samples: number, bytes: number): void {
    if (samples > this.peakSamples) this.peakSamples = samples;
    if (bytes > this.peakBytes) this.peakBytes = bytes;
    this.#bounds(samples, bytes);
  }

  #bounds(samples: number, bytes: number): void {
    if (samples > this.#samplesMax) {
      const rule = 'query processing would load too many samples into memory in query execution';
      throw new TriliteError('execution', rule);
    }
    if (bytes > this.#bytesMax) {
      const rule = `query processing would hold more than ${this.#bytesMax} bytes in memory in query execution`;
      throw new TriliteError('execution', rule);
    }
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
}

/** What one operator holds, given back as a whole. Without a budget it counts nothing. */
export class Holding {
  readonly #budget: Budget | undefined;
  #samples = 0;
  #bytes = 0;

  constructor(budget: Budget | undefined) {
    this.#budget = budget;
  }

  add(sampleCount: number, bytes: number): void {
    this.#samples += sampleCount;
    this.#bytes += bytes;
    this.#budget?.hold(sampleCount, bytes);
  }

  release(): void {
    this.#budget?.release(this.#samples, this.#bytes);
    this.#samples = 0;
    this.#bytes = 0;
  }
}
