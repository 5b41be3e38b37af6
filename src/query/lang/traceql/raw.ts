/**
 * What the grammar builds before it is known what a construct means. TraceQL's stages, spanset expressions,
 * parenthesised pipelines, scalar filters and metrics arithmetic share their beginnings (`(({} | …`), so one
 * grammar reads them all into this loose tree, with the precedence of operators applied, and `shape.ts` decides.
 */

import type { FieldExpression, Hint, Literal } from './ast.ts';

export type RawArgument =
  | FieldExpression
  | { readonly kind: 'filter'; readonly expression: FieldExpression; readonly at: number };

export type RawOperand =
  | { readonly kind: 'filter'; readonly expression: FieldExpression; readonly at: number }
  | { readonly kind: 'group'; readonly pipeline: RawPipeline; readonly at: number }
  | { readonly kind: 'constant'; readonly literal: Literal; readonly at: number }
  | {
      readonly kind: 'aggregate';
      readonly name: string;
      readonly expression: FieldExpression | undefined;
      readonly at: number;
    }
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly args: readonly RawArgument[];
      readonly by: readonly FieldExpression[];
      readonly at: number;
    }
  | { readonly kind: 'rank'; readonly name: string; readonly n: Literal; readonly at: number };

export type RawExpression =
  | RawOperand
  | {
      readonly kind: 'binary';
      readonly op: string;
      readonly left: RawExpression;
      readonly right: RawExpression;
      readonly at: number;
    };

export type RawStage =
  | { readonly kind: 'expression'; readonly expression: RawExpression; readonly at: number }
  | { readonly kind: 'by'; readonly expressions: readonly FieldExpression[]; readonly at: number }
  | { readonly kind: 'select'; readonly expressions: readonly FieldExpression[]; readonly at: number }
  | { readonly kind: 'coalesce'; readonly at: number };

export interface RawPipeline {
  readonly stages: readonly RawStage[];
}

export interface RawQuery {
  readonly pipeline: RawPipeline;
  readonly hints: readonly Hint[];
}

/** Binding strength of infix operators, inside `{}` and between spansets alike; higher binds tighter. */
export const PRECEDENCE: Readonly<Record<string, number>> = {
  '&&': 2,
  '||': 2,
  '+': 4,
  '-': 4,
  '*': 6,
  '/': 6,
  '%': 6,
  '^': 7,
};
/** All comparisons and structural operators. */
const COMPARISON_PRECEDENCE = 3;
const UNARY_MINUS_PRECEDENCE = 4;
const NOT_PRECEDENCE = 5;

function precedenceOf(op: string): number {
  return PRECEDENCE[op] ?? COMPARISON_PRECEDENCE;
}

/** One element of a flat expression: an operand, or an operator before or between operands. */
export type Item<T> = { readonly operand: T } | { readonly op: string; readonly at: number };

/**
 * Builds the tree of a flat expression by precedence climbing. `^` associates to the right, all else to the left;
 * a prefix operator takes everything to its right that binds tighter than itself.
 */
export function climb<T>(
  items: readonly Item<T>[],
  binary: (op: string, left: T, right: T, at: number) => T,
  unary: (op: string, operand: T, at: number) => T,
): T {
  let next = 0;
  function operand(): T {
    const item = items[next++]!;
    if ('operand' in item) return item.operand;
    const strength = item.op === '!' ? NOT_PRECEDENCE : UNARY_MINUS_PRECEDENCE;
    return unary(item.op, expression(strength + 1), item.at);
  }
  function expression(minimum: number): T {
    let left = operand();
    while (next < items.length) {
      const item = items[next]!;
      if ('operand' in item) break;
      const strength = precedenceOf(item.op);
      if (strength < minimum) break;
      next++;
      left = binary(item.op, left, expression(item.op === '^' ? strength : strength + 1), item.at);
    }
    return left;
  }
  return expression(0);
}
