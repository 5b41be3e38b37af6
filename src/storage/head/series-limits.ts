/**
 * How many series a tenant may have in memory, of all and of one metric. Nothing of its own is counted: the index knows how many
 * series have a label pair, and a tenant's have its label, so that replay and eviction are in the numbers. What a new series is
 * asked for costs two look-ups; only where tenant and metric both reach the limit are series counted that have both, once, and the
 * count is kept up then.
 */

import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import { DEFAULT_TENANT, TENANT_LABEL } from '../../model/tenant.ts';
import type { MetricLimits } from '../../model/tenant-limits.ts';
import { SeriesRefusal } from '../interface.ts';
import { SlotList } from './label-pairs.ts';
import type { SeriesIndex } from './series-index.ts';

export type SeriesMaxima = Pick<MetricLimits, 'seriesMax' | 'seriesPerMetricMax'>;

export interface SeriesLimitOptions {
  /** Whether series say whose they are; otherwise all are the default tenant's, whatever their labels. */
  readonly multiTenancy: boolean;
  limitsOf(tenant: string): SeriesMaxima;
}

/**
 * A clean stop leaves memory empty. In this time after a start series come back that were active before it, and must not find
 * their places taken by newer ones. As long as an idle series stays in memory.
 */
const RETURN_MS = 3_600_000;
/** Stands for the pair of series without the tenants' label. */
const NO_PAIR = -1;

export class SeriesLimits {
  readonly #series: SeriesIndex;
  readonly #options: SeriesLimitOptions;
  readonly #takesKnownUntilMs: number;
  readonly #clock: () => number;
  /** Series that have both pairs, by the pair of the metric's name and then of the tenant. */
  readonly #both = new Map<number, Map<number, number>>();

  /** `openedMs` is when `clock` said that the storage was opened. */
  constructor(series: SeriesIndex, options: SeriesLimitOptions, openedMs: number, clock: () => number) {
    this.#series = series;
    this.#options = options;
    this.#takesKnownUntilMs = openedMs + RETURN_MS;
    this.#clock = clock;
  }

  /** Asked before a series is added: why its tenant may have no more. */
  refusal(labels: Labels): SeriesRefusal | undefined {
    const { multiTenancy, limitsOf } = this.#options;
    const id = multiTenancy ? labels.get(TENANT_LABEL) : '';
    const { seriesMax, seriesPerMetricMax } = limitsOf(id === '' ? DEFAULT_TENANT : id);
    if (seriesMax + seriesPerMetricMax === 0) return undefined;
    const tenant = id === '' ? NO_PAIR : this.#series.pairs.findPair(TENANT_LABEL, id);
    const total = this.#ofTenant(id, tenant);
    if (seriesMax > 0 && total >= seriesMax) return seriesRefusal('user', seriesMax);
    if (seriesPerMetricMax === 0 || total < seriesPerMetricMax) return undefined;
    const ofMetric = this.#ofMetric(labels.get(METRIC_NAME), tenant, seriesPerMetricMax);
    return ofMetric < seriesPerMetricMax ? undefined : seriesRefusal('metric', seriesPerMetricMax);
  }

  /** Whether series that SQLite has are taken all the same. */
  get takesKnown(): boolean {
    return this.#clock() < this.#takesKnownUntilMs;
  }

  #ofTenant(id: string, tenant: number): number {
    const { pairs, size } = this.#series;
    if (id !== '') return tenant < 0 ? 0 : pairs.count(tenant);
    return this.#options.multiTenancy ? size - pairs.seriesWithName(TENANT_LABEL) : size;
  }

  /** Exact where it matters: what is below `max` may be too large. */
  #ofMetric(name: string, tenant: number, max: number): number {
    const { pairs } = this.#series;
    const metric = pairs.findPair(METRIC_NAME, name);
    const total = metric < 0 ? 0 : pairs.count(metric);
    if (total < max || !this.#options.multiTenancy) return total;
    let ofTenants = this.#both.get(metric);
    if (!ofTenants) {
      ofTenants = new Map();
      this.#both.set(metric, ofTenants);
    }
    let count = ofTenants.get(tenant);
    if (count === undefined) {
      count = this.#countBoth(metric, tenant);
      ofTenants.set(tenant, count);
    }
    return count;
  }

  #countBoth(metric: number, tenant: number): number {
    const series = this.#series;
    const { pairs } = series;
    series.post();
    const fromTenant = tenant !== NO_PAIR && pairs.count(tenant) < pairs.count(metric);
    const slots = new SlotList(64);
    series.postings(fromTenant ? tenant : metric, slots);
    const name = pairs.nameNumber(fromTenant ? METRIC_NAME : TENANT_LABEL);
    const wanted = fromTenant ? metric : tenant;
    let count = 0;
    for (const slot of slots.view()) if (series.pairOfName(slot, name) === wanted) count++;
    return count;
  }

  /** The slot has a series since. */
  added(slot: number): void {
    if (this.#both.size > 0) this.#change(slot, 1);
  }

  /** The slot's series is about to go. */
  evicting(slot: number): void {
    if (this.#both.size > 0) this.#change(slot, -1);
  }

  #change(slot: number, by: 1 | -1): void {
    const { pairs } = this.#series;
    const metric = this.#series.pairOfName(slot, pairs.nameNumber(METRIC_NAME));
    const ofTenants = this.#both.get(metric);
    if (!ofTenants) return;
    const tenant = this.#series.pairOfName(slot, pairs.nameNumber(TENANT_LABEL));
    const count = ofTenants.get(tenant);
    if (count === undefined) return;
    if (count + by > 0) ofTenants.set(tenant, count + by);
    else ofTenants.delete(tenant);
    // Numbers of pairs are used again once no series has them.
    if (ofTenants.size === 0) this.#both.delete(metric);
  }
}

/** In the words of Mimir, whose users look for what is in the brackets. */
function seriesRefusal(per: 'user' | 'metric', max: number): SeriesRefusal {
  const setting = per === 'user' ? 'max_series' : 'max_series_per_metric';
  const message = `per-${per} series limit of ${max} exceeded (err-mimir-max-series-per-${per}). The limit is ${setting} of trilite.limits.metrics`;
  return new SeriesRefusal(`per_${per}_series_limit`, message);
}
