/**
 * Numbers over time out of spans, for a graph: a series per label set on one grid of moments. What `compare` answers is no graph:
 * it becomes rows that say how much more often a value is among the selected spans than among the others.
 */

import {
  type ExemplarJson,
  type KeyValue,
  type MetricsAnswer,
  type SeriesJson,
  valueText,
} from '../../api/tempo-answers.ts';

export interface TraceSeries {
  readonly name: string;
  /** One per moment; null where there is none. */
  readonly values: readonly (number | null)[];
}

/** A span that stands for others at its moment. */
export interface TraceExample {
  readonly traceId: string;
  readonly atMs: number;
  readonly value: number;
}

export interface TraceGraph {
  readonly timesMs: readonly number[];
  readonly series: readonly TraceSeries[];
  readonly examples: readonly TraceExample[];
}

export function traceGraph({ series = [] }: MetricsAnswer): TraceGraph {
  const moments = new Set<number>();
  for (const { samples = [] } of series)
    for (const { timestampMs } of samples) moments.add(Number(timestampMs));
  const timesMs = [...moments].sort((a, b) => a - b);
  const at = new Map(timesMs.map((time, i) => [time, i]));
  const drawn = series.map((one) => {
    const values: (number | null)[] = timesMs.map(() => null);
    for (const { timestampMs, value } of one.samples ?? [])
      values[at.get(Number(timestampMs))!] = Number(value ?? 0);
    return { name: seriesName(one.labels ?? []), values };
  });
  return {
    timesMs,
    series: drawn,
    examples: series.flatMap(({ exemplars = [] }) => exemplars.flatMap(example)),
  };
}

function example({ labels = [], value, timestampMs }: ExemplarJson): TraceExample[] {
  const id = labels.find(({ key }) => key === 'trace:id' || key === 'traceID');
  const number = Number(value ?? 0);
  if (!id || !Number.isFinite(number)) return [];
  return [{ traceId: valueText(id.value), atMs: Number(timestampMs), value: number }];
}

/** Values alone where their names go without saying: one label, or a function's name. */
function seriesName(labels: readonly KeyValue[]): string {
  if (labels.length === 1) return valueText(labels[0]!.value);
  return labels.map(({ key, value }) => `${key}=${valueText(value)}`).join(', ') || 'value';
}

export interface Difference {
  readonly attribute: string;
  readonly value: string;
  /** Of all selected spans that have the attribute, and of the others: between 0 and 1. */
  readonly selected: number;
  readonly others: number;
  readonly selectedCount: number;
}

export interface Comparison {
  /** What tells the selected spans from the others best comes first. */
  readonly differences: readonly Difference[];
  readonly selectedCount: number;
  readonly othersCount: number;
}

/** What `compare` answers. */
export function comparison({ series = [] }: MetricsAnswer): Comparison {
  const counts = new Map<string, { attribute: string; value: string; selection: number; baseline: number }>();
  const totals = { selection: new Map<string, number>(), baseline: new Map<string, number>() };
  for (const one of series) {
    const meta = valueText(one.labels?.find(({ key }) => key === '__meta_type')?.value);
    const attribute = one.labels?.find(({ key }) => !key.startsWith('__'));
    if (!attribute) continue;
    const side = meta.startsWith('selection') ? 'selection' : 'baseline';
    const sum = sumOf(one);
    if (meta.endsWith('_total')) {
      totals[side].set(attribute.key, sum);
      continue;
    }
    const value = valueText(attribute.value);
    const key = `${attribute.key}\0${value}`;
    const found = counts.get(key) ?? { attribute: attribute.key, value, selection: 0, baseline: 0 };
    found[side] += sum;
    counts.set(key, found);
  }
  const differences = [...counts.values()].map(({ attribute, value, selection, baseline }) => ({
    attribute,
    value,
    selected: selection / (totals.selection.get(attribute) || 1),
    others: baseline / (totals.baseline.get(attribute) || 1),
    selectedCount: selection,
  }));
  differences.sort((a, b) => Math.abs(b.selected - b.others) - Math.abs(a.selected - a.others));
  const most = (of: ReadonlyMap<string, number>) => [...of.values()].reduce((a, b) => Math.max(a, b), 0);
  return { differences, selectedCount: most(totals.selection), othersCount: most(totals.baseline) };
}

function sumOf({ samples = [] }: SeriesJson): number {
  return samples.reduce((sum, { value }) => sum + Number(value ?? 0), 0);
}
