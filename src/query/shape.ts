/** From pushed columns to results: drops names whose removal was delayed, joins series that are then equal, sorts. */

import type { Histogram } from '../model/histogram.ts';
import type { Budget } from './budget.ts';
import { columnBytes, hasAny } from './exec/column.ts';
import { ColumnCopies } from './exec/column-copies.ts';
import { withoutMetricName } from './exec/metric-name.ts';
import type { Column, Operator, Steps } from './exec/operator.ts';
import { stepTime } from './exec/steps.ts';
import { mergeInto } from './exec/unique.ts';
import type { MatrixResult, MatrixSeries, VectorResult } from './result.ts';

/** Columns by final labels, in the order of their coming. Throws `execution` where two have a value at one step. */
async function collect(operator: Operator, budget: Budget, copies: ColumnCopies): Promise<Column[]> {
  const byKey = new Map<string, Column>();
  await operator.run((column) => {
    if (!hasAny(column)) return;
    if (column.dropName) column.labels = withoutMetricName(column.labels);
    const key = column.labels.key();
    const known = byKey.get(key);
    if (known !== undefined) return mergeInto(known, column);
    budget.hold(column.values.length, columnBytes(column));
    byKey.set(key, copies.copy(column));
  });
  return [...byKey.values()];
}

export async function collectVector(operator: Operator, steps: Steps, budget: Budget): Promise<VectorResult> {
  const columns = await collect(operator, budget, new ColumnCopies());
  const histograms = columns.map((c) => c.histograms?.[0]);
  return {
    type: 'vector',
    timestampMs: steps.startMs,
    labels: columns.map((c) => c.labels),
    values: Float64Array.from(columns, (c) => c.values[0]!),
    histograms: histograms.some((h) => h !== undefined) ? histograms : undefined,
  };
}

/** `onSorted` is told how many milliseconds sorting took. */
export async function collectMatrix(
  operator: Operator,
  steps: Steps,
  budget: Budget,
  onSorted: (ms: number) => void,
): Promise<MatrixResult> {
  const copies = new ColumnCopies();
  const columns = await collect(operator, budget, copies);
  const started = performance.now();
  columns.sort((a, b) => a.labels.compare(b.labels));
  onSorted(performance.now() - started);
  const allTimes = Float64Array.from({ length: steps.count }, (_, i) => stepTime(steps, i));
  const series = columns.map((column) => compact(column, allTimes, copies));
  return { type: 'matrix', grid: steps, series };
}

/** The present steps of a column, whose values are moved together in place. */
function compact(column: Column, allTimes: Float64Array, copies: ColumnCopies): MatrixSeries {
  const { labels, values, present, histograms } = column;
  if (!present.includes(0)) return { labels, timestamps: allTimes, values, histograms };
  let presentCount = 0;
  for (let i = 0; i < present.length; i++) presentCount += present[i]!;
  const timestamps = copies.floats(presentCount);
  const keptHistograms: (Histogram | undefined)[] = [];
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (present[i] === 0) continue;
    timestamps[count] = allTimes[i]!;
    values[count++] = values[i]!;
    if (histograms !== undefined) keptHistograms.push(histograms[i]);
  }
  return {
    labels,
    timestamps,
    values: values.subarray(0, count),
    histograms: histograms === undefined ? undefined : keptHistograms,
  };
}
