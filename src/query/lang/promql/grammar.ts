/**
 * The PromQL grammar: chevrotain rules whose actions build the syntax tree directly. An expression is collected
 * flat and folded by `precedence.ts`; what a node may look like beyond its syntax is checked where it is built
 * (`build.ts`) or afterwards (`check.ts`). During chevrotain's recording the actions do not run.
 */

import type { IToken } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import { METRIC_NAME } from '../../../model/labels.ts';
import type { Matcher, MatchType } from '../../../model/matcher.ts';
import { NESTING_MAX } from '../base-parser.ts';
import type { AtModifier, DurationExpr, Expr, VectorMatching } from './ast.ts';
import * as build from './build.ts';
import { DurationGrammar, type DurationTail, OPERATORS_MAX } from './duration-grammar.ts';
import { foldOperators, type OperandItem, type OperatorItem } from './precedence.ts';
import * as t from './vocabulary.ts';

export class PromqlGrammar extends DurationGrammar {
  constructor(validate = false) {
    super(validate);
    this.performSelfAnalysis();
  }

  readonly query = this.RULE('query', (): Expr => {
    this.ACTION(() => this.resetNesting());
    return this.SUBRULE(this.expression);
  });

  readonly expression: () => Expr = this.RULE('expression', (): Expr => {
    this.ACTION(() => this.enter());
    const operands: OperandItem<Expr>[] = [];
    const operators: OperatorItem[] = [];
    operands.push(this.SUBRULE(this.operand));
    this.MANY(() => {
      operators.push(this.SUBRULE(this.operator));
      operands.push(this.SUBRULE2(this.operand));
    });
    return this.ACTION(() => {
      this.leave();
      return this.#fold(operands, operators);
    });
  });

  #fold(operands: OperandItem<Expr>[], operators: OperatorItem[]): Expr {
    if (operators.length > OPERATORS_MAX) {
      throw new TriliteError(
        'bad_data',
        'expression has too many operators',
        this.spanOf(operators[OPERATORS_MAX]!.token),
      );
    }
    return foldOperators<Expr>(operands, operators, {
      unary: (sign, operand) => build.unary(this.spanOf(sign), sign.image, operand),
      binary: (lhs, op, rhs) => build.binary(lhs, this.spanOf(op.token, op.last), op, rhs),
    });
  }

  readonly operand = this.RULE('operand', (): OperandItem<Expr> => {
    const signs: IToken[] = [];
    this.MANY(() => {
      signs.push(this.CONSUME(t.Sign));
      this.ACTION(() => {
        if (signs.length > NESTING_MAX) {
          throw new TriliteError('bad_data', 'expression is nested too deeply', this.spanOf(signs[0]!));
        }
      });
    });
    return { signs, operand: this.SUBRULE(this.suffixed) };
  });

  /** An atom with `[…]`, `offset`, `@`, `anchored`, `smoothed` behind it. */
  readonly suffixed = this.RULE('suffixed', (): Expr => {
    let expr = this.SUBRULE(this.atom);
    this.MANY(() =>
      this.OR([
        { ALT: () => (expr = this.SUBRULE(this.brackets, { ARGS: [expr] })) },
        { ALT: () => (expr = this.SUBRULE(this.offset, { ARGS: [expr] })) },
        { ALT: () => (expr = this.SUBRULE(this.at, { ARGS: [expr] })) },
        {
          ALT: () => {
            const word = this.OR2([
              { ALT: () => this.CONSUME(t.Anchored) },
              { ALT: () => this.CONSUME(t.Smoothed) },
            ]);
            expr = this.ACTION(() => build.withEdges(expr, this.spanOf(word), word.image.toLowerCase()));
          },
        },
      ]),
    );
    return expr;
  });

  readonly atom = this.RULE(
    'atom',
    (): Expr =>
      this.OR([
        { ALT: () => this.SUBRULE(this.number) },
        {
          ALT: () => {
            const token = this.CONSUME(t.Text);
            return this.ACTION(() => build.text(token.image, this.spanOf(token)));
          },
        },
        {
          ALT: () => {
            const open = this.CONSUME(t.LeftParen);
            const expr = this.SUBRULE(this.expression);
            const close = this.CONSUME(t.RightParen);
            return this.ACTION((): Expr => ({ kind: 'paren', expr, span: this.spanOf(open, close) }));
          },
        },
        { GATE: () => this.#startsAggregation(), ALT: () => this.SUBRULE(this.aggregation) },
        { GATE: () => this.#startsCall(), ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.selector) },
      ]),
  );

  /** Keywords may name metrics but no functions, nor may words with a colon. */
  #startsCall(): boolean {
    if (this.LA(2).tokenType !== t.LeftParen) return false;
    const { image, tokenType } = this.LA(1);
    return t.isFunctionName(tokenType) && !image.includes(':');
  }

  #startsAggregation(): boolean {
    const next = this.LA(2).tokenType;
    return next === t.LeftParen || next === t.By || next === t.Without;
  }

  // ------------------------------------------------------------------------------------------- selectors

  readonly selector = this.RULE('selector', (): Expr => {
    let name: IToken | undefined;
    let matchers: Matcher[] = [];
    const first = this.LA(1);
    this.OR([
      {
        ALT: () => {
          name = this.CONSUME(t.Name);
          this.OPTION(() => {
            matchers = this.SUBRULE(this.matchers);
          });
        },
      },
      {
        ALT: () => {
          matchers = this.SUBRULE2(this.matchers);
        },
      },
    ]);
    return this.ACTION(() => build.selector(name?.image, matchers, this.spanOf(first, this.LA(0))));
  });

  readonly matchers = this.RULE('matchers', (): Matcher[] => {
    const matchers: Matcher[] = [];
    this.CONSUME(t.LeftBrace);
    this.OPTION(() => {
      matchers.push(this.SUBRULE(this.matcher));
      let more = true;
      this.MANY({
        GATE: () => more,
        DEF: () => {
          this.CONSUME(t.Comma);
          more = false;
          this.OPTION2(() => {
            matchers.push(this.SUBRULE2(this.matcher));
            more = true;
          });
        },
      });
    });
    this.CONSUME(t.RightBrace);
    return matchers;
  });

  readonly matcher = this.RULE(
    'matcher',
    (): Matcher =>
      this.OR([
        {
          ALT: () => {
            const name = this.CONSUME(t.LabelName);
            return this.SUBRULE(this.comparison, { ARGS: [name] });
          },
        },
        {
          ALT: () => {
            const name = this.CONSUME(t.Text);
            // A lone string is the metric's name.
            const comparison = this.OPTION(() => this.SUBRULE2(this.comparison, { ARGS: [name] }));
            return this.ACTION(
              () =>
                comparison ??
                build.matcher(
                  '=',
                  METRIC_NAME,
                  build.unquoteAt(name.image, this.spanOf(name)),
                  this.spanOf(name),
                ),
            );
          },
        },
      ]),
  );

  readonly comparison = this.RULE('comparison', (name: IToken): Matcher => {
    const op = this.OR([
      { ALT: () => this.CONSUME(t.Equal) },
      { ALT: () => this.CONSUME(t.NotEqual) },
      { ALT: () => this.CONSUME(t.RegexEqual) },
      { ALT: () => this.CONSUME(t.RegexNotEqual) },
    ]);
    const value = this.SUBRULE(this.matcherValue);
    return this.ACTION(() => {
      const span = this.spanOf(name, value);
      const label = name.tokenType === t.Text ? build.unquoteAt(name.image, this.spanOf(name)) : name.image;
      return build.matcher(
        op.image as MatchType,
        label,
        build.unquoteAt(value.image, this.spanOf(value)),
        span,
      );
    });
  });

  readonly matcherValue = this.RULE('matcherValue', (): IToken => this.CONSUME(t.Text));

  // ---------------------------------------------------------------------------------------------- suffixes

  readonly brackets = this.RULE('brackets', (expr: Expr): Expr => {
    const open = this.CONSUME(t.LeftBracket);
    const range = this.SUBRULE(this.durationExpr);
    let colon: IToken | undefined;
    let step: DurationExpr | undefined;
    this.OPTION(() => {
      colon = this.CONSUME(t.Colon);
      this.OPTION2(() => {
        step = this.SUBRULE(this.subqueryStep);
      });
    });
    const close = this.CONSUME(t.RightBracket);
    return this.ACTION(() => {
      const end = this.spanOf(open, close);
      return colon ? build.subquery(expr, range, step, end) : build.matrix(expr, range, end);
    });
  });

  readonly subqueryStep = this.RULE('subqueryStep', (): DurationExpr => this.SUBRULE(this.durationExpr));

  readonly offset = this.RULE('offset', (expr: Expr): Expr => {
    this.CONSUME(t.Offset);
    const signs: IToken[] = [];
    this.OPTION(() => {
      signs.push(this.CONSUME(t.Sign));
    });
    // Behind parentheses without a sign an operator still belongs to the offset, elsewhere it does not.
    const goesOn = signs.length === 0 && this.LA(1).tokenType === t.LeftParen;
    const first = this.SUBRULE(this.durationAtom);
    const tail: DurationTail = { operands: [], operators: [] };
    this.MANY({ GATE: () => goesOn, DEF: () => this.SUBRULE(this.durationTail, { ARGS: [tail] }) });
    return this.ACTION(() => {
      const operands = [{ signs, operand: first }, ...tail.operands];
      return build.withOffset(expr, this.foldDuration(operands, tail.operators));
    });
  });

  readonly at = this.RULE('at', (expr: Expr): Expr => {
    this.CONSUME(t.At);
    const at = this.OR([
      {
        ALT: () => {
          const sign = this.OPTION(() => this.CONSUME(t.Sign));
          const number = this.SUBRULE(this.number);
          return this.ACTION(() => build.atTime(sign?.image === '-', number, number.span));
        },
      },
      {
        ALT: () => {
          const bound = this.CONSUME(t.Bound);
          this.CONSUME(t.LeftParen);
          this.CONSUME(t.RightParen);
          return this.ACTION(
            (): AtModifier => ({ kind: bound.image.toLowerCase() === 'start' ? 'start' : 'end' }),
          );
        },
      },
    ]);
    return this.ACTION(() => build.withAt(expr, at, this.spanOf(this.LA(0)).end));
  });

  // --------------------------------------------------------------------------------- calls and aggregations

  readonly call = this.RULE('call', (): Expr => {
    const name = this.CONSUME(t.Name);
    const args = this.SUBRULE(this.argumentList);
    return this.ACTION(() => build.call(name.image, args, this.spanOf(name, this.LA(0))));
  });

  readonly argumentList = this.RULE('argumentList', (): Expr[] => {
    const args: Expr[] = [];
    this.CONSUME(t.LeftParen);
    this.OPTION(() => {
      args.push(this.SUBRULE(this.expression));
      this.MANY(() => {
        const comma = this.CONSUME(t.Comma);
        this.ACTION(() => {
          if (!t.startsExpression(this.LA(1))) {
            const message = 'trailing commas not allowed in function call args';
            throw new TriliteError('bad_data', message, this.spanOf(comma));
          }
        });
        args.push(this.SUBRULE2(this.expression));
      });
    });
    this.CONSUME(t.RightParen);
    return args;
  });

  readonly aggregation = this.RULE('aggregation', (): Expr => {
    const op = this.CONSUME(t.Aggregator);
    let clause: build.GroupClause | undefined;
    let args: Expr[] = [];
    this.OR([
      {
        ALT: () => {
          clause = this.SUBRULE(this.groupClause);
          args = this.SUBRULE(this.argumentList);
        },
      },
      {
        ALT: () => {
          args = this.SUBRULE2(this.argumentList);
          this.OPTION(() => {
            clause = this.SUBRULE2(this.groupClause);
          });
        },
      },
    ]);
    return this.ACTION(() =>
      build.aggregation(op.image.toLowerCase(), args, clause, this.spanOf(op, this.LA(0))),
    );
  });

  readonly groupClause = this.RULE('groupClause', (): build.GroupClause => {
    const word = this.OR([{ ALT: () => this.CONSUME(t.By) }, { ALT: () => this.CONSUME(t.Without) }]);
    const labels = this.SUBRULE(this.labelList);
    return this.ACTION(() => ({ without: word.tokenType === t.Without, labels }));
  });

  readonly labelList = this.RULE('labelList', (): string[] => {
    const labels: string[] = [];
    this.CONSUME(t.LeftParen);
    this.OPTION(() => {
      labels.push(this.SUBRULE(this.label));
      let more = true;
      this.MANY({
        GATE: () => more,
        DEF: () => {
          this.CONSUME(t.Comma);
          more = false;
          this.OPTION2(() => {
            labels.push(this.SUBRULE2(this.label));
            more = true;
          });
        },
      });
    });
    this.CONSUME(t.RightParen);
    return labels;
  });

  readonly label = this.RULE('label', (): string => {
    const token = this.OR([{ ALT: () => this.CONSUME(t.Label) }, { ALT: () => this.CONSUME(t.Text) }]);
    return this.ACTION(() =>
      build.groupingLabel(token.image, token.tokenType === t.Text, this.spanOf(token)),
    );
  });

  // ---------------------------------------------------------------------------------------------- operators

  readonly operator = this.RULE('operator', (): OperatorItem => {
    const token = this.CONSUME(t.BinaryOperator);
    const returnBool = this.OPTION(() => this.CONSUME(t.Bool)) !== undefined;
    let matching: VectorMatching | undefined;
    this.OPTION2(() => {
      matching = this.SUBRULE(this.matching);
    });
    this.OPTION3({
      GATE: () => this.LA(2).tokenType === t.LeftParen,
      DEF: () => {
        const fill = this.SUBRULE(this.fill);
        this.ACTION(() => {
          matching = { ...(matching ?? build.ONE_TO_ONE), ...fill };
        });
      },
    });
    return this.ACTION(() => ({ token, last: this.LA(0), returnBool, matching }));
  });

  readonly matching = this.RULE('matching', (): VectorMatching => {
    const word = this.OR([{ ALT: () => this.CONSUME(t.On) }, { ALT: () => this.CONSUME(t.Ignoring) }]);
    const labels = this.SUBRULE(this.labelList);
    let card: VectorMatching['card'] = 'one-to-one';
    let include: string[] = [];
    this.OPTION(() => {
      const group = this.OR2([
        { ALT: () => this.CONSUME(t.GroupLeft) },
        { ALT: () => this.CONSUME(t.GroupRight) },
      ]);
      card = group.tokenType === t.GroupLeft ? 'many-to-one' : 'one-to-many';
      this.OPTION2({
        GATE: () => this.LA(1).tokenType === t.LeftParen,
        DEF: () => {
          include = this.SUBRULE2(this.labelList);
        },
      });
    });
    return this.ACTION(() => ({ ...build.ONE_TO_ONE, card, on: word.tokenType === t.On, labels, include }));
  });

  /** `fill(v)`, or `fill_left(v)` and `fill_right(v)` in any order. */
  readonly fill = this.RULE(
    'fill',
    (): build.FillValues =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Fill);
            const value = this.SUBRULE(this.fillValue);
            return { fillLeft: value, fillRight: value };
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.FillLeft);
            const fillLeft = this.SUBRULE2(this.fillValue);
            const fillRight = this.OPTION({
              GATE: () => this.LA(2).tokenType === t.LeftParen,
              DEF: () => {
                this.CONSUME(t.FillRight);
                return this.SUBRULE3(this.fillValue);
              },
            });
            return { fillLeft, fillRight };
          },
        },
        {
          ALT: () => {
            this.CONSUME2(t.FillRight);
            const fillRight = this.SUBRULE4(this.fillValue);
            const fillLeft = this.OPTION2({
              GATE: () => this.LA(2).tokenType === t.LeftParen,
              DEF: () => {
                this.CONSUME2(t.FillLeft);
                return this.SUBRULE5(this.fillValue);
              },
            });
            return { fillLeft, fillRight };
          },
        },
      ]),
  );

  readonly fillValue = this.RULE('fillValue', (): number => {
    this.CONSUME(t.LeftParen);
    const sign = this.OPTION(() => this.CONSUME(t.Sign));
    const number = this.SUBRULE(this.number);
    this.CONSUME(t.RightParen);
    return this.ACTION(() => {
      const value = (number as { value: number }).value;
      return sign?.image === '-' ? -value : value;
    });
  });
}
