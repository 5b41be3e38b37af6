/** The base of the grammar: matchers, selectors, literals, label filters. */

import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import { parseGoFloat } from '../../../model/go-float.ts';
import { Matcher, type MatchType } from '../../../model/matcher.ts';
import type { CompareOp, LabelFilter, LiteralExpr } from './ast.ts';
import * as T from './lexer.ts';

const { K } = T;

/** A number's text as a float; hexadecimal, octal and binary literals lex but are not numbers here. */
export function toFloat(text: string): number {
  const value = parseGoFloat(text.replaceAll('_', ''));
  if (value !== undefined && !/^0[xXbBoO]/.test(text)) return value;
  const why = `strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new TriliteError('bad_data', `parse error : unable to parse literal as a float: ${why}`);
}

export function toMatcher(type: MatchType, name: string, value: string): Matcher {
  try {
    return new Matcher(type, name, value);
  } catch (error) {
    if (error instanceof TriliteError) throw new TriliteError('bad_data', `parse error : ${error.message}`);
    throw error;
  }
}

export class FilterGrammar extends EmbeddedActionsParser {
  constructor() {
    super(T.ALL_TOKENS, { maxLookahead: 2, skipValidations: true });
  }

  selector = this.RULE('selector', (): Matcher[] => {
    const matchers: Matcher[] = [];
    this.CONSUME(T.OpenBrace);
    this.OPTION(() => {
      matchers.push(this.SUBRULE(this.matcher));
      this.MANY(() => {
        this.CONSUME(T.Comma);
        matchers.push(this.SUBRULE2(this.matcher));
      });
    });
    this.CONSUME(T.CloseBrace);
    return matchers;
  });

  matcher = this.RULE('matcher', (): Matcher => {
    const name = this.CONSUME(T.Identifier).image;
    const type = this.SUBRULE(this.matchType);
    const value = this.CONSUME(T.Str).payload as string;
    return this.ACTION(() => toMatcher(type.image as MatchType, name, value));
  });

  matchType = this.RULE(
    'matchType',
    (): IToken =>
      this.OR([
        { ALT: () => this.CONSUME(T.Eq) },
        { ALT: () => this.CONSUME(T.Neq) },
        { ALT: () => this.CONSUME(T.Re) },
        { ALT: () => this.CONSUME(T.Nre) },
      ]),
  );

  ipCall = this.RULE('ipCall', (): string => {
    this.CONSUME(T.Ip);
    this.CONSUME(T.OpenParen);
    const text = this.CONSUME(T.Str).payload as string;
    this.CONSUME(T.CloseParen);
    return text;
  });

  /** `(a, b)`, perhaps empty. */
  nameList = this.RULE('nameList', (): string[] => {
    const names: string[] = [];
    this.CONSUME(T.OpenParen);
    this.OPTION(() => {
      names.push(this.CONSUME(T.Identifier).image);
      this.MANY(() => {
        this.CONSUME(T.Comma);
        names.push(this.CONSUME2(T.Identifier).image);
      });
    });
    this.CONSUME(T.CloseParen);
    return names;
  });

  literal = this.RULE('literal', (): LiteralExpr => {
    let sign = 1;
    this.OPTION(() => {
      this.OR([
        { ALT: () => this.CONSUME(T.Add) },
        {
          ALT: () => {
            this.CONSUME(T.Sub);
            sign = -1;
          },
        },
      ]);
    });
    const token = this.CONSUME(T.Num);
    return this.ACTION(() => ({ kind: 'literal', value: sign * toFloat(token.image) }));
  });

  /**
   * `and` binds tighter than `or`; a comma or mere juxtaposition has no precedence: whatever follows belongs to
   * its right side, even inside an `and`.
   */
  labelFilter = this.RULE('labelFilter', (minPrecedence: number): LabelFilter => {
    let left: LabelFilter = this.SUBRULE(this.labelFilterUnit);
    this.MANY({
      GATE: () => {
        const next = this.LA(1).tokenType;
        return next === K.or ? minPrecedence < 1 : next === K.and ? minPrecedence < 2 : true;
      },
      DEF: () => {
        let kind: 'and' | 'or' = 'and';
        let precedence = 0;
        this.OPTION(() => {
          this.OR([
            { ALT: () => this.CONSUME(T.Comma) },
            {
              ALT: () => {
                this.CONSUME(K.and);
                precedence = 2;
              },
            },
            {
              ALT: () => {
                this.CONSUME(K.or);
                kind = 'or';
                precedence = 1;
              },
            },
          ]);
        });
        const right = this.SUBRULE(this.labelFilter, { ARGS: [precedence] });
        left = { kind, left, right };
      },
    });
    return left;
  });

  labelFilterUnit = this.RULE(
    'labelFilterUnit',
    (): LabelFilter =>
      this.OR([
        {
          ALT: (): LabelFilter => {
            this.CONSUME(T.OpenParen);
            const inner = this.SUBRULE(this.labelFilter, { ARGS: [0] });
            this.CONSUME(T.CloseParen);
            return inner;
          },
        },
        {
          ALT: (): LabelFilter => {
            const name = this.CONSUME(T.Identifier).image;
            const op = this.SUBRULE(this.filterOperator);
            return this.SUBRULE(this.filterValue, { ARGS: [name, op] });
          },
        },
      ]),
  );

  filterOperator = this.RULE(
    'filterOperator',
    (): IToken =>
      this.OR(
        [T.Eq, T.Neq, T.Re, T.Nre, T.CmpEq, T.Gt, T.Gte, T.Lt, T.Lte].map((type, i) => ({
          ALT: () => this.consume(i, type),
        })),
      ),
  );

  filterValue = this.RULE('filterValue', (name: string, op: IToken): LabelFilter => {
    const compare = this.ACTION(() => (op.image === '=' ? '==' : op.image) as CompareOp);
    const matches = (): boolean => [T.Eq, T.Neq, T.Re, T.Nre].includes(op.tokenType);
    const compares = (): boolean => op.tokenType !== T.Re && op.tokenType !== T.Nre;
    return this.OR([
      {
        GATE: matches,
        ALT: (): LabelFilter => {
          const value = this.CONSUME(T.Str).payload as string;
          return this.ACTION(() => ({
            kind: 'match',
            matcher: toMatcher(op.image as MatchType, name, value),
          }));
        },
      },
      {
        GATE: () => op.tokenType === T.Eq || op.tokenType === T.Neq,
        ALT: (): LabelFilter => {
          const pattern = this.SUBRULE(this.ipCall);
          return this.ACTION(() => ({ kind: 'ip', name, op: op.image as '=' | '!=', pattern }));
        },
      },
      {
        GATE: compares,
        ALT: (): LabelFilter => {
          const number = this.SUBRULE(this.literal);
          return { kind: 'number', name, op: compare, value: number.value };
        },
      },
      {
        GATE: compares,
        ALT: (): LabelFilter => {
          const valueNs = this.CONSUME(T.Duration).payload as number;
          return { kind: 'duration', name, op: compare, valueNs };
        },
      },
      {
        GATE: compares,
        ALT: (): LabelFilter => {
          const valueBytes = this.CONSUME(T.Bytes).payload as number;
          return { kind: 'bytes', name, op: compare, valueBytes };
        },
      },
    ]);
  });
}
