/**
 * From what the grammar accepted to a tree that can be evaluated: static rules are checked (`parse error : …`)
 * and arithmetic on literals is folded, where comparisons yield 0 and 1 even without `bool`.
 */

import { unreachable } from '../../../base/assert.ts';
import { TriliteError } from '../../../model/errors.ts';
import { compileCapture } from '../../../model/regex.ts';
import { arithmetic } from '../arithmetic.ts';
import {
  type BinaryOp,
  type Grouping,
  type LabelReplaceExpr,
  type LiteralExpr,
  type LogExpr,
  type LogqlExpr,
  type Matching,
  type MetricExpr,
  type RangeAggExpr,
  type RangeOp,
  SET_OPS,
  type VectorExpr,
  type VectorOp,
} from './ast.ts';
import { checkLinePattern, checkRegexpStage } from './capture-pattern.ts';

/** What the parser builds: operands of any sort, parameters as text. */
export type ParsedExpr =
  | LogExpr
  | RangeAggExpr
  | LiteralExpr
  | VectorExpr
  | ParsedVectorAgg
  | ParsedBinary
  | (Omit<LabelReplaceExpr, 'expr'> & { readonly expr: ParsedExpr });

export interface ParsedVectorAgg {
  readonly kind: 'vector-agg';
  readonly op: VectorOp;
  readonly paramText: string | undefined;
  readonly grouping: Grouping | undefined;
  readonly expr: ParsedExpr;
}

export interface ParsedBinary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly bool: boolean;
  readonly matching: Matching | undefined;
  readonly left: ParsedExpr;
  readonly right: ParsedExpr;
}

function refuse(message: string): TriliteError {
  return new TriliteError('bad_data', `parse error : ${message}`);
}

/** Checks and folds. Throws `TriliteError` (`bad_data`). */
export function resolve(parsed: ParsedExpr): LogqlExpr {
  if (parsed.kind === 'log') {
    checkLog(parsed);
    return parsed;
  }
  return resolveMetric(parsed);
}

function resolveMetric(parsed: Exclude<ParsedExpr, LogExpr>): MetricExpr {
  switch (parsed.kind) {
    case 'literal':
    case 'vector':
      return parsed;
    case 'range-agg':
      checkLog(parsed.log);
      checkRangeAgg(parsed);
      return parsed;
    case 'vector-agg':
      return resolveVectorAgg(parsed);
    case 'binary':
      return resolveBinary(parsed);
    case 'label-replace':
      return resolveLabelReplace(parsed);
    default:
      return unreachable(parsed, 'expression');
  }
}

/** An operand inside parentheses of a function: the grammar takes any expression there, a log is not one. */
function metricOperand(parsed: ParsedExpr): MetricExpr {
  if (parsed.kind === 'log') throw refuse('syntax error: unexpected )');
  return resolveMetric(parsed);
}

function checkLog(log: LogExpr): void {
  if (log.matchers.every((matcher) => matcher.matches(''))) {
    throw refuse(
      'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
        'For instance, app=~".*" does not meet this requirement, but app=~".+" will',
    );
  }
  checkStages(log);
}

/** Rules of stages alone. */
export function checkStages(log: LogExpr): void {
  for (const stage of log.stages) {
    if (stage.kind === 'regexp') checkRegexpStage(stage.pattern);
    if (stage.kind === 'pattern') checkLinePattern(stage.pattern);
  }
}

const NEEDS_UNWRAP: ReadonlySet<RangeOp> = new Set([
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'first_over_time',
  'last_over_time',
  'quantile_over_time',
  'rate_counter',
]);
const FORBIDS_UNWRAP: ReadonlySet<RangeOp> = new Set(['count_over_time', 'bytes_over_time', 'bytes_rate']);
const ALLOWS_GROUPING: ReadonlySet<RangeOp> = new Set([
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stddev_over_time',
  'stdvar_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
]);

function checkRangeAgg(agg: RangeAggExpr): void {
  if (agg.param !== undefined && agg.op !== 'quantile_over_time') {
    throw refuse(`parameter ${agg.param} not supported for operation ${agg.op}`);
  }
  if (agg.param === undefined && agg.op === 'quantile_over_time') {
    throw refuse(`parameter required for operation ${agg.op}`);
  }
  if (agg.grouping && !ALLOWS_GROUPING.has(agg.op)) {
    throw refuse(`grouping not allowed for ${agg.op} aggregation`);
  }
  if (agg.unwrap && FORBIDS_UNWRAP.has(agg.op)) throw refuse(`invalid aggregation ${agg.op} with unwrap`);
  if (!agg.unwrap && NEEDS_UNWRAP.has(agg.op)) throw refuse(`invalid aggregation ${agg.op} without unwrap`);
}

function resolveVectorAgg(agg: ParsedVectorAgg): MetricExpr {
  const { op, grouping, paramText } = agg;
  const takesParam = op === 'topk' || op === 'bottomk' || op === 'approx_topk';
  if (!takesParam && paramText !== undefined) {
    throw refuse(`unsupported parameter for operation ${op}(${paramText},`);
  }
  if (takesParam && paramText === undefined) throw refuse(`parameter required for operation ${op}`);
  if (takesParam && !/^[0-9]+$/.test(paramText!)) throw refuse(`invalid parameter ${op}(${paramText},`);
  const param = paramText === undefined ? undefined : Number(paramText);
  if (param !== undefined && param <= 0) {
    throw refuse(`invalid parameter (must be greater than 0) ${op}(${paramText}`);
  }
  if (op === 'approx_topk' && grouping) throw refuse(`grouping not allowed for ${op} aggregation`);
  if ((op === 'sort' || op === 'sort_desc') && grouping && grouping.names.length > 0) {
    throw refuse("sort and sort_desc doesn't allow grouping by ");
  }
  return { kind: 'vector-agg', op, param, grouping, expr: metricOperand(agg.expr) };
}

function resolveLabelReplace(parsed: Extract<ParsedExpr, { kind: 'label-replace' }>): MetricExpr {
  const expr = metricOperand(parsed.expr);
  try {
    compileCapture(`^(?:${parsed.regex})$`, 'search');
  } catch (error) {
    if (error instanceof TriliteError) throw refuse(`invalid regex in label_replace: ${error.message}`);
    throw error;
  }
  return { ...parsed, expr };
}

function resolveBinary(parsed: ParsedBinary): MetricExpr {
  const { op, bool, matching } = parsed;
  for (const [leg, side] of [
    ['left', parsed.left],
    ['right', parsed.right],
  ] as const) {
    if (side.kind === 'log') {
      const type = side.stages.length === 0 ? '*syntax.MatchersExpr' : '*syntax.PipelineExpr';
      throw refuse(`unexpected type for ${leg} leg of binary operation (${op}): ${type}`);
    }
  }
  const left = metricOperand(parsed.left);
  const right = metricOperand(parsed.right);
  if (SET_OPS.has(op)) {
    if (left.kind === 'literal') throw setLiteral('left', op, left.value);
    if (right.kind === 'literal') throw setLiteral('right', op, right.value);
  }
  if (left.kind === 'literal' && right.kind === 'literal') {
    return { kind: 'literal', value: foldLiterals(op, left.value, right.value) };
  }
  return { kind: 'binary', op, bool, matching, left, right };
}

function setLiteral(leg: string, op: BinaryOp, value: number): TriliteError {
  const text = value.toFixed(6);
  return refuse(`unexpected literal for ${leg} leg of logical/set binary operation (${op}): ${text}`);
}

function foldLiterals(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case '+':
    case '-':
    case '*':
    case '^':
      return arithmetic(op, a, b);
    case '/':
    case '%':
      return b === 0 ? Number.NaN : arithmetic(op, a, b);
    case '==':
      return a === b ? 1 : 0;
    case '!=':
      return a !== b ? 1 : 0;
    case '>':
      return a > b ? 1 : 0;
    case '>=':
      return a >= b ? 1 : 0;
    case '<':
      return a < b ? 1 : 0;
    case '<=':
      return a <= b ? 1 : 0;
    default:
      throw refuse(`unexpected literals for binary operation (${op})`);
  }
}
