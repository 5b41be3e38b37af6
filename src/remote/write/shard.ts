/**
 * One of a remote's shards: the items of some series, put into requests that are sent one after another, so that a series'
 * samples arrive in order. A request is compressed as soon as it is full, or when its oldest item has waited long enough.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SnappyEncoder } from '../../base/snappy-encode.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import type { AppendedHistogram } from '../../storage/interface.ts';
import { type Item, QueueCounters } from './counters.ts';
import type { QueueConfig } from './remote-write-config.ts';
import type { RequestFormat, RequestWriter, SampleAt } from './request.ts';
import type { WriteClient, Written } from './write-client.ts';

/** A row of the log of which something is on its way. */
export interface RowMark {
  readonly number: number;
  /** Items that were not taken, or given up, yet. */
  open: number;
  /** All of it was read. */
  whole: boolean;
}

type Counts = Record<Item, number>;

interface Batch {
  readonly body: Uint8Array;
  readonly counts: Counts;
  readonly items: number;
  /** Of its samples, the newest. */
  readonly newestMs: number;
  readonly marks: readonly (readonly [mark: RowMark, items: number])[];
}

export interface ShardParts<Series> {
  readonly format: RequestFormat<Series>;
  readonly config: QueueConfig;
  readonly client: WriteClient;
  readonly snappy: SnappyEncoder;
  readonly counters: QueueCounters;
  /** Whether a receiver must say what it wrote, as one of version 2 must. */
  readonly expectsWritten: boolean;
  /** Told of what did not go well. */
  readonly onTrouble: (kind: 'retry' | 'lost', message: string, counts: Readonly<Counts>) => void;
  /** Called whenever a request is over: taken or given up, after so many milliseconds. */
  readonly onDone: (items: number, durationMs: number) => void;
  readonly onRetry: (waitMs: number) => void;
}

const noCounts = (): Counts => ({ samples: 0, histograms: 0, exemplars: 0 });

export class Shard<Series> {
  readonly #parts: ShardParts<Series>;
  readonly #writer: RequestWriter<Series>;
  readonly #stop = new AbortController();
  readonly #full: Batch[] = [];
  #counts = noCounts();
  #items = 0;
  #newestMs = Number.NEGATIVE_INFINITY;
  #marks: [mark: RowMark, items: number][] = [];
  #deadline: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(parts: ShardParts<Series>) {
    this.#parts = parts;
    this.#writer = parts.format.writer();
  }

  get idle(): boolean {
    return this.#items === 0 && this.#full.length === 0;
  }

  sample(
    mark: RowMark,
    series: Series,
    samples: SampleAt,
    index: number,
    exemplars: readonly Exemplar[],
  ): void {
    this.#writer.sample(series, samples, index, exemplars);
    this.#added(mark, 'samples', samples.timestamps[index]!, exemplars.length);
  }

  histogram(mark: RowMark, series: Series, h: AppendedHistogram, exemplars: readonly Exemplar[]): void {
    this.#writer.histogram(series, h.histogram, h.timestampMs, h.startMs, exemplars);
    this.#added(mark, 'histograms', h.timestampMs, exemplars.length);
  }

  exemplar(mark: RowMark, series: Series, exemplar: Exemplar): void {
    this.#writer.exemplar(series, exemplar);
    this.#added(mark, 'exemplars', Number.NEGATIVE_INFINITY, 0);
  }

  #added(mark: RowMark, item: Item, timestampMs: number, exemplars: number): void {
    const items = 1 + exemplars;
    this.#counts[item]++;
    this.#counts.exemplars += exemplars;
    this.#items += items;
    mark.open += items;
    if (timestampMs > this.#newestMs) this.#newestMs = timestampMs;
    const last = this.#marks.at(-1);
    if (last?.[0] === mark) last[1] += items;
    else this.#marks.push([mark, items]);
    const { maxSamplesPerSend, batchSendDeadlineMs } = this.#parts.config;
    if (this.#items >= maxSamplesPerSend) this.close();
    else this.#deadline ??= setTimeout(() => this.close(), batchSendDeadlineMs);
  }

  /** What was gathered is a request now, however much it is. */
  close(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    if (this.#items === 0) return;
    this.#full.push({
      body: this.#parts.snappy.encode(this.#writer.take()),
      counts: this.#counts,
      items: this.#items,
      newestMs: this.#newestMs,
      marks: this.#marks,
    });
    for (const item of QueueCounters.items) this.#parts.counters.addItem(item, 'pending', this.#counts[item]);
    this.#counts = noCounts();
    this.#items = 0;
    this.#newestMs = Number.NEGATIVE_INFINITY;
    this.#marks = [];
    // What fails is told of by `#send`; only stopping ends it otherwise.
    this.#sending ??= this.#sendAll().catch(() => {});
  }

  async #sendAll(): Promise<void> {
    for (let batch = this.#full[0]; batch; batch = this.#full[0]) {
      const begun = performance.now();
      await this.#send(batch);
      this.#full.shift();
      for (const item of QueueCounters.items)
        this.#parts.counters.addItem(item, 'pending', -batch.counts[item]);
      for (const [mark, items] of batch.marks) mark.open -= items;
      this.#parts.onDone(batch.items, performance.now() - begun);
    }
    this.#sending = undefined;
  }

  /** Tries until it is taken, or cannot be. Rejects where the shard stops. */
  async #send({ body, counts, newestMs }: Batch): Promise<void> {
    const { client, config, counters, onTrouble, onRetry } = this.#parts;
    let backoffMs = config.minBackoffMs;
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0 && this.#isTooOld(newestMs)) return this.#giveUpOld(counts);
      for (const item of QueueCounters.items) counters.addItem(item, 'total', counts[item]);
      const begun = performance.now();
      const outcome = await client.send(body, attempt, this.#stop.signal);
      counters.observe((performance.now() - begun) / 1000);
      if (outcome.kind !== 'retry') {
        counters.add('bytes', body.length);
        counters.raise('highestSentSeconds', Math.floor(newestMs / 1000));
        this.#settle(counts, outcome);
        return;
      }
      const waitMs = outcome.afterMs ?? backoffMs;
      onRetry(waitMs);
      onTrouble('retry', outcome.message, counts);
      await sleep(waitMs, undefined, { signal: this.#stop.signal });
      for (const item of QueueCounters.items) counters.addItem(item, 'retried', counts[item]);
      backoffMs = Math.min(waitMs * 2, config.maxBackoffMs);
    }
  }

  #settle(
    counts: Readonly<Counts>,
    outcome: {
      readonly kind: 'taken' | 'lost';
      readonly written: Written | undefined;
      readonly message?: string;
    },
  ): void {
    const { counters, onTrouble, expectsWritten } = this.#parts;
    const { kind } = outcome;
    const silent = kind === 'taken' && !expectsWritten ? counts : noCounts();
    const written: Readonly<Counts> = outcome.written ? { ...outcome.written } : silent;
    const failed = noCounts();
    for (const item of QueueCounters.items) {
      failed[item] = Math.max(0, counts[item] - written[item]);
      counters.addItem(item, 'failed', failed[item]);
    }
    if (failed.samples + failed.histograms + failed.exemplars === 0) return;
    const nothing = written.samples + written.histograms + written.exemplars === 0;
    const unwritten = nothing
      ? 'the receiver answered with success and says that it wrote nothing: perhaps it knows version 1.0 only'
      : 'the receiver answered with success and says that it did not write everything';
    onTrouble('lost', outcome.message ?? unwritten, failed);
  }

  #isTooOld(newestMs: number): boolean {
    const { sampleAgeLimitMs } = this.#parts.config;
    return sampleAgeLimitMs > 0 && newestMs < Date.now() - sampleAgeLimitMs;
  }

  #giveUpOld(counts: Readonly<Counts>): void {
    for (const item of QueueCounters.items) this.#parts.counters.addItem(item, 'too_old', counts[item]);
  }

  /** What it has is left as it is: what was not taken is read anew. */
  async stop(): Promise<void> {
    clearTimeout(this.#deadline);
    this.#stop.abort();
    await this.#sending;
  }
}
