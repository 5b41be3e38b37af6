/** From plan nodes to operators: one operator per node, for one grid of steps. */

import { unreachable } from '../../base/assert.ts';
import type { PlanNode, RangeSource } from '../plan/nodes.ts';
import { SampleCount } from '../sample-count.ts';
import { AbsentOperator } from './absent.ts';
import { AggregateOperator } from './aggregate.ts';
import { ScalarBinaryOperator, VectorScalarOperator } from './binary.ts';
import type { ExecContext } from './context.ts';
import { CountValuesOperator } from './count-values.ts';
import { FixedOperator } from './fixed.ts';
import { LimitOperator } from './limit.ts';
import { MapOperator } from './map.ts';
import type { Operator, Steps } from './operator.ts';
import { RangeOperator } from './range-operator.ts';
import { ConstantOperator, ScalarMapOperator, ScalarOfOperator, TimeOperator } from './scalar.ts';
import { RangeSelect, type WindowSource } from './select-range.ts';
import { InstantSelectOperator } from './select-vector.ts';
import { SetOperator } from './set-ops.ts';
import { singleStep } from './steps.ts';
import { Subquery } from './subquery.ts';
import { TopkOperator } from './topk.ts';
import { UniqueOperator } from './unique.ts';
import { VectorBinaryOperator } from './vector-binary.ts';

export function buildOperator(node: PlanNode, steps: Steps, context: ExecContext): Operator {
  const build = (input: PlanNode) => buildOperator(input, steps, context);
  switch (node.kind) {
    case 'constant':
      return new ConstantOperator(node.value, steps);
    case 'time':
      return new TimeOperator(steps);
    case 'scalar_of':
      return new ScalarOfOperator(build(node.input), steps);
    case 'scalar_map':
      return new ScalarMapOperator(node.inputs.map(build), steps, node.apply);
    case 'scalar_binary':
      return new ScalarBinaryOperator(build(node.left), build(node.right), steps, node.options.op);
    case 'leaf':
      return node.operator(steps, context);
    case 'instant_select':
      return new InstantSelectOperator({ ...node, ...node.shift }, steps, context);
    case 'vector_of':
      return build(node.input);
    case 'fixed':
      if (steps.count === 1) return build(node.input);
      return buildFixed(node.input, steps, context);
    case 'custom':
      return node.operator(node.inputs.map(build), steps, context);
    default:
      return buildVector(node, steps, context);
  }
}

function buildFixed(input: PlanNode, steps: Steps, context: ExecContext): Operator {
  const { counts } = context;
  const single = singleStep(steps.startMs);
  const once = counts && new SampleCount(single);
  const operator = buildOperator(input, single, { ...context, counts: once });
  return new FixedOperator(operator, steps, () => {
    if (once !== undefined) counts?.repeat(once);
  });
}

type OtherNode = Exclude<
  PlanNode,
  {
    kind:
      | 'constant'
      | 'time'
      | 'scalar_of'
      | 'scalar_map'
      | 'scalar_binary'
      | 'leaf'
      | 'instant_select'
      | 'vector_of'
      | 'fixed'
      | 'custom';
  }
>;

function buildVector(node: OtherNode, steps: Steps, context: ExecContext): Operator {
  const build = (input: PlanNode) => buildOperator(input, steps, context);
  const { annotations, budget } = context;
  switch (node.kind) {
    case 'range': {
      const kernel = (params: readonly Float64Array[]) => node.kernel(params, steps, context);
      const source = buildSource(node.source, steps, context);
      const options = { kernel, name: node.name, span: node.notesAt, by: node.span };
      return new RangeOperator(source, node.params.map(build), steps, options, context);
    }
    case 'map': {
      const make = (params: readonly Float64Array[]) => node.apply(params, steps, context);
      return new MapOperator(build(node.input), node.params.map(build), steps, { make, name: node.name });
    }
    case 'vector_scalar': {
      const vector = build(node.vector);
      const scalar = build(node.scalar);
      return new VectorScalarOperator(vector, scalar, node.vectorSide, steps, node.options, annotations);
    }
    case 'vector_binary': {
      const options = { ...node.options, matching: node.matching };
      return new VectorBinaryOperator(
        build(node.left),
        build(node.right),
        steps,
        options,
        annotations,
        budget,
      );
    }
    case 'set':
      return new SetOperator(build(node.left), build(node.right), steps, node, budget);
    case 'aggregate': {
      const param = node.param && build(node.param);
      const options = { ...node, param, span: node.inputSpan, by: node.span };
      return new AggregateOperator(build(node.input), steps, options, annotations, budget);
    }
    case 'topk': {
      const options = { ...node, param: build(node.param) };
      return new TopkOperator(build(node.input), steps, options, annotations, budget);
    }
    case 'limit': {
      const options = { ...node, param: build(node.param), paramSpan: node.param.span };
      return new LimitOperator(build(node.input), steps, options, annotations, budget);
    }
    case 'count_values':
      return new CountValuesOperator(build(node.input), steps, node, budget);
    case 'unique':
      return new UniqueOperator(build(node.input), node.mode, budget);
    case 'absent':
      return new AbsentOperator(build(node.input), steps, node.matchers);
    default:
      return unreachable(node, 'plan node');
  }
}

/** The windows that a range kernel or, `bare`, an instant query for raw samples reads. */
export function buildSource(
  source: RangeSource,
  steps: Steps,
  context: ExecContext,
  bare = false,
): WindowSource {
  if (source.kind === 'subquery') {
    // Inputs may take turns on one label set; a window must see them as one series.
    const build = (inner: Steps, within: ExecContext) =>
      new UniqueOperator(buildOperator(source.input, inner, within), 'merge', within.budget);
    return new Subquery(build, { ...source, ...source.shift, bare }, steps, context);
  }
  const { edges, lookbackMs } = source;
  return new RangeSelect(
    {
      ...source,
      ...source.shift,
      beforeMs: edges === 'plain' ? 0 : lookbackMs,
      afterMs: edges === 'smoothed' ? lookbackMs : 0,
    },
    steps,
    context,
  );
}
