/** Turns duration expressions into milliseconds once the query's step and range are known. */

import { unreachable } from '../../../base/assert.ts';
import { type TextSpan, TriliteError } from '../../../model/errors.ts';
import { type ArithmeticOperator, arithmetic } from '../arithmetic.ts';
import type { DurationExpr } from './ast.ts';

/** What `step()` and `range()` stand for; both 0 in an instant query. */
export interface DurationContext {
  readonly stepMs: number;
  readonly rangeMs: number;
}

/** Longest duration in ms: what 64-bit nanoseconds hold. */
const DURATION_MAX_MS = 9223372036854;

/**
 * Milliseconds, truncated; may be negative. Throws `bad_data` on division by zero or overflow; the messages carry
 * byte offsets instead of line and column, as Prometheus prints them.
 */
export function durationMs(expr: DurationExpr, context: DurationContext): number {
  const value = seconds(expr, context);
  if (!Number.isFinite(value)) throw fault(expr, 'duration is NaN or infinite');
  const ms = Math.trunc(milli(value));
  if (!(Math.abs(ms) <= DURATION_MAX_MS)) throw fault(expr, 'duration is out of range');
  return ms === 0 ? 0 : ms;
}

/** Milliseconds of a range or a subquery step, which must be positive. */
export function positiveDurationMs(expr: DurationExpr, context: DurationContext): number {
  const ms = durationMs(expr, context);
  if (ms > 0) return ms;
  throw fault(expr, 'duration must be greater than 0');
}

function fault(expr: DurationExpr, message: string): TriliteError {
  const { start, end } = blamed(expr);
  return new TriliteError('bad_data', `${start}:${end}: ${message}`, expr.span);
}

/** The place that Prometheus names: from the first operand to the last, without parentheses and what is before them. */
function blamed(expr: DurationExpr): TextSpan {
  switch (expr.kind) {
    case 'duration_binary':
    case 'duration_choice':
      return { start: blamed(expr.lhs).start, end: blamed(expr.rhs).end };
    case 'duration_paren': {
      const inner = blamed(expr.expr);
      return expr.expr.kind === 'duration' ? { start: expr.span.start, end: inner.end } : inner;
    }
    case 'duration_unary': {
      const operand = blamed(expr.expr);
      return expr.op === '-' ? { start: expr.span.start, end: operand.end } : operand;
    }
    default:
      return expr.span;
  }
}

/** True where no part depends on the query. */
export function isConstantDuration(expr: DurationExpr): boolean {
  switch (expr.kind) {
    case 'duration':
      return true;
    case 'duration_query':
      return false;
    case 'duration_unary':
    case 'duration_paren':
      return isConstantDuration(expr.expr);
    case 'duration_binary':
    case 'duration_choice':
      return isConstantDuration(expr.lhs) && isConstantDuration(expr.rhs);
    default:
      return unreachable(expr, 'duration expression');
  }
}

/** 0.3 s must be 300 ms although 0.3 * 1000 may not be 300 exactly after arithmetic: snaps to a whole microsecond. */
function milli(s: number): number {
  const ms = s * 1000;
  const snapped = Math.round(ms * 1000) / 1000;
  return Number.isFinite(snapped) ? snapped : ms;
}

function seconds(expr: DurationExpr, context: DurationContext): number {
  switch (expr.kind) {
    case 'duration':
      return expr.seconds;
    case 'duration_query':
      return (expr.name === 'step' ? context.stepMs : context.rangeMs) / 1000;
    case 'duration_unary':
      return expr.op === '-' ? -seconds(expr.expr, context) : seconds(expr.expr, context);
    case 'duration_paren':
      return seconds(expr.expr, context);
    case 'duration_choice': {
      const a = seconds(expr.lhs, context);
      const b = seconds(expr.rhs, context);
      return expr.name === 'min_of' ? Math.min(a, b) : Math.max(a, b);
    }
    case 'duration_binary':
      return calculate(expr.op, seconds(expr.lhs, context), seconds(expr.rhs, context), expr);
    default:
      return unreachable(expr, 'duration expression');
  }
}

function calculate(op: ArithmeticOperator, a: number, b: number, at: DurationExpr): number {
  if (b === 0 && op === '/') throw fault(at, 'division by zero');
  if (b === 0 && op === '%') throw fault(at, 'modulo by zero');
  return arithmetic(op, a, b);
}
