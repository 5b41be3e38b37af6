/** What is known of a metric by its name: its family's type, help and unit, and the query that shows it best. */

import { quoted } from '../../../model/correlate/labels.ts';

export interface MetricFamily {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** `data` of `/api/v1/metadata`. */
export type MetadataAnswer = Readonly<Record<string, readonly Partial<MetricFamily>[]>>;

export function familiesOf(answer: MetadataAnswer): ReadonlyMap<string, MetricFamily> {
  const known = Object.entries(answer).map(([name, [first]]) => {
    const { type = '', help = '', unit = '' } = first ?? {};
    return [name, { type, help, unit }] as const;
  });
  return new Map(known);
}

/** What the samples of a classic histogram or summary are called beside the family. */
const PART = /_(bucket|sum|count|total|created|info)$/;

/** Where nobody has told, names say something by their end. */
export function familyOf(name: string, families: ReadonlyMap<string, MetricFamily>): MetricFamily {
  const own = families.get(name);
  const isTold = (family: MetricFamily | undefined) =>
    family && family.type !== '' && family.type !== 'unknown';
  if (own && isTold(own)) return own;
  const of = families.get(name.replace(PART, ''));
  if (of && isTold(of)) return of;
  const type = name.endsWith('_bucket') ? 'histogram' : /_(total|sum|count)$/.test(name) ? 'counter' : '';
  return { type, help: own?.help ?? of?.help ?? '', unit: own?.unit ?? of?.unit ?? '' };
}

const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The metric as a selector: quoted in braces where its name needs that. */
export function selectorOf(name: string): string {
  return LEGACY_METRIC.test(name) ? name : `{${quoted(name)}}`;
}

/** A query that makes sense of the metric: counters as rates, histograms as a quantile, all else as it is. */
export function sensibleQuery(name: string, { type }: MetricFamily): string {
  const selector = selectorOf(name);
  if (name.endsWith('_bucket')) return `histogram_quantile(0.95, sum by (le) (rate(${selector}[5m])))`;
  // The sums and counts of histograms and summaries grow as counters do.
  if (type === 'counter' || ((type === 'histogram' || type === 'summary') && /_(sum|count)$/.test(name)))
    return `sum(rate(${selector}[5m]))`;
  if (type === 'histogram') return `histogram_quantile(0.95, sum(rate(${selector}[5m])))`;
  return selector;
}
