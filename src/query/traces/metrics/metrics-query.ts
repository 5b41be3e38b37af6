/** Runs a TraceQL metrics query over a grid. */

import { TriliteError } from '../../../model/errors.ts';
import type { TraceReader } from '../../../storage/interface.ts';
import type { Hint, MetricExpression, MetricScalar } from '../../lang/traceql/ast.ts';
import { parseQuery } from '../../lang/traceql/parser.ts';
import { filterSamples, math, rank } from './combine.ts';
import { compare } from './compare.ts';
import { measure } from './measure.ts';
import type { Grid, Series } from './series.ts';

const EXEMPLARS_MAX = 100;

export interface MetricsQuery {
  readonly expression: MetricExpression;
  readonly hints: readonly Hint[];
}

/** Throws `bad_data` in the words of the original, also where the query is a search. */
export function parseMetricsQuery(text: string): MetricsQuery {
  try {
    const query = parseQuery(text);
    if (query.kind === 'metrics') return query;
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    throw new TriliteError(error.kind, `compiling query: ${error.message}`, error.span);
  }
  throw new TriliteError('bad_data', 'not a metrics query');
}

/** The hint wins over the parameter; without either there are as many as may be. */
export function exemplarsOf(query: MetricsQuery, parameter: number): number {
  const hint = query.hints.find((h) => h.name === 'exemplars')?.value;
  if (hint?.type === 'bool') return hint.value ? EXEMPLARS_MAX : 0;
  const wanted = hint?.type === 'int' ? hint.value : parameter;
  return wanted > 0 ? Math.min(wanted, EXEMPLARS_MAX) : EXEMPLARS_MAX;
}

export async function runMetrics(
  reader: TraceReader,
  query: MetricsQuery,
  grid: Grid,
  exemplarsMax: number,
  signal: AbortSignal,
): Promise<Series[]> {
  const evaluate = async (node: MetricExpression): Promise<Series[]> => {
    switch (node.kind) {
      case 'metric-function':
        return measure(reader, node, grid, exemplarsMax, signal);
      case 'compare':
        return compare(reader, node, grid, signal);
      case 'metric-filter':
        return filterSamples(await evaluate(node.input), node.op, node.threshold);
      case 'metric-rank':
        return rank(await evaluate(node.input), node.op, node.n);
      default:
        return math(node.op, await operand(node.left), await operand(node.right));
    }
  };
  const operand = async (node: MetricExpression | MetricScalar) =>
    node.kind === 'metric-scalar' ? node.value : evaluate(node);
  return evaluate(query.expression);
}
