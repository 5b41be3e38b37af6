/**
 * What the editor colours: one tokenizer for the three languages, which differ in their words. It is for the eye only;
 * whether a query is right, the server says.
 */

export interface LanguageWords {
  readonly keywords: readonly string[];
  readonly functions: readonly string[];
}

export type TokenKind =
  | 'space'
  | 'comment'
  | 'string'
  | 'number'
  | 'keyword'
  | 'function'
  | 'label'
  | 'word'
  | 'operator'
  | 'bracket'
  | 'other';

export interface Token {
  /** Offsets in UTF-16 units; `to` is behind the last. */
  readonly from: number;
  readonly to: number;
  readonly kind: TokenKind;
  /** A string whose closing quote is missing. */
  readonly isOpen?: true;
}

/** The tokens of a text: each begins where the one before ends, and together they are the text. Any text will do. */
export type QueryLanguage = (text: string) => readonly Token[];

// Each is tried where a token begins. None can fail after a repetition, so that no text takes more than linear time.
const SPACE = /\s+/y;
const COMMENT = /#[^\n]*/y;
const NUMBER = /0x[\da-f]+|(?:\d+(?:\.\d+)?(?:e[+-]?\d+|[kmgtp]i?b|ms|[uµn]s|[ywdhmsb])?)+/iy;
const WORD = /[a-zA-Z_][\w.]*/y;
const OPERATOR = /[!=<>][=~>]?|\|[=~>]?|[-+*/%^&~]/y;
const BRACKET = /[()[\]{}]/y;
const FUNCTION_FOLLOWS = /\s*(?:\(|by\b|without\b)/y;
const COMPARISON_FOLLOWS = /\s*(?:!=|!~|=(?!=))/y;

/** In the order in which they are tried; words and strings come between. */
const SIMPLE: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ['space', SPACE],
  ['comment', COMMENT],
  ['number', NUMBER],
  ['operator', OPERATOR],
  ['bracket', BRACKET],
];

export function queryLanguage({ keywords, functions }: LanguageWords): QueryLanguage {
  const isKeyword = new Set(keywords);
  const isFunction = new Set(functions);
  const wordKind = (word: string, text: string, to: number): TokenKind => {
    if (isKeyword.has(word)) return 'keyword';
    if (isFunction.has(word) && matchEnd(FUNCTION_FOLLOWS, text, to) !== undefined) return 'function';
    return matchEnd(COMPARISON_FOLLOWS, text, to) === undefined ? 'word' : 'label';
  };
  const tokenAt = (text: string, from: number): Token => {
    if (isQuote(text[from]!)) return string(text, from);
    const wordEnd = matchEnd(WORD, text, from);
    if (wordEnd !== undefined)
      return { from, to: wordEnd, kind: wordKind(text.slice(from, wordEnd), text, wordEnd) };
    for (const [kind, pattern] of SIMPLE) {
      const to = matchEnd(pattern, text, from);
      if (to !== undefined) return { from, to, kind };
    }
    return { from, to: from + 1, kind: 'other' };
  };
  return (text) => {
    const tokens: Token[] = [];
    for (let at = 0; at < text.length; ) {
      const token = tokenAt(text, at);
      tokens.push(token);
      at = token.to;
    }
    return tokens;
  };
}

export function isQuote(sign: string): boolean {
  return sign === '"' || sign === "'" || sign === '`';
}

/** Where a match that begins at `from` ends. */
function matchEnd(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Only raw strings go on in the next line, and only they have no escapes. */
function string(text: string, from: number): Token {
  const quote = text[from];
  const isRaw = quote === '`';
  let at = from + 1;
  for (; at < text.length; at++) {
    const sign = text[at];
    if (sign === quote) return { from, to: at + 1, kind: 'string' };
    if (isRaw) continue;
    if (sign === '\n') break;
    if (sign === '\\' && at + 1 < text.length && text[at + 1] !== '\n') at++;
  }
  return { from, to: at, kind: 'string', isOpen: true };
}
