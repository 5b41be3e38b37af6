/** Metric queries over logs: plans the query, runs it on a grid and collects the columns as a result. */

import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { Budget } from '../budget.ts';
import { Annotations } from '../exec/annotations.ts';
import { buildOperator } from '../exec/build.ts';
import type { Operator, Sink, Steps } from '../exec/operator.ts';
import { stepTime } from '../exec/steps.ts';
import type { MetricExpr } from '../lang/logql/ast.ts';
import type { MatrixSeries, ResultData } from '../result.ts';
import type { ServiceContext } from '../service.ts';
import { lowerLogql, resultOrder } from './lower.ts';
import { QUERY_SERIES_MAX } from './query-limits.ts';
import type { ScanStats } from './scan.ts';

interface Collected {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

/**
 * A matrix for a range of steps, whose times have `timeNs` nanoseconds beside their milliseconds; for an `instant` a vector, or a scalar where the query is a number.
 */
export async function runMetricQuery(
  expr: MetricExpr,
  steps: Steps,
  grid: { readonly instant: boolean; readonly timeNs: number },
  { storage, signal, query }: ServiceContext,
  stats: ScanStats,
): Promise<ResultData> {
  const context = { storage, budget: new Budget(signal, query), annotations: new Annotations() };
  const operator = buildOperator(lowerLogql(expr, { ...grid, stats }), steps, context);
  const series: Collected[] = [];
  const seriesMax = query?.logSeriesMax ?? QUERY_SERIES_MAX;
  await runInWords(operator, (column) => {
    if (!column.present.includes(1)) return;
    if (series.length >= seriesMax) {
      throw new TriliteError(
        'limit',
        `maximum number of series (${seriesMax}) reached for a single query; consider reducing query cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions like sum(), count() or topk()`,
      );
    }
    series.push({ labels: column.labels, values: column.values.slice(), present: column.present.slice() });
  });
  if (!grid.instant) return { type: 'matrix', series: toMatrix(series, steps) };
  if (expr.kind === 'literal') return { type: 'scalar', timestampMs: steps.startMs, value: expr.value };
  sortVector(series, expr);
  return {
    type: 'vector',
    timestampMs: steps.startMs,
    labels: series.map((s) => s.labels),
    values: Float64Array.from(series, (s) => s.values[0]!),
    histograms: undefined,
  };
}

/** Of duplicates in a match the original names the side only. */
async function runInWords(operator: Operator, sink: Sink): Promise<void> {
  try {
    await operator.run(sink);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const side = /^found duplicate series for the match group .* on the (left|right) hand-side/s.exec(
      error.message,
    );
    if (!side) throw error;
    throw new TriliteError(
      error.kind,
      `found duplicate series on the ${side[1]} hand-side;many-to-many matching not allowed: matching labels must be unique on one side`,
    );
  }
}

function sortVector(series: Collected[], expr: MetricExpr): void {
  series.sort((a, b) => a.labels.compare(b.labels));
  const order = resultOrder(expr);
  if (order === 'labels') return;
  const sign = order === 'ascending' ? 1 : -1;
  series.sort((a, b) => {
    const x = a.values[0]!;
    const y = b.values[0]!;
    // NaN comes last either way.
    if (x !== x || y !== y) return x !== x ? (y !== y ? 0 : 1) : -1;
    return sign * (x - y);
  });
}

function toMatrix(series: readonly Collected[], steps: Steps): MatrixSeries[] {
  const all = Float64Array.from({ length: steps.count }, (_, i) => stepTime(steps, i));
  const out = series.map(({ labels, values, present }): MatrixSeries => {
    const complete = !present.includes(0);
    return {
      labels,
      timestamps: complete ? all : all.filter((_, i) => present[i] === 1),
      values: complete ? values : values.filter((_, i) => present[i] === 1),
      histograms: undefined,
    };
  });
  return out.sort((a, b) => a.labels.compare(b.labels));
}
