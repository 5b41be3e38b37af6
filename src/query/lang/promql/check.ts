/**
 * Static checks of a parsed expression: value types, arity, matching rules, selectors that would select all.
 * Messages are Prometheus' own; each error carries the span of the node it blames, the parser adds line and
 * column. The first error in walking order wins.
 */

import { unreachable } from '../../../base/assert.ts';
import { type TextSpan, TriliteError } from '../../../model/errors.ts';
import { quote } from '../../../model/go-string.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import type {
  Aggregation,
  Binary,
  BinaryOp,
  Call,
  Expr,
  ValueType,
  VectorMatching,
  VectorSelector,
} from './ast.ts';
import { FUNCTIONS, type FunctionSignature } from './functions.ts';

/** What an expression yields, from its shape alone. */
export function valueType(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector_selector':
    case 'aggregation':
      return 'instant vector';
    case 'matrix_selector':
    case 'subquery':
      return 'range vector';
    case 'call':
      return FUNCTIONS.get(expr.name)!.returns;
    case 'unary':
    case 'paren':
      return valueType(expr.expr);
    case 'binary': {
      const scalars = valueType(expr.lhs) === 'scalar' && valueType(expr.rhs) === 'scalar';
      return scalars ? 'scalar' : 'instant vector';
    }
    default:
      return unreachable(expr, 'expression');
  }
}

/** Throws `bad_data` with a span where the expression is not well typed; returns its type. */
export function checkPromql(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
    case 'string':
      break;
    case 'vector_selector':
      checkSelector(expr);
      break;
    case 'matrix_selector':
      checkSelector(expr.selector);
      break;
    case 'subquery': {
      const type = checkPromql(expr.expr);
      if (type !== 'instant vector') {
        const name = type === 'range vector' ? 'matrix' : type;
        throw fault(expr.span, `subquery is only allowed on instant vector, got ${name} instead`);
      }
      return 'range vector';
    }
    case 'call':
      checkCall(expr);
      break;
    case 'aggregation':
      checkAggregation(expr);
      break;
    case 'unary': {
      const type = checkPromql(expr.expr);
      if (type !== 'scalar' && type !== 'instant vector') {
        const rule = 'unary expression only allowed on expressions of type scalar or instant vector';
        throw fault(expr.span, `${rule}, got ${quote(type)}`);
      }
      return type;
    }
    case 'paren':
      return checkPromql(expr.expr);
    case 'binary':
      return checkBinary(expr);
    default:
      unreachable(expr, 'expression');
  }
  return valueType(expr);
}

function fault(span: TextSpan, message: string): TriliteError {
  return new TriliteError('bad_data', message, span);
}

function checkSelector(selector: VectorSelector): void {
  const { name, matchers, span } = selector;
  if (name !== undefined) {
    const twice = matchers.slice(0, -1).find((m) => m.name === METRIC_NAME);
    if (twice) {
      throw fault(span, `metric name must not be set twice: ${quote(name)} or ${quote(twice.value)}`);
    }
  } else if (matchers.every((m) => m.matchesEmpty)) {
    throw fault(span, 'vector selector must contain at least one non-empty matcher');
  }
}

function expectType(expr: Expr, expected: ValueType, where: string): void {
  const type = checkPromql(expr);
  if (type !== expected) throw fault(expr.span, `expected type ${expected} in ${where}, got ${type}`);
}

function checkCall(call: Call): void {
  const signature = FUNCTIONS.get(call.name)!;
  checkArity(call, signature);
  const last = signature.args.length - 1;
  for (const [i, arg] of call.args.entries()) {
    if (call.name === 'info' && i === 1) checkInfoSelector(arg);
    else expectType(arg, signature.args[Math.min(i, last)]!, `call to function ${quote(call.name)}`);
  }
}

function checkArity(call: Call, signature: FunctionSignature): void {
  const given = call.args.length;
  const declared = signature.args.length;
  const tell = (bound: string, n: number) =>
    fault(call.span, `expected ${bound}${n} argument(s) in call to ${quote(call.name)}, got ${given}`);
  if (signature.variadic === 0) {
    if (given !== declared) throw tell('', declared);
    return;
  }
  const least = declared - 1;
  if (given < least) throw tell('at least ', least);
  const most = least + signature.variadic;
  if (signature.variadic > 0 && given > most) throw tell('at most ', most);
}

/** The second argument of `info` only lends its matchers: a selector without a name, which may match anything. */
function checkInfoSelector(arg: Expr): void {
  if (arg.kind !== 'vector_selector') throw fault(arg.span, 'expected label selectors only');
  if (arg.name !== undefined) {
    throw fault(arg.span, 'expected label selectors only, got vector selector instead');
  }
}

function checkAggregation(aggregation: Aggregation): void {
  const { op, expr, param } = aggregation;
  expectType(expr, 'instant vector', 'aggregation expression');
  if (param) expectType(param, op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
}

export function isComparison(op: BinaryOp): boolean {
  return op === '==' || op === '!=' || op === '<' || op === '<=' || op === '>' || op === '>=';
}

export function isSetOperator(op: BinaryOp): boolean {
  return op === 'and' || op === 'or' || op === 'unless';
}

function fills({ fillLeft, fillRight }: VectorMatching): boolean {
  return fillLeft !== undefined || fillRight !== undefined;
}

function checkBinary(binary: Binary): ValueType {
  const { op, lhs, rhs, matching, strayMatching, span, opSpan } = binary;
  const left = checkPromql(lhs);
  const right = checkPromql(rhs);
  if (binary.returnBool && !isComparison(op)) {
    throw fault(opSpan, 'bool modifier can only be used on comparison operators');
  }
  const scalars = left === 'scalar' && right === 'scalar';
  if (isComparison(op) && !binary.returnBool && scalars) {
    throw fault(opSpan, 'comparisons between scalars must use BOOL modifier');
  }
  const written = matching ?? strayMatching;
  if (written?.on) {
    const both = written.labels.find((label) => written.include.includes(label));
    if (both !== undefined) {
      throw fault(opSpan, `label ${quote(both)} must not occur in ON and GROUP clause at once`);
    }
  }
  for (const [side, type] of [
    [lhs, left],
    [rhs, right],
  ] as const) {
    if (type !== 'scalar' && type !== 'instant vector') {
      throw fault(side.span, 'binary expression must contain only scalar and instant vector types');
    }
  }
  if (strayMatching !== undefined) {
    if (strayMatching.labels.length > 0) {
      throw fault(span, 'vector matching only allowed between instant vectors');
    }
    if (fills(strayMatching)) {
      throw fault(span, 'filling in missing series only allowed between instant vectors');
    }
  } else if (isSetOperator(op) && matching !== undefined) {
    if (matching.card !== 'many-to-many') {
      throw fault(span, `no grouping allowed for ${quote(op)} operation`);
    }
    if (fills(matching)) throw fault(span, 'filling in missing series not allowed for set operators');
  }
  if (isSetOperator(op) && (left === 'scalar' || right === 'scalar')) {
    throw fault(span, `set operator ${quote(op)} not allowed in binary scalar expression`);
  }
  return scalars ? 'scalar' : 'instant vector';
}
