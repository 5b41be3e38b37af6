/**
 * From the earliest start to the latest end, whatever came in between, in whole milliseconds, as the collector counts
 * them: more than `thresholdMs`, and not more than an upper bound. Span by span: a trace whose first spans lie within the
 * bounds is sampled, even where a later one reaches above.
 */

import type { TraceSpans } from '../trace-spans.ts';
import { type Policy, type Verdict, verdictOf } from './policy.ts';

const TWO_32 = 4294967296;
const NS_PER_MS = 1_000_000;

export class LatencyPolicy implements Policy {
  readonly #thresholdMs: number;
  readonly #upperMs: number;

  /** 0 is no upper bound. */
  constructor(thresholdMs: number, upperThresholdMs: number) {
    this.#thresholdMs = thresholdMs;
    this.#upperMs = upperThresholdMs === 0 ? Number.POSITIVE_INFINITY : upperThresholdMs;
  }

  evaluate(trace: TraceSpans): Verdict {
    trace.readFields();
    const { startLow, startHigh, endLow, endHigh } = trace;
    let minLow = 0;
    let minHigh = 0;
    let maxLow = 0;
    let maxHigh = 0;
    for (let i = 0; i < trace.count; i++) {
      // 0 is no time.
      if ((minLow | minHigh) === 0 || isBelow(startHigh[i]!, startLow[i]!, minHigh, minLow)) {
        minLow = startLow[i]!;
        minHigh = startHigh[i]!;
      }
      if ((maxLow | maxHigh) === 0 || isBelow(maxHigh, maxLow, endHigh[i]!, endLow[i]!)) {
        maxLow = endLow[i]!;
        maxHigh = endHigh[i]!;
      }
      const ms = wholeMs(maxHigh, maxLow, minHigh, minLow);
      if (ms > this.#thresholdMs && ms <= this.#upperMs) return 'sampled';
    }
    return verdictOf(false);
  }
}

function isBelow(high: number, low: number, thanHigh: number, thanLow: number): boolean {
  return high < thanHigh || (high === thanHigh && low < thanLow);
}

/** The difference as a signed number of 64 bits, in ms, towards 0. */
function wholeMs(high: number, low: number, fromHigh: number, fromLow: number): number {
  const borrow = low < fromLow ? 1 : 0;
  const ns = ((high - fromHigh - borrow) | 0) * TWO_32 + ((low - fromLow) >>> 0);
  return (ns - (ns % NS_PER_MS)) / NS_PER_MS;
}
