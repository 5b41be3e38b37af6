/**
 * The lexer of LogQL, hand-written because tokens depend on what follows: a function's name is an ordinary
 * identifier unless `(`, `by (` or `without (` comes next; `5m`, `5MB` and `5` share their start; the brackets of
 * a range are one token. It hands Chevrotain's parser its tokens, with values decoded (`payload`).
 *
 * The shared factories (`tokens.ts`) are for lexers that Chevrotain makes, which find the same words later by
 * `reclassify`. Here that would take a custom pattern for nearly every kind (looking ahead for functions, back for
 * the sign of a duration) and a second pass over ranges and strings for the errors' exact words: more code than this.
 */

import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import { readEscape, unquote } from '../../../model/go-string.ts';
import { RANGE_OPS, VECTOR_OPS } from './ast.ts';
import { parseBytes, parseLogqlDuration, parseRangeDuration } from './units.ts';

/** Longer queries are refused before anything else looks at them. */
export const QUERY_MAX_BYTES = 128 * 1024;

function token(name: string, label = name, categories: TokenType[] = []): TokenType {
  return createToken({ name, label, pattern: Lexer.NA, categories });
}

export const Identifier = token('Identifier', 'IDENTIFIER');
export const Str = token('Str', 'STRING');
export const Num = token('Num', 'NUMBER');
export const Duration = token('Duration', 'DURATION');
export const Bytes = token('Bytes', 'BYTES');
export const Range = token('Range', 'RANGE');
export const ParserFlag = token('ParserFlag', 'FUNCTION_FLAG');
export const RangeFn = token('RangeFn', 'RANGE_OP');
export const VectorFn = token('VectorFn', 'VECTOR_OP');
export const ConversionFn = token('ConversionFn', 'CONVERSION');
export const Ip = token('Ip', 'ip');
export const VectorLiteral = token('VectorLiteral', 'VECTOR');
export const LabelReplace = token('LabelReplace', 'LABEL_REPLACE');

export const OpenBrace = token('OpenBrace', '{');
export const CloseBrace = token('CloseBrace', '}');
export const OpenParen = token('OpenParen', '(');
export const CloseParen = token('CloseParen', ')');
export const Comma = token('Comma', ',');
export const Pipe = token('Pipe', '|');

export const LineFilterOpToken = token('LineFilterOp', 'LINE_FILTER');
export const Eq = token('Eq', '=');
/** `!=` and `!~` are matchers and line filters, `==` and the others compare labels and vectors. */
export const Neq = token('Neq', '!=', [LineFilterOpToken]);
export const Re = token('Re', '=~');
export const Nre = token('Nre', '!~', [LineFilterOpToken]);
export const PipeExact = token('PipeExact', '|=', [LineFilterOpToken]);
export const PipeMatch = token('PipeMatch', '|~', [LineFilterOpToken]);
export const PipePattern = token('PipePattern', '|>', [LineFilterOpToken]);
export const NotPattern = token('NotPattern', '!>', [LineFilterOpToken]);
export const CmpEq = token('CmpEq', '==');
export const Gt = token('Gt', '>');
export const Gte = token('Gte', '>=');
export const Lt = token('Lt', '<');
export const Lte = token('Lte', '<=');
export const Add = token('Add', '+');
export const Sub = token('Sub', '-');
export const Mul = token('Mul', '*');
export const Div = token('Div', '/');
export const Mod = token('Mod', '%');
export const Pow = token('Pow', '^');

const KEYWORDS = [
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'offset',
  'and',
  'or',
  'unless',
  'json',
  'regexp',
  'logfmt',
  'unpack',
  'pattern',
  'line_format',
  'label_format',
  'unwrap',
  'decolorize',
  'drop',
  'keep',
] as const;
type Keyword = (typeof KEYWORDS)[number];

export const K = Object.fromEntries(KEYWORDS.map((k) => [k, token(`kw_${k}`, k)])) as Record<
  Keyword,
  TokenType
>;

const FUNCTIONS = new Map<string, TokenType>([
  ...RANGE_OPS.map((n): [string, TokenType] => [n, RangeFn]),
  ...VECTOR_OPS.map((n): [string, TokenType] => [n, VectorFn]),
  ['duration', ConversionFn],
  ['duration_seconds', ConversionFn],
  ['bytes', ConversionFn],
  ['ip', Ip],
  ['vector', VectorLiteral],
  ['label_replace', LabelReplace],
]);

/** Longest first. */
const OPERATORS: [string, TokenType][] = [
  ['|=', PipeExact],
  ['|~', PipeMatch],
  ['|>', PipePattern],
  ['!=', Neq],
  ['!~', Nre],
  ['!>', NotPattern],
  ['=~', Re],
  ['==', CmpEq],
  ['>=', Gte],
  ['<=', Lte],
  ['{', OpenBrace],
  ['}', CloseBrace],
  ['(', OpenParen],
  [')', CloseParen],
  [',', Comma],
  ['|', Pipe],
  ['=', Eq],
  ['>', Gt],
  ['<', Lt],
  ['+', Add],
  ['-', Sub],
  ['*', Mul],
  ['/', Div],
  ['%', Mod],
  ['^', Pow],
];

/** Operators between expressions or label filters. */
export const OPERATOR_TOKENS: ReadonlySet<TokenType> = new Set([
  ...[Add, Sub, Mul, Div, Mod, Pow, Eq, CmpEq, Neq, Gt, Gte, Lt, Lte, Re, Nre],
  ...[K.and, K.or, K.unless],
]);

export const ALL_TOKENS: TokenType[] = [
  LineFilterOpToken,
  ...new Set([
    Identifier,
    Str,
    Num,
    Duration,
    Bytes,
    Range,
    ParserFlag,
    ...FUNCTIONS.values(),
    ...OPERATORS.map(([, t]) => t),
    ...Object.values(K),
  ]),
];

/** `parse error at line L, col C: message`, positions in characters from 1. */
export function syntaxError(text: string, offset: number, end: number, message: string): TriliteError {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
  return new TriliteError('bad_data', `parse error at line ${line}, col ${column}: ${message}`, {
    start: Buffer.byteLength(before),
    end: Buffer.byteLength(text.slice(0, end)),
  });
}

const SPACE = /[ \t\r\n]*/y;
const COMMENT = /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
/** A character, or what the original takes for one: both are names to it, though of nothing. */
const OTHER = /'(?:[^'\\\n]|\\.)'|./suy;
const CALL_AHEAD = /[ \t\r\n]*(\(|(by|without)[ \t\r\n]*\()/iy;
const NUMBER =
  /0[xX][0-9a-fA-F_]+|0[bB][01_]*|0[oO][0-7_]*|(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][+-]?[\d_]*)?/y;
const DURATION = /-?(\d+(\.\d*)?(ns|us|µs|μs|ms|s|m|h|d|w|y))+/y;
const BYTES = /\d+(\.\d*)?([kKMGTP]B|[KMGTP]iB|B)/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Throws `TriliteError` (`bad_data`) with the position of the first character that starts no token. */
export function tokenize(text: string): IToken[] {
  if (Buffer.byteLength(text) >= QUERY_MAX_BYTES) {
    throw new TriliteError(
      'bad_data',
      `parse error : input size too long (${text.length} > ${QUERY_MAX_BYTES})`,
    );
  }
  const out: IToken[] = [];
  let at = 0;
  const push: Push = (type, length, payload) => {
    out.push({
      image: text.slice(at, at + length),
      startOffset: at,
      endOffset: at + length - 1,
      tokenType: type,
      tokenTypeIdx: type.tokenTypeIdx!,
      payload,
    });
    at += length;
    return at;
  };
  while (true) {
    at += match(SPACE, text, at)!.length;
    if (at >= text.length) return out;
    const comment = match(COMMENT, text, at);
    if (comment !== undefined) {
      at += comment.length;
      continue;
    }
    const c = text[at]!;
    if (c === '"') stringToken(text, at, push);
    else if (c === '`') rawStringToken(text, at, push);
    else if (c === '[') rangeToken(text, at, push);
    else if (/[0-9]/.test(c) || (c === '.' && /[0-9]/.test(text[at + 1] ?? ''))) numberToken(text, at, push);
    else if (match(WORD, text, at) !== undefined) wordToken(text, at, push);
    else operatorToken(text, at, out, push);
  }
}

/** Adds a token; returns its end. */
type Push = (type: TokenType, length: number, payload?: unknown) => number;

function operatorToken(text: string, at: number, out: IToken[], push: Push): number {
  const flag = /^--(strict|keep-empty)(?![A-Za-z0-9_-])/.exec(text.slice(at, at + 13));
  if (flag) return push(ParserFlag, flag[0].length);
  if (text[at] === '-' && !isOperand(out.at(-1))) {
    const duration = match(DURATION, text, at);
    const ns = duration === undefined ? undefined : parseLogqlDuration(duration);
    if (ns !== undefined && !/[A-Za-z0-9_]/.test(text[at + duration!.length] ?? '')) {
      return push(Duration, duration!.length, ns);
    }
  }
  for (const [image, type] of OPERATORS) if (text.startsWith(image, at)) return push(type, image.length);
  const other = match(OTHER, text, at)!;
  if (other === "'") throw syntaxError(text, at, at + 1, 'invalid char literal');
  return push(Identifier, other.length, other);
}

/** After an operand a minus is an operator, never the sign of a duration. */
function isOperand(token: IToken | undefined): boolean {
  return token !== undefined && [Num, Duration, Bytes, CloseParen, Range].includes(token.tokenType);
}

function wordToken(text: string, at: number, push: Push): number {
  const word = match(WORD, text, at)!;
  const lower = word.toLowerCase();
  const keyword = Object.hasOwn(K, lower) ? K[lower as Keyword] : undefined;
  if (keyword) return push(keyword, word.length, lower);
  const fn = FUNCTIONS.get(lower);
  if (fn && match(CALL_AHEAD, text, at + word.length) !== undefined) return push(fn, word.length, lower);
  return push(Identifier, word.length, word);
}

function numberToken(text: string, at: number, push: Push): number {
  const bytes = match(BYTES, text, at);
  if (bytes !== undefined && !/[A-Za-z0-9_]/.test(text[at + bytes.length] ?? '') && !/^0[bB]$/.test(bytes)) {
    return push(Bytes, bytes.length, parseBytes(bytes));
  }
  const duration = match(DURATION, text, at);
  if (duration !== undefined && !/[A-Za-z0-9_]/.test(text[at + duration.length] ?? '')) {
    const ns = parseLogqlDuration(duration);
    if (ns !== undefined) return push(Duration, duration.length, ns);
  }
  const number = match(NUMBER, text, at)!;
  const end = at + number.length;
  // Glued to an operator it is the reading of its value that fails.
  const alone = at === 0 || /\s/.test(text[at - 1]!);
  if (alone && /^0[bBoO]$/.test(number)) throw syntaxError(text, at, end, 'decimal literal has no digits');
  if (alone && /[eE][+-]?$/.test(number) && !/^0[xX]/.test(number)) {
    throw syntaxError(text, at, end, 'exponent has no digits');
  }
  if (/__|_$|_\.|\._|_[eE]|[eE][+-]?_/.test(number)) {
    throw syntaxError(text, at, end, "'_' must separate successive digits");
  }
  return push(Num, number.length, number);
}

function rangeToken(text: string, at: number, push: Push): number {
  const close = text.indexOf(']', at);
  if (close < 0) throw syntaxError(text, at, text.length, "missing closing ']' in duration");
  const inner = text.slice(at + 1, close);
  const ms = parseRangeDuration(inner);
  if (typeof ms === 'string') throw syntaxError(text, at, close, ms);
  return push(Range, close + 1 - at, ms);
}

function rawStringToken(text: string, at: number, push: Push): number {
  const close = text.indexOf('`', at + 1);
  if (close < 0) throw syntaxError(text, at, text.length, 'literal not terminated');
  return push(Str, close + 1 - at, unquote(text.slice(at, close + 1)));
}

function stringToken(text: string, start: number, push: Push): number {
  let i = start + 1;
  for (let c = text[i]; c !== '"'; c = text[i]) {
    if (c === undefined || c === '\n') throw syntaxError(text, start, i, 'literal not terminated');
    if (c === '\\') i = escapeEnd(text, start, i);
    else i++;
  }
  return push(Str, i + 1 - start, unquote(text.slice(start, i + 1)));
}

/** Where the escape whose backslash is at `at` ends. */
function escapeEnd(text: string, start: number, at: number): number {
  try {
    return readEscape(text, at + 1, '"').end;
  } catch (error) {
    if (error instanceof TriliteError) throw syntaxError(text, start, at + 2, 'invalid char escape');
    throw error;
  }
}
