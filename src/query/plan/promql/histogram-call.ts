/** PromQL's functions of histograms. */

import type { Histogram } from '../../../model/histogram.ts';
import { HistogramFunctionOperator } from '../../exec/histogram/function-operator.ts';
import { histogramVariance } from '../../exec/histogram/native-quantile.ts';
import type { Call, Expr } from '../../lang/promql/ast.ts';
import type { MapNode, PlanNode, VectorNode } from '../nodes.ts';
import { uniqueAfterNameDrop } from '../unique-names.ts';
import { stringArgument, unwrap } from './expr-shape.ts';
import type { Lowering } from './lowering.ts';

/** Numbers of one native histogram. */
const PROPERTIES: Readonly<Record<string, (h: Histogram) => number>> = {
  histogram_count: (h) => h.count,
  histogram_sum: (h) => h.sum,
  histogram_avg: (h) => h.sum / h.count,
  histogram_stdvar: histogramVariance,
  histogram_stddev: (h) => Math.sqrt(histogramVariance(h)),
};

export function lowerHistogramCall(lowering: Lowering, call: Call): PlanNode | undefined {
  const { args, name } = call;
  const property = PROPERTIES[name];
  if (property !== undefined) return lowerProperty(lowering, call, property);
  switch (name) {
    case 'histogram_quantile':
      return lowerFunction(lowering, call, 'quantile', args[1]!, [args[0]!], undefined);
    case 'histogram_fraction':
      return lowerFunction(lowering, call, 'fraction', args[2]!, [args[0]!, args[1]!], undefined);
    case 'histogram_quantiles':
      return lowerFunction(lowering, call, 'quantiles', args[0]!, args.slice(2), stringArgument(args[1]!));
    default:
      return undefined;
  }
}

function lowerProperty(lowering: Lowering, call: Call, property: (h: Histogram) => number): VectorNode {
  const lower = () => lowering.vector(call.args[0]!);
  const node: MapNode = {
    kind: 'map',
    span: call.span,
    input: call.name.includes('std') ? lower() : lowering.within('unneeded', lower),
    params: [],
    apply: () => (column) => {
      const { histograms, values, present } = column;
      if (histograms === undefined) return false;
      for (let i = 0; i < present.length; i++) {
        const h = histograms[i];
        if (h === undefined) present[i] = 0;
        else if (present[i] === 1) values[i] = property(h);
      }
      column.histograms = undefined;
      return true;
    },
    name: lowering.dropName,
  };
  return lowering.dropName === 'drop' ? uniqueAfterNameDrop(node, node.input, 'merge') : node;
}

function lowerFunction(
  lowering: Lowering,
  call: Call,
  kind: 'quantile' | 'quantiles' | 'fraction',
  vector: Expr,
  params: readonly Expr[],
  label: string | undefined,
): VectorNode {
  const input = lowering.within('needed', () => lowering.vector(vector));
  const options = {
    kind,
    label,
    delayNameRemoval: lowering.settings.delayNameRemoval,
    span: unwrap(vector).span,
    paramSpans: params.map((p) => unwrap(p).span),
    by: call.span,
  };
  const node: VectorNode = {
    kind: 'custom',
    label: call.name,
    span: call.span,
    inputs: [input, ...params.map((p) => lowering.scalar(p))],
    operator: ([first, ...rest], steps, context) =>
      new HistogramFunctionOperator(first!, rest, steps, options, context),
  };
  // The same φ twice gives equal labels.
  if (kind === 'quantiles') return { kind: 'unique', span: call.span, input: node, mode: 'merge' };
  return lowering.dropName === 'drop' ? uniqueAfterNameDrop(node, input, 'merge') : node;
}
