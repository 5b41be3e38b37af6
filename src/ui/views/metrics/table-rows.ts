/** An instant query's answer as rows of a table: their order, their columns, and their text to be copied. */

import { type Labels, labelsText } from '../../../model/correlate/labels.ts';
import type { HistogramValue, QueryData, SamplePoint } from '../../api/prometheus-data.ts';
import { numberOf } from './graph-data.ts';

export interface TableRow {
  readonly labels: Labels;
  readonly values: readonly SamplePoint[];
  readonly histograms: readonly (readonly [seconds: number, histogram: HistogramValue])[];
}

/** Vectors have one value per row, range vectors all that were in the range. */
export function tableRows(data: QueryData): readonly TableRow[] {
  if (data.resultType === 'matrix') {
    return data.result.map(({ metric, values = [], histograms = [] }) => ({
      labels: metric,
      values,
      histograms,
    }));
  }
  if (data.resultType !== 'vector') return [];
  return data.result.map(({ metric, value, histogram }) => ({
    labels: metric,
    values: value ? [value] : [],
    histograms: histogram ? [histogram] : [],
  }));
}

/** What a table is sorted by: a label, `value`, or the order of the answer where it is undefined. */
export interface Sorting {
  readonly by: string;
  readonly isDescending: boolean;
}

export const BY_VALUE = ' value';
/** All labels as one text. */
export const BY_SERIES = ' series';

export function sorted(rows: readonly TableRow[], sorting: Sorting | undefined): readonly TableRow[] {
  if (!sorting) return rows;
  const { by, isDescending } = sorting;
  const sign = isDescending ? -1 : 1;
  if (by === BY_VALUE) return rows.toSorted((a, b) => sign * byNumber(sampleOf(a), sampleOf(b)));
  const textOf = by === BY_SERIES ? labelTexts(rows) : (row: TableRow) => row.labels[by] ?? '';
  return rows.toSorted((a, b) => sign * ORDER.compare(textOf(a), textOf(b)));
}

/** `2` before `10`. */
const ORDER = new Intl.Collator('en', { numeric: true });

function labelTexts(rows: readonly TableRow[]): (row: TableRow) => string {
  const texts = new Map(rows.map((row) => [row, labelsText(row.labels)]));
  return (row) => texts.get(row)!;
}

/** The newest value; of a histogram its count. */
function sampleOf({ values, histograms }: TableRow): number {
  const last = values.at(-1)?.[1] ?? histograms.at(-1)?.[1].count;
  return last === undefined ? Number.NaN : numberOf(last);
}

/** What is no number comes last, whichever way. */
function byNumber(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The labels' names, the metric's first. */
export function labelColumns(rows: readonly TableRow[]): readonly string[] {
  const names = new Set<string>();
  for (const { labels } of rows) for (const name of Object.keys(labels)) names.add(name);
  return [...names].sort(
    (a, b) => Number(b === '__name__') - Number(a === '__name__') || ORDER.compare(a, b),
  );
}

/** Lines of columns with tabs between them, as spreadsheets take them. */
export function tableText(rows: readonly TableRow[]): string {
  const columns = labelColumns(rows);
  const plain = (text: string) => text.replace(/[\t\n\r]/g, ' ');
  const lines = rows.map((row) => {
    const value = row.values.at(-1)?.[1] ?? histogramText(row.histograms.at(-1)?.[1]);
    return [...columns.map((name) => plain(row.labels[name] ?? '')), value].join('\t');
  });
  return [[...columns, 'value'].join('\t'), ...lines].join('\n');
}

function histogramText(histogram: HistogramValue | undefined): string {
  return histogram ? `count ${histogram.count} sum ${histogram.sum}` : '';
}
