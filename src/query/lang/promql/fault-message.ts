/** Words for syntax faults: what Prometheus says when a character or a token does not fit. */

import type { IToken } from 'chevrotain';
import { TriliteError } from '../../../model/errors.ts';
import { quote, quoteRune, readEscape } from '../../../model/go-string.ts';
import type { SyntaxFault } from '../base-parser.ts';
import * as t from './vocabulary.ts';

export interface FaultMessage {
  readonly message: string;
  /** UTF-16 offsets of the blamed text. */
  readonly offset: number;
  readonly end: number;
}

export function faultMessage(fault: SyntaxFault, text: string, tokens: readonly IToken[]): FaultMessage {
  if (fault.kind === 'lexical') return lexicalMessage(fault, text, tokens);
  const { token, offset } = fault;
  const before = tokens.filter((k) => k.startOffset < offset);
  const end = token ? offset + token.image.length : offset;
  const unclosed = token ? misplaced(token, before) : unclosedMessage(before);
  // A parenthesis too many is blamed behind it, and so is a colon without a duration before it.
  const behind = token?.tokenType === t.RightParen || unclosed === EARLY_COLON;
  if (unclosed) return { message: unclosed, offset: behind ? end : offset, end };
  const [where, expected] = context(fault, before);
  let message = `unexpected ${token ? describe(token) : 'end of input'}`;
  if (where) message += ` in ${where}`;
  if (expected) message += `, expected ${expected}`;
  return { message, offset, end };
}

/** How many more of `open` than of `close` there are. */
function surplus(tokens: readonly IToken[], open: IToken['tokenType'], close: IToken['tokenType']): number {
  let n = 0;
  for (const k of tokens) {
    if (k.tokenType === open) n++;
    else if (k.tokenType === close) n--;
  }
  return n;
}

/** What is missing at the end of the text, when something was left open. */
function unclosedMessage(tokens: readonly IToken[]): string | undefined {
  if (surplus(tokens, t.LeftBrace, t.RightBrace) > 0) return 'unexpected end of input inside braces';
  if (insideBrackets(tokens) === 'before number') return 'unexpected end of input in duration expression';
  if (surplus(tokens, t.LeftParen, t.RightParen) > 0) return 'unclosed left parenthesis';
  if (surplus(tokens, t.LeftBracket, t.RightBracket) > 0) return 'unclosed left bracket';
  return undefined;
}

/** The original reads brackets in two ways: up to the first number, and from there on. */
function insideBrackets(tokens: readonly IToken[]): 'before number' | 'after number' | undefined {
  if (surplus(tokens, t.LeftBracket, t.RightBracket) <= 0) return undefined;
  const inside = tokens.slice(tokens.findLastIndex((k) => k.tokenType === t.LeftBracket));
  const number = inside.some((k) => k.tokenType === t.NumberToken || k.tokenType === t.Duration);
  return number ? 'after number' : 'before number';
}

/** What duration expressions are made of beside numbers. */
const DURATION_TOKENS: readonly unknown[] = [t.LeftParen, t.RightParen, t.RightBracket, t.Colon, t.Comma];

const EARLY_COLON = 'unexpected colon before duration in duration expression';

/** Tokens that a reader of brackets does not know, or not yet. */
function strangeInBrackets({ image, tokenType }: IToken, before: readonly IToken[]): string | undefined {
  const where = insideBrackets(before);
  if (where === undefined || tokenType === t.QueryTerm || tokenType === t.Choice) return undefined;
  const shown = `'${quoteRune(String.fromCodePoint(image.codePointAt(0)!), "'")}'`;
  if (/^[a-zA-Z_]/.test(image) && tokenType !== t.NumberToken) {
    return where === 'before number'
      ? `unexpected character in duration expression: ${shown}`
      : `unexpected character: ${shown}, expected ':'`;
  }
  const known =
    DURATION_TOKENS.includes(tokenType) ||
    tokenType.CATEGORIES?.includes(t.DurationOperator) ||
    tokenType === t.NumberToken ||
    tokenType === t.Duration;
  if (where === 'before number' && tokenType === t.Colon) return EARLY_COLON;
  if (where === 'after number' || known) return undefined;
  return `unexpected character in duration expression: ${shown}`;
}

/** Closing parentheses and colons that nothing opened, and what is strange in brackets. */
function misplaced(token: IToken, before: readonly IToken[]): string | undefined {
  const strange = strangeInBrackets(token, before);
  if (strange !== undefined) return strange;
  if (token.tokenType === t.RightParen && surplus(before, t.LeftParen, t.RightParen) === 0) {
    return "unexpected right parenthesis ')'";
  }
  if (token.tokenType === t.Colon) {
    const open = before.findLastIndex((k) => k.tokenType === t.LeftBracket);
    if (before.slice(open).some((k) => k.tokenType === t.Colon)) return "unexpected colon ':'";
  }
  return undefined;
}

const OFFSET_EXPECTS = 'number, duration, step(), or range()';

/** Where the fault lies, by the innermost open rule that has a name for it, and what would have fitted. */
function context(fault: SyntaxFault, before: readonly IToken[]): readonly [where: string, expected: string] {
  const last = before.at(-1)?.tokenType;
  const grouped = last === t.GroupLeft || last === t.GroupRight;
  if (grouped && !fault.rules.includes('labelList')) return ['grouping opts', '"("'];
  for (let i = fault.rules.length - 1; i >= 0; i--) {
    switch (fault.rules[i]) {
      case 'matcherValue':
        return ['label matching', 'string'];
      case 'comparison':
        return ['label matching', 'label matching operator'];
      case 'matcher':
      case 'matchers':
        return ['label matching', matchersExpect(last)];
      case 'label':
        return ['grouping opts', 'label'];
      case 'labelList':
        return ['grouping opts', labelListExpects(before)];
      case 'offset':
        return ['offset', OFFSET_EXPECTS];
      case 'at':
        return ['@', 'timestamp'];
      case 'subqueryStep':
        return ['subquery selector', `${OFFSET_EXPECTS} or "]"`];
      case 'brackets':
        return bracketsExpect(before);
      case 'aggregation':
        return ['aggregation', ''];
    }
  }
  return ['', ''];
}

function matchersExpect(last: IToken['tokenType'] | undefined): string {
  if (last === t.LeftBrace || last === t.Comma) return 'identifier or "}"';
  return last === t.LabelName ? 'label matching operator' : '"," or "}"';
}

/** Words that a label list may follow. */
const LIST_WORDS: readonly unknown[] = [t.By, t.Without, t.On, t.Ignoring, t.GroupLeft, t.GroupRight];

function labelListExpects(before: readonly IToken[]): string {
  const startsLabel = (k: IToken | undefined) => k?.tokenType === t.LeftParen || k?.tokenType === t.Comma;
  const last = before.at(-1);
  if (startsLabel(last)) return 'label';
  // Such a word may also be a label in a list.
  return LIST_WORDS.includes(last?.tokenType) && !startsLabel(before.at(-2)) ? '"("' : '"," or ")"';
}

/** After one of these a duration may be over. */
const ENDS_OPERAND: readonly unknown[] = [t.NumberToken, t.Duration, t.RightParen];

function bracketsExpect(before: readonly IToken[]): readonly [string, string] {
  const inside = before.slice(before.findLastIndex((k) => k.tokenType === t.LeftBracket) + 1);
  if (inside.some((k) => k.tokenType === t.Colon)) return ['subquery selector', '"]"'];
  const closed = surplus(inside, t.LeftParen, t.RightParen) <= 0;
  const ended = closed && ENDS_OPERAND.includes(inside.at(-1)?.tokenType);
  if (ended) return ['subquery or range', '":" or "]"'];
  return ['subquery or range selector', OFFSET_EXPECTS];
}

/** Longest token text that a message shows whole. */
const SHOWN_MAX = 10;

/** Words that stand for something of the query; messages quote them. */
const QUERY_WORDS: readonly unknown[] = [t.QueryTerm, t.Choice, t.Bound];

/** A token as messages name it. */
function describe(token: IToken): string {
  const { image, tokenType } = token;
  const clipped = image.length > SHOWN_MAX ? `${quote(image.slice(0, SHOWN_MAX))}...` : quote(image);
  if (tokenType === t.Text) return `string ${clipped}`;
  if (tokenType === t.NumberToken) return `number ${clipped}`;
  if (tokenType === t.Duration) return `duration ${clipped}`;
  if (tokenType === t.LabelName) return `identifier ${quote(image)}`;
  if (tokenType === t.At || tokenType === t.RegexEqual || tokenType === t.RegexNotEqual)
    return `<op:${image}>`;
  const keyword = t.keywordOf(image);
  if (keyword !== undefined && QUERY_WORDS.includes(keyword)) return quote(image);
  if (keyword === t.Aggregator) return `<aggr:${image}>`;
  if (keyword !== undefined && keyword === tokenType) {
    const operator = keyword.CATEGORIES?.includes(t.BinaryOperator);
    return operator ? `<op:${image}>` : `<${image}>`;
  }
  if (/^[a-zA-Z_:]/.test(image)) {
    return image.includes(':') ? `metric identifier ${quote(image)}` : `identifier ${quote(image)}`;
  }
  return tokenType.CATEGORIES?.includes(t.BinaryOperator) ? `<op:${image}>` : quote(image);
}

// ----------------------------------------------------------------------------------------- characters

function lexicalMessage(fault: SyntaxFault, text: string, tokens: readonly IToken[]): FaultMessage {
  const { offset } = fault;
  const char = String.fromCodePoint(text.codePointAt(offset)!);
  const insideBraces = surplus(tokens, t.LeftBrace, t.RightBrace) > 0;
  const shown = `'${quoteRune(char, "'")}'`;
  const at = (message: string, length = char.length): FaultMessage => ({
    message,
    offset,
    end: offset + length,
  });
  if (insideBrackets(tokens) === 'before number' && !/[\d.]/.test(char)) {
    return at(`unexpected character in duration expression: ${shown}`);
  }
  if (char === '"' || char === "'" || char === '`')
    return at(stringMessage(text, offset), text.length - offset);
  if (insideBraces) {
    if (char === '{') return at("unexpected left brace '{'");
    if (char === '!') return at(`unexpected character after '!' inside braces: ${nextShown(text, offset)}`);
    return at(`unexpected character inside braces: ${shown}`);
  }
  if (/\d/.test(char) || (char === '.' && /\d/.test(text[offset + 1] ?? ''))) {
    const read = badNumber(text, offset);
    return at(`bad number or duration syntax: ${quote(read)}`, read.length);
  }
  if (char === '!') return at(`unexpected character after '!': ${nextShown(text, offset)}`);
  if (char === '=') return at(`unexpected character after '=': ${nextShown(text, offset)}`);
  if (char === ']') return at("unexpected right bracket ']'");
  if (char === '[') return at("unexpected left bracket '['");
  return at(`unexpected character: ${shown}`);
}

function nextShown(text: string, offset: number): string {
  const next = text.codePointAt(offset + 1);
  return next === undefined ? "'\uFFFD'" : `'${quoteRune(String.fromCodePoint(next), "'")}'`;
}

/** What is wrong with a string that does not end: an escape in it, or that it does not end. */
function stringMessage(text: string, offset: number): string {
  const delimiter = text[offset]!;
  if (delimiter === '`') return 'unterminated raw string';
  for (let i = offset + 1; i < text.length && text[i] !== '\n'; ) {
    if (text[i] !== '\\') {
      i++;
      continue;
    }
    try {
      i = readEscape(text, i + 1, delimiter).end;
    } catch (error) {
      if (error instanceof TriliteError) return error.message;
      throw error;
    }
  }
  return 'unterminated quoted string';
}

/** As much of a malformed number as a reader takes before it stumbles. */
function badNumber(text: string, offset: number): string {
  const longest =
    /0[xX]_?[0-9a-fA-F_]*|[\d.]?(?:\d|_(?!_))*(?:\.(?![._])(?:\d|_(?!_))*\.?)?(?:[eE][+-]?(?:\d+|[._eE])?|_[._eE]|\.[._])?/y;
  longest.lastIndex = offset;
  const number = longest.exec(text)?.[0] || text[offset]!;
  // A unit after it is read too, and what comes where the next one or an end should be.
  const units = /[smhdwy]s?(?:\d+[smhdw]s?)*(?:\d+|[a-zA-Z_])?/y;
  units.lastIndex = offset + number.length;
  return number + (units.exec(text)?.[0] ?? '');
}
