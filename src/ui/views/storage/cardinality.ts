/** What the series of a metric differ in: the queries that count, and what their answers say. */

import { quoted, quotedName } from '../../../model/correlate/labels.ts';
import { type InstantAnswer, vectorRows } from '../../api/vector.ts';

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
export function numberOf(answer: InstantAnswer): number {
  return vectorRows(answer)[0]?.value ?? 0;
}

export interface ValueCount {
  readonly name: string;
  readonly value: number;
}

/** The most first; series without the label are called so. */
export function valueCounts(answer: InstantAnswer, label: string): readonly ValueCount[] {
  return vectorRows(answer)
    .map(({ labels, value }) => ({ name: labels[label] ?? '(without it)', value }))
    .sort((a, b) => b.value - a.value);
}
