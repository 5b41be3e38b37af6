/**
 * `storage.tsdb.out_of_order_time_window` as Prometheus means it, for those who configure it: how far behind the newest
 * sample of the database a sample may be that is out of order in its series. Without the setting any order is taken.
 *
 *   newest - window          newest - 1 h                newest
 *   ───────┼──────────────────────┼────────────────────────┼──▶ time
 *  too old │ taken, in any order  │ taken in any order; in order whatever the window is
 */

import type { RefusalReason } from '../interface.ts';

/** Samples that are in order may be behind by this much: half of Prometheus' two-hour chunk range. */
const IN_ORDER_MS = 3_600_000;

/** Why a sample may not come in; the messages are Prometheus'. */
export interface OrderProblem {
  readonly reason: RefusalReason;
  readonly message: string;
}

const TOO_OLD: OrderProblem = { reason: 'too_old', message: 'too old sample' };
const OUT_OF_BOUNDS: OrderProblem = { reason: 'too_old', message: 'out of bounds' };
export const OUT_OF_ORDER: OrderProblem = { reason: 'out_of_order', message: 'out of order sample' };

export class OrderWindow {
  readonly windowMs: number;
  /** The newest sample that came; blocks may have a newer one. */
  newestMs = Number.NEGATIVE_INFINITY;

  /** `windowMs` 0: samples that are out of order are refused. */
  constructor(windowMs: number) {
    this.windowMs = windowMs;
  }

  added(timestampMs: number): void {
    if (timestampMs > this.newestMs) this.newestMs = timestampMs;
  }

  /** Samples from here on that are newer than their series' newest are in order. */
  inOrderFromMs(newestMs: number): number {
    return newestMs - IN_ORDER_MS;
  }

  /**
   * Undefined where the sample may come in. `newestMs` is the newest of the database, `ofSeriesMs` of the series (-Infinity
   * for one that is not in memory: its first sample is in order). Whether a sample of the series' newest time is a
   * duplicate is not said here.
   */
  problem(timestampMs: number, newestMs: number, ofSeriesMs: number): OrderProblem | undefined {
    const isRecent = timestampMs >= this.inOrderFromMs(newestMs);
    if (isRecent && timestampMs >= ofSeriesMs) return undefined;
    if (this.windowMs > 0) return timestampMs >= newestMs - this.windowMs ? undefined : TOO_OLD;
    return isRecent ? OUT_OF_ORDER : OUT_OF_BOUNDS;
  }
}
