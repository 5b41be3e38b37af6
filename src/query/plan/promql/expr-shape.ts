/** Questions about syntax trees that lowering asks in several places. */

import { unreachable } from '../../../base/assert.ts';
import type { Call, Expr } from '../../lang/promql/ast.ts';

/** The text of a string argument; the checker has seen to it that it is one. */
export function stringArgument(expr: Expr): string {
  const inner = unwrap(expr);
  return inner.kind === 'string' ? inner.value : unreachable(inner as never, 'string argument');
}

export function unwrap(expr: Expr): Expr {
  return expr.kind === 'paren' ? unwrap(expr.expr) : expr;
}

/** Functions whose value depends on the step even where their arguments do not. */
const STEP_FUNCTIONS: ReadonlySet<string> = new Set(['time', 'predict_linear', 'info']);

/** Whether the expression has the same value at every step. */
export function isFixed(expr: Expr): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return true;
    case 'vector_selector':
    case 'subquery':
      return expr.at !== undefined;
    case 'matrix_selector':
      return expr.selector.at !== undefined;
    case 'paren':
    case 'unary':
      return isFixed(expr.expr);
    case 'aggregation':
      return isFixed(expr.expr) && (expr.param === undefined || isFixed(expr.param));
    case 'binary':
      return isFixed(expr.lhs) && isFixed(expr.rhs);
    case 'call':
      return isFixedCall(expr);
    default:
      return unreachable(expr, 'expression');
  }
}

const DATE_FUNCTIONS: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
]);

function isFixedCall({ name, args }: Call): boolean {
  if (STEP_FUNCTIONS.has(name)) return false;
  if (DATE_FUNCTIONS.has(name) && args.length === 0) return false;
  if ((name === 'timestamp' || name === 'start_timestamp') && unwrap(args[0]!).kind !== 'vector_selector') {
    return false;
  }
  return args.every(isFixed);
}
