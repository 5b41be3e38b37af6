/** Series over time as lines in the terminal. What is no finite number is a gap, and so is a time without a value. */

import type { Series } from '../../client/answer.ts';
import { cellsOf, cut, fill, paint, plain, STYLES } from '../print/cells.ts';
import { distinguish, printLabels, printShort } from '../print/values.ts';
import { Canvas, markOf, styleOf } from './canvas.ts';
import { type Scale, shareOf, tickLabels, timeTicks, valueScale } from './scale.ts';

export interface GraphStyle {
  /** Cells of a line. */
  readonly width: number;
  /** Rows of the drawing. */
  readonly height: number;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly utc: boolean;
}

/** More cannot be told apart. */
export const SERIES_MAX = 20;
const WIDTH_MIN = 16;
const HEIGHT_MIN = 3;
/** Rows between two numbers of the axis, about. */
const ROWS_PER_TICK = 4;
const CELLS_PER_TIME = 14;
/** Points further apart than so many steps have something missing between them. */
const GAP_STEPS = 1.5;

interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

/** Lines of text, none wider than the style's width. */
export function lineGraph(all: readonly Series[], style: GraphStyle): string[] {
  const { width } = style;
  if (width < WIDTH_MIN) return [cut('too narrow for a graph', width)];
  const series = all.slice(0, SERIES_MAX);
  const bounds = boundsOf(series);
  if (!bounds) return [cut('there is no number to draw', width)];
  const rows = Math.max(HEIGHT_MIN, style.height);
  const scale = valueScale(bounds.min, bounds.max, Math.max(1, Math.floor(rows / ROWS_PER_TICK)));
  const labels = tickLabels(scale.ticks);
  const labelCells = Math.min(Math.max(...labels.map(cellsOf)), Math.floor(width / 3));
  const marks = style.ascii || (!style.color && series.length > 1);
  const canvas = new Canvas(width - labelCells - 1, rows, { marks, color: style.color });
  const stepMs = smallestStep(series);
  for (const [at, { points }] of series.entries()) drawSeries(canvas, points, at, bounds, scale, stepMs);
  const tickRows = new Map(
    scale.ticks.map((tick, at) => [
      canvas.rowOf(dotOf(1 - shareOf(tick, scale), canvas.height)),
      labels[at]!,
    ]),
  );
  const axis = style.ascii ? { tick: '+', line: '|' } : { tick: '┤', line: '│' };
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const label = tickRows.get(row);
    const left = fill(label ?? '', labelCells, 'right') + (label === undefined ? axis.line : axis.tick);
    lines.push(left + canvas.text(row));
  }
  return [
    ...lines,
    ...timeAxis(bounds, canvas.columns, labelCells, style),
    ...legend(all, series, marks, style),
  ];
}

function boundsOf(series: readonly Series[]): (Range & { min: number; max: number }) | undefined {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [startMs, endMs] = [min, max];
  for (const { points } of series) {
    for (const { timeMs, value } of points) {
      startMs = Math.min(startMs, timeMs);
      endMs = Math.max(endMs, timeMs);
      if (!Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  return min <= max ? { min, max, startMs, endMs } : undefined;
}

function smallestStep(series: readonly Series[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { points } of series) {
    for (let at = 1; at < points.length; at++) {
      const step = points[at]!.timeMs - points[at - 1]!.timeMs;
      if (step > 0 && step < least) least = step;
    }
  }
  return least;
}

function dotOf(share: number, dots: number): number {
  return Math.round(share * (dots - 1));
}

function drawSeries(
  canvas: Canvas,
  points: Series['points'],
  at: number,
  { startMs, endMs }: Range,
  scale: Scale,
  stepMs: number,
): void {
  let before: { x: number; y: number; ms: number } | undefined;
  for (const { timeMs: ms, value } of points) {
    if (!Number.isFinite(value)) {
      before = undefined;
      continue;
    }
    const x = dotOf(endMs > startMs ? (ms - startMs) / (endMs - startMs) : 0, canvas.width);
    const y = dotOf(1 - shareOf(value, scale), canvas.height);
    const from = before && ms - before.ms <= stepMs * GAP_STEPS ? before : { x, y };
    canvas.line(from.x, from.y, x, y, at);
    before = { x, y, ms };
  }
}

function timeAxis({ startMs, endMs }: Range, columns: number, indent: number, style: GraphStyle): string[] {
  const [corner, line, tick] = style.ascii ? ['+', '-', '+'] : ['└', '─', '┬'];
  const marks = Array.from({ length: columns }, () => line!);
  let labels = '';
  for (const { ms, label } of timeTicks(startMs, endMs, columns / CELLS_PER_TIME, style.utc)) {
    const column = dotOf(endMs > startMs ? (ms - startMs) / (endMs - startMs) : 0, columns);
    const from = Math.max(0, Math.min(columns - label.length, column - Math.floor(label.length / 2)));
    if (labels !== '' && from <= labels.length) continue;
    marks[column] = tick!;
    labels = labels.padEnd(from) + label;
  }
  const space = ' '.repeat(indent);
  return [space + corner + marks.join(''), `${space} ${cut(labels, columns)}`.trimEnd()];
}

/** What all have in common once, then a line a series with its last value. */
function legend(
  all: readonly Series[],
  series: readonly Series[],
  marks: boolean,
  { width, color, ascii }: GraphStyle,
): string[] {
  const { common, own } = distinguish(all.map(({ labels }) => labels));
  const lines =
    Object.keys(common).length > 0 ? [paint(cut(plain(printLabels(common)), width), STYLES.dim, color)] : [];
  for (const [at, { points }] of series.entries()) {
    const mark = marks ? markOf(at) : '━━';
    const last = points.findLast(({ value }) => Number.isFinite(value));
    const told = last ? `  ${printShort(last.value)}` : '';
    const name = cut(plain(printLabels(own[at]!)), Math.max(1, width - cellsOf(mark) - 1 - told.length));
    lines.push(`${paint(mark, styleOf(at), color)} ${cut(name + told, width - cellsOf(mark) - 1)}`);
  }
  const left = all.length - series.length;
  const dots = ascii ? '...' : '…';
  if (left > 0) lines.push(cut(`${dots} and ${left} more series, which are not drawn`, width));
  return lines;
}
