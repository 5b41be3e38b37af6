/**
 * Alertmanager's newer grammar of matchers: names and values are words without reserved characters, or strings in double quotes
 * with Go's escapes; any UTF-8 may stand in them. Braces around the list are optional, a comma may end it.
 */

import { TriliteError } from '../model/errors.ts';
import { unquote } from '../model/go-string.ts';
import type { MatchType } from '../model/matcher.ts';
import { AlertMatcher, RESERVED } from './matcher.ts';

interface Token {
  readonly kind: '{' | '}' | ',' | 'operator' | 'word' | 'end';
  readonly text: string;
  /** Offset in the input. */
  readonly at: number;
}

const SPACE = /\s*/uy;
const OPERATOR = /=~|=|!=|!~/y;
const QUOTED = /"(?:[^"\\]|\\[\s\S])*"/y;
const WORD = new RegExp(`(?:(?!${RESERVED.source})[\\s\\S])+`, 'uy');

/** Throws `bad_data` that says where. */
export function parseUtf8Matchers(input: string): AlertMatcher[] {
  const tokens = new Tokens(input);
  const out: AlertMatcher[] = [];
  const isBraced = tokens.take('{') !== undefined;
  while (tokens.peek.kind !== '}' && tokens.peek.kind !== 'end') {
    const name = tokens.expect('word', 'a label name').text;
    const type = tokens.expect('operator', "an operator such as '=', '!=', '=~' or '!~'").text as MatchType;
    out.push(new AlertMatcher(type, word(name), word(tokens.expect('word', 'a label value').text)));
    if (!tokens.take(',')) break;
  }
  if (isBraced) tokens.expect('}', 'a comma or close brace');
  tokens.expect('end', 'a comma or the end of input');
  return out;
}

function word(text: string): string {
  if (!text.startsWith('"')) return text;
  const value = unquote(text);
  if (!value.isWellFormed()) throw new TriliteError('bad_data', `${text}: invalid input`);
  return value;
}

class Tokens {
  readonly #input: string;
  #at = 0;
  /** The next one. */
  peek: Token;

  constructor(input: string) {
    this.#input = input;
    this.peek = this.#scan();
  }

  take(kind: Token['kind']): Token | undefined {
    const token = this.peek;
    if (token.kind !== kind) return undefined;
    if (kind !== 'end') this.peek = this.#scan();
    return token;
  }

  expect(kind: Token['kind'], what: string): Token {
    const { text, at } = this.peek;
    const token = this.take(kind);
    if (token) return token;
    throw new TriliteError(
      'bad_data',
      `${at}: unexpected ${text === '' ? 'end of input' : text}: expected ${what}`,
    );
  }

  #scan(): Token {
    this.#match(SPACE);
    const at = this.#at;
    const char = this.#input[at];
    if (char === undefined) return { kind: 'end', text: '', at };
    if (char === '{' || char === '}' || char === ',') {
      this.#at++;
      return { kind: char, text: char, at };
    }
    const operator = this.#match(OPERATOR);
    if (operator !== undefined) return { kind: 'operator', text: operator, at };
    const text = this.#match(QUOTED) ?? this.#match(WORD);
    if (text === undefined) throw new TriliteError('bad_data', `${at}: ${char}: invalid input`);
    return { kind: 'word', text, at };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#input)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
