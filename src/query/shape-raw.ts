/** The answer to an instant query for a range vector: the raw samples of its only window. */

import type { Histogram } from '../model/histogram.ts';
import type { Budget } from './budget.ts';
import { COLUMN_BASE_BYTES, histogramBytes } from './exec/column.ts';
import { withoutMetricName } from './exec/metric-name.ts';
import { sampleAfter, sampleBefore } from './exec/range/edges.ts';
import type { WindowSource } from './exec/select-range.ts';
import type { SeriesWindows } from './exec/series-windows.ts';
import { interpolate } from './exec/smoothed.ts';
import type { MatrixResult, MatrixSeries } from './result.ts';

const RAW_SAMPLE_BYTES = 16;

/** `edges` other than `plain` add a value at the window's start and end, from samples up to the lookback away. */
export async function collectRaw(
  source: WindowSource,
  edges: 'plain' | 'anchored' | 'smoothed',
  lookbackMs: number,
  budget: Budget,
): Promise<MatrixResult> {
  const series: MatrixSeries[] = [];
  await source.run((windows, dropName) => {
    const labels = dropName ? withoutMetricName(windows.labels) : windows.labels;
    const points = windows.histograms === undefined ? floats(windows, edges, lookbackMs) : mixed(windows);
    if (points.timestamps.length === 0) return;
    budget.hold(points.timestamps.length, rawBytes(points));
    series.push({ labels, ...points });
  });
  series.sort((a, b) => a.labels.compare(b.labels));
  return { type: 'matrix', series };
}

/** Time and value of each sample; histograms beside. */
function rawBytes({ timestamps, histograms }: Points): number {
  let bytes = COLUMN_BASE_BYTES + timestamps.length * RAW_SAMPLE_BYTES;
  for (const h of histograms ?? []) if (h !== undefined) bytes += histogramBytes(h);
  return bytes;
}

type Points = Omit<MatrixSeries, 'labels'>;

function floats(w: SeriesWindows, edges: 'plain' | 'anchored' | 'smoothed', lookbackMs: number): Points {
  const lo = w.lo[0]!;
  const hi = w.hi[0]!;
  const timestamps = w.times.slice(lo, hi);
  const values = w.values.slice(lo, hi);
  if (edges === 'plain' || lo === hi) return { timestamps, values, histograms: undefined };
  const end = w.firstEnd;
  const start = end - w.range;
  const smooth = edges === 'smoothed';
  const before = sampleBefore(w.times, lo, start, lookbackMs);
  const after = smooth ? sampleAfter(w.times, w.count, hi, end, lookbackMs) : undefined;
  const between = (a: number, b: number, t: number) =>
    interpolate(w.times[a]!, w.values[a]!, w.times[b]!, w.values[b]!, t);
  const left = before === undefined ? values[0]! : smooth ? between(before, lo, start) : w.values[before]!;
  const times = [start, ...timestamps];
  const all = [left, ...values];
  if (times.at(-1)! < end) {
    times.push(end);
    all.push(after === undefined ? values.at(-1)! : between(hi - 1, after, end));
  }
  return { timestamps: Float64Array.from(times), values: Float64Array.from(all), histograms: undefined };
}

/** Special case: floats and histograms of one series, merged by time. */
function mixed(w: SeriesWindows): Points {
  const h = w.histograms!;
  const hi = w.hi[0]!;
  const hHi = h.hi[0]!;
  let f = w.lo[0]!;
  let g = h.lo[0]!;
  const count = hi - f + (hHi - g);
  const timestamps = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms: (Histogram | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    const takeFloat = g >= hHi || (f < hi && w.times[f]! < h.times[g]!);
    timestamps[i] = takeFloat ? w.times[f]! : h.times[g]!;
    if (takeFloat) values[i] = w.values[f++]!;
    histograms.push(takeFloat ? undefined : h.samples[g++]);
  }
  return { timestamps, values, histograms };
}
