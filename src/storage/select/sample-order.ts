/** Puts the samples of a series in order: ascending, no timestamp twice (the first that came stays). */

import { wordsOf } from '../../model/sample.ts';
import type { SampleColumns } from '../interface.ts';

export function orderSamples(columns: SampleColumns): void {
  const t = columns.timestamps;
  const n = columns.count;
  let ascending = true;
  for (let i = 1; i < n; i++) {
    if (t[i]! <= t[i - 1]!) {
      ascending = false;
      break;
    }
  }
  if (ascending) return;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  order.sort((a, b) => t[a]! - t[b]! || a - b);
  const times = new Float64Array(t.length);
  const values = new Float64Array(t.length);
  const from = wordsOf(columns.values);
  const to = wordsOf(values);
  const histograms = columns.histograms ? ([] as (typeof columns.histograms)[number][]) : undefined;
  const starts = columns.startTimestamps ? new Float64Array(t.length) : undefined;
  let k = 0;
  for (let j = 0; j < n; j++) {
    const i = order[j]!;
    if (k > 0 && times[k - 1] === t[i]!) continue;
    times[k] = t[i]!;
    to[2 * k] = from[2 * i]!;
    to[2 * k + 1] = from[2 * i + 1]!;
    if (histograms) histograms[k] = columns.histograms![i];
    if (starts) starts[k] = columns.startTimestamps![i]!;
    k++;
  }
  columns.timestamps = times;
  columns.values = values;
  columns.histograms = histograms;
  columns.startTimestamps = starts;
  columns.count = k;
}
