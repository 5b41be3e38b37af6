/**
 * Rules before an appender of metrics. What they make of a series' labels is worked out when the series is new; after that
 * a batch costs a look-up for each of its series. Series that became one by what was taken from them are one: their samples
 * meet in it, and a second one for a time is refused as such, if it is another one.
 *
 * Who names series by handles (scraping) keeps what storage fills in, so a series that is not stored is marked there.
 */

import type { MetricBatch, SeriesHandles } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import type { AppendOptions, AppendOutcome, MetricAppender } from '../../storage/interface.ts';
import { AttributeGroup } from './attribute-group.ts';
import { EXEMPLAR_LABELS, SERIES_LABELS } from './group-kinds.ts';
import { DROPPED, KnownSeries, type SeriesTable } from './known-series.ts';
import { processedMetadata } from './metric-metadata.ts';
import type { ProcessTelemetry } from './process-telemetry.ts';
import type { ItemPlan, RuleSet } from './rule-set.ts';
import { withoutSeries } from './without-series.ts';

/** In `ids` of a handle without a place: the series is not stored. No series has this number. */
const DROPPED_ID = 0xffffffff;

/** What rules make of a series. */
interface Processed {
  readonly labels: Labels;
  readonly plan: ItemPlan;
}

export class MetricProcessor implements MetricAppender {
  readonly #set: RuleSet;
  readonly #inner: MetricAppender;
  readonly #telemetry: ProcessTelemetry;
  readonly #known: KnownSeries;
  /** By number, as `SeriesTable.met` has them. */
  readonly #plans: ItemPlan[] = [];
  readonly #metadata: ReturnType<typeof processedMetadata>;
  /** Handles that were filled in by another processor mean nothing to this one. */
  readonly epoch: object = this;

  constructor(set: RuleSet, inner: MetricAppender, telemetry: ProcessTelemetry, now: () => number) {
    this.#set = set;
    this.#inner = inner;
    this.#telemetry = telemetry;
    this.#known = new KnownSeries(now);
    this.#metadata = processedMetadata(set.rules);
  }

  /** The labels under which a series is stored; undefined where it is not. */
  shown(given: Labels): Labels | undefined {
    return this.#process(given)?.labels;
  }

  append(batch: MetricBatch, options: AppendOptions): Promise<AppendOutcome> {
    return batch.handles
      ? this.#appendByHandles(batch, batch.handles, options)
      : this.#appendByKeys(batch, options);
  }

  async #appendByKeys(batch: MetricBatch, options: AppendOptions): Promise<AppendOutcome> {
    const { seriesCount: n, space, keys, keyStart, keyEnd } = batch;
    const table = this.#known.begin();
    const numbers = new Int32Array(n);
    const fresh = new FreshSeries(batch, (labels) => this.#process(labels));
    let dropped = 0;
    for (let i = 0; i < n; i++) {
      let number = this.#known.find(space, keys, keyStart[i]!, keyEnd[i]!);
      if (number < 0 && fresh.make(i) !== 'refused') {
        number = table.add(space, keys, keyStart[i]!, keyEnd[i]!);
        table.met[number] = this.#numberOf(fresh.get(i)?.plan);
      }
      numbers[i] = number;
      if (number >= 0 && table.met[number] === DROPPED) dropped++;
    }
    const isDropped = (i: number) => numbers[i]! >= 0 && table.met[numbers[i]!] === DROPPED;
    const planOf = (i: number) => (numbers[i]! < 0 ? undefined : this.#plans[table.met[numbers[i]!]!]);
    const handles = handlesOf(table, numbers);
    const outcome = await this.#send(
      batch,
      handles,
      dropped === 0 ? undefined : isDropped,
      planOf,
      fresh,
      options,
    );
    for (let i = 0; i < n; i++) {
      const number = numbers[i]!;
      if (number < 0) continue;
      table.places[number] = handles.places[i]!;
      table.ids[number] = handles.ids[i]!;
    }
    return outcome;
  }

  async #appendByHandles(
    batch: MetricBatch,
    handles: SeriesHandles,
    options: AppendOptions,
  ): Promise<AppendOutcome> {
    const { seriesCount: n } = batch;
    const fresh = new FreshSeries(batch, (labels) => this.#process(labels));
    const dropped = new Set<number>();
    for (let i = 0; i < n; i++) {
      if (handles.places[i] !== 0) continue;
      if (handles.ids[i] === DROPPED_ID || fresh.make(i) === 'dropped') dropped.add(i);
    }
    const isDropped = (i: number) => dropped.has(i);
    const planOf = (i: number) => (fresh.make(i) === 'made' ? fresh.get(i)?.plan : undefined);
    const outcome = await this.#send(
      batch,
      handles,
      dropped.size === 0 ? undefined : isDropped,
      planOf,
      fresh,
      options,
    );
    for (const i of dropped) {
      handles.places[i] = 0;
      handles.ids[i] = DROPPED_ID;
    }
    return outcome;
  }

  async #send(
    batch: MetricBatch,
    handles: SeriesHandles,
    isDropped: ((series: number) => boolean) | undefined,
    planOf: (series: number) => ItemPlan | undefined,
    fresh: FreshSeries,
    options: AppendOptions,
  ): Promise<AppendOutcome> {
    const { batch: stored, dropped, outcome } = withoutSeries(batch, isDropped);
    this.#telemetry.dropped('metrics', dropped);
    const sent: MetricBatch = {
      ...stored,
      handles,
      labels: (i) => {
        if (isDropped?.(i) || fresh.make(i) === 'dropped') return undefined;
        return fresh.get(i)?.labels;
      },
      exemplars: stored.exemplars.map((e) => {
        const plan = planOf(e.series);
        const labels = plan && processedExemplar(e.exemplar.labels, plan);
        return labels && labels !== e.exemplar.labels ? { ...e, exemplar: { ...e.exemplar, labels } } : e;
      }),
      metadata: this.#metadata(stored.metadata),
    };
    return outcome(await this.#inner.append(sent, options));
  }

  #numberOf(plan: ItemPlan | undefined): number {
    if (!plan) return DROPPED;
    const at = this.#plans.indexOf(plan);
    return at >= 0 ? at : this.#plans.push(plan) - 1;
  }

  #process(given: Labels): Processed | undefined {
    const group = AttributeGroup.ofLabels(SERIES_LABELS, given);
    const met: number[] = [];
    for (const [number, rule] of this.#set.rules.entries()) {
      if (rule.verdict([group], true) !== 'yes') continue;
      if (rule.dropsItem) return undefined;
      rule.apply(group, 'both');
      met.push(number);
    }
    return { labels: group.isChanged ? group.toLabels() : given, plan: this.#set.plan(met) };
  }
}

/** Series of a batch that are worked out because somebody asks for them: each once. */
class FreshSeries {
  readonly #batch: MetricBatch;
  readonly #process: (labels: Labels) => Processed | undefined;
  readonly #made = new Map<number, Processed | undefined>();
  readonly #refused = new Map<number, TriliteError>();

  constructor(batch: MetricBatch, process: (labels: Labels) => Processed | undefined) {
    this.#batch = batch;
    this.#process = process;
  }

  make(i: number): 'made' | 'dropped' | 'refused' {
    if (this.#refused.has(i)) return 'refused';
    if (!this.#made.has(i)) {
      try {
        const given = this.#batch.labels(i);
        this.#made.set(i, given && this.#process(given));
      } catch (error) {
        if (!(error instanceof TriliteError)) throw error;
        this.#refused.set(i, error);
        return 'refused';
      }
    }
    return this.#made.get(i) ? 'made' : 'dropped';
  }

  /** Undefined where it is not stored. Throws what its labels are refused with. */
  get(i: number): Processed | undefined {
    const error = this.#refused.get(i);
    if (error) throw error;
    return this.#made.get(i);
  }
}

function handlesOf(table: SeriesTable, numbers: Int32Array): SeriesHandles {
  const n = numbers.length;
  const handles = { places: new Uint32Array(n), ids: new Uint32Array(n) };
  for (let i = 0; i < n; i++) {
    if (numbers[i]! < 0) continue;
    handles.places[i] = table.places[numbers[i]!]!;
    handles.ids[i] = table.ids[numbers[i]!]!;
  }
  return handles;
}

function processedExemplar(given: Labels, plan: ItemPlan): Labels {
  if (given.size === 0 || plan.rules.length === 0) return given;
  const group = AttributeGroup.ofLabels(EXEMPLAR_LABELS, given);
  for (const rule of plan.rules) rule.apply(group, 'neither');
  return group.isChanged ? group.toLabels() : given;
}
