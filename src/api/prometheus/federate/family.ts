/** What federation exposes: samples under their metric's name and type, with the labels that a scraper is to see. */

import type { Histogram } from '../../../model/histogram.ts';
import { type Labels, METRIC_NAME } from '../../../model/labels.ts';
import { type ExpositionFormat, escapeName } from './format.ts';

/** The newest sample of a series. */
export interface Newest {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number;
  readonly histogram: Histogram | undefined;
}

export interface Metric extends Omit<Newest, 'labels'> {
  /** Name, value, name, value …, without the metric's own name. */
  readonly pairs: readonly string[];
}

export interface Family {
  readonly name: string;
  readonly type: 'untyped' | 'histogram' | 'gauge_histogram';
  readonly metrics: Metric[];
}

function typeOf(histogram: Histogram | undefined): Family['type'] {
  if (!histogram) return 'untyped';
  return histogram.reset === 'gauge' ? 'gauge_histogram' : 'histogram';
}

/**
 * `series` are sorted by name. A name with samples of several types becomes several families. Series without a name
 * cannot be exposed. `external` are added where a series does not have them, and `instance`, though it be empty, lest the
 * scraper add its own.
 */
export function familiesOf(
  series: Iterable<Newest>,
  external: Labels,
  { escaping }: ExpositionFormat,
): Family[] {
  const families: Family[] = [];
  const added = [...external.pairs];
  if (!external.has('instance')) added.push('instance', '');
  const names = added.filter((_, i) => i % 2 === 0).sort();
  for (const { labels, ...sample } of series) {
    if (!labels.has(METRIC_NAME)) continue;
    const name = escapeName(labels.get(METRIC_NAME), escaping);
    const type = typeOf(sample.histogram);
    let family = families.at(-1);
    if (family?.name !== name || family.type !== type) families.push((family = { name, type, metrics: [] }));
    const pairs: string[] = [];
    for (let i = 0; i < labels.pairs.length; i += 2) {
      const own = labels.pairs[i]!;
      if (own !== METRIC_NAME) pairs.push(escapeName(own, escaping), labels.pairs[i + 1]!);
    }
    for (const own of names) if (!labels.has(own)) pairs.push(escapeName(own, escaping), external.get(own));
    family.metrics.push({ ...sample, pairs });
  }
  return families;
}

/** Upper bounds and cumulative counts of a histogram with custom buckets; the bucket to +Inf is left to the reader. */
export function classicBuckets(
  h: Histogram,
  countAt: (index: number) => number,
): [le: number, count: number][] {
  let count = 0;
  return h.customBounds.map((bound, index) => [bound, (count += countAt(index))]);
}
