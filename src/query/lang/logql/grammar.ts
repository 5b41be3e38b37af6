/**
 * The grammar of LogQL: expressions, aggregations and ranges over log expressions. Actions are embedded and build
 * the tree directly. What the grammar cannot say is in `check.ts`.
 */

import type { IToken, TokenType } from 'chevrotain';
import type { Matcher } from '../../../model/matcher.ts';
import type { BinaryOp, Grouping, Matching, RangeAggExpr, RangeOp, Stage, Unwrap, VectorOp } from './ast.ts';
import type { ParsedBinary, ParsedExpr } from './check.ts';
import { toFloat } from './filter-grammar.ts';
import * as T from './lexer.ts';
import { LogGrammar } from './log-grammar.ts';

const { K } = T;

/** What stands in the parentheses of a range function, in whatever order it was written. */
interface LogRange {
  matchers: Matcher[];
  stages: Stage[];
  unwrap: Unwrap | undefined;
  rangeMs: number;
  offsetMs: number;
}

interface BinaryModifiers {
  readonly bool: boolean;
  readonly matching: Matching | undefined;
}

/** Higher binds tighter; `^` alone is right-associative. */
const PRECEDENCE: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '>=': 3,
  '<': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': 6,
};

const BINARY_TOKENS = new Map<TokenType, BinaryOp>([
  [K.or, 'or'],
  [K.and, 'and'],
  [K.unless, 'unless'],
  [T.CmpEq, '=='],
  [T.Neq, '!='],
  [T.Gt, '>'],
  [T.Gte, '>='],
  [T.Lt, '<'],
  [T.Lte, '<='],
  [T.Add, '+'],
  [T.Sub, '-'],
  [T.Mul, '*'],
  [T.Div, '/'],
  [T.Mod, '%'],
  [T.Pow, '^'],
]);

/** A log range ended without its brackets; Chevrotain cannot say so, since they may stand in two places. */
export class MissingRange extends Error {
  readonly token: IToken;
  constructor(token: IToken) {
    super('missing range');
    this.token = token;
  }
}

export class LogqlGrammar extends LogGrammar {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  query = this.RULE('query', (): ParsedExpr => this.SUBRULE(this.expr, { ARGS: [0] }));

  /** Precedence climbing over primaries. */
  expr = this.RULE('expr', (minPrecedence: number): ParsedExpr => {
    let left: ParsedExpr = this.SUBRULE(this.primary);
    this.MANY({
      GATE: () => {
        const op = BINARY_TOKENS.get(this.LA(1).tokenType);
        return op !== undefined && PRECEDENCE[op] > minPrecedence;
      },
      DEF: () => {
        const token = this.SUBRULE(this.binaryOperator);
        const op = this.ACTION(() => BINARY_TOKENS.get(token.tokenType)!);
        const modifiers = this.SUBRULE(this.binaryModifiers);
        const next = this.ACTION(() => (op === '^' ? PRECEDENCE[op] - 1 : PRECEDENCE[op]));
        const right = this.SUBRULE(this.expr, { ARGS: [next] });
        const binary: ParsedBinary = { kind: 'binary', op, ...modifiers, left, right };
        left = binary;
      },
    });
    return left;
  });

  binaryOperator = this.RULE(
    'binaryOperator',
    (): IToken => this.OR([...BINARY_TOKENS.keys()].map((type, i) => ({ ALT: () => this.consume(i, type) }))),
  );

  binaryModifiers = this.RULE('binaryModifiers', (): BinaryModifiers => {
    let bool = false;
    this.OPTION(() => {
      this.CONSUME(K.bool);
      bool = true;
    });
    let matching: Matching | undefined;
    this.OPTION2(() => {
      const on = this.OR([
        {
          ALT: () => {
            this.CONSUME(K.on);
            return true;
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.ignoring);
            return false;
          },
        },
      ]);
      const labels = this.SUBRULE(this.nameList);
      let card: Matching['card'] = 'one-to-one';
      let include: string[] = [];
      this.OPTION3(() => {
        card = this.OR2([
          {
            ALT: (): Matching['card'] => {
              this.CONSUME(K.group_left);
              return 'many-to-one';
            },
          },
          {
            ALT: (): Matching['card'] => {
              this.CONSUME(K.group_right);
              return 'one-to-many';
            },
          },
        ]);
        // A parenthesis after group_left always opens its labels, never the right operand.
        this.OPTION4(() => {
          include = this.SUBRULE2(this.nameList);
        });
      });
      matching = { on, labels, card, include };
    });
    return { bool, matching };
  });

  primary = this.RULE(
    'primary',
    (): ParsedExpr =>
      this.OR([
        { ALT: (): ParsedExpr => this.SUBRULE(this.logExpr) },
        { ALT: (): ParsedExpr => this.SUBRULE(this.rangeAgg) },
        { ALT: (): ParsedExpr => this.SUBRULE(this.vectorAgg) },
        { ALT: (): ParsedExpr => this.SUBRULE(this.literal) },
        { ALT: (): ParsedExpr => this.SUBRULE(this.vectorLiteral) },
        { ALT: (): ParsedExpr => this.SUBRULE(this.labelReplace) },
        {
          ALT: (): ParsedExpr => {
            this.CONSUME(T.OpenParen);
            const inner = this.SUBRULE(this.expr, { ARGS: [0] });
            this.CONSUME(T.CloseParen);
            return inner;
          },
        },
      ]),
  );

  vectorLiteral = this.RULE('vectorLiteral', (): ParsedExpr => {
    this.CONSUME(T.VectorLiteral);
    this.CONSUME(T.OpenParen);
    const token = this.CONSUME(T.Num);
    this.CONSUME(T.CloseParen);
    return this.ACTION(() => ({ kind: 'vector', value: toFloat(token.image) }));
  });

  labelReplace = this.RULE('labelReplace', (): ParsedExpr => {
    this.CONSUME(T.LabelReplace);
    this.CONSUME(T.OpenParen);
    const expr = this.SUBRULE(this.expr, { ARGS: [0] });
    this.CONSUME(T.Comma);
    const target = this.CONSUME(T.Str).payload as string;
    this.CONSUME2(T.Comma);
    const replacement = this.CONSUME2(T.Str).payload as string;
    this.CONSUME3(T.Comma);
    const source = this.CONSUME3(T.Str).payload as string;
    this.CONSUME4(T.Comma);
    const regex = this.CONSUME4(T.Str).payload as string;
    this.CONSUME(T.CloseParen);
    return { kind: 'label-replace', expr, target, replacement, source, regex };
  });

  grouping = this.RULE('grouping', (): Grouping => {
    const without = this.OR([
      {
        ALT: () => {
          this.CONSUME(K.by);
          return false;
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.without);
          return true;
        },
      },
    ]);
    return { without, names: this.SUBRULE(this.nameList) };
  });

  vectorAgg = this.RULE('vectorAgg', (): ParsedExpr => {
    const op = this.CONSUME(T.VectorFn);
    let grouping: Grouping | undefined;
    this.OPTION(() => {
      grouping = this.SUBRULE(this.grouping);
    });
    this.CONSUME(T.OpenParen);
    let paramText: string | undefined;
    this.OPTION2({
      GATE: () => this.LA(1).tokenType === T.Num && this.LA(2).tokenType === T.Comma,
      DEF: () => {
        paramText = this.CONSUME(T.Num).image;
        this.CONSUME(T.Comma);
      },
    });
    const expr = this.SUBRULE(this.expr, { ARGS: [0] });
    this.CONSUME(T.CloseParen);
    this.OPTION3({
      GATE: () => grouping === undefined,
      DEF: () => {
        grouping = this.SUBRULE2(this.grouping);
      },
    });
    return { kind: 'vector-agg', op: op.payload as VectorOp, paramText, grouping, expr };
  });

  rangeAgg = this.RULE('rangeAgg', (): RangeAggExpr => {
    const op = this.CONSUME(T.RangeFn);
    this.CONSUME(T.OpenParen);
    let paramText: string | undefined;
    this.OPTION(() => {
      paramText = this.CONSUME(T.Num).image;
      this.CONSUME(T.Comma);
    });
    const range = this.SUBRULE(this.logRange);
    this.CONSUME(T.CloseParen);
    let grouping: Grouping | undefined;
    this.OPTION2(() => {
      grouping = this.SUBRULE(this.grouping);
    });
    return this.ACTION(() => ({
      kind: 'range-agg',
      op: op.payload as RangeOp,
      param: paramText === undefined ? undefined : toFloat(paramText),
      log: { kind: 'log', matchers: range.matchers, stages: range.stages },
      unwrap: range.unwrap,
      rangeMs: range.rangeMs,
      offsetMs: range.offsetMs,
      grouping,
    }));
  });

  /** The parts of a log range, in every order that is allowed; parentheses go around the part before `[…]` or all. */
  logRange = this.RULE('logRange', (): LogRange => {
    const out: LogRange = { matchers: [], stages: [], unwrap: undefined, rangeMs: 0, offsetMs: 0 };
    let done = false;
    this.OR([
      {
        GATE: () => this.LA(2).tokenType !== T.OpenParen,
        ALT: () => {
          this.CONSUME(T.OpenParen);
          this.SUBRULE(this.rangeParts, { ARGS: [out] });
          this.CONSUME(T.CloseParen);
          done = this.ACTION(() => out.rangeMs > 0);
        },
      },
      {
        ALT: () => {
          this.CONSUME2(T.OpenParen);
          const inner = this.SUBRULE(this.logRange);
          this.CONSUME2(T.CloseParen);
          this.ACTION(() => {
            if (inner.rangeMs > 0) Object.assign(out, inner);
          });
          done = true;
        },
      },
      { ALT: () => this.SUBRULE2(this.rangeParts, { ARGS: [out] }) },
    ]);
    this.OPTION({
      GATE: () => !done && out.rangeMs === 0,
      DEF: () => {
        this.SUBRULE(this.rangeBracket, { ARGS: [out] });
        this.SUBRULE(this.stages, { ARGS: [out] });
      },
    });
    this.ACTION(() => {
      if (out.rangeMs > 0) return;
      throw new MissingRange(this.LA(1));
    });
    return out;
  });

  rangeParts = this.RULE('rangeParts', (out: LogRange): void => {
    const matchers = this.SUBRULE(this.selector);
    this.ACTION(() => {
      out.matchers = matchers;
    });
    this.SUBRULE(this.stages, { ARGS: [out] });
    this.OPTION(() => {
      this.SUBRULE(this.rangeBracket, { ARGS: [out] });
      this.SUBRULE2(this.stages, { ARGS: [out] });
    });
  });

  rangeBracket = this.RULE('rangeBracket', (out: LogRange): void => {
    const range = this.CONSUME(T.Range);
    this.ACTION(() => {
      out.rangeMs = range.payload as number;
    });
    this.OPTION(() => {
      this.CONSUME(K.offset);
      const offset = this.CONSUME(T.Duration);
      this.ACTION(() => {
        out.offsetMs = (offset.payload as number) / 1e6;
      });
    });
  });

  /** Stages and perhaps an unwrap, after which only label filters may follow. Appends to `out`. */
  stages = this.RULE('stages', (out: LogRange): void => {
    this.MANY({
      GATE: () => out.unwrap === undefined && this.LA(2).tokenType !== K.unwrap,
      DEF: () => {
        const stage = this.SUBRULE(this.stage);
        this.ACTION(() => out.stages.push(stage));
      },
    });
    this.OPTION({
      GATE: () => out.unwrap === undefined,
      DEF: () => {
        const unwrap = this.SUBRULE(this.unwrap);
        this.ACTION(() => {
          out.unwrap = unwrap;
        });
      },
    });
  });
}
