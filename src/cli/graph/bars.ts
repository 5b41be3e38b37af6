/** Values side by side as bars: instant vectors, and the buckets of native histograms. */

import type { HistogramPoint, LabelSet, VectorItem } from '../../client/answer.ts';
import { cellsOf, cut, fill, paint, plain, STYLES } from '../print/cells.ts';
import { distinguish, printHistogram, printLabels, printShort } from '../print/values.ts';
import type { GraphStyle } from './line-graph.ts';

const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const BAR_STYLE = '36';
/** Of a line at most, so that bars have room. */
const LABEL_SHARE = 0.45;

interface Bar {
  readonly label: string;
  readonly value: number;
}

/** Lines: labels that all have alike once, then a bar each; histograms below, a bar a bucket. */
export function vectorBars(samples: readonly VectorItem[], style: GraphStyle): string[] {
  const { common, own } = distinguish(samples.map(({ labels }) => labels));
  const lines = head(common, style);
  const bars = samples.flatMap(({ value, histogram }, at) =>
    histogram ? [] : [{ label: printLabels(own[at]!), value }],
  );
  lines.push(...barLines(bars, style));
  for (const [at, { histogram }] of samples.entries()) {
    if (histogram) lines.push(...histogramBars(own[at]!, histogram, style));
  }
  return lines;
}

/** Lines: the series with its count and sum, then a bar for each bucket. */
export function histogramBars(labels: LabelSet, histogram: HistogramPoint, style: GraphStyle): string[] {
  const bars = histogram.buckets.map(({ lower, upper, lowerInclusive, upperInclusive, count }) => {
    const bounds = `${printShort(lower)}, ${printShort(upper)}`;
    return { label: `${lowerInclusive ? '[' : '('}${bounds}${upperInclusive ? ']' : ')'}`, value: count };
  });
  const title = `${printLabels(labels)}  ${printHistogram(histogram)}`;
  return [cut(plain(title), style.width), ...barLines(bars, style)];
}

function head(common: LabelSet, { width, color }: GraphStyle): string[] {
  if (Object.keys(common).length === 0) return [];
  return [paint(cut(plain(printLabels(common)), width), STYLES.dim, color)];
}

/** None wider than the style's width. */
export function barLines(bars: readonly Bar[], { width, ascii, color }: GraphStyle): string[] {
  const labels = bars.map(({ label }) => plain(label));
  const values = bars.map(({ value }) => printShort(value));
  const labelCells = Math.min(Math.max(0, ...labels.map(cellsOf)), Math.floor(width * LABEL_SHARE));
  const valueCells = Math.max(0, ...values.map(cellsOf));
  const barCells = width - labelCells - valueCells - 4;
  const largest = Math.max(0, ...bars.map(({ value }) => Math.abs(value)).filter(Number.isFinite));
  return bars.map(({ value }, at) => {
    if (barCells < 1) return cut(`${labels[at]}  ${values[at]}`, width);
    const cells = fill(bar(value, largest, barCells, ascii), barCells);
    return `${fill(labels[at]!, labelCells)}  ${paint(cells, BAR_STYLE, color)}  ${fill(values[at]!, valueCells, 'right')}`;
  });
}

/** By the size of the value; negative ones are lighter, infinite ones full, and what is no number has none. */
function bar(value: number, largest: number, cells: number, ascii: boolean): string {
  const share = Math.abs(value) === Number.POSITIVE_INFINITY ? 1 : Math.abs(value) / largest;
  if (!(share > 0)) return '';
  if (ascii) return (value < 0 ? '-' : '#').repeat(Math.max(1, Math.round(share * cells)));
  if (value < 0) return '░'.repeat(Math.max(1, Math.round(share * cells)));
  const eighths = Math.max(1, Math.round(share * cells * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + PARTS[eighths % 8]!;
}
