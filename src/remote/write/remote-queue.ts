/**
 * One remote: what the log has behind its position goes, relabelled, to its shards, and the position follows what receivers
 * have taken. What waits is on disk; in memory is a window of it.
 *
 *   log row ─▶ series as the remote gets it ─▶ shard by series ─▶ requests, in order ─▶ taken ─▶ position
 *
 * A series' samples go through one shard. Where the number of shards changes, what is on its way is finished first.
 */

import type { MetricLogReader, MetricLogRow } from '../../storage/interface.ts';
import type { QueueCounters } from './counters.ts';
import type { RemoteWriteConfig } from './remote-write-config.ts';
import { RowFeeder } from './row-feeder.ts';
import type { SeriesCache } from './series-cache.ts';
import { type RowMark, Shard, type ShardParts } from './shard.ts';
import { ShardCount } from './shard-count.ts';

/** Rows read in one go before timers and answers get their turn. */
const SLICE_MS = 5;
/** When a full queue gives up its oldest rows, so much of it is kept: not every row is to be such a step. */
const KEPT_SHARE = 0.9;

export interface QueueParts<Series> {
  readonly config: RemoteWriteConfig;
  readonly log: MetricLogReader;
  readonly series: SeriesCache<Series>;
  readonly counters: QueueCounters;
  readonly shard: Omit<ShardParts<Series>, 'config' | 'counters' | 'onDone' | 'onRetry'>;
  /** Rows up to this number are done with. */
  readonly position: number;
  /** Told in words, with a level of its own. */
  readonly onDropped: (samples: number) => void;
}

export class RemoteQueue<Series> {
  readonly #parts: QueueParts<Series>;
  readonly #counters: QueueCounters;
  readonly #count: ShardCount;
  readonly #feeder: RowFeeder<Series>;
  #shards: Shard<Series>[] = [];
  /** Rows that are read and not done with, oldest first. */
  #marks: RowMark[] = [];
  #position: number;
  #readUpTo: number;
  /** Items in the shards. */
  #inFlight = 0;
  #wantedShards: number;
  #pumping = false;
  #stopped = false;
  /** Called when nothing is on its way any more. */
  #onIdle: (() => void) | undefined;

  constructor(parts: QueueParts<Series>) {
    const { queue } = parts.config;
    this.#parts = parts;
    this.#counters = parts.counters;
    this.#count = new ShardCount(queue.minShards, queue.maxShards);
    this.#feeder = new RowFeeder(parts.config, parts.series, parts.counters, parts.shard.format);
    this.#position = this.#readUpTo = parts.position;
    this.#wantedShards = queue.minShards;
    this.#reshard();
  }

  /** Rows up to this number need not be kept. */
  get position(): number {
    return this.#position;
  }

  /** Reads what there is, as far as there is room. */
  async pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      let until = performance.now() + SLICE_MS;
      while (this.#mayRead()) {
        const row = this.#parts.log.next(this.#readUpTo);
        if (!row) return;
        this.#feed(row);
        if (performance.now() < until) continue;
        await new Promise((resolve) => setImmediate(resolve));
        until = performance.now() + SLICE_MS;
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** What fails in reading is met again, and told of, when the next rows come. */
  #pumpOn(): void {
    this.pump().catch(() => {});
  }

  #mayRead(): boolean {
    if (this.#stopped) return false;
    if (this.#wantedShards !== this.#shards.length || this.#parts.shard.format.isFull()) {
      this.#beginAnew();
      if (this.#wantedShards !== this.#shards.length || this.#parts.shard.format.isFull()) return false;
    }
    const room = this.#parts.config.queue.capacity * this.#shards.length;
    if (this.#inFlight < room) return true;
    this.#counters.add('enqueueRetries', 1);
    return false;
  }

  /** Another number of shards, or other numbers for texts: once all is sent. */
  #beginAnew(): void {
    for (const shard of this.#shards) shard.close();
    if (this.#shards.some((shard) => !shard.idle)) return;
    if (this.#parts.shard.format.isFull()) {
      this.#parts.series.clear();
      this.#parts.shard.format.forget();
    }
    this.#reshard();
  }

  #reshard(): void {
    const parts: ShardParts<Series> = {
      ...this.#parts.shard,
      config: this.#parts.config.queue,
      counters: this.#counters,
      onDone: (items, durationMs) => this.#done(items, durationMs),
      onRetry: (waitMs) => this.#count.retried(waitMs, Date.now()),
    };
    this.#shards = Array.from({ length: this.#wantedShards }, () => new Shard(parts));
    this.#counters.set('shards', this.#wantedShards);
  }

  #done(items: number, durationMs: number): void {
    this.#inFlight -= items;
    this.#count.sent(items, durationMs);
    this.#advance();
    if (this.#inFlight === 0) this.#onIdle?.();
    this.#pumpOn();
  }

  /** The position goes up to the first row of which something is open. */
  #advance(): void {
    let done = 0;
    for (const mark of this.#marks) {
      if (!mark.whole || mark.open > 0) break;
      this.#position = mark.number;
      done++;
    }
    if (done > 0) this.#marks = this.#marks.slice(done);
  }

  // ------------------------------------------------------------------------------------------------ rows

  #feed(row: MetricLogRow): void {
    const mark: RowMark = { number: row.number, open: 0, whole: false };
    this.#marks.push(mark);
    this.#readUpTo = row.number;
    for (const appended of row.appended) {
      const before = mark.open;
      const dropped = this.#feeder.feed(mark, appended, this.#shards);
      this.#inFlight += mark.open - before;
      this.#count.read(mark.open - before + dropped, dropped);
    }
    mark.whole = true;
    this.#advance();
  }

  // ---------------------------------------------------------------------------------------------- upkeep

  /** Every ten seconds: how many shards there should be. `newestSeconds`: of the newest sample that was appended. */
  adapt(newestSeconds: number): void {
    this.#counters.raise('highestSeconds', newestSeconds);
    const sent = this.#counters.get('highestSentSeconds');
    const behind = sent === 0 ? 0 : Math.max(0, this.#counters.get('highestSeconds') - sent);
    const next = this.#count.next(this.#shards.length, behind, Date.now());
    this.#counters.set('shardsDesired', this.#count.desired);
    if (next === this.#shards.length) return;
    this.#wantedShards = next;
    this.#pumpOn();
  }

  /** What waits on disk beyond `bytesMax` is given up, the oldest first, with what is on its way. */
  async limit(bytesMax: number): Promise<void> {
    const { log, onDropped } = this.#parts;
    let bytes = log.keptBytes(this.#position);
    this.#counters.set('queueBytes', bytes);
    if (bytes <= bytesMax || this.#pumping) return;
    this.#pumping = true;
    await Promise.all(this.#shards.map((shard) => shard.stop()));
    let samples = 0;
    let until = performance.now() + SLICE_MS;
    while (bytes > bytesMax * KEPT_SHARE) {
      const row = log.next(this.#position);
      if (!row) break;
      for (const appended of row.appended) samples += this.#feeder.giveUp(appended);
      this.#position = row.number;
      bytes -= row.bytes;
      if (performance.now() < until) continue;
      await new Promise((resolve) => setImmediate(resolve));
      until = performance.now() + SLICE_MS;
    }
    this.#rewind();
    this.#pumping = false;
    onDropped(samples);
    await this.pump();
  }

  /** Nothing is on its way any more: reading goes on at the position. */
  #rewind(): void {
    this.#marks = [];
    this.#inFlight = 0;
    this.#readUpTo = this.#position;
    this.#counters.resetPending();
    if (!this.#stopped) this.#reshard();
  }

  /** All that the log has goes on its way; resolves when it has been taken, if ever. */
  async drain(): Promise<void> {
    await this.pump();
    for (const shard of this.#shards) shard.close();
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** What was not taken is read anew by who goes on from the position. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#shards.map((shard) => shard.stop()));
    this.#rewind();
  }
}
