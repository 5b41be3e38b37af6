/** PromQL's functions as plan nodes, by family. */

import { TriliteError } from '../../../model/errors.ts';
import { DATE_PARTS } from '../../exec/function/dates.ts';
import { clampTo, elementwise, largerOf, MATH, roundTo, smallerOf } from '../../exec/function/elementwise.ts';
import type { ColumnFunction } from '../../exec/map.ts';
import { stepTime } from '../../exec/steps.ts';
import type { Call, Expr } from '../../lang/promql/ast.ts';
import type { MapNode, PlanNode, ScalarNode, VectorNode } from '../nodes.ts';
import { uniqueAfterNameDrop } from '../unique-names.ts';
import { unwrap } from './expr-shape.ts';
import { lowerHistogramCall } from './histogram-call.ts';
import { lowerLabelCall } from './label-call.ts';
import type { Lowering } from './lowering.ts';
import { lowerRangeCall } from './range-call.ts';

export function lowerCall(lowering: Lowering, call: Call): PlanNode {
  return (
    lowerScalarCall(lowering, call) ??
    lowerRangeCall(lowering, call) ??
    lowerMap(lowering, call) ??
    lowerLabelCall(lowering, call) ??
    lowerHistogramCall(lowering, call) ??
    unsupported(call)
  );
}

function unsupported(call: Call): never {
  throw new TriliteError('execution', `function ${call.name} is not supported`, call.span);
}

function constant(call: Call, value: number): ScalarNode {
  return { kind: 'constant', span: call.span, value };
}

/** Functions that yield scalars, and `vector`, `absent`. */
function lowerScalarCall(lowering: Lowering, call: Call): PlanNode | undefined {
  const { span, args, name } = call;
  const { startMs, endMs, stepMs } = lowering.settings;
  switch (name) {
    case 'time':
      return { kind: 'time', span };
    case 'pi':
      return constant(call, Math.PI);
    case 'start':
      return constant(call, startMs / 1000);
    case 'end':
      return constant(call, endMs / 1000);
    case 'step':
      return constant(call, startMs === endMs ? 0 : stepMs / 1000);
    case 'range':
      return constant(call, (endMs - startMs) / 1000);
    case 'max_of':
    case 'min_of':
      return {
        kind: 'scalar_map',
        span,
        inputs: args.map((arg) => lowering.scalar(arg)),
        apply: name === 'max_of' ? largerOf : smallerOf,
      };
    case 'scalar':
      return { kind: 'scalar_of', span, input: lowering.vector(args[0]!) };
    case 'vector':
      return { kind: 'vector_of', span, input: lowering.scalar(args[0]!) };
    case 'absent': {
      const arg = unwrap(args[0]!);
      const matchers = arg.kind === 'vector_selector' ? arg.matchers : [];
      return { kind: 'absent', span, input: lowering.vector(arg), matchers };
    }
    default:
      return undefined;
  }
}

/** Functions of one element. */
function lowerMap(lowering: Lowering, call: Call): VectorNode | undefined {
  const { args, name } = call;
  const math = MATH[name];
  if (math !== undefined) return map(lowering, call, args[0]!, [], () => elementwise(math));
  const date = DATE_PARTS[name];
  if (date !== undefined) {
    if (args.length > 0) return map(lowering, call, args[0]!, [], () => elementwise(date));
    const time: ScalarNode = { kind: 'time', span: call.span };
    return mapNode(lowering, call, { kind: 'vector_of', span: call.span, input: time }, [], () =>
      elementwise(date),
    );
  }
  switch (name) {
    case 'round':
      return map(lowering, call, args[0]!, args.slice(1), ([to], n) =>
        roundTo(to ?? new Float64Array(n).fill(1)),
      );
    case 'clamp':
      return map(lowering, call, args[0]!, args.slice(1), ([min, max]) => clampTo(min, max));
    case 'clamp_min':
      return map(lowering, call, args[0]!, args.slice(1), ([min]) => clampTo(min, undefined));
    case 'clamp_max':
      return map(lowering, call, args[0]!, args.slice(1), ([max]) => clampTo(undefined, max));
    case 'timestamp':
    case 'start_timestamp':
      return lowerTimestamp(lowering, call);
    default:
      return undefined;
  }
}

type MakeFunction = (params: readonly Float64Array[], stepCount: number) => ColumnFunction;

function map(
  lowering: Lowering,
  call: Call,
  input: Expr,
  params: readonly Expr[],
  make: MakeFunction,
): VectorNode {
  return mapNode(lowering, call, lowering.vector(input), params, make);
}

function mapNode(
  lowering: Lowering,
  call: Call,
  input: VectorNode,
  params: readonly Expr[],
  make: MakeFunction,
): VectorNode {
  const node: MapNode = {
    kind: 'map',
    span: call.span,
    input,
    params: params.map((p) => lowering.scalar(p)),
    apply: (values, steps) => make(values, steps.count),
    name: lowering.dropName,
  };
  return lowering.dropName === 'drop' ? uniqueAfterNameDrop(node, input, 'merge') : node;
}

/** The sample's own time where the argument is a selector, else the step's. */
function lowerTimestamp(lowering: Lowering, call: Call): VectorNode {
  const arg = unwrap(call.args[0]!);
  const yields = call.name === 'timestamp' ? 'timestamp' : 'start_timestamp';
  if (arg.kind === 'vector_selector') {
    return mapNode(lowering, call, lowering.select(arg, yields), [], () => () => true);
  }
  const node: MapNode = {
    kind: 'map',
    span: call.span,
    input: lowering.vector(arg),
    params: [],
    apply: (_params, steps) => (column) => {
      column.histograms = undefined;
      if (yields === 'start_timestamp') return false;
      for (let i = 0; i < steps.count; i++) column.values[i] = stepTime(steps, i) / 1000;
      return true;
    },
    name: lowering.dropName,
  };
  return lowering.dropName === 'drop' ? uniqueAfterNameDrop(node, node.input, 'merge') : node;
}
