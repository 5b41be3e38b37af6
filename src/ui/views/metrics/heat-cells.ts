/**
 * A heatmap's cells: how many observations fell into each bucket at each step. From series with a label `le` (classic
 * buckets, each holding those below it) or from native histograms; several series are put together.
 */

import type { MatrixSeries } from '../../api/prometheus-data.ts';
import { type GraphData, numberOf, stepAt } from './graph-data.ts';

export interface HeatRow {
  /** Of the bucket; `-Inf` and `+Inf` where it has no bound. */
  readonly lower: number;
  readonly upper: number;
  /** One per step. */
  readonly counts: Float64Array;
}

export interface HeatCells {
  /** Ascending. */
  readonly rows: readonly HeatRow[];
  readonly max: number;
}

/** Undefined where the answer has neither buckets nor native histograms. */
export function heatCells(data: GraphData): HeatCells | undefined {
  const rows = data.histograms.length > 0 ? nativeRows(data) : classicRows(data);
  if (rows.length === 0) return undefined;
  let max = 0;
  for (const { counts } of rows) for (const count of counts) if (count > max) max = count;
  return { rows, max };
}

function nativeRows({ histograms, grid, timesMs }: GraphData): HeatRow[] {
  const rows = new Map<string, HeatRow>();
  const add = (lower: string, upper: string, at: number, count: number) => {
    const key = `${lower} ${upper}`;
    let row = rows.get(key);
    if (!row) {
      row = { lower: numberOf(lower), upper: numberOf(upper), counts: new Float64Array(timesMs.length) };
      rows.set(key, row);
    }
    row.counts[at]! += count;
  };
  for (const { histograms: samples = [] } of histograms as readonly MatrixSeries[]) {
    for (const [seconds, { buckets = [] }] of samples) {
      const at = stepAt(grid, seconds);
      for (const [, lower, upper, count] of buckets) add(lower, upper, at, numberOf(count));
    }
  }
  return [...rows.values()].sort((a, b) => a.lower - b.lower || a.upper - b.upper);
}

function classicRows({ columns, timesMs }: GraphData): HeatRow[] {
  const sums = new Map<number, Float64Array>();
  for (const { labels, values } of columns) {
    const bound = labels.le === undefined ? Number.NaN : numberOf(labels.le);
    if (Number.isNaN(bound)) continue;
    const sum = sums.get(bound) ?? new Float64Array(timesMs.length);
    sums.set(bound, sum);
    for (let i = 0; i < values.length; i++) sum[i]! += values[i] ?? 0;
  }
  const bounds = [...sums.keys()].sort((a, b) => a - b);
  return bounds.map((upper, i) => {
    const below = i === 0 ? undefined : sums.get(bounds[i - 1]!);
    // Buckets that were scraped at different moments may seem to shrink upwards.
    const counts = sums.get(upper)!.map((sum, at) => Math.max(0, sum - (below?.[at] ?? 0)));
    return { lower: i === 0 ? Number.NEGATIVE_INFINITY : bounds[i - 1]!, upper, counts };
  });
}
