/** What the series of a metric differ in: the queries that count, and what their answers say. */

import type { QueryAnswer } from '../../api/prometheus.ts';
import { quoted, quotedName } from '../../correlate/labels.ts';

/** Each label is a query over all series of the metric. */
export const LABELS_MAX = 25;
/** Values shown of a label. */
export const VALUES_MAX = 50;

export function seriesSelector(metric: string): string {
  return `{__name__=${quoted(metric)}}`;
}

export function countSeries(metric: string): string {
  return `count(${seriesSelector(metric)})`;
}

/** How many values a label has. */
export function countValues(metric: string, label: string): string {
  return `count(count by (${quotedName(label)}) (${seriesSelector(metric)}))`;
}

/** Which values have the most series. */
export function topValues(metric: string, label: string): string {
  return `topk(${VALUES_MAX}, count by (${quotedName(label)}) (${seriesSelector(metric)}))`;
}

/** The one number of an answer; 0 where nothing was found. */
export function numberOf({ data }: QueryAnswer): number {
  if (data.resultType !== 'vector') return 0;
  return Number(data.result[0]?.value?.[1] ?? 0);
}

export interface ValueCount {
  readonly name: string;
  readonly value: number;
}

/** The most first; series without the label are called so. */
export function valueCounts({ data }: QueryAnswer, label: string): readonly ValueCount[] {
  if (data.resultType !== 'vector') return [];
  return data.result
    .map(({ metric, value }) => ({ name: metric[label] ?? '(without it)', value: Number(value?.[1] ?? 0) }))
    .sort((a, b) => b.value - a.value);
}
