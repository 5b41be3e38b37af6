/** Answers as tables. */

import type { FoundTrace, LabelSet, Series, VectorItem } from '../../client/answer.ts';
import { printAttribute } from '../graph/waterfall.ts';
import { cut, paint, plain, STYLES } from './cells.ts';
import { labelNames } from './csv.ts';
import { type Column, type TableStyle, tableLines } from './table.ts';
import { printClock, printDuration } from './times.ts';
import { distinguish, printHistogram, printLabels, printShort, printValue } from './values.ts';

const LEVELS = '▁▂▃▄▅▆▇█';
/** Characters that show how a series went. */
const TREND_CELLS = 20;

export interface AnswerTableStyle extends TableStyle {
  readonly utc: boolean;
  readonly ascii: boolean;
}

/** Labels that differ as columns, the value last; what is equal everywhere stands once above. */
export function vectorTable(samples: readonly VectorItem[], style: AnswerTableStyle): string[] {
  const { columns, rows, lines } = labelColumns(
    samples.map(({ labels }) => labels),
    style,
  );
  const values = samples.map(({ value, histogram }) =>
    histogram ? printHistogram(histogram) : printValue(value),
  );
  const table = tableLines(
    [...columns, { title: 'value', align: 'right' }],
    rows.map((row, at) => [...row, values[at]!]),
    style,
  );
  return [...lines, ...table];
}

/** A row a series: how it went, and its last, least, mean and greatest value. */
export function matrixTable(series: readonly Series[], style: AnswerTableStyle): string[] {
  const { columns, rows, lines } = labelColumns(
    series.map(({ labels }) => labels),
    style,
  );
  const numbers: Column[] = ['last', 'min', 'avg', 'max', 'points'].map((title) => ({
    title,
    align: 'right',
  }));
  const trend: Column[] = style.ascii ? [] : [{ title: 'trend', style: STYLES.cyan }];
  const table = tableLines(
    [...columns, ...trend, ...numbers],
    series.map((one, at) => [...rows[at]!, ...(style.ascii ? [] : [trendOf(one)]), ...summary(one)]),
    style,
  );
  return [...lines, ...table];
}

export function tracesTable(traces: readonly FoundTrace[], style: AnswerTableStyle): string[] {
  const asked = traces.map(({ spanSets }) => {
    const pairs = spanSets.flatMap(({ spans }) =>
      spans.flatMap(({ attributes }) => Object.entries(attributes)),
    );
    return [...new Set(pairs.map(([name, value]) => `${name}=${printAttribute(value)}`))].join(' ');
  });
  const hasAttributes = asked.some((text) => text !== '');
  const columns: Column[] = [
    { title: 'trace' },
    { title: 'start' },
    { title: 'service' },
    { title: 'root' },
    { title: 'duration', align: 'right' },
    { title: 'matched', align: 'right' },
    { title: 'errors', align: 'right' },
    ...(hasAttributes ? [{ title: 'attributes', style: STYLES.dim }] : []),
  ];
  const rows = traces.map((trace, at) => [
    trace.traceId,
    printClock(Number(trace.startNs / 1_000_000n), style.utc),
    trace.rootServiceName,
    trace.rootTraceName,
    printDuration(trace.durationMs * 1e6),
    String(trace.spanSets.reduce((sum, { matched }) => sum + matched, 0)),
    String(Object.values(trace.services).reduce((sum, { errors }) => sum + errors, 0)),
    ...(hasAttributes ? [asked[at]!] : []),
  ]);
  return tableLines(columns, rows, style);
}

export function labelSetTable(sets: readonly LabelSet[], style: AnswerTableStyle): string[] {
  const { columns, rows, lines } = labelColumns(sets, style);
  return [...lines, ...(columns.length > 0 ? tableLines(columns, rows, style) : [])];
}

function labelColumns(sets: readonly LabelSet[], { width, color }: AnswerTableStyle) {
  const { common, own } = distinguish(sets);
  const names = labelNames(own);
  // The name of a metric comes first.
  names.sort((a, b) => Number(b === '__name__') - Number(a === '__name__'));
  const columns: Column[] = names.map((name) => ({ title: name === '__name__' ? 'metric' : name }));
  const told = plain(printLabels(common));
  const lines = Object.keys(common).length > 0 ? [paint(cut(told, width), STYLES.dim, color)] : [];
  return { columns, rows: own.map((set) => names.map((name) => set[name] ?? '')), lines };
}

function summary({ points, histograms }: Series): string[] {
  const last = points.at(-1);
  if (!last) {
    const histogram = histograms.at(-1);
    return [histogram ? printHistogram(histogram) : '', '', '', '', String(histograms.length)];
  }
  const finite = points.map(({ value }) => value).filter(Number.isFinite);
  const least = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const mean = finite.reduce((sum, value) => sum + value / finite.length, 0);
  const shown = finite.length === 0 ? ['', '', ''] : [least, mean, most].map(printShort);
  return [printShort(last.value), ...shown, String(points.length + histograms.length)];
}

/** The series' mean in so many equal parts of its points; a space where there is none. */
function trendOf({ points }: Series): string {
  const cells = Math.min(TREND_CELLS, points.length);
  const means = Array.from({ length: cells }, (_, at) => {
    const part = points.slice(
      Math.floor((at * points.length) / cells),
      Math.floor(((at + 1) * points.length) / cells),
    );
    const finite = part.map(({ value }) => value).filter(Number.isFinite);
    return finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value / finite.length, 0);
  });
  const finite = means.filter(Number.isFinite);
  const [min, max] = [Math.min(...finite), Math.max(...finite)];
  return means.map((mean) => levelOf(mean, min, max)).join('');
}

function levelOf(value: number, min: number, max: number): string {
  if (!Number.isFinite(value)) return ' ';
  if (!(max > min)) return LEVELS[0]!;
  const share = (value / 2 - min / 2) / (max / 2 - min / 2);
  return LEVELS[Math.round(Math.min(1, Math.max(0, share)) * (LEVELS.length - 1))]!;
}
