/**
 * Folding of constants while the tree is built: an operation on literals becomes a literal. What has no meaning
 * (`1 + "a"`, a pattern that does not compile, division by zero) is left as it stands, for the check to refuse or
 * the evaluation to find nothing.
 */

import { unreachable } from '../../../base/assert.ts';
import { TriliteError } from '../../../model/errors.ts';
import { compileAnchored } from '../../../model/regex.ts';
import { arithmetic } from '../arithmetic.ts';
import type {
  ArithmeticOperator,
  ComparisonOperator,
  FieldExpression,
  FieldOperator,
  Literal,
} from './ast.ts';
import { intLiteral } from './leaf.ts';

export function foldUnary(op: '-' | '!', operand: FieldExpression, at: number): FieldExpression {
  if (operand.kind === 'literal') {
    if (op === '!' && operand.type === 'bool') return { ...operand, value: !operand.value, at };
    if (op === '-') {
      if (operand.type === 'int')
        return intLiteral(-bigOf(operand), at) ?? { kind: 'unary', op, operand, at };
      if (operand.type === 'float' || operand.type === 'duration')
        return { ...operand, value: -operand.value, at };
    }
  }
  return { kind: 'unary', op, operand, at };
}

export function foldBinary(
  op: FieldOperator,
  left: FieldExpression,
  right: FieldExpression,
  at: number,
): FieldExpression {
  if (left.kind === 'literal' && right.kind === 'literal') {
    const folded = foldLiterals(op, left, right);
    if (folded !== undefined) return folded;
  }
  return { kind: 'binary', op, left, right, at };
}

function foldLiterals(op: FieldOperator, left: Literal, right: Literal): Literal | undefined {
  const at = left.at;
  if (op === '&&' || op === '||') {
    if (left.type !== 'bool' || right.type !== 'bool') return undefined;
    const value = op === '&&' ? left.value && right.value : left.value || right.value;
    return { kind: 'literal', type: 'bool', value, at };
  }
  if (op === '+' || op === '-' || op === '*' || op === '/' || op === '%' || op === '^') {
    return foldArithmetic(op, left, right);
  }
  const value = compareLiterals(op, left, right);
  return value === undefined ? undefined : { kind: 'literal', type: 'bool', value, at };
}

function isNumeric(literal: Literal): literal is Literal & { type: 'int' | 'float' | 'duration' } {
  return literal.type === 'int' || literal.type === 'float' || literal.type === 'duration';
}

function bigOf(literal: Literal & { type: 'int' }): bigint {
  return literal.exact ?? BigInt(literal.value);
}

/** Integers stay integers (with truncating division), a duration stays one, all else is a float. */
export function foldArithmetic(op: ArithmeticOperator, left: Literal, right: Literal): Literal | undefined {
  if (!isNumeric(left) || !isNumeric(right)) return undefined;
  const at = left.at;
  if (left.type === 'int' && right.type === 'int' && op !== '^') {
    const b = bigOf(right);
    if (b === 0n && (op === '/' || op === '%')) return undefined;
    return intLiteral(BigInt.asIntN(64, integerArithmetic(op, bigOf(left), b)), at);
  }
  const value = arithmetic(op, left.value, right.value);
  if (left.type === 'duration' || right.type === 'duration') {
    if (!Number.isFinite(value)) return undefined;
    return { kind: 'literal', type: 'duration', value: Math.trunc(value), at };
  }
  if (left.type === 'int' && right.type === 'int' && Number.isSafeInteger(value)) {
    return { kind: 'literal', type: 'int', value, at };
  }
  return { kind: 'literal', type: 'float', value, at };
}

function integerArithmetic(op: Exclude<ArithmeticOperator, '^'>, a: bigint, b: bigint): bigint {
  if (op === '+') return a + b;
  if (op === '-') return a - b;
  if (op === '*') return a * b;
  return op === '/' ? a / b : a % b;
}

function compareLiterals(op: ComparisonOperator, left: Literal, right: Literal): boolean | undefined {
  if (left.type === 'nil' || right.type === 'nil') {
    // Nothing equals nil or differs from it: both are false.
    return left.type === right.type && (op === '=' || op === '!=') ? false : undefined;
  }
  if (op === '=~' || op === '!~') {
    if (left.type !== 'string' || right.type !== 'string') return undefined;
    try {
      return compileAnchored(right.value).test(left.value) === (op === '=~');
    } catch (error) {
      if (error instanceof TriliteError) return undefined;
      throw error;
    }
  }
  if (isNumeric(left) && isNumeric(right)) {
    if (left.type === 'int' && right.type === 'int') return holds(op, bigOf(left), bigOf(right));
    return holds(op, left.value, right.value);
  }
  if (left.type !== right.type) return undefined;
  if (left.type === 'string') return holds(op, left.value, right.value as string);
  if (op === '=') return left.value === right.value;
  return op === '!=' ? left.value !== right.value : undefined;
}

/** Compares two values of one type; patterns are another matter and hold for none. */
export function holds<T extends number | bigint | string>(op: ComparisonOperator, a: T, b: T): boolean {
  switch (op) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '=~':
    case '!~':
      return false;
    default:
      return unreachable(op, 'comparison');
  }
}
