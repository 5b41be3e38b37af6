/**
 * Values as TraceQL computes with them, one at a time: for arithmetic, groupings, aggregates and for what an answer
 * shows of a span. Plain comparisons of a column with a literal do not come here (`column-match.ts`).
 */

import { type AnyValue, decodeAnyValue } from '../../model/attributes.ts';
import { arithmetic } from '../lang/arithmetic.ts';
import type { ArithmeticOperator, ComparisonOperator, Literal } from '../lang/traceql/ast.ts';
import { holds } from '../lang/traceql/fold.ts';

/** `exact` where an integer is beyond 2^53. Durations are in nanoseconds; status and kind are their words. */
export type Value =
  | { readonly type: 'string' | 'status' | 'kind'; readonly value: string }
  | { readonly type: 'int'; readonly value: number; readonly exact?: bigint }
  | { readonly type: 'float' | 'duration'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  /** Several values of one thing (an array, the events of a span): a comparison holds if it does for any. */
  | { readonly type: 'many'; readonly values: readonly Value[] }
  /** There, but of a kind that no comparison reaches: empty and mixed arrays, maps, bytes. */
  | { readonly type: 'opaque' };

export const TRUE: Value = { type: 'bool', value: true };
export const FALSE: Value = { type: 'bool', value: false };
const OPAQUE: Value = { type: 'opaque' };

/** Undefined for nil. */
export function literalValue(literal: Literal): Value | undefined {
  return literal.type === 'nil' ? undefined : literal;
}

export function intValue(value: number, exact?: bigint): Value {
  return exact === undefined || Number.isSafeInteger(value)
    ? { type: 'int', value }
    : { type: 'int', value, exact };
}

/**
 * The value of a stored AnyValue message: homogeneous arrays of scalars are `many`, one of a single scalar is that
 * scalar, other containers are opaque.
 */
export function complexValue(message: Uint8Array): Value {
  const any = decodeAnyValue(message);
  if (any.type !== 'array') return OPAQUE;
  const values = any.values.map(scalarValue);
  const first = values[0];
  if (first === undefined || values.some((v) => v === undefined || v.type !== first.type)) return OPAQUE;
  return values.length === 1 ? first : { type: 'many', values: values as Value[] };
}

function scalarValue(any: AnyValue): Value | undefined {
  switch (any.type) {
    case 'string':
    case 'bool':
      return any as Value;
    case 'int':
      return intValue(Number(any.value), any.value);
    case 'double':
      return { type: 'float', value: any.value };
    default:
      return undefined;
  }
}

export function isNumber(value: Value): value is Value & { type: 'int' | 'float' | 'duration' } {
  return value.type === 'int' || value.type === 'float' || value.type === 'duration';
}

/**
 * Compares two values: numbers of all types with each other, else equal types only. A missing value fails every
 * comparison. Patterns are compiled by the caller into `test`.
 */
export function compareValues(
  op: ComparisonOperator,
  a: Value | undefined,
  b: Value | undefined,
  test: ((text: string) => boolean) | undefined,
): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.type === 'many') return a.values.some((v) => compareValues(op, v, b, test));
  if (b.type === 'many') return b.values.some((v) => compareValues(op, a, v, test));
  if (a.type === 'opaque' || b.type === 'opaque') return false;
  if (test !== undefined) return a.type === 'string' && test(a.value) === (op === '=~');
  if (isNumber(a) && isNumber(b)) {
    if (a.type === 'int' && b.type === 'int' && (a.exact !== undefined || b.exact !== undefined)) {
      return holds(op, a.exact ?? BigInt(a.value), b.exact ?? BigInt(b.value));
    }
    return holds(op, a.value, b.value);
  }
  if (a.type !== b.type) return false;
  if (a.type === 'string') return holds(op, a.value, b.value as string);
  if (op === '=') return a.value === b.value;
  return op === '!=' && a.value !== b.value;
}

/** Numbers mix: two integers stay integers, all else is a float, also a duration. Undefined where it has none. */
export function calculate(
  op: ArithmeticOperator,
  a: Value | undefined,
  b: Value | undefined,
): Value | undefined {
  if (a === undefined || b === undefined || !isNumber(a) || !isNumber(b)) return undefined;
  const result = arithmetic(op, a.value, b.value);
  if (a.type !== 'int' || b.type !== 'int') return { type: 'float', value: result };
  return Number.isFinite(result) ? { type: 'int', value: Math.trunc(result) } : undefined;
}

export function negate(value: Value | undefined): Value | undefined {
  if (value === undefined || !isNumber(value)) return undefined;
  return { type: value.type, value: -value.value };
}

/** A text that is equal exactly for equal values: the key of a group. */
export function valueKey(value: Value | undefined): string {
  if (value === undefined) return 'nil';
  if (value.type === 'many') return `many:${value.values.map(valueKey).join('\u0000')}`;
  if (value.type === 'opaque') return 'nil';
  if (value.type === 'int') return `int:${value.exact ?? value.value}`;
  return `${value.type}:${value.value}`;
}
