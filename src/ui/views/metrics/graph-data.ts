/** A range query's answer as columns over one grid of steps: what a graph draws. */

import type { Labels } from '../../../model/correlate/labels.ts';
import type { MatrixSeries } from '../../api/prometheus-data.ts';
import type { Bounds } from '../../time/range.ts';

export interface Grid extends Bounds {
  readonly stepMs: number;
}

export interface Column {
  readonly labels: Labels;
  /** One per step; null where there is no sample. */
  readonly values: readonly (number | null)[];
}

export interface GraphData {
  readonly grid: Grid;
  readonly timesMs: readonly number[];
  /** Series of plain numbers. */
  readonly columns: readonly Column[];
  /** Series of native histograms, which only a heatmap can show. */
  readonly histograms: readonly MatrixSeries[];
}

/** Steps at whole multiples of the width, so that a graph that is refreshed keeps its points. */
export function gridOf({ startMs, endMs }: Bounds, stepMs: number): Grid {
  const first = Math.floor(startMs / stepMs) * stepMs;
  return { startMs: first, endMs: Math.max(first, Math.floor(endMs / stepMs) * stepMs), stepMs };
}

export function graphData(result: readonly MatrixSeries[], grid: Grid): GraphData {
  const length = Math.round((grid.endMs - grid.startMs) / grid.stepMs) + 1;
  const timesMs = Array.from({ length }, (_, i) => grid.startMs + i * grid.stepMs);
  const columns: Column[] = [];
  for (const { metric, values } of result) {
    if (!values || values.length === 0) continue;
    const column = new Array<number | null>(length).fill(null);
    for (const [seconds, value] of values) {
      const at = stepAt(grid, seconds);
      const number = numberOf(value);
      // Gaps are what a graph can show of NaN and of what is infinite.
      if (Number.isFinite(number)) column[at] = number;
    }
    columns.push({ labels: metric, values: column });
  }
  return { grid, timesMs, columns, histograms: result.filter((one) => (one.histograms?.length ?? 0) > 0) };
}

export function stepAt({ startMs, stepMs }: Grid, seconds: number): number {
  return Math.round((seconds * 1000 - startMs) / stepMs);
}

/** A value as the API writes it. */
export function numberOf(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** The last value of a column; undefined where it has none. */
export function lastOf(values: Column['values']): number | undefined {
  return values.findLast((value) => value !== null) ?? undefined;
}
