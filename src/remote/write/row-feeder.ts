/** What of a row goes to a remote, and to which of its shards; what does not is counted by its reason. */

import type { Exemplar } from '../../model/exemplar.ts';
import type { AppendedMetrics } from '../../storage/interface.ts';
import type { DropReason, Item, QueueCounters } from './counters.ts';
import type { RemoteWriteConfig } from './remote-write-config.ts';
import { isSent, type NotSent, type SeriesCache } from './series-cache.ts';
import type { RowMark, Shard } from './shard.ts';

const NO_EXEMPLARS: readonly Exemplar[] = [];

/** What the version of the protocol can do. */
export interface WireAbilities {
  readonly exemplarsNeedSamples: boolean;
  readonly customBuckets: boolean;
}

export class RowFeeder<Series> {
  readonly #config: RemoteWriteConfig;
  readonly #cache: SeriesCache<Series>;
  readonly #counters: QueueCounters;
  readonly #abilities: WireAbilities;

  constructor(
    config: RemoteWriteConfig,
    cache: SeriesCache<Series>,
    counters: QueueCounters,
    abilities: WireAbilities,
  ) {
    this.#config = config;
    this.#cache = cache;
    this.#counters = counters;
    this.#abilities = abilities;
  }

  /** A series goes to the shard that its id names. Returns how many items are not sent. */
  feed(mark: RowMark, appended: AppendedMetrics, shards: readonly Shard<Series>[]): number {
    const { sendExemplars, sendNativeHistograms } = this.#config;
    const exemplars = sendExemplars ? exemplarsBySeries(appended) : undefined;
    let dropped = this.#feedSamples(mark, appended, shards, exemplars);
    if (sendNativeHistograms) dropped += this.#feedHistograms(mark, appended, shards, exemplars);
    if (exemplars) dropped += this.#feedExemplars(mark, shards, exemplars);
    this.#counters.addItem('samples', 'in', appended.count);
    this.#counters.addItem('histograms', 'in', appended.histograms.length);
    this.#counters.addItem('exemplars', 'in', appended.exemplars.length);
    this.#counters.raise('highestSeconds', Math.floor(newestOf(appended) / 1000));
    return dropped;
  }

  /** All of it is given up. Returns how many samples and histograms that are. */
  giveUp({ count, histograms, exemplars }: AppendedMetrics): number {
    const { sendExemplars, sendNativeHistograms } = this.#config;
    this.#drop('samples', 'queue_full', count);
    if (sendExemplars) this.#drop('exemplars', 'queue_full', exemplars.length);
    if (!sendNativeHistograms) return count;
    return count + this.#drop('histograms', 'queue_full', histograms.length);
  }

  /** Returns how many are not sent. */
  #feedSamples(
    mark: RowMark,
    appended: AppendedMetrics,
    shards: readonly Shard<Series>[],
    exemplars: Map<number, Exemplar[]> | undefined,
  ): number {
    const cache = this.#cache;
    const { count, ids, timestamps } = appended;
    const oldestMs = this.#oldestMs();
    let dropped = 0;
    for (let i = 0; i < count; i++) {
      const id = ids[i]!;
      if (timestamps[i]! < oldestMs) {
        dropped += this.#drop('samples', 'too_old', 1);
        continue;
      }
      const series = cache.get(id);
      if (!isSent(series)) {
        dropped += this.#drop('samples', series, 1);
        continue;
      }
      const own = exemplars && taken(exemplars, id);
      shards[id % shards.length]!.sample(mark, series, appended, i, own ?? NO_EXEMPLARS);
    }
    return dropped;
  }

  #feedHistograms(
    mark: RowMark,
    appended: AppendedMetrics,
    shards: readonly Shard<Series>[],
    exemplars: Map<number, Exemplar[]> | undefined,
  ): number {
    const oldestMs = this.#oldestMs();
    let dropped = 0;
    for (const h of appended.histograms) {
      const series = this.#cache.get(h.id);
      const why: DropReason | undefined =
        h.timestampMs < oldestMs
          ? 'too_old'
          : h.histogram.customBounds.length > 0 && !this.#abilities.customBuckets
            ? 'nhcb_in_rw1_not_supported'
            : undefined;
      if (why !== undefined) dropped += this.#drop('histograms', why, 1);
      else if (!isSent(series)) dropped += this.#drop('histograms', series, 1);
      else
        shards[h.id % shards.length]!.histogram(
          mark,
          series,
          h,
          (exemplars && taken(exemplars, h.id)) ?? NO_EXEMPLARS,
        );
    }
    return dropped;
  }

  /** Those that are left over: their samples came before, or not at all. */
  #feedExemplars(
    mark: RowMark,
    shards: readonly Shard<Series>[],
    exemplars: ReadonlyMap<number, readonly Exemplar[]>,
  ): number {
    let dropped = 0;
    for (const [id, list] of exemplars) {
      const series = this.#cache.get(id);
      if (!isSent(series)) dropped += this.#drop('exemplars', series, list.length);
      else if (this.#abilities.exemplarsNeedSamples)
        dropped += this.#drop('exemplars', 'no_sample', list.length);
      else for (const exemplar of list) shards[id % shards.length]!.exemplar(mark, series, exemplar);
    }
    return dropped;
  }

  #drop(item: Item, why: DropReason | NotSent, n: number): number {
    this.#counters.addItem(item, why, n);
    return n;
  }

  #oldestMs(): number {
    const { sampleAgeLimitMs } = this.#config.queue;
    return sampleAgeLimitMs > 0 ? Date.now() - sampleAgeLimitMs : Number.NEGATIVE_INFINITY;
  }
}

function exemplarsBySeries({ exemplars }: AppendedMetrics): Map<number, Exemplar[]> {
  const out = new Map<number, Exemplar[]>();
  for (const { id, exemplar } of exemplars) {
    const list = out.get(id);
    if (list) list.push(exemplar);
    else out.set(id, [exemplar]);
  }
  return out;
}

/** The exemplars of a series, which then are not there any more. */
function taken(exemplars: Map<number, Exemplar[]>, id: number): Exemplar[] | undefined {
  if (exemplars.size === 0) return undefined;
  const own = exemplars.get(id);
  if (own) exemplars.delete(id);
  return own;
}

/** -Infinity where there is no sample. */
export function newestOf({ count, timestamps, histograms }: AppendedMetrics): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) if (timestamps[i]! > newest) newest = timestamps[i]!;
  for (const h of histograms) if (h.timestampMs > newest) newest = h.timestampMs;
  return newest;
}
