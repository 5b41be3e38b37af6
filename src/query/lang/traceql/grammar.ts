/**
 * TraceQL's grammar. Actions build the raw tree (`raw.ts`), in which operators have been climbed by their precedence
 * and constants folded; what its parts mean is decided afterwards (`shape.ts`).
 */

import type { IToken } from 'chevrotain';
import { BaseParser, NESTING_MAX } from '../base-parser.ts';
import type { FieldExpression, FieldOperator, Hint, Literal, Reference } from './ast.ts';
import { Fault } from './fault.ts';
import { foldBinary, foldUnary } from './fold.ts';
import { readLiteral, readReference } from './leaf.ts';
import {
  climb,
  type Item,
  type RawArgument,
  type RawExpression,
  type RawOperand,
  type RawPipeline,
  type RawQuery,
  type RawStage,
} from './raw.ts';
import {
  AggregateWord,
  AttributeToken,
  By,
  CoalesceWord,
  Comma,
  Constant,
  Duration,
  Float,
  Identifier,
  Integer,
  IntrinsicWord,
  LBrace,
  LParen,
  MetricWord,
  Minus,
  Not,
  Operator,
  Pipe,
  QuotedString,
  RankWord,
  RBrace,
  RParen,
  ScopedIntrinsic,
  SelectWord,
  VOCABULARY,
  With,
} from './tokens.ts';

/** Chains of operators become deep trees, which recursion must survive; real queries have some dozens. */
const OPERATORS_MAX = 1500;

const NOTHING: Literal = { kind: 'literal', type: 'nil', value: undefined, at: 0 };

export class TraceqlParser extends BaseParser {
  #depth = 0;
  #operators = 0;

  constructor(validate = false) {
    super(VOCABULARY, 1, validate);
    this.performSelfAnalysis();
  }

  override reset(): void {
    this.#depth = 0;
    this.#operators = 0;
    super.reset();
  }

  #enter(at: number): void {
    if (++this.#depth > NESTING_MAX) throw new Fault('expression is nested too deeply', at);
  }

  #countOperator(at: number): void {
    if (++this.#operators > OPERATORS_MAX) throw new Fault('the query has too many operators', at);
  }

  readonly query = this.RULE('query', (): RawQuery => {
    const pipeline = this.SUBRULE(this.pipeline);
    const hints: Hint[] = [];
    this.OPTION(() => {
      this.CONSUME(With);
      this.CONSUME(LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: Comma,
        DEF: () => {
          const name = this.CONSUME(Identifier).image;
          const equals = this.CONSUME(Operator);
          const value = this.SUBRULE(this.literal);
          this.ACTION(() => {
            refuseExtreme(this.LA(0));
            if (equals.image !== '=')
              throw new Fault(`unexpected ${equals.image}, expecting =`, equals.startOffset);
            hints.push({ name, value });
          });
        },
      });
      this.CONSUME(RParen);
    });
    return { pipeline, hints };
  });

  readonly pipeline = this.RULE('pipeline', (): RawPipeline => {
    const stages: RawStage[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Pipe,
      DEF: () => {
        stages.push(this.SUBRULE(this.stage));
      },
    });
    return { stages };
  });

  readonly stage = this.RULE(
    'stage',
    (): RawStage =>
      this.OR([
        {
          ALT: (): RawStage => {
            const at = this.CONSUME(By).startOffset;
            return { kind: 'by', expressions: this.SUBRULE(this.list), at };
          },
        },
        {
          ALT: (): RawStage => {
            const at = this.CONSUME(SelectWord).startOffset;
            return { kind: 'select', expressions: this.SUBRULE2(this.list), at };
          },
        },
        {
          ALT: (): RawStage => {
            const at = this.CONSUME(CoalesceWord).startOffset;
            this.CONSUME(LParen);
            this.CONSUME(RParen);
            return { kind: 'coalesce', at };
          },
        },
        {
          ALT: (): RawStage => {
            const expression = this.SUBRULE(this.expression);
            return { kind: 'expression', expression, at: expression?.at ?? 0 };
          },
        },
      ]),
  );

  readonly list = this.RULE('list', (): FieldExpression[] => {
    const out: FieldExpression[] = [];
    this.CONSUME(LParen);
    this.AT_LEAST_ONE_SEP({ SEP: Comma, DEF: () => out.push(this.SUBRULE(this.fieldExpression)) });
    this.CONSUME(RParen);
    return out;
  });

  readonly expression = this.RULE('expression', (): RawExpression => {
    const items: Item<RawExpression>[] = [{ operand: this.SUBRULE(this.operand) }];
    this.MANY(() => {
      const token = this.OR([{ ALT: () => this.CONSUME(Operator) }, { ALT: () => this.CONSUME(Minus) }]);
      this.ACTION(() => this.#countOperator(token.startOffset));
      items.push({ op: token.image, at: token.startOffset });
      items.push({ operand: this.SUBRULE2(this.operand) });
    });
    return this.ACTION(() =>
      climb(
        items,
        (op, left, right, at): RawExpression => ({ kind: 'binary', op, left, right, at }),
        (_op, operand) => operand,
      ),
    );
  });

  readonly operand = this.RULE(
    'operand',
    (): RawOperand =>
      this.OR([
        { ALT: () => this.SUBRULE(this.filter) },
        {
          ALT: (): RawOperand => {
            const at = this.CONSUME(LParen).startOffset;
            this.ACTION(() => this.#enter(at));
            const pipeline = this.SUBRULE(this.pipeline);
            this.CONSUME(RParen);
            this.ACTION(() => this.#depth--);
            return { kind: 'group', pipeline, at };
          },
        },
        {
          ALT: (): RawOperand => {
            const minus = this.OPTION(() => this.CONSUME(Minus));
            const literal = this.SUBRULE(this.literal);
            return this.ACTION(() => {
              refuseExtreme(this.LA(0));
              const folded = minus ? foldUnary('-', literal, minus.startOffset) : literal;
              if (folded.kind !== 'literal') throw new Fault('a number is expected behind -', literal.at);
              return { kind: 'constant', literal: folded, at: folded.at };
            });
          },
        },
        {
          ALT: (): RawOperand => {
            const name = this.CONSUME(AggregateWord);
            this.CONSUME2(LParen);
            const expression = this.OPTION2(() => this.SUBRULE(this.fieldExpression));
            this.CONSUME2(RParen);
            return { kind: 'aggregate', name: name.image, expression, at: name.startOffset };
          },
        },
        {
          ALT: (): RawOperand => {
            const name = this.CONSUME(MetricWord);
            const args: RawArgument[] = [];
            let by: FieldExpression[] = [];
            this.CONSUME3(LParen);
            this.MANY_SEP({ SEP: Comma, DEF: () => args.push(this.SUBRULE(this.argument)) });
            this.CONSUME3(RParen);
            this.OPTION3(() => {
              this.CONSUME(By);
              by = this.SUBRULE(this.list);
            });
            return { kind: 'function', name: name.image, args, by, at: name.startOffset };
          },
        },
        {
          ALT: (): RawOperand => {
            const name = this.CONSUME(RankWord);
            this.CONSUME4(LParen);
            const n = this.SUBRULE2(this.literal);
            this.ACTION(() => refuseExtreme(this.LA(0)));
            this.CONSUME4(RParen);
            return { kind: 'rank', name: name.image, n, at: name.startOffset };
          },
        },
      ]),
  );

  readonly argument = this.RULE(
    'argument',
    (): RawArgument =>
      this.OR([{ ALT: () => this.SUBRULE(this.filter) }, { ALT: () => this.SUBRULE(this.fieldExpression) }]),
  );

  readonly filter = this.RULE('filter', (): RawOperand & { kind: 'filter' } => {
    const at = this.CONSUME(LBrace).startOffset;
    const expression = this.OPTION(() => this.SUBRULE(this.fieldExpression));
    this.CONSUME(RBrace);
    return {
      kind: 'filter',
      expression: expression ?? { kind: 'literal', type: 'bool', value: true, at },
      at,
    };
  });

  readonly fieldExpression = this.RULE('fieldExpression', (): FieldExpression => {
    const items: Item<FieldExpression>[] = [];
    this.SUBRULE(this.prefixedField, { ARGS: [items] });
    this.MANY(() => {
      const token = this.OR([{ ALT: () => this.CONSUME(Operator) }, { ALT: () => this.CONSUME(Minus) }]);
      this.ACTION(() => this.#countOperator(token.startOffset));
      items.push({ op: token.image, at: token.startOffset });
      this.SUBRULE2(this.prefixedField, { ARGS: [items] });
    });
    return this.ACTION(() =>
      climb(
        items,
        (op, left, right, at) => foldBinary(fieldOperator(op, at), left, right, at),
        (op, operand, at) => foldUnary(op as '-' | '!', operand, at),
      ),
    );
  });

  readonly prefixedField = this.RULE('prefixedField', (items: Item<FieldExpression>[]): void => {
    this.MANY(() => {
      const token = this.OR([{ ALT: () => this.CONSUME(Minus) }, { ALT: () => this.CONSUME(Not) }]);
      this.ACTION(() => {
        this.#countOperator(token.startOffset);
        items.push({ op: token.image, at: token.startOffset });
      });
    });
    const operand = this.OR2([
      { ALT: () => this.SUBRULE(this.literal) },
      { ALT: () => this.SUBRULE(this.reference) },
      {
        ALT: () => {
          const at = this.CONSUME(LParen).startOffset;
          this.ACTION(() => this.#enter(at));
          const inner = this.SUBRULE(this.fieldExpression);
          this.CONSUME(RParen);
          this.ACTION(() => this.#depth--);
          return inner;
        },
      },
    ]);
    this.ACTION(() => items.push({ operand }));
  });

  readonly reference = this.RULE('reference', (): Reference => {
    const token = this.OR([
      { ALT: () => this.CONSUME(AttributeToken) },
      { ALT: () => this.CONSUME(IntrinsicWord) },
      { ALT: () => this.CONSUME(ScopedIntrinsic) },
    ]);
    return this.ACTION(() => readReference(token.image, token.startOffset));
  });

  readonly literal = this.RULE('literal', (): Literal => {
    const token = this.OR([
      { ALT: () => this.CONSUME(QuotedString) },
      { ALT: () => this.CONSUME(Integer) },
      { ALT: () => this.CONSUME(Float) },
      { ALT: () => this.CONSUME(Duration) },
      { ALT: () => this.CONSUME(Constant) },
    ]);
    return this.ACTION(() => readLiteral(token.image, token.startOffset)) ?? NOTHING;
  });
}

/** `minInt` and `maxInt` are words of expressions about spans; outside of them only digits make integers. */
function refuseExtreme({ image, startOffset }: IToken): void {
  if (image === 'minInt' || image === 'maxInt') throw new Fault(`unexpected ${image}`, startOffset);
}

const FIELD_OPERATORS = new Set([
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '=~',
  '!~',
  '&&',
  '||',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
]);

function fieldOperator(op: string, at: number): FieldOperator {
  if (!FIELD_OPERATORS.has(op)) throw new Fault(`unexpected ${op} between the parts of a filter`, at);
  return op as FieldOperator;
}
