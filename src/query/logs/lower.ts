/**
 * From a metric query's tree to plan nodes. Range functions become leaves over entries; aggregations, binary
 * operators and sorting are the engine's. A sum's grouping is pushed into counting range functions, so that the
 * leaf makes one series per group and parsers stop at the labels needed.
 */

import { unreachable } from '../../base/assert.ts';
import { TriliteError } from '../../model/errors.ts';
import { compileCapture, compileExpand } from '../../model/regex.ts';
import { floatElementOp } from '../exec/element-op.ts';
import type {
  BinaryExpr,
  Grouping,
  LabelReplaceExpr,
  LogqlExpr,
  MetricExpr,
  RangeAggExpr,
  RangeOp,
  Stage,
  VectorAggExpr,
} from '../lang/logql/ast.ts';
import type { PlanNode, ScalarNode, VectorNode } from '../plan/nodes.ts';
import { LogRangeOperator } from './extract.ts';
import type { ScanStats } from './scan.ts';

const PUSHABLE: ReadonlySet<RangeOp> = new Set([
  'rate',
  'count_over_time',
  'bytes_rate',
  'bytes_over_time',
  'sum_over_time',
]);

const ALL: Grouping = { without: false, names: [] };

export interface LowerOptions {
  /** Whether the query is evaluated at one time only. */
  readonly instant: boolean;
  /** Nanoseconds of the steps' times within their millisecond. */
  readonly timeNs: number;
  /** Where leaves count what they read. */
  readonly stats: ScanStats;
}

/** Throws `TriliteError` where the query cannot be evaluated. */
export function lowerLogql(expr: MetricExpr, options: LowerOptions): PlanNode {
  switch (expr.kind) {
    case 'literal':
      return { kind: 'constant', value: expr.value, span: undefined };
    case 'vector':
      return {
        kind: 'vector_of',
        input: { kind: 'constant', value: expr.value, span: undefined },
        span: undefined,
      };
    case 'range-agg':
      return leaf(expr, undefined, options);
    case 'vector-agg':
      return lowerAggregation(expr, options);
    case 'binary':
      return lowerBinary(expr, options);
    case 'label-replace':
      return lowerLabelReplace(expr, options);
    default:
      return unreachable(expr, 'expression');
  }
}

/** Without `line_format` stages whose line nobody reads: they neither run nor fail. */
function withoutIdleFormats(agg: RangeAggExpr): RangeAggExpr {
  const { stages } = agg.log;
  if (agg.op === 'bytes_rate' || agg.op === 'bytes_over_time') return agg;
  const lastReader = stages.findLastIndex((stage) => LINE_READERS.has(stage.kind));
  const kept = stages.filter((stage, i) => stage.kind !== 'line-format' || i < lastReader);
  return { ...agg, log: { ...agg.log, stages: kept } };
}

const LINE_READERS: ReadonlySet<Stage['kind']> = new Set([
  'line-filter',
  'json',
  'logfmt',
  'regexp',
  'pattern',
  'unpack',
]);

function leaf(range: RangeAggExpr, pushed: Grouping | undefined, options: LowerOptions): VectorNode {
  const agg = withoutIdleFormats(range);
  return {
    kind: 'leaf',
    span: undefined,
    operator: (steps, context) =>
      new LogRangeOperator(agg, pushed, steps, context, options.stats, options.timeNs),
  };
}

function vectorInput(expr: MetricExpr, options: LowerOptions): VectorNode {
  if (expr.kind === 'literal')
    throw new TriliteError(
      'execution',
      'unexpected expr type (*syntax.LiteralExpr) for Evaluator type (*logql.DefaultEvaluator) ',
    );
  return lowerLogql(expr, options) as VectorNode;
}

function constant(value: number): ScalarNode {
  return { kind: 'constant', value, span: undefined };
}

/** Labels that are empty are forgotten by whatever makes label sets anew. */
function withoutEmptyLabels(input: VectorNode): VectorNode {
  return {
    kind: 'map',
    input,
    params: [],
    name: 'keep',
    span: undefined,
    apply: () => (column) => {
      column.labels = column.labels.filter((name) => column.labels.has(name));
      return true;
    },
  };
}

function lowerAggregation(agg: VectorAggExpr, options: LowerOptions): PlanNode {
  const { op, expr } = agg;
  const grouping = agg.grouping ?? ALL;
  const inner =
    op === 'sum' && expr.kind === 'range-agg' && !expr.grouping && PUSHABLE.has(expr.op)
      ? leaf(expr, grouping, options)
      : vectorInput(expr, options);
  const by = { labels: grouping.names, without: grouping.without };
  switch (op) {
    case 'sort':
    case 'sort_desc':
      // The order is the answer's business (`resultOrder`).
      return inner;
    case 'approx_topk':
      if (!options.instant) {
        throw new TriliteError('execution', 'count min sketches are only supported on instant queries');
      }
      return {
        kind: 'topk',
        op: 'topk',
        input: inner,
        grouping: by,
        param: constant(agg.param!),
        span: undefined,
      };
    case 'topk':
    case 'bottomk':
      return { kind: 'topk', op, input: inner, grouping: by, param: constant(agg.param!), span: undefined };
    default:
      return {
        kind: 'aggregate',
        op,
        input: by.without ? withoutEmptyLabels(inner) : inner,
        grouping: by,
        kahan: false,
        param: undefined,
        span: undefined,
      };
  }
}

/** Division by zero has no result here, not infinity. */
const DIVISIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '/': (a, b) => (b === 0 ? Number.NaN : a / b),
  '%': (a, b) => (b === 0 ? Number.NaN : a % b),
};

function lowerBinary(expr: BinaryExpr, options: LowerOptions): PlanNode {
  const { op, matching } = expr;
  const span = undefined;
  if (op === 'and' || op === 'or' || op === 'unless') {
    const match = { labels: matching?.labels ?? [], without: !matching?.on };
    const left = vectorInput(expr.left, options);
    return { kind: 'set', op, left, right: vectorInput(expr.right, options), match, span };
  }
  const element = DIVISIONS[op] ? floatElementOp(op, DIVISIONS[op]) : floatElementOp(op);
  const binary = { op: element, returnBool: expr.bool, delayNameRemoval: false };
  if (expr.left.kind === 'literal' || expr.right.kind === 'literal') {
    const vectorSide = expr.left.kind === 'literal' ? 'right' : 'left';
    const literal = expr.left.kind === 'literal' ? expr.left : expr.right;
    const vector = vectorInput(vectorSide === 'left' ? expr.left : expr.right, options);
    const scalar = lowerLogql(literal, options) as ScalarNode;
    return { kind: 'vector_scalar', vector, scalar, vectorSide, options: binary, span };
  }
  return {
    kind: 'vector_binary',
    left: withoutEmptyLabels(vectorInput(expr.left, options)),
    right: withoutEmptyLabels(vectorInput(expr.right, options)),
    matching: matching ?? { card: 'one-to-one', on: false, labels: [], include: [] },
    options: binary,
    span,
  };
}

function lowerLabelReplace(expr: LabelReplaceExpr, options: LowerOptions): PlanNode {
  // Unlike a label matcher's, this pattern's `.` stops at a newline.
  const { exec, groupNames } = compileCapture(`^(?:${expr.regex})$`, 'search');
  const expand = compileExpand(expr.replacement, groupNames);
  const replaced = new Map<string, string | undefined>();
  const replacement = (value: string): string | undefined => {
    const groups = exec(value);
    return groups && expand(groups);
  };
  return {
    kind: 'map',
    input: vectorInput(expr.expr, options),
    params: [],
    name: 'keep',
    span: undefined,
    apply: () => (column) => {
      const value = column.labels.get(expr.source);
      if (!replaced.has(value)) replaced.set(value, replacement(value));
      const result = replaced.get(value);
      if (result !== undefined) column.labels = column.labels.with(expr.target, result);
      return true;
    },
  };
}

/** How an instant vector is ordered: by its values where `sort` occurs anywhere, else by labels. */
export function resultOrder(expr: LogqlExpr): 'labels' | 'ascending' | 'descending' {
  switch (expr.kind) {
    case 'vector-agg':
      if (expr.op === 'sort') return 'ascending';
      return expr.op === 'sort_desc' ? 'descending' : resultOrder(expr.expr);
    case 'binary': {
      const left = resultOrder(expr.left);
      return left === 'labels' ? resultOrder(expr.right) : left;
    }
    case 'label-replace':
      return resultOrder(expr.expr);
    default:
      return 'labels';
  }
}
