/** The answer to an instant query for a range vector: the raw samples of its only window. */

import { TriliteError } from '../model/errors.ts';
import type { Histogram } from '../model/histogram.ts';
import type { Budget } from './budget.ts';
import { COLUMN_BASE_BYTES, histogramBytes } from './exec/column.ts';
import { withoutMetricName } from './exec/metric-name.ts';
import { anyNear, sampleAfter, sampleBefore } from './exec/range/edges.ts';
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
    const { histograms } = windows;
    if (edges !== 'plain' && histograms && anyNear(histograms, 0, windows, { edges, lookback: lookbackMs })) {
      throw new TriliteError('execution', `${edges} modifier is not supported with histograms`);
    }
    const points =
      histograms === undefined || edges !== 'plain' ? floats(windows, edges, lookbackMs) : mixed(windows);
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
  if (edges !== 'plain') return extendedFloats(w, lo, hi, edges === 'smoothed', lookbackMs);
  return { timestamps: w.times.slice(lo, hi), values: w.values.slice(lo, hi), histograms: undefined };
}

/** The window's samples between values at its start and end, which come from the samples around those. */
function extendedFloats(
  { times, values, count, firstEnd: end, range }: SeriesWindows,
  lo: number,
  hi: number,
  smooth: boolean,
  lookbackMs: number,
): Points {
  const start = end - range;
  const before = sampleBefore(times, lo, start, lookbackMs);
  const atEnd = hi > lo && times[hi - 1] === end;
  const after = smooth && !atEnd ? sampleAfter(times, count, hi, end, lookbackMs) : undefined;
  const first = before ?? lo;
  const last = after ?? hi - 1;
  if (last < first || times[last]! <= start) {
    return { timestamps: new Float64Array(0), values: new Float64Array(0), histograms: undefined };
  }
  const between = (a: number, t: number) =>
    interpolate(times[a]!, values[a]!, times[a + 1]!, values[a + 1]!, t);
  const left = smooth && times[first]! < start ? between(first, start) : values[first]!;
  const right = smooth && last > first && times[last]! > end ? between(last - 1, end) : values[last]!;
  const from = times[first]! <= start ? first + 1 : first;
  const to = times[last]! >= end ? last : last + 1;
  return {
    timestamps: Float64Array.of(start, ...times.subarray(from, to), end),
    values: Float64Array.of(left, ...values.subarray(from, to), right),
    histograms: undefined,
  };
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
