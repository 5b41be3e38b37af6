/**
 * TraceQL's tokens. Keywords come in a few kinds by what they are (an intrinsic, an aggregate, …), so that the
 * grammar reads by meaning. An attribute with its scope is one token, because its name may contain nearly
 * anything: it ends at whitespace or at one of `{ } ( ) = ~ ! < > & | ^ ,`, and `"…"` segments may stand anywhere
 * in it.
 */

import { createToken, type TokenType } from 'chevrotain';
import { SPAN_KIND_WORDS, STATUS_CODE_WORDS } from '../../../model/span.ts';
import { abstractToken, identifier, quotedString, slashComment, symbol, whitespace } from '../tokens.ts';
import type { IntrinsicName } from './ast.ts';

const NUMBER = '(?:\\d+\\.?\\d*|\\.\\d+)';
const UNIT = '(?:ns|us|µs|μs|ms|s|m|h|d|w|y)';

export const Duration = createToken({ name: 'Duration', pattern: new RegExp(`(?:${NUMBER}${UNIT})+`) });
export const Float = createToken({
  name: 'Float',
  pattern: /\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/,
});
export const Integer = createToken({ name: 'Integer', pattern: /\d+/ });
export const QuotedString = quotedString(['"', '`']);

export const AttributeToken = createToken({
  name: 'Attribute',
  pattern:
    /(?:parent\.(?:span\.|resource\.)?|span\.|resource\.|event\.|link\.|instrumentation\.|\.)(?:"(?:\\["\\]|[^"\\])*"|[^\s{}()=~!<>&|^,"])+/,
  line_breaks: true,
});
export const ScopedIntrinsic = createToken({
  name: 'ScopedIntrinsic',
  pattern: /(?:trace|span|event|link|instrumentation):[a-zA-Z0-9_]*/,
});
export const Identifier = identifier(/[a-zA-Z_][a-zA-Z0-9_]*/);

export const IntrinsicWord = abstractToken('Intrinsic');
export const Constant = abstractToken('Constant');
export const AggregateWord = abstractToken('Aggregate');
export const MetricWord = abstractToken('MetricFunction');
export const RankWord = abstractToken('Rank');
export const By = abstractToken('By');
export const CoalesceWord = abstractToken('Coalesce');
export const SelectWord = abstractToken('Select');
export const With = abstractToken('With');

export const LBrace = symbol('LBrace', '{');
export const RBrace = symbol('RBrace', '}');
export const LParen = symbol('LParen', '(');
export const RParen = symbol('RParen', ')');
export const Comma = symbol('Comma', ',');
export const Pipe = symbol('Pipe', '|');
/** All infix operators but minus, of spans and of spansets; which may stand where is decided after parsing. */
export const Operator = createToken({
  name: 'Operator',
  pattern: /&&|\|\||&>>|&<<|&>|&<|&~|!>>|!<<|!>|!<|!~|!=|=~|>>|<<|>=|<=|[=<>~+*/%^]/,
});
export const Minus = symbol('Minus', '-');
export const Not = symbol('Not', '!');

/** What the lexer looks for, in this order. */
export const LEXED: TokenType[] = [
  whitespace(),
  slashComment(),
  Duration,
  Float,
  Integer,
  QuotedString,
  AttributeToken,
  ScopedIntrinsic,
  Identifier,
  LBrace,
  RBrace,
  LParen,
  RParen,
  Comma,
  Operator,
  Pipe,
  Minus,
  Not,
];

export const VOCABULARY: TokenType[] = [
  ...LEXED,
  IntrinsicWord,
  Constant,
  AggregateWord,
  MetricWord,
  RankWord,
  By,
  CoalesceWord,
  SelectWord,
  With,
];

/** Intrinsics by each of their spellings. */
export const INTRINSICS: ReadonlyMap<string, IntrinsicName> = new Map<string, IntrinsicName>([
  ['duration', 'duration'],
  ['name', 'name'],
  ['status', 'status'],
  ['statusMessage', 'statusMessage'],
  ['kind', 'kind'],
  ['rootName', 'rootName'],
  ['rootServiceName', 'rootServiceName'],
  ['traceDuration', 'traceDuration'],
  ['nestedSetLeft', 'nestedSetLeft'],
  ['nestedSetRight', 'nestedSetRight'],
  ['nestedSetParent', 'nestedSetParent'],
  ['parent', 'parent'],
  ['trace:duration', 'traceDuration'],
  ['trace:rootName', 'rootName'],
  ['trace:rootService', 'rootServiceName'],
  ['trace:id', 'traceId'],
  ['span:duration', 'duration'],
  ['span:name', 'name'],
  ['span:kind', 'kind'],
  ['span:status', 'status'],
  ['span:statusMessage', 'statusMessage'],
  ['span:id', 'spanId'],
  ['span:parentID', 'parentId'],
  ['span:childCount', 'childCount'],
  ['event:name', 'eventName'],
  ['event:timeSinceStart', 'eventTimeSinceStart'],
  ['link:traceID', 'linkTraceId'],
  ['link:spanID', 'linkSpanId'],
  ['instrumentation:name', 'instrumentationName'],
  ['instrumentation:version', 'instrumentationVersion'],
]);

export const STATUS_WORDS: readonly string[] = STATUS_CODE_WORDS;
export const KIND_WORDS: readonly string[] = SPAN_KIND_WORDS;

function kinds(...groups: (readonly [TokenType, readonly string[]])[]): ReadonlyMap<string, TokenType> {
  return new Map(groups.flatMap(([type, words]) => words.map((word) => [word, type] as const)));
}

/** Words that are not identifiers. */
export const KEYWORDS = kinds(
  [IntrinsicWord, [...INTRINSICS.keys()].filter((word) => !word.includes(':'))],
  [Constant, ['true', 'false', 'nil', 'minInt', 'maxInt', ...STATUS_WORDS, ...KIND_WORDS]],
  [AggregateWord, ['count', 'avg', 'min', 'max', 'sum']],
  [
    MetricWord,
    [
      'rate',
      'count_over_time',
      'min_over_time',
      'max_over_time',
      'avg_over_time',
      'sum_over_time',
      'quantile_over_time',
      'histogram_over_time',
      'compare',
    ],
  ],
  [RankWord, ['topk', 'bottomk']],
  [By, ['by']],
  [CoalesceWord, ['coalesce']],
  [SelectWord, ['select']],
  [With, ['with']],
);
