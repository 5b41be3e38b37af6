/**
 * Token kinds that the three languages share, as factories: each language makes its own vocabulary from them and
 * adds its operators and keywords. Nothing here forces a common one.
 *
 * Keywords are not lexed: a lexer knows one identifier, and `reclassify` looks words up afterwards. That keeps
 * the lexer small (chevrotain analyses every pattern at start) and lets a language decide by itself where a
 * keyword is a plain name.
 */

import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';

export function whitespace(): TokenType {
  return createToken({ name: 'Whitespace', pattern: /[ \t\r\n]+/, group: Lexer.SKIPPED, line_breaks: true });
}

/** `#` to the end of the line. */
export function hashComment(): TokenType {
  return createToken({ name: 'Comment', pattern: /#[^\r\n]*/, group: Lexer.SKIPPED });
}

/** `//` to the end of the line, and block comments. */
export function slashComment(): TokenType {
  return createToken({
    name: 'Comment',
    pattern: /\/\/[^\r\n]*|\/\*[\s\S]*?\*\//,
    group: Lexer.SKIPPED,
    line_breaks: true,
  });
}

const QUOTED = {
  '"': /"(?:[^"\\\n]|\\[^\n])*"/,
  "'": /'(?:[^'\\\n]|\\[^\n])*'/,
  '`': /`[^`]*`/,
} as const;

/** A string in any of the quotes, escapes unchecked (`unquote` in literals.ts checks them). */
export function quotedString(quotes: readonly (keyof typeof QUOTED)[], name = 'String'): TokenType {
  const source = quotes.map((q) => QUOTED[q].source).join('|');
  return createToken({ name, pattern: new RegExp(source), line_breaks: true });
}

export function identifier(pattern: RegExp, name = 'Identifier'): TokenType {
  return createToken({ name, pattern });
}

/** Punctuation or an operator: a fixed text. A longer one must come before a shorter in the lexer's list. */
export function symbol(name: string, text: string, categories: readonly TokenType[] = []): TokenType {
  return createToken({ name, pattern: text, label: text, categories: [...categories] });
}

/** A kind that no text has by itself: keywords (given by `reclassify`) and categories. */
export function abstractToken(name: string, categories: readonly TokenType[] = []): TokenType {
  return createToken({ name, pattern: Lexer.NA, label: name, categories: [...categories] });
}

/** Turns words into keywords in place: every token of kind `from` whose text is in `words` gets that kind. */
export function reclassify(
  tokens: readonly IToken[],
  from: TokenType,
  words: ReadonlyMap<string, TokenType>,
  caseInsensitive: boolean,
): void {
  for (const token of tokens) {
    if (token.tokenTypeIdx !== from.tokenTypeIdx) continue;
    const kind = words.get(caseInsensitive ? token.image.toLowerCase() : token.image);
    if (kind === undefined) continue;
    token.tokenType = kind;
    token.tokenTypeIdx = kind.tokenTypeIdx!;
  }
}
