/** A query held to one time: every selector that has no `@` gets it, so that it answers the same whenever it is asked. */

import { unreachable } from '../../base/assert.ts';
import type { AtModifier, Expr, VectorSelector } from '../lang/promql/ast.ts';

/** What tells the time of evaluation by itself, or the time of a sample that moves with it. */
const TELLS_TIME: ReadonlySet<string> = new Set([
  ...['days_in_month', 'day_of_month', 'day_of_week', 'day_of_year', 'hour', 'minute', 'month', 'year'],
  ...['start', 'end', 'range', 'step', 'time', 'predict_linear', 'timestamp', 'start_timestamp'],
]);

/** Undefined where the query depends on the time in another way than by its selectors. */
export function pinned(expr: Expr, timestampMs: number): Expr | undefined {
  return tellsTime(expr) ? undefined : hold(expr, timestampMs);
}

function tellsTime(expr: Expr): boolean {
  if (expr.kind === 'call' && TELLS_TIME.has(expr.name)) return true;
  return childrenOf(expr).some(tellsTime);
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector_selector':
    case 'matrix_selector':
      return [];
    case 'call':
      return expr.args;
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.lhs, expr.rhs];
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr];
    default:
      return unreachable(expr, 'expression');
  }
}

function hold(expr: Expr, timestampMs: number): Expr {
  const inner = <E extends Expr>(child: E) => hold(child, timestampMs) as E;
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vector_selector':
      return holdSelector(expr, timestampMs);
    case 'matrix_selector':
      return { ...expr, selector: holdSelector(expr.selector, timestampMs) };
    case 'subquery':
      // What is inside moves with the subquery's own steps.
      return { ...expr, at: heldAt(expr.at, timestampMs) };
    case 'call':
      return { ...expr, args: expr.args.map(inner) };
    case 'aggregation':
      return { ...expr, expr: inner(expr.expr), param: expr.param && inner(expr.param) };
    case 'binary':
      return { ...expr, lhs: inner(expr.lhs), rhs: inner(expr.rhs) };
    case 'unary':
    case 'paren':
      return { ...expr, expr: inner(expr.expr) };
    default:
      return unreachable(expr, 'expression');
  }
}

function holdSelector(selector: VectorSelector, timestampMs: number): VectorSelector {
  return { ...selector, at: heldAt(selector.at, timestampMs) };
}

/** `start()` and `end()` of an instant query are its time. */
function heldAt(at: AtModifier | undefined, timestampMs: number): AtModifier {
  return at?.kind === 'time' ? at : { kind: 'time', timestampMs };
}
