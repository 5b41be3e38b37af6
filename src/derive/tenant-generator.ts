/** The metrics of one tenant's spans: both processors over one walk of each span, and their series on the way to storage. */

import { viewOf } from '../base/same-bytes.ts';
import type { SpanBatch } from '../model/batch.ts';
import type { MetricAppender } from '../storage/interface.ts';
import type { DeriveCounts } from './derive-counts.ts';
import { type ResourceFacts, Resources } from './resources.ts';
import { SampleBatch } from './sample-batch.ts';
import type { CollectTimes, SeriesGroup } from './series-group.ts';
import { SeriesLimit } from './series-limit.ts';
import { ServiceGraph } from './service-graph.ts';
import type { MetricsGeneratorSettings } from './settings.ts';
import { type GroupParts, SpanMetrics } from './span-metrics.ts';
import { SpanScan } from './span-scan.ts';
import { WantedKeys } from './wanted-keys.ts';

const TRACE_ID_BYTES = 16;
/** After so many spans others may have their turn. */
const SPANS_PER_STEP = 256;
/** Series per append: a millisecond or two of the front's time where all of them are new. */
const SERIES_PER_APPEND = 512;
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

export class TenantGenerator {
  readonly #settings: MetricsGeneratorSettings;
  readonly #appender: MetricAppender;
  readonly #counts: DeriveCounts;
  readonly #limit: SeriesLimit;
  readonly #scan: SpanScan;
  readonly #resources: Resources;
  readonly #spanMetrics: SpanMetrics | undefined;
  readonly #serviceGraph: ServiceGraph | undefined;
  readonly #groups: readonly SeriesGroup[];
  readonly #startedMs: number;
  #collectedMs = 0;

  /** `startedMs`: counters were at zero then. */
  constructor(
    tenant: string,
    settings: MetricsGeneratorSettings,
    appender: MetricAppender,
    counts: DeriveCounts,
    startedMs: number,
  ) {
    this.#settings = settings;
    this.#appender = appender;
    this.#counts = counts;
    this.#startedMs = startedMs;
    this.#limit = new SeriesLimit(settings.maxActiveSeries, counts);
    const { injectTenantIdAs, externalLabels } = settings;
    const parts: GroupParts = {
      mode: settings.histograms,
      native: settings.nativeHistograms,
      traceIdLabel: settings.traceIdLabel,
      externalLabels:
        injectTenantIdAs === '' ? externalLabels : { ...externalLabels, [injectTenantIdAs]: tenant },
      limit: this.#limit,
    };
    const wanted = new WantedKeys();
    const has = (processor: string) => settings.processors.some((p) => p.startsWith(processor));
    this.#spanMetrics = has('span-metrics') ? new SpanMetrics(settings, wanted, parts, counts) : undefined;
    this.#serviceGraph = has('service-graphs')
      ? new ServiceGraph(settings, wanted, parts, counts)
      : undefined;
    this.#groups = [...(this.#spanMetrics?.groups ?? []), ...(this.#serviceGraph?.groups ?? [])];
    this.#scan = new SpanScan(wanted);
    this.#resources = new Resources(wanted);
  }

  get activeSeries(): number {
    return this.#limit.active;
  }

  /** Edges that wait for their other half. */
  get waitingEdges(): number {
    return this.#serviceGraph?.waiting ?? 0;
  }

  /** Whether there is nothing that would be missed. */
  get isIdle(): boolean {
    return this.waitingEdges === 0 && this.#groups.every((group) => group.size === 0);
  }

  /** Samples that writing what has changed would take, at most. */
  get changedSamples(): number {
    let count = 0;
    for (const group of this.#groups) count += group.changedSlots.length * group.seriesMax;
    return count;
  }

  /** Counts the spans of a batch, in steps; `refused` are those that were not taken in. */
  *take(batch: SpanBatch, refused: ReadonlySet<number> | undefined, nowMs: number): Generator<void, void> {
    const facts: (ResourceFacts | undefined)[] = [];
    for (let from = 0; from < batch.spanCount; from += SPANS_PER_STEP) {
      if (from > 0) yield;
      this.#takeSome(batch, from, Math.min(from + SPANS_PER_STEP, batch.spanCount), facts, refused, nowMs);
    }
  }

  #takeSome(
    batch: SpanBatch,
    from: number,
    to: number,
    facts: (ResourceFacts | undefined)[],
    refused: ReadonlySet<number> | undefined,
    nowMs: number,
  ): void {
    const scan = this.#scan;
    const spanMetrics = this.#spanMetrics;
    const serviceGraph = this.#serviceGraph;
    const { slackMs } = this.#settings;
    const { bytes, traceIds } = batch;
    const oldestMs = slackMs > 0 ? nowMs - slackMs : Number.NEGATIVE_INFINITY;
    const newestMs = slackMs > 0 ? nowMs + slackMs : Number.POSITIVE_INFINITY;
    const ids = viewOf(traceIds);
    scan.begin(bytes);
    for (let i = from; i < to; i++) {
      if (refused?.has(i)) continue;
      scan.scan(batch.spanStart[i]!, batch.spanEnd[i]!);
      const { endMs } = scan;
      if (endMs < oldestMs || endMs > newestMs) {
        this.#counts.outsideSlack++;
        continue;
      }
      const r = batch.spanResource[i]!;
      const resource = (facts[r] ??= this.#resources.of(
        bytes,
        batch.resourceStart[r]!,
        batch.resourceEnd[r]!,
      ));
      const at = i * TRACE_ID_BYTES;
      if (spanMetrics) spanMetrics.take(scan, resource, traceIds, at, nowMs);
      if (serviceGraph) serviceGraph.take(scan, resource, ids, at, nowMs);
    }
  }

  /** Ends the waiting of edges whose time is over. */
  expire(nowMs: number): void {
    this.#serviceGraph?.expire(nowMs);
  }

  /** Writes the series that have changed, or all of them; and ends those that have been idle for too long. */
  async collect(nowMs: number, all: boolean): Promise<void> {
    const times = this.#times(nowMs);
    for (const group of this.#groups) {
      const slots = all ? [...group.slots()] : group.changedSlots;
      group.changedSlots = [];
      await this.#write(group, slots, (slot, batch) => group.collect(slot, batch, times));
    }
    if (all) await this.#endIdle(times);
  }

  #times(nowMs: number): CollectTimes {
    // No two collections at the same time, whatever the clock says.
    const time = Math.max(nowMs, this.#collectedMs + 1);
    this.#collectedMs = time;
    // As in Tempo at the end of the minute before, but not among samples of a process before this one.
    const minuteEnd = Math.floor(time / MINUTE_MS) * MINUTE_MS - SECOND_MS;
    return { nowMs: time, zeroMs: Math.min(time - 1, Math.max(minuteEnd, this.#startedMs)) };
  }

  async #endIdle(times: CollectTimes): Promise<void> {
    for (const group of this.#groups) {
      const sinceMs = times.nowMs - this.#settings.staleMs;
      const slots = group.idleSlots(sinceMs);
      if (slots.length === 0) continue;
      // Behind the samples that were just written.
      await this.#write(group, slots, (slot, batch) => group.end(slot, batch, times.nowMs + 1));
      this.#collectedMs = times.nowMs + 1;
      // Not those that something was counted on meanwhile.
      const still = new Set(group.idleSlots(sinceMs));
      group.forget(slots.filter((slot) => still.has(slot)));
    }
  }

  async #write(
    group: SeriesGroup,
    slots: readonly number[],
    put: (slot: number, batch: SampleBatch) => void,
  ): Promise<void> {
    const capacity = Math.max(SERIES_PER_APPEND, group.seriesMax);
    for (let at = 0; at < slots.length; ) {
      const batch = new SampleBatch(capacity);
      const from = at;
      while (at < slots.length && batch.hasRoom(group.seriesMax)) put(slots[at++]!, batch);
      try {
        if (!batch.isEmpty) await this.#append(batch);
      } catch (error) {
        group.retry(slots.slice(from));
        throw error;
      }
      if (at < slots.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #append(batch: SampleBatch): Promise<void> {
    const outcome = await this.#appender.append(batch, { mode: 'partial' });
    await outcome.durable;
  }
}
