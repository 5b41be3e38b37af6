/**
 * From the resources of a trace to the selectors of their series (docs/across.md): one for each label that an instance, a
 * pod, a container or a host is known by and under which something is found; what `target_info` joins; and the service's, by
 * the rule of docs/correlation.md.
 */

import { quoted } from '../../model/correlate/labels.ts';
import {
  POD_NAMESPACE,
  RESOURCE_ATTRIBUTES,
  RESOURCE_LABELS,
  type ResourceKind,
} from '../../model/correlate/resource-labels.ts';
import { escaped, SERVICE_LABELS, serviceOf, serviceSelectors } from '../../model/correlate/service.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import { type Matcher, matchesAll } from '../../model/matcher.ts';
import type { MetricReader, TimeRange } from '../../storage/interface.ts';
import { parseMatch } from '../promql-text.ts';
import { METRIC_NAMES_MAX } from './limits.ts';
import type { Resource } from './resources.ts';

export interface ResourceSelector {
  readonly by: ResourceKind;
  /** A PromQL selector of the series. */
  readonly selector: string;
  readonly matchers: readonly Matcher[];
  /** Series that it finds in the time. */
  readonly series: number;
  /** Their names, sorted; the first `METRIC_NAMES_MAX`. */
  readonly metrics: readonly string[];
}

/** Attributes of resources that are read. */
export const WANTED_ATTRIBUTES: readonly string[] = [...new Set([...RESOURCE_ATTRIBUTES, ...SERVICE_LABELS])];

/** In this order selectors are given, and series where there are too many. */
const ORDER: readonly ResourceKind[] = [
  'instance',
  'target_info',
  'pod',
  'container',
  'service',
  'node',
  'host',
];

interface Found extends ResourceSelector {
  readonly labels: readonly Labels[];
}

/** Only selectors that find something; `only`: the kinds that are wanted, all where it is empty. */
export async function resourceSelectors(
  metrics: MetricReader,
  resources: readonly Resource[],
  range: TimeRange,
  only: readonly ResourceKind[] = [],
): Promise<readonly ResourceSelector[]> {
  const search = new SelectorSearch(metrics, range);
  const found: Found[] = [];
  for (const { by, attribute, labels, around } of RESOURCE_LABELS) {
    const values = valuesOf(resources, attribute);
    if (values.length === 0) continue;
    const within = by === 'pod' ? namespaces(resources) : '';
    for (const label of labels) {
      if (around?.labels.includes(label)) continue;
      found.push(...(await search.find(by, `{${label}${oneOf(values)}${within}}`)));
    }
    for (const label of around?.labels ?? []) {
      const { before, after } = around!;
      const optional = before === '' ? '' : `(${before})?`;
      const pattern = `${optional}${alternatives(values)}${after}`;
      found.push(...(await search.find(by, `{${label}=~${quoted(pattern)}}`)));
    }
  }
  found.push(...(await joined(search, found)));
  const instances = found.filter(({ by }) => by === 'instance');
  for (const service of servicesOf(resources)) found.push(...(await ofService(search, service, instances)));
  const kept = found.filter(({ by }) => only.length === 0 || only.includes(by));
  return kept
    .sort((a, b) => ORDER.indexOf(a.by) - ORDER.indexOf(b.by))
    .map(({ labels: _, ...selector }) => selector);
}

/** Sorted. */
export function servicesOf(resources: readonly Resource[]): string[] {
  const services = resources.flatMap((resource) => serviceOf(Object.fromEntries(resource)) ?? []);
  return [...new Set(services)].sort();
}

class SelectorSearch {
  readonly #metrics: MetricReader;
  readonly #range: TimeRange;

  constructor(metrics: MetricReader, range: TimeRange) {
    this.#metrics = metrics;
    this.#range = range;
  }

  /** The selector with its series; none where there are none. */
  async find(by: ResourceKind, selector: string): Promise<Found[]> {
    const matchers = parseMatch(selector);
    const labels = await this.#metrics.series({ matcherSets: [matchers], ...this.#range });
    if (labels.length === 0) return [];
    const names = new Set(labels.map((l) => l.get(METRIC_NAME)));
    const metrics = [...names].sort().slice(0, METRIC_NAMES_MAX);
    return [{ by, selector, matchers, labels, series: labels.length, metrics }];
  }
}

/** Of the `target_info` among what was found: the series of its target. */
async function joined(search: SelectorSearch, found: readonly Found[]): Promise<Found[]> {
  const targets = new Set<string>();
  for (const { labels } of found) {
    for (const series of labels) {
      if (series.get(METRIC_NAME) !== 'target_info' || !series.has('job')) continue;
      const instance = series.has('instance') ? `, instance=${quoted(series.get('instance'))}` : '';
      targets.add(`{job=${quoted(series.get('job'))}${instance}}`);
    }
  }
  const out: Found[] = [];
  for (const selector of [...targets].sort()) out.push(...(await search.find('target_info', selector)));
  return out;
}

/**
 * The first of the service's selectors that finds something. Where its series bear the instances of the trace, those of its
 * other instances are left out.
 */
async function ofService(
  search: SelectorSearch,
  service: string,
  instances: readonly Found[],
): Promise<Found[]> {
  for (const selector of serviceSelectors(service)) {
    const [all] = await search.find('service', selector);
    if (!all) continue;
    const narrowing = instances.find(({ matchers }) => all.labels.some((l) => matchesAll(matchers, l)));
    if (!narrowing) return [all];
    const { name, type, value } = narrowing.matchers[0]!;
    const pattern = quoted(`(${type === '=' ? escaped(value) : value})?`);
    return search.find('service', `${selector.slice(0, -1)}, ${name}=~${pattern}}`);
  }
  return [];
}

/** Distinct, sorted. */
function valuesOf(resources: readonly Resource[], attribute: string): string[] {
  return [...new Set(resources.flatMap((resource) => resource.get(attribute) ?? []))].sort();
}

/** Matchers that leave out what says another namespace; '' where the resources name none. */
function namespaces(resources: readonly Resource[]): string {
  const values = valuesOf(resources, POD_NAMESPACE.attribute);
  if (values.length === 0) return '';
  const pattern = quoted(`(${values.map(escaped).join('|')})?`);
  return POD_NAMESPACE.labels.map((label) => `, ${label}=~${pattern}`).join('');
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `=${quoted(values[0]!)}` : `=~${quoted(values.map(escaped).join('|'))}`;
}

function alternatives(values: readonly string[]): string {
  return values.length === 1 ? escaped(values[0]!) : `(${values.map(escaped).join('|')})`;
}
