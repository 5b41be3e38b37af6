/**
 * Operator precedence. The grammar collects an expression as a flat list (signs, operands, operators); this
 * folds it into a tree by precedence climbing, so that nine levels do not cost nine rule calls per operand.
 */

import type { IToken } from 'chevrotain';
import type { BinaryOp, VectorMatching } from './ast.ts';

/** One operator of the flat list with its modifiers. */
export interface OperatorItem {
  readonly token: IToken;
  readonly last: IToken;
  readonly returnBool: boolean;
  readonly matching: VectorMatching | undefined;
}

export interface OperandItem<T> {
  /** Signs before the operand, outermost first. */
  readonly signs: readonly IToken[];
  readonly operand: T;
}

const LEVELS: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<=': 3,
  '<': 3,
  '>=': 3,
  '>': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const SIGN_LEVEL = 5;
const POWER_LEVEL = 6;

export function operatorOf(token: IToken): BinaryOp {
  return token.image.toLowerCase() as BinaryOp;
}

export interface TreeBuilder<T> {
  binary(lhs: T, op: OperatorItem, rhs: T): T;
  unary(sign: IToken, operand: T): T;
}

/** Folds `operands[0] operators[0] operands[1] …`. All operators are left-associative but `^`. */
export function foldOperators<T>(
  operands: readonly OperandItem<T>[],
  operators: readonly OperatorItem[],
  build: TreeBuilder<T>,
): T {
  let at = 0;

  function signed(item: OperandItem<T>, sign: number): T {
    if (sign === item.signs.length) {
      // After a sign only `^` binds tighter.
      return sign === 0 ? item.operand : climb(item.operand, POWER_LEVEL);
    }
    return build.unary(item.signs[sign]!, signed(item, sign + 1));
  }

  function climb(lhs: T, minLevel: number): T {
    while (at < operators.length) {
      const op = operators[at]!;
      const level = LEVELS[operatorOf(op.token)]!;
      if (level < minLevel) break;
      at++;
      const item = operands[at]!;
      const rhs = climb(signed(item, 0), level === POWER_LEVEL ? POWER_LEVEL : level + 1);
      lhs = build.binary(lhs, op, rhs);
    }
    return lhs;
  }

  return climb(signed(operands[0]!, 0), Math.min(...Object.values(LEVELS), SIGN_LEVEL));
}
