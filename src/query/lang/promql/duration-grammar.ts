/**
 * The part of the grammar that numbers and duration expressions make up: what stands in brackets and behind
 * `offset`. The rest of the grammar (`grammar.ts`) builds on it.
 */

import type { IToken } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import { BaseParser, NESTING_MAX } from '../base-parser.ts';
import type { DurationExpr, Expr } from './ast.ts';
import * as build from './build.ts';
import { foldOperators, type OperandItem, type OperatorItem } from './precedence.ts';
import * as t from './vocabulary.ts';

/** Operators in one flat expression; the tree of `a + b + …` is as deep as it is long. */
export const OPERATORS_MAX = 2000;

/** What follows the first operand of a duration expression. */
export interface DurationTail {
  readonly operands: OperandItem<DurationExpr>[];
  readonly operators: OperatorItem[];
}

export abstract class DurationGrammar extends BaseParser {
  #depth = 0;

  constructor(validate: boolean) {
    super(t.VOCABULARY, 2, validate);
  }

  protected resetNesting(): void {
    this.#depth = 0;
  }

  protected enter(): void {
    if (++this.#depth > NESTING_MAX) {
      throw new TriliteError('bad_data', 'expression is nested too deeply', this.spanOf(this.LA(1)));
    }
  }

  protected leave(): void {
    this.#depth--;
  }

  readonly number = this.RULE('number', (): Expr => {
    const token = this.OR([
      { ALT: () => this.CONSUME(t.NumberToken) },
      { ALT: () => this.CONSUME(t.Duration) },
    ]);
    return this.ACTION(() => build.number(token.image, token.tokenType === t.Duration, this.spanOf(token)));
  });

  readonly durationExpr: () => DurationExpr = this.RULE('durationExpr', (): DurationExpr => {
    this.ACTION(() => this.enter());
    const first = this.SUBRULE(this.durationOperand);
    const tail: DurationTail = { operands: [], operators: [] };
    this.MANY(() => this.SUBRULE(this.durationTail, { ARGS: [tail] }));
    return this.ACTION(() => {
      this.leave();
      return this.foldDuration([first, ...tail.operands], tail.operators);
    });
  });

  /** An operator and its right side, put into `tail`. */
  readonly durationTail = this.RULE('durationTail', (tail: DurationTail): void => {
    const token = this.CONSUME(t.DurationOperator);
    const operand = this.SUBRULE(this.durationOperand);
    this.ACTION(() => {
      tail.operators.push({ token, last: token, returnBool: false, matching: undefined });
      tail.operands.push(operand);
    });
  });

  protected foldDuration(
    operands: readonly OperandItem<DurationExpr>[],
    operators: readonly OperatorItem[],
  ): DurationExpr {
    if (operators.length > OPERATORS_MAX) {
      const span = this.spanOf(operators[0]!.token);
      throw new TriliteError('bad_data', 'expression has too many operators', span);
    }
    return foldOperators<DurationExpr>(operands, operators, {
      unary: (sign, operand) => build.durationUnary(this.spanOf(sign), sign.image, operand),
      binary: (lhs, op, rhs) => build.durationBinary(lhs, op.token.image, this.spanOf(op.token), rhs),
    });
  }

  readonly durationOperand = this.RULE('durationOperand', (): OperandItem<DurationExpr> => {
    const signs: IToken[] = [];
    this.MANY(() => {
      signs.push(this.CONSUME(t.Sign));
      this.ACTION(() => {
        if (signs.length > NESTING_MAX) {
          throw new TriliteError('bad_data', 'expression is nested too deeply', this.spanOf(signs[0]!));
        }
      });
    });
    return { signs, operand: this.SUBRULE(this.durationAtom) };
  });

  readonly durationAtom = this.RULE(
    'durationAtom',
    (): DurationExpr =>
      this.OR([
        {
          ALT: () => {
            const number = this.SUBRULE(this.number);
            return this.ACTION(() => build.durationLiteral(number));
          },
        },
        {
          ALT: () => {
            const word = this.CONSUME(t.QueryTerm);
            this.CONSUME(t.LeftParen);
            const close = this.CONSUME(t.RightParen);
            return this.ACTION(() => build.durationQuery(word.image.toLowerCase(), this.spanOf(word, close)));
          },
        },
        {
          ALT: () => {
            const word = this.CONSUME(t.Choice);
            this.CONSUME2(t.LeftParen);
            const lhs = this.SUBRULE(this.durationExpr);
            this.CONSUME(t.Comma);
            const rhs = this.SUBRULE2(this.durationExpr);
            const close = this.CONSUME2(t.RightParen);
            return this.ACTION(() =>
              build.durationChoice(word.image.toLowerCase(), lhs, rhs, this.spanOf(word, close)),
            );
          },
        },
        {
          ALT: () => {
            const open = this.CONSUME3(t.LeftParen);
            const expr = this.SUBRULE3(this.durationExpr);
            const close = this.CONSUME3(t.RightParen);
            return this.ACTION(
              (): DurationExpr => ({ kind: 'duration_paren', expr, span: this.spanOf(open, close) }),
            );
          },
        },
      ]),
  );
}
