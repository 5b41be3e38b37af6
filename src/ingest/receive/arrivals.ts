/**
 * What each receiver got and when, for whoever asks whether data arrives: a ring of counters over the last quarter of an
 * hour, the first and last time, how far the items' times lie from this machine's clock (of one item a request), and what
 * was refused last. A request costs a few additions; what strangers can make it remember is bounded.
 */

import { type Clock, systemClock } from '../../base/clock.ts';
import { RecentMap } from '../../base/recent-map.ts';
import { RefusalLog } from './refusal-log.ts';

const SLOT_MS = 10_000;
/** A quarter of an hour, and the slot under way. */
const SLOTS = 91;
/** More receivers than there are; names come from the code. */
const RECEIVERS_MAX = 64;

const COLUMNS = ['accepted', 'refused', 'failed', 'bytes'] as const;
type Column = (typeof COLUMNS)[number];

/** Counts of a stretch of time. `failed` are requests that were refused as a whole. */
export type ArrivalCounts = Readonly<Record<Column, number>>;

/** Items' times less the time of their arrival, in ms: positive is ahead of this machine's clock. */
export interface TimeSkew {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface ReceiverArrivals {
  readonly receiver: string;
  /** Since the start. */
  readonly total: ArrivalCounts;
  /** Requests of which something was taken. */
  readonly deliveries: number;
  /** Of a delivery; undefined: none yet. */
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  /** Over the last 1, 5 and 15 minutes, and what has passed of ten seconds more. */
  readonly recent: Readonly<Record<1 | 5 | 15, ArrivalCounts>>;
  /** Over the last 15 minutes; undefined: nothing came. */
  readonly skew: TimeSkew | undefined;
}

export class Arrivals {
  readonly #clock: Clock;
  readonly #receivers = new RecentMap<string, Ring>(RECEIVERS_MAX);
  readonly refusals: RefusalLog;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.refusals = new RefusalLog(() => clock.now());
  }

  accepted(receiver: string, count: number): void {
    const ring = this.#ring(receiver);
    ring.add('accepted', count);
    if (count > 0) ring.delivered(this.#clock.now());
  }

  refused(receiver: string, count: number): void {
    this.#ring(receiver).add('refused', count);
  }

  failed(receiver: string): void {
    this.#ring(receiver).add('failed', 1);
  }

  bytes(receiver: string, count: number): void {
    this.#ring(receiver).add('bytes', count);
  }

  /** Of one item of a request; what is no time is passed over. */
  itemTime(receiver: string, itemMs: number | undefined, nowMs: number): void {
    if (itemMs !== undefined && Number.isFinite(itemMs)) this.#ring(receiver).skewed(itemMs - nowMs);
  }

  #ring(receiver: string): Ring {
    const ring = this.#receivers.use(receiver, () => new Ring(receiver));
    // Durations: a clock that is set must not mix the slots up.
    ring.moveTo(Math.floor(this.#clock.elapsed() / SLOT_MS));
    return ring;
  }

  /** By name. */
  view(): ReceiverArrivals[] {
    const slot = Math.floor(this.#clock.elapsed() / SLOT_MS);
    return this.#receivers
      .values()
      .map((ring) => ring.view(slot))
      .sort((a, b) => (a.receiver < b.receiver ? -1 : 1));
  }
}

type Columns = Readonly<Record<Column, Float64Array>>;

class Ring {
  readonly #receiver: string;
  readonly #columns = Object.fromEntries(COLUMNS.map((c) => [c, new Float64Array(SLOTS)])) as Columns;
  readonly #minSkew = new Float64Array(SLOTS).fill(Number.POSITIVE_INFINITY);
  readonly #maxSkew = new Float64Array(SLOTS).fill(Number.NEGATIVE_INFINITY);
  readonly #total: Record<Column, number> = { accepted: 0, refused: 0, failed: 0, bytes: 0 };
  #slot = 0;
  #deliveries = 0;
  #firstMs: number | undefined;
  #lastMs: number | undefined;

  constructor(receiver: string) {
    this.#receiver = receiver;
  }

  /** Clears what is older than the ring is long. */
  moveTo(slot: number): void {
    const steps = Math.min(SLOTS, slot - this.#slot);
    for (let i = 0; i < steps; i++) {
      const at = (slot - i) % SLOTS;
      for (const column of COLUMNS) this.#columns[column][at] = 0;
      this.#minSkew[at] = Number.POSITIVE_INFINITY;
      this.#maxSkew[at] = Number.NEGATIVE_INFINITY;
    }
    this.#slot = Math.max(this.#slot, slot);
  }

  add(column: Column, count: number): void {
    this.#columns[column][this.#slot % SLOTS]! += count;
    this.#total[column] += count;
  }

  delivered(nowMs: number): void {
    this.#deliveries++;
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
  }

  skewed(skewMs: number): void {
    const at = this.#slot % SLOTS;
    this.#minSkew[at] = Math.min(this.#minSkew[at]!, skewMs);
    this.#maxSkew[at] = Math.max(this.#maxSkew[at]!, skewMs);
  }

  view(slot: number): ReceiverArrivals {
    this.moveTo(slot);
    const minMs = Math.min(...this.#minSkew);
    return {
      receiver: this.#receiver,
      total: { ...this.#total },
      deliveries: this.#deliveries,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      recent: { 1: this.#sum(1), 5: this.#sum(5), 15: this.#sum(15) },
      skew: Number.isFinite(minMs) ? { minMs, maxMs: Math.max(...this.#maxSkew) } : undefined,
    };
  }

  #sum(minutes: number): ArrivalCounts {
    const sum: Record<Column, number> = { accepted: 0, refused: 0, failed: 0, bytes: 0 };
    const slots = Math.min(SLOTS, (minutes * 60_000) / SLOT_MS + 1);
    for (let i = 0; i < slots && i <= this.#slot; i++) {
      for (const column of COLUMNS) sum[column] += this.#columns[column][(this.#slot - i) % SLOTS]!;
    }
    return sum;
  }
}
