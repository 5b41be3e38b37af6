/**
 * From the loose tree to the typed one: decides for every expression whether it is a set of spans, a scalar
 * filter, a metric or a number, and refuses combinations that mean nothing.
 */

import type {
  AggregateName,
  Compare,
  ComparisonOperator,
  FieldExpression,
  Literal,
  MetricExpression,
  MetricFunction,
  MetricFunctionName,
  MetricMath,
  MetricScalar,
  Pipeline,
  Query,
  Reference,
  ScalarFilter,
  SpansetExpression,
  SpansetOperator,
  Stage,
} from './ast.ts';
import { Fault } from './fault.ts';
import { foldArithmetic } from './fold.ts';
import type { RawArgument, RawExpression, RawOperand, RawPipeline, RawQuery, RawStage } from './raw.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=']);
const SPANSET_OPERATORS: ReadonlySet<string> = new Set([
  '&&',
  '||',
  ...['>', '<', '>>', '<<', '~'].flatMap((relation) => [relation, `!${relation}`, `&${relation}`]),
]);
const MATH: ReadonlySet<string> = new Set(['+', '-', '*', '/']);

const GROUPS_MAX = 5;
/** Quantiles and histograms put a label of their own beside the groups'. */
const GROUPS_WITH_BUCKETS_MAX = 4;
const COMPARE_TOP_N_DEFAULT = 10;
const COMPARE_TOP_N_MAX = 1000;

type Shape =
  | { readonly is: 'spansets'; readonly node: SpansetExpression }
  | { readonly is: 'scalar-filter'; readonly node: ScalarFilter }
  | {
      readonly is: 'aggregate';
      readonly name: AggregateName;
      readonly expression: FieldExpression | undefined;
    }
  | { readonly is: 'metric'; readonly node: MetricExpression }
  | { readonly is: 'number'; readonly literal: Literal }
  | { readonly is: 'pipeline'; readonly pipeline: Pipeline };

export function shapeQuery(raw: RawQuery): Query {
  const shape = shapePipeline(raw.pipeline);
  const { hints } = raw;
  switch (shape.is) {
    case 'metric':
      return { kind: 'metrics', expression: shape.node, hints };
    case 'pipeline':
      return { kind: 'search', pipeline: shape.pipeline, hints };
    case 'spansets':
      return { kind: 'search', pipeline: { stages: [shape.node] }, hints };
    case 'scalar-filter':
      return { kind: 'search', pipeline: { stages: [shape.node] }, hints };
    default:
      throw new Fault('a query selects spans or computes a metric of them', raw.pipeline.stages[0]!.at);
  }
}

/** A pipeline of one stage keeps that stage's shape: the parentheses around it were only grouping. */
function shapePipeline(raw: RawPipeline): Shape {
  const [first, ...rest] = raw.stages as [RawStage, ...RawStage[]];
  let stages: Stage[] = [];
  let metric: MetricExpression | undefined;
  if (first.kind === 'expression') {
    const shape = shapeWhole(first.expression);
    if (rest.length === 0) return shape;
    if (shape.is === 'metric') metric = shape.node;
    else if (shape.is === 'spansets' || shape.is === 'scalar-filter') stages.push(shape.node);
    else throw new Fault('a pipeline begins with spans', first.at);
    if (shape.is === 'spansets' && combinesPipelines(shape.node)) {
      throw new Fault('nothing may follow a combination of pipelines', rest[0]!.at);
    }
  } else if (first.kind === 'coalesce') throw new Fault('a pipeline cannot begin with coalesce()', first.at);
  else stages.push(shapeStage(first));
  for (const stage of rest) {
    if (metric) metric = secondMetricStage(stage, metric);
    else if (stage.kind !== 'expression') stages.push(shapeStage(stage));
    else if (hasMetricFunction(stage.expression)) {
      metric = metricStage(stage.expression, { stages });
      stages = [];
    } else stages.push(shapeStage(stage));
  }
  return metric ? { is: 'metric', node: metric } : { is: 'pipeline', pipeline: { stages } };
}

function shapeStage(stage: RawStage): Stage {
  switch (stage.kind) {
    case 'by': {
      if (stage.expressions.length !== 1) throw new Fault('by() takes one expression', stage.at);
      return { kind: 'by', expression: stage.expressions[0]!, at: stage.at };
    }
    case 'select':
      return { kind: 'select', references: references(stage.expressions, 'select()'), at: stage.at };
    case 'coalesce':
      return { kind: 'coalesce', at: stage.at };
    default: {
      const shape = shapeWhole(stage.expression);
      if (shape.is === 'spansets' && !combinesPipelines(shape.node)) return shape.node;
      if (shape.is === 'scalar-filter') return shape.node;
      throw new Fault('a pipeline stage filters spans, groups or aggregates them', stage.at);
    }
  }
}

function references(expressions: readonly FieldExpression[], where: string): Reference[] {
  return expressions.map((e) => {
    if (e.kind === 'attribute' || e.kind === 'intrinsic') return e;
    throw new Fault(`${where} takes attributes and intrinsics`, e.at);
  });
}

/** An expression that is no part of another. What it begins with says what its operands are: sets of spans or pipelines. */
function shapeWhole(raw: RawExpression): Shape {
  const shape = shapeExpression(raw);
  if (shape.is !== 'spansets' || !combinesPipelines(shape.node)) return shape;
  let first = shape.node;
  while (first.kind === 'spanset-binary') first = first.left;
  if (first.kind !== 'wrapped') throw new Fault('pipelines combine only behind another pipeline', raw.at);
  return shape;
}

function shapeExpression(raw: RawExpression): Shape {
  if (raw.kind === 'binary') return shapeBinary(raw);
  return shapeOperand(raw);
}

function shapeOperand(raw: RawOperand): Shape {
  switch (raw.kind) {
    case 'filter':
      return { is: 'spansets', node: raw };
    case 'constant':
      return { is: 'number', literal: raw.literal };
    case 'aggregate':
      return { is: 'aggregate', name: aggregateName(raw), expression: raw.expression };
    case 'group': {
      const shape = shapePipeline(raw.pipeline);
      if (shape.is === 'scalar-filter') {
        return wrapped({ stages: [shape.node] }, raw.at);
      }
      return shape.is === 'pipeline' ? wrapped(shape.pipeline, raw.at) : shape;
    }
    default:
      throw new Fault(`unexpected ${raw.name}`, raw.at);
  }
}

function wrapped(pipeline: Pipeline, at: number): Shape {
  return { is: 'spansets', node: { kind: 'wrapped', pipeline, at } };
}

function aggregateName(raw: {
  name: string;
  expression: FieldExpression | undefined;
  at: number;
}): AggregateName {
  if ((raw.name === 'count') !== (raw.expression === undefined)) {
    throw new Fault(
      raw.name === 'count' ? 'count() takes no argument' : `${raw.name}() takes an argument`,
      raw.at,
    );
  }
  return raw.name as AggregateName;
}

function combinesPipelines(node: SpansetExpression): boolean {
  if (node.kind === 'spanset-binary') return combinesPipelines(node.left) || combinesPipelines(node.right);
  return node.kind === 'wrapped';
}

function shapeBinary(raw: RawExpression & { kind: 'binary' }): Shape {
  const { op, at } = raw;
  const left = shapeExpression(raw.left);
  const right = shapeExpression(raw.right);
  if (left.is === 'spansets' && right.is === 'spansets') {
    if (!SPANSET_OPERATORS.has(op)) throw new Fault(`unexpected ${op} between sets of spans`, at);
    const pipelines = [left.node, right.node].map(combinesPipelines);
    if (pipelines[0] !== pipelines[1] && (pipelines[0] ? raw.right : raw.left).kind !== 'group') {
      throw new Fault('pipelines combine only with parenthesised pipelines', at);
    }
    const node = {
      kind: 'spanset-binary',
      op: op as SpansetOperator,
      left: left.node,
      right: right.node,
      at,
    } as const;
    return { is: 'spansets', node };
  }
  if (left.is === 'aggregate' && right.is === 'number' && COMPARISONS.has(op)) {
    const node: ScalarFilter = {
      kind: 'scalar-filter',
      aggregate: left.name,
      expression: left.expression,
      op: op as ComparisonOperator,
      value: right.literal,
      at,
    };
    return { is: 'scalar-filter', node };
  }
  if (left.is === 'number' && right.is === 'number') return foldNumbers(op, left.literal, right.literal, at);
  if (left.is === 'metric' && right.is === 'number' && COMPARISONS.has(op)) {
    return { is: 'metric', node: metricFilter(op, left.node, right.literal, at) };
  }
  if (MATH.has(op)) {
    const a = mathOperand(left, at);
    const b = mathOperand(right, at);
    return { is: 'metric', node: { kind: 'metric-math', op: op as MetricMath['op'], left: a, right: b, at } };
  }
  throw new Fault(`operands of ${op} do not go together or are not yet supported`, at);
}

function mathOperand(shape: Shape, at: number): MetricExpression | MetricScalar {
  if (shape.is === 'metric') return notCompare(shape.node);
  if (shape.is === 'number' && (shape.literal.type === 'int' || shape.literal.type === 'float')) {
    const { type, value } = shape.literal;
    return { kind: 'metric-scalar', value, integer: type === 'int', at: shape.literal.at };
  }
  throw new Fault('arithmetic takes parenthesised metrics queries and numbers', at);
}

function foldNumbers(op: string, left: Literal, right: Literal, at: number): Shape {
  const plain = [left, right].every((l) => l.type === 'int' || l.type === 'float');
  const folded = plain && MATH.has(op) ? foldArithmetic(op as MetricMath['op'], left, right) : undefined;
  if (folded === undefined) throw new Fault(`${op} cannot be applied to these constants`, at);
  return { is: 'number', literal: folded };
}

// ------------------------------------------------------------------------------------------------ metrics

function hasMetricFunction(raw: RawExpression): boolean {
  if (raw.kind === 'binary') return hasMetricFunction(raw.left);
  return raw.kind === 'function';
}

/** `rate()`, `rate() > 5`: the first metrics stage, on the spans of `pipeline`. */
function metricStage(raw: RawExpression, pipeline: Pipeline): MetricExpression {
  if (raw.kind === 'function')
    return raw.name === 'compare' ? compare(raw, pipeline) : metricFunction(raw, pipeline);
  if (raw.kind !== 'binary') throw new Fault('a metrics function is expected', raw.at);
  return metricFilter(raw.op, metricStage(raw.left, pipeline), numberOf(raw.right), raw.at);
}

/** `| topk(5)`, `| topk(5) > 10`. */
function secondMetricStage(stage: RawStage, input: MetricExpression): MetricExpression {
  if (stage.kind !== 'expression')
    throw new Fault('only topk, bottomk and comparisons may follow a metric', stage.at);
  return rankStage(stage.expression, input);
}

function rankStage(raw: RawExpression, input: MetricExpression): MetricExpression {
  if (raw.kind === 'rank') {
    if (raw.n.type !== 'int' || raw.n.value <= 0)
      throw new Fault(`${raw.name} takes a positive integer`, raw.at);
    const op = raw.name === 'topk' ? 'topk' : 'bottomk';
    return { kind: 'metric-rank', op, n: raw.n.value, input: notCompare(input), at: raw.at };
  }
  if (raw.kind !== 'binary')
    throw new Fault('only topk, bottomk and comparisons may follow a metric', raw.at);
  return metricFilter(raw.op, rankStage(raw.left, input), numberOf(raw.right), raw.at);
}

function numberOf(raw: RawExpression): Literal {
  const shape = shapeExpression(raw);
  if (shape.is !== 'number') throw new Fault('a number is expected', raw.at);
  return shape.literal;
}

function metricFilter(op: string, input: MetricExpression, literal: Literal, at: number): MetricExpression {
  if (!COMPARISONS.has(op)) throw new Fault(`unexpected ${op} behind a metric`, at);
  if (literal.type !== 'int' && literal.type !== 'float' && literal.type !== 'duration') {
    throw new Fault('a metric is compared with a number', literal.at);
  }
  const threshold = literal.type === 'duration' ? literal.value / 1e9 : literal.value;
  return {
    kind: 'metric-filter',
    op: op as ComparisonOperator,
    threshold,
    literal,
    input: notCompare(input),
    at,
  };
}

function notCompare(node: MetricExpression): MetricExpression {
  if (node.kind === 'compare')
    throw new Fault('compare() cannot be combined with other metrics stages', node.at);
  return node;
}

function metricFunction(raw: RawOperand & { kind: 'function' }, pipeline: Pipeline): MetricFunction {
  const name = raw.name as MetricFunctionName;
  const args = raw.args.map((arg) => {
    if (arg.kind === 'filter') throw new Fault(`${name}() does not take a filter`, arg.at);
    return arg;
  });
  const counts = name === 'rate' || name === 'count_over_time';
  const reference = counts ? undefined : references(args.slice(0, 1), `${name}()`)[0];
  if (!counts && reference === undefined) throw new Fault(`${name}() takes an attribute`, raw.at);
  const rest = args.slice(counts ? 0 : 1);
  const quantiles = name === 'quantile_over_time' ? rest.map(quantile) : [];
  if (name === 'quantile_over_time' ? quantiles.length === 0 : rest.length > 0) {
    throw new Fault(`wrong number of arguments of ${name}()`, raw.at);
  }
  const by = references(raw.by, 'by()');
  const bucketed = name === 'quantile_over_time' || name === 'histogram_over_time';
  const max = bucketed ? GROUPS_WITH_BUCKETS_MAX : GROUPS_MAX;
  if (by.length > max) throw new Fault(`${name}() takes at most ${max} groupings`, raw.at);
  return { kind: 'metric-function', pipeline, name, reference, quantiles, by, at: raw.at };
}

function quantile(arg: FieldExpression): number {
  if (
    arg.kind === 'literal' &&
    (arg.type === 'int' || arg.type === 'float') &&
    arg.value >= 0 &&
    arg.value <= 1
  ) {
    return arg.value;
  }
  throw new Fault('a quantile is a number between 0 and 1', arg.at);
}

function compare(raw: RawOperand & { kind: 'function' }, pipeline: Pipeline): Compare {
  const [selection, ...rest] = raw.args as [RawArgument?, ...RawArgument[]];
  if (selection?.kind !== 'filter') throw new Fault('compare() takes a filter in braces first', raw.at);
  if (raw.by.length > 0) throw new Fault('compare() cannot be grouped', raw.at);
  if (![0, 1, 3].includes(rest.length)) throw new Fault('wrong number of arguments of compare()', raw.at);
  const [topN = COMPARE_TOP_N_DEFAULT, startNs = 0n, endNs = 0n] = rest.map(integer);
  if (topN <= 0 || topN > COMPARE_TOP_N_MAX)
    throw new Fault(`compare() shows between 1 and ${COMPARE_TOP_N_MAX} values`, raw.at);
  if (rest.length === 3 && BigInt(startNs) >= BigInt(endNs)) {
    throw new Fault('compare(): the start must be before the end', raw.at);
  }
  const bounds = { startNs: BigInt(startNs), endNs: BigInt(endNs) };
  return {
    kind: 'compare',
    pipeline,
    selection: selection.expression,
    topN: Number(topN),
    ...bounds,
    at: raw.at,
  };
}

function integer(arg: RawArgument): bigint {
  if (arg.kind === 'literal' && arg.type === 'int') return arg.exact ?? BigInt(arg.value);
  throw new Fault('an integer is expected', arg.at);
}
