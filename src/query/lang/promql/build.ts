/**
 * Makes syntax nodes out of what the grammar read, and refuses at once what syntax alone cannot: a range on
 * something that is no selector, a second offset, a literal that overflows.
 */

import { parseDuration } from '../../../model/duration.ts';
import { type TextSpan, TriliteError } from '../../../model/errors.ts';
import { quote, unquote } from '../../../model/go-string.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import { Matcher, type MatchType } from '../../../model/matcher.ts';
import { formatNumber, parseNumber } from '../literals.ts';
import type {
  Aggregator,
  AtModifier,
  DurationBinary,
  DurationExpr,
  Expr,
  NumberLiteral,
  VectorMatching,
  VectorSelector,
} from './ast.ts';
import { isSetOperator, valueType } from './check.ts';
import { FUNCTIONS } from './functions.ts';
import { type OperatorItem, operatorOf } from './precedence.ts';

export interface GroupClause {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export type FillValues = Pick<VectorMatching, 'fillLeft' | 'fillRight'>;

/** Seconds that 64-bit nanoseconds hold. */
const DURATION_MAX_S = 2 ** 63 / 1e9;
/** Milliseconds that 64 bits hold, which is as far as `@` goes. */
const TIMESTAMP_MAX_MS = 2 ** 63;

function fault(span: TextSpan, message: string): TriliteError {
  return new TriliteError('bad_data', message, span);
}

/** Runs `make`; an error without a place gets `span`. */
function placed<T>(span: TextSpan, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TriliteError && error.span === undefined) throw fault(span, error.message);
    throw error;
  }
}

function joined(first: TextSpan, last: TextSpan): TextSpan {
  return { start: first.start, end: last.end };
}

// ------------------------------------------------------------------------------------------------- literals

export function number(image: string, isDuration: boolean, span: TextSpan): NumberLiteral {
  if (isDuration) {
    const value = placed(span, () => parseDuration(image)) / 1000;
    return { kind: 'number', value, isDuration, span };
  }
  const value = parseNumber(image);
  if (value === undefined) {
    const why = /[eE+-]$/.test(image) && !/^0x/i.test(image) ? 'invalid syntax' : 'value out of range';
    throw fault(span, `error parsing number: strconv.ParseFloat: parsing ${quote(image)}: ${why}`);
  }
  return { kind: 'number', value, isDuration, span };
}

export function unquoteAt(image: string, span: TextSpan): string {
  return placed(span, () => unquote(image));
}

export function text(image: string, span: TextSpan): Expr {
  return { kind: 'string', value: unquoteAt(image, span), span };
}

// ------------------------------------------------------------------------------------------------ selectors

export function matcher(type: MatchType, name: string, value: string, span: TextSpan): Matcher {
  return placed(span, () => new Matcher(type, name, value));
}

export function selector(
  name: string | undefined,
  matchers: readonly Matcher[],
  span: TextSpan,
): VectorSelector {
  const all = name === undefined ? matchers : [...matchers, new Matcher('=', METRIC_NAME, name)];
  return {
    kind: 'vector_selector',
    name,
    matchers: all,
    offset: undefined,
    at: undefined,
    edges: 'plain',
    span,
  };
}

export function matrix(expr: Expr, range: DurationExpr, brackets: TextSpan): Expr {
  if (expr.kind !== 'vector_selector') throw fault(brackets, 'ranges only allowed for vector selectors');
  if (expr.offset) throw fault(brackets, 'no offset modifiers allowed before range');
  if (expr.at) throw fault(brackets, 'no @ modifiers allowed before range');
  return {
    kind: 'matrix_selector',
    selector: expr,
    range: positiveLiteral(range),
    span: joined(expr.span, brackets),
  };
}

export function subquery(
  expr: Expr,
  range: DurationExpr,
  step: DurationExpr | undefined,
  brackets: TextSpan,
): Expr {
  return {
    kind: 'subquery',
    expr,
    range: positiveLiteral(range),
    step: step && positiveLiteral(step),
    offset: undefined,
    at: undefined,
    span: joined(expr.span, brackets),
  };
}

const SUFFIX_TARGETS =
  'must be preceded by an instant vector selector or range vector selector or a subquery';

/** Gives the selector or subquery what `change` says; the span grows to `end`. */
function withSuffix(
  expr: Expr,
  word: string,
  end: number,
  change: (target: { offset: DurationExpr | undefined; at: AtModifier | undefined }) => {
    offset?: DurationExpr;
    at?: AtModifier;
  },
): Expr {
  const span = { start: expr.span.start, end };
  switch (expr.kind) {
    case 'vector_selector':
    case 'subquery':
      return { ...expr, ...change(expr), span };
    case 'matrix_selector':
      return { ...expr, selector: { ...expr.selector, ...change(expr.selector) }, span };
    default:
      throw fault(expr.span, `${word} modifier ${SUFFIX_TARGETS}`);
  }
}

export function withOffset(expr: Expr, offset: DurationExpr): Expr {
  return withSuffix(expr, 'offset', offset.span.end, (target) => {
    if (target.offset) throw fault(expr.span, 'offset may not be set multiple times');
    return { offset: asDuration(offset) };
  });
}

export function withAt(expr: Expr, at: AtModifier, end: number): Expr {
  return withSuffix(expr, '@', end, (target) => {
    if (target.at) throw fault(expr.span, '@ <timestamp> may not be set multiple times');
    return { at };
  });
}

export function atTime(negative: boolean, literal: Expr, span: TextSpan): AtModifier {
  const seconds = (literal as NumberLiteral).value * (negative ? -1 : 1);
  const timestampMs = Math.round(seconds * 1000);
  if (!(Math.abs(timestampMs) < TIMESTAMP_MAX_MS)) {
    throw fault(span, `timestamp out of bounds for @ modifier: ${formatNumber(seconds)}`);
  }
  return { kind: 'time', timestampMs: timestampMs === 0 ? 0 : timestampMs };
}

export function withEdges(expr: Expr, word: TextSpan, edges: string): Expr {
  const kind = edges === 'anchored' ? 'anchored' : 'smoothed';
  const span = { start: expr.span.start, end: word.end };
  const target = expr.kind === 'matrix_selector' ? expr.selector : expr;
  if (target.kind === 'subquery') throw fault(expr.span, `${kind} modifier is not supported for subqueries`);
  if (target.kind !== 'vector_selector') {
    throw fault(expr.span, `${kind} modifier must be preceded by a vector selector or range vector selector`);
  }
  if (target.edges === kind) throw fault(expr.span, `${kind} modifier may not be set multiple times`);
  if (target.edges !== 'plain')
    throw fault(expr.span, 'anchored and smoothed modifiers cannot be used together');
  return expr.kind === 'matrix_selector'
    ? { ...expr, selector: { ...expr.selector, edges: kind }, span }
    : { ...target, edges: kind, span };
}

// ---------------------------------------------------------------------------------- calls, operators, groups

export function call(name: string, args: readonly Expr[], span: TextSpan): Expr {
  if (!FUNCTIONS.has(name)) throw fault(span, `unknown function with name ${quote(name)}`);
  return { kind: 'call', name, args, span };
}

const WITH_PARAMETER = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio', 'quantile', 'count_values']);

export function aggregation(
  op: string,
  args: readonly Expr[],
  clause: GroupClause | undefined,
  span: TextSpan,
): Expr {
  if (args.length === 0) throw fault(span, 'no arguments for aggregate expression provided');
  const wanted = WITH_PARAMETER.has(op) ? 2 : 1;
  if (args.length !== wanted) {
    const what = 'wrong number of arguments for aggregate expression provided';
    throw fault(span, `${what}, expected ${wanted}, got ${args.length}`);
  }
  return {
    kind: 'aggregation',
    op: op as Aggregator,
    expr: args[wanted - 1]!,
    param: wanted === 2 ? args[0] : undefined,
    grouping: clause?.labels ?? [],
    without: clause?.without ?? false,
    span,
  };
}

export function groupingLabel(image: string, quoted: boolean, span: TextSpan): string {
  const name = quoted ? unquoteAt(image, span) : image;
  if (name === '' || !name.isWellFormed())
    throw fault(span, `invalid label name for grouping: ${quote(name)}`);
  return name;
}

/** A sign right before a number belongs to the number. */
export function unary(sign: TextSpan, op: string, operand: Expr): Expr {
  const span = joined(sign, operand.span);
  if (operand.kind === 'number')
    return { ...operand, value: op === '-' ? -operand.value : operand.value, span };
  return { kind: 'unary', op: op === '-' ? '-' : '+', expr: operand, span };
}

/** How vectors match where a query does not say. */
export const ONE_TO_ONE: VectorMatching = {
  card: 'one-to-one',
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

export function binary(lhs: Expr, opSpan: TextSpan, item: OperatorItem, rhs: Expr): Expr {
  const op = operatorOf(item.token);
  const span = joined(lhs.span, rhs.span);
  let matching: VectorMatching | undefined;
  if (valueType(lhs) === 'instant vector' && valueType(rhs) === 'instant vector') {
    matching = item.matching ?? ONE_TO_ONE;
    if (isSetOperator(op) && matching.card === 'one-to-one') matching = { ...matching, card: 'many-to-many' };
  }
  const strayMatching = matching === undefined ? item.matching : undefined;
  return { kind: 'binary', op, opSpan, lhs, rhs, returnBool: item.returnBool, matching, strayMatching, span };
}

// --------------------------------------------------------------------------------------- duration expressions

export function durationLiteral(literal: Expr): DurationExpr {
  const { value, isDuration, span } = literal as NumberLiteral;
  if (Math.abs(value) > DURATION_MAX_S) throw fault(span, 'duration out of range');
  return { kind: 'duration', seconds: value, isDuration, span };
}

/** A literal range or step must be positive; an expression is looked at when the query runs. */
function positiveLiteral(expr: DurationExpr): DurationExpr {
  if (expr.kind === 'duration' && expr.seconds <= 0)
    throw fault(expr.span, 'duration must be greater than 0');
  return asDuration(expr);
}

/** Standing alone, a number is as good as a duration. */
function asDuration(expr: DurationExpr): DurationExpr {
  return expr.kind === 'duration' ? { ...expr, isDuration: true } : expr;
}

export function durationUnary(sign: TextSpan, op: string, expr: DurationExpr): DurationExpr {
  const span = joined(sign, expr.span);
  if (expr.kind === 'duration') return { ...expr, seconds: op === '-' ? -expr.seconds : expr.seconds, span };
  return { kind: 'duration_unary', op: op === '-' ? '-' : '+', expr, span };
}

export function durationBinary(
  lhs: DurationExpr,
  op: string,
  opSpan: TextSpan,
  rhs: DurationExpr,
): DurationExpr {
  if ((op === '/' || op === '%') && rhs.kind === 'duration' && rhs.seconds === 0) {
    throw fault(opSpan, op === '/' ? 'division by zero' : 'modulo by zero');
  }
  const kind = 'duration_binary';
  return { kind, op: op as DurationBinary['op'], opSpan, lhs, rhs, span: joined(lhs.span, rhs.span) };
}

export function durationQuery(name: string, span: TextSpan): DurationExpr {
  return { kind: 'duration_query', name: name === 'step' ? 'step' : 'range', span };
}

export function durationChoice(
  name: string,
  lhs: DurationExpr,
  rhs: DurationExpr,
  span: TextSpan,
): DurationExpr {
  return { kind: 'duration_choice', name: name === 'min_of' ? 'min_of' : 'max_of', lhs, rhs, span };
}
