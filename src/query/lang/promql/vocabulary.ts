/**
 * PromQL's tokens and lexer. Three modes: within braces every word is a label name and `=~`, `!~` exist; within
 * brackets words hold no colon, because the colon parts range from step; everywhere else a word may be a metric
 * name. Words become keywords after lexing, whatever their case; most keywords are in the category `Name` and so
 * may still name a metric, a function or a label.
 */

import { createToken, EOF, type IToken, Lexer, type TokenType } from 'chevrotain';
import * as shared from '../tokens.ts';
import { AGGREGATORS } from './ast.ts';

const { symbol, abstractToken } = shared;

/** What a metric may be called. */
export const Name = abstractToken('Name');
/** What may stand in a grouping list: every word but the numbers `inf` and `nan`. */
export const Label = abstractToken('Label');
export const Aggregator = abstractToken('Aggregator', [Name, Label]);
export const BinaryOperator = abstractToken('BinaryOperator');
export const Sign = abstractToken('Sign');
export const DurationOperator = abstractToken('DurationOperator');
/** `step`, `range`; `min_of`, `max_of`; `start`, `end`. */
export const QueryTerm = abstractToken('QueryTerm', [Name, Label]);
export const Choice = abstractToken('Choice', [Name, Label]);
export const Bound = abstractToken('Bound', [Name, Label]);

const Whitespace = shared.whitespace();
const Comment = shared.hashComment();
export const Text = shared.quotedString(['"', "'", '`']);
export const Identifier = createToken({
  name: 'Identifier',
  pattern: /[a-zA-Z_:][a-zA-Z0-9_:]*/,
  categories: [Name, Label],
});
/** A word within brackets. */
const PlainWord = createToken({
  name: 'PlainWord',
  pattern: /[a-zA-Z_][a-zA-Z0-9_]*/,
  categories: [Name, Label],
});
/** A word within braces. */
export const LabelName = createToken({ name: 'LabelName', pattern: /[a-zA-Z_][a-zA-Z0-9_]*/ });

const DIGITS = '\\d+(?:_\\d+)*';
/** An exponent may lack its digits, unless the text ends there: a number then that cannot be read. */
const NUMBER = new RegExp(
  `(?:0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE](?:[+-]|(?![+-]))(?:${DIGITS}|(?=[^])))?)(?![\\w.])`,
);
const DURATION =
  /(?:0[xX][\da-fA-F_]+|(?:[\d_]+\.?\d*|\.\d+)(?:[eE][+-]?\d*)?)[smhdwy]s?(?:\d+[smhdw]s?)*(?!\w)/;

export const NumberToken = createToken({ name: 'Number', pattern: NUMBER });
export const Duration = createToken({ name: 'Duration', pattern: DURATION });

export const LeftParen = symbol('LeftParen', '(');
export const RightParen = symbol('RightParen', ')');
export const LeftBrace = createToken({ name: 'LeftBrace', pattern: '{', push_mode: 'braces' });
export const RightBrace = createToken({ name: 'RightBrace', pattern: '}', pop_mode: true });
export const LeftBracket = createToken({ name: 'LeftBracket', pattern: '[', push_mode: 'brackets' });
export const RightBracket = createToken({ name: 'RightBracket', pattern: ']', pop_mode: true });
export const Comma = symbol('Comma', ',');
export const Colon = symbol('Colon', ':');
export const At = symbol('At', '@');
/** Outside braces `=~` is no operator, and a message should say so. */
export const Equal = createToken({ name: 'Equal', pattern: /=(?!~)/ });
export const NotEqual = symbol('NotEqual', '!=', [BinaryOperator]);
export const RegexEqual = symbol('RegexEqual', '=~');
export const RegexNotEqual = symbol('RegexNotEqual', '!~');

const binaryOperator = (name: string, text: string, more: TokenType[] = []) =>
  symbol(name, text, [BinaryOperator, ...more]);
const OPERATORS = [
  binaryOperator('Equals', '=='),
  NotEqual,
  binaryOperator('TrimUpper', '</'),
  binaryOperator('TrimLower', '>/'),
  binaryOperator('LessEqual', '<='),
  binaryOperator('Less', '<'),
  binaryOperator('GreaterEqual', '>='),
  binaryOperator('Greater', '>'),
  binaryOperator('Plus', '+', [Sign, DurationOperator]),
  binaryOperator('Minus', '-', [Sign, DurationOperator]),
  binaryOperator('Times', '*', [DurationOperator]),
  binaryOperator('Divide', '/', [DurationOperator]),
  binaryOperator('Modulo', '%', [DurationOperator]),
  binaryOperator('Power', '^', [DurationOperator]),
];

const asName = [Name, Label];
export const And = abstractToken('And', [BinaryOperator, ...asName]);
export const Or = abstractToken('Or', [BinaryOperator, ...asName]);
export const Unless = abstractToken('Unless', [BinaryOperator, ...asName]);
export const Atan2 = abstractToken('Atan2', [BinaryOperator, Label]);
export const By = abstractToken('By', asName);
export const Without = abstractToken('Without', asName);
export const On = abstractToken('On', [Label]);
export const Ignoring = abstractToken('Ignoring', [Label]);
export const GroupLeft = abstractToken('GroupLeft', [Label]);
export const GroupRight = abstractToken('GroupRight', [Label]);
export const Bool = abstractToken('Bool', [Label]);
export const Offset = abstractToken('Offset', asName);
export const Anchored = abstractToken('Anchored', asName);
export const Smoothed = abstractToken('Smoothed', asName);
export const Fill = abstractToken('Fill', asName);
export const FillLeft = abstractToken('FillLeft', asName);
export const FillRight = abstractToken('FillRight', asName);

const KEYWORDS = new Map<string, TokenType>([
  ...AGGREGATORS.map((word) => [word, Aggregator] as const),
  ['and', And],
  ['or', Or],
  ['unless', Unless],
  ['atan2', Atan2],
  ['by', By],
  ['without', Without],
  ['on', On],
  ['ignoring', Ignoring],
  ['group_left', GroupLeft],
  ['group_right', GroupRight],
  ['bool', Bool],
  ['offset', Offset],
  ['anchored', Anchored],
  ['smoothed', Smoothed],
  ['fill', Fill],
  ['fill_left', FillLeft],
  ['fill_right', FillRight],
  ['step', QueryTerm],
  ['range', QueryTerm],
  ['min_of', Choice],
  ['max_of', Choice],
  ['start', Bound],
  ['end', Bound],
  ['inf', NumberToken],
  ['nan', NumberToken],
]);

/** Whether a word of this kind may name a function; most keywords may only name metrics. */
export function isFunctionName(kind: TokenType): boolean {
  return [Identifier, PlainWord, QueryTerm, Choice, Bound].includes(kind);
}

const STARTS = [NumberToken, Duration, Text, LeftParen, LeftBrace];

/** Whether an expression may begin with the token; the end of the text counts too, for more may be missing there. */
export function startsExpression({ tokenType }: IToken): boolean {
  const kinds = [tokenType, ...(tokenType.CATEGORIES ?? [])];
  return tokenType === EOF || kinds.some((kind) => kind === Name || kind === Sign || STARTS.includes(kind));
}

/** The kind of a token's word, where it is a keyword. */
export function keywordOf(word: string): TokenType | undefined {
  return KEYWORDS.get(word.toLowerCase());
}

const SPACE = [Whitespace, Comment];
const MAIN = [...SPACE, NumberToken, Duration, Text, LeftParen, RightParen, Comma, ...OPERATORS, At];

const ABSTRACT = [Name, Label, BinaryOperator, Sign, DurationOperator];

export const VOCABULARY: readonly TokenType[] = [
  ...new Set([
    ...ABSTRACT,
    ...MAIN,
    Identifier,
    PlainWord,
    LabelName,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Colon,
    Equal,
    RegexEqual,
    RegexNotEqual,
    ...KEYWORDS.values(),
  ]),
];

export function createLexer(): Lexer {
  return new Lexer(
    {
      defaultMode: 'main',
      modes: {
        main: [Identifier, ...MAIN, Equal, LeftBrace, LeftBracket],
        brackets: [PlainWord, ...MAIN, Equal, LeftBrace, Colon, RightBracket],
        braces: [...SPACE, LabelName, Text, Comma, RegexEqual, RegexNotEqual, NotEqual, Equal, RightBrace],
      },
    },
    { positionTracking: 'onlyOffset', recoveryEnabled: false, ensureOptimizations: false },
  );
}

/** Turns words into keywords in place. */
export function markKeywords(tokens: Parameters<typeof shared.reclassify>[0]): void {
  shared.reclassify(tokens, Identifier, KEYWORDS, true);
  shared.reclassify(tokens, PlainWord, KEYWORDS, true);
}
