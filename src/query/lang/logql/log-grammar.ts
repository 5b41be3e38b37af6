/** Log expressions: a selector and the stages of its pipeline, unwrap included. */

import type { Matcher, MatchType } from '../../../model/matcher.ts';
import type {
  Conversion,
  ExtractItem,
  LabelFilter,
  LabelFormatItem,
  LabelItem,
  LineFilterOp,
  LineFilterOperand,
  LogExpr,
  Stage,
  Unwrap,
} from './ast.ts';
import { FilterGrammar, toMatcher } from './filter-grammar.ts';
import * as T from './lexer.ts';

const { K } = T;

export class LogGrammar extends FilterGrammar {
  logExpr = this.RULE('logExpr', (): LogExpr => {
    const matchers = this.SUBRULE(this.selector);
    const stages: Stage[] = [];
    this.MANY({
      // `!=` after a selector filters lines only where an operand of a line filter follows.
      GATE: () => this.LA(2).tokenType !== K.unwrap,
      DEF: () => {
        stages.push(this.SUBRULE(this.stage));
      },
    });
    return { kind: 'log', matchers, stages };
  });

  stage = this.RULE(
    'stage',
    (): Stage =>
      this.OR([
        { ALT: (): Stage => this.SUBRULE(this.lineFilter) },
        {
          ALT: (): Stage => {
            this.CONSUME(T.Pipe);
            return this.SUBRULE(this.pipeStage);
          },
        },
      ]),
  );

  lineFilter = this.RULE('lineFilter', (): Stage => {
    const op = this.CONSUME(T.LineFilterOpToken);
    const operands: LineFilterOperand[] = [this.SUBRULE(this.lineFilterOperand)];
    this.MANY(() => {
      this.CONSUME(K.or);
      operands.push(this.SUBRULE2(this.lineFilterOperand));
    });
    return { kind: 'line-filter', op: op.image as LineFilterOp, operands };
  });

  lineFilterOperand = this.RULE(
    'lineFilterOperand',
    (): LineFilterOperand =>
      this.OR([
        { ALT: () => ({ ip: false, text: this.CONSUME(T.Str).payload as string }) },
        { ALT: () => ({ ip: true, text: this.SUBRULE(this.ipCall) }) },
      ]),
  );

  pipeStage = this.RULE(
    'pipeStage',
    (): Stage =>
      this.OR([
        {
          ALT: (): Stage => {
            this.CONSUME(K.json);
            return { kind: 'json', items: this.SUBRULE(this.extractItems) };
          },
        },
        { ALT: (): Stage => this.SUBRULE(this.logfmtStage) },
        {
          ALT: (): Stage => {
            this.CONSUME(K.regexp);
            return { kind: 'regexp', pattern: this.CONSUME(T.Str).payload as string };
          },
        },
        {
          ALT: (): Stage => {
            this.CONSUME(K.pattern);
            return { kind: 'pattern', pattern: this.CONSUME2(T.Str).payload as string };
          },
        },
        {
          ALT: (): Stage => {
            this.CONSUME(K.unpack);
            return { kind: 'unpack' };
          },
        },
        {
          ALT: (): Stage => {
            this.CONSUME(K.decolorize);
            return { kind: 'decolorize' };
          },
        },
        {
          ALT: (): Stage => {
            this.CONSUME(K.line_format);
            return { kind: 'line-format', template: this.CONSUME3(T.Str).payload as string };
          },
        },
        { ALT: (): Stage => this.SUBRULE(this.labelFormatStage) },
        {
          ALT: (): Stage => {
            this.CONSUME(K.drop);
            return { kind: 'drop', items: this.SUBRULE(this.labelItems) };
          },
        },
        {
          ALT: (): Stage => {
            this.CONSUME(K.keep);
            return { kind: 'keep', items: this.SUBRULE2(this.labelItems) };
          },
        },
        {
          ALT: (): Stage => ({ kind: 'label-filter', filter: this.SUBRULE(this.labelFilter, { ARGS: [0] }) }),
        },
      ]),
  );

  logfmtStage = this.RULE('logfmtStage', (): Stage => {
    this.CONSUME(K.logfmt);
    let strict = false;
    let keepEmpty = false;
    this.MANY(() => {
      const flag = this.CONSUME(T.ParserFlag).image;
      if (flag === '--strict') strict = true;
      else keepEmpty = true;
    });
    return { kind: 'logfmt', strict, keepEmpty, items: this.SUBRULE(this.extractItems) };
  });

  extractItems = this.RULE('extractItems', (): ExtractItem[] => {
    const items: ExtractItem[] = [];
    this.OPTION(() => {
      items.push(this.SUBRULE(this.extractItem));
      this.MANY(() => {
        this.CONSUME(T.Comma);
        items.push(this.SUBRULE2(this.extractItem));
      });
    });
    return items;
  });

  extractItem = this.RULE('extractItem', (): ExtractItem => {
    const name = this.CONSUME(T.Identifier).image;
    let source = name;
    this.OPTION(() => {
      this.CONSUME(T.Eq);
      source = this.CONSUME(T.Str).payload as string;
    });
    return { name, source };
  });

  labelFormatStage = this.RULE('labelFormatStage', (): Stage => {
    const items: LabelFormatItem[] = [];
    this.CONSUME(K.label_format);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const name = this.CONSUME(T.Identifier).image;
        this.CONSUME(T.Eq);
        this.OR([
          {
            ALT: () => {
              items.push({ name, form: 'rename', text: this.CONSUME2(T.Identifier).image });
            },
          },
          {
            ALT: () => {
              items.push({ name, form: 'template', text: this.CONSUME(T.Str).payload as string });
            },
          },
        ]);
      },
    });
    return { kind: 'label-format', items };
  });

  labelItems = this.RULE('labelItems', (): LabelItem[] => {
    const items: LabelItem[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const name = this.CONSUME(T.Identifier).image;
        let matcher: Matcher | undefined;
        this.OPTION(() => {
          const type = this.SUBRULE(this.matchType);
          const value = this.CONSUME(T.Str).payload as string;
          matcher = this.ACTION(() => toMatcher(type.image as MatchType, name, value));
        });
        items.push({ name, matcher });
      },
    });
    return items;
  });

  unwrap = this.RULE('unwrap', (): Unwrap => {
    this.CONSUME(T.Pipe);
    this.CONSUME(K.unwrap);
    let conversion: Conversion = 'none';
    const label = this.OR([
      { ALT: () => this.CONSUME(T.Identifier).image },
      {
        ALT: () => {
          conversion = this.CONSUME(T.ConversionFn).payload as Conversion;
          this.CONSUME(T.OpenParen);
          const name = this.CONSUME2(T.Identifier).image;
          this.CONSUME(T.CloseParen);
          return name;
        },
      },
    ]);
    const filters: LabelFilter[] = [];
    this.MANY(() => {
      this.CONSUME2(T.Pipe);
      filters.push(this.SUBRULE(this.labelFilter, { ARGS: [0] }));
    });
    return { label, conversion, filters };
  });
}
