/**
 * Parses the label string of a stream, which is a PromQL selector with `=` only: `{app="api", env='prod'}`, a metric's
 * name before the braces or, quoted, in them, and names of any characters in quotes. What is wrong is told in the words of
 * the original's parser, with line and column, since clients log them.
 *
 * Tokens are read one ahead; inside braces others are known than outside.
 */

import { TriliteError } from '../../model/errors.ts';
import { quote, quoteRune, readEscape } from '../../model/go-string.ts';
import { compareText, Labels, METRIC_NAME } from '../../model/labels.ts';

type TokenKind = 'name' | 'string' | 'end' | '{' | '}' | ',' | '=' | '!=' | '=~' | '!~';

interface Token {
  readonly kind: TokenKind;
  /** As it is written. */
  readonly text: string;
  readonly start: number;
  /** Of a name or a string. */
  readonly value: string;
}

/**
 * Parses a label string. Throws `TriliteError` (`bad_data`) with `couldn't parse labels: line:column: …`. An empty
 * string is the empty label set. A name that is there twice is so in the result too, for which the stream is to be refused
 * (`checkStream`).
 */
export function parseStreamLabels(text: string): Labels {
  return new LabelParser(text).parse();
}

/** What bytes that are no UTF-8 are read as; refused even where a client wrote just this. */
const REPLACEMENT = '\ufffd';
/** A longer string is not shown whole. */
const SHOWN_MAX = 10;

/** Blanks and comments. */
const SPACE = /(?:[ \t\n\r]|#[^\n\r]*)*/y;
const METRIC = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const IDENTIFIER = /[a-zA-Z_][a-zA-Z0-9_]*/y;

class LabelParser {
  readonly #text: string;
  #pos = 0;
  #inBraces = false;
  #token: Token = { kind: 'end', text: '', start: 0, value: '' };
  readonly #pairs: [name: string, value: string][] = [];

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Labels {
    this.#next();
    const name = this.#at('name') ? this.#token.value : undefined;
    if (name !== undefined) this.#next();
    if (this.#at('{')) this.#labels();
    if (!this.#at('end')) this.#unexpected();
    // Before the braces it wins over one in them.
    const others = name === undefined ? this.#pairs : this.#pairs.filter(([n]) => n !== METRIC_NAME);
    if (name !== undefined) others.push([METRIC_NAME, name]);
    const sorted = others.filter(([, value]) => value !== '').sort(([a], [b]) => compareText(a, b));
    return Labels.fromSorted(sorted.flat());
  }

  /** Whether the token at hand is of the kind. */
  #at(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  #labels(): void {
    this.#next();
    while (!this.#at('}')) {
      this.#label();
      if (this.#at(',')) this.#next();
      else if (!this.#at('}')) this.#unexpected('label set', '"," or "}"');
    }
    this.#next();
  }

  #label(): void {
    const { kind, value: name } = this.#token;
    if (kind !== 'name' && kind !== 'string') this.#unexpected('label set', 'identifier or "}"');
    this.#next();
    if (!this.#at('=')) {
      // A quoted name by itself is the metric's.
      if (kind === 'string') this.#pairs.push([METRIC_NAME, name]);
      else this.#unexpected('label set', '"="');
      return;
    }
    this.#next();
    if (!this.#at('string')) this.#unexpected('label set', 'string');
    this.#pairs.push([name, this.#token.value]);
    this.#next();
  }

  // ------------------------------------------------------------------------------------------------- tokens

  #next(): void {
    this.#match(SPACE);
    const start = this.#pos;
    const name = this.#match(this.#inBraces ? IDENTIFIER : METRIC);
    if (name !== undefined) this.#token = { kind: 'name', text: name, start, value: name };
    else if (start === this.#text.length) this.#end(start);
    else this.#mark(start);
  }

  #end(start: number): void {
    if (this.#inBraces) this.#fail('unexpected end of input inside braces', start);
    this.#token = { kind: 'end', text: '', start, value: '' };
  }

  #mark(start: number): void {
    const c = String.fromCodePoint(this.#text.codePointAt(start)!);
    if (c === '"' || c === "'" || c === '`') {
      const value = c === '`' ? this.#rawString(start) : this.#string(start, c);
      this.#token = { kind: 'string', text: this.#text.slice(start, this.#pos), start, value };
      return;
    }
    const two = this.#text.slice(start, start + 2);
    const kind = two === '!=' || two === '=~' || two === '!~' ? two : c;
    if (kind === '{' && this.#inBraces) this.#fail(`unexpected left brace ${quotedRune(c)}`, start);
    if (kind === '!') {
      const after =
        this.#text
          .slice(start + 1)
          [Symbol.iterator]()
          .next().value ?? REPLACEMENT;
      const where = this.#inBraces ? ' inside braces' : '';
      this.#fail(`unexpected character after '!'${where}: ${quotedRune(after)}`, start);
    }
    if (!['{', '}', ',', '=', '!=', '=~', '!~'].includes(kind) || (kind === '}' && !this.#inBraces)) {
      this.#fail(`unexpected character${this.#inBraces ? ' inside braces' : ''}: ${quotedRune(c)}`, start);
    }
    this.#pos += kind.length;
    if (kind === '{' || kind === '}') this.#inBraces = kind === '{';
    this.#token = { kind: kind as TokenKind, text: kind, start, value: '' };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#pos;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#pos += found.length;
    return found;
  }

  #rawString(start: number): string {
    const end = this.#text.indexOf('`', start + 1);
    const raw = this.#text.slice(start + 1, end < 0 ? undefined : end);
    if (raw.includes(REPLACEMENT)) this.#fail('invalid UTF-8 rune', start);
    if (end < 0) this.#fail('unterminated raw string', start);
    this.#pos = end + 1;
    return raw.replaceAll('\r', '');
  }

  #string(start: number, mark: string): string {
    const pieces: (string | number)[] = [];
    this.#pos = start + 1;
    for (;;) {
      const code = this.#text.codePointAt(this.#pos);
      const c = code === undefined ? '' : String.fromCodePoint(code);
      if (c === '' || c === '\n') this.#fail('unterminated quoted string', start);
      if (c === REPLACEMENT) this.#fail('invalid UTF-8 rune', start);
      this.#pos += c.length;
      if (c === mark) return joinText(pieces);
      pieces.push(c === '\\' ? this.#escape(start, mark) : c);
    }
  }

  /** What follows a backslash: text, or the number of a single byte. */
  #escape(start: number, mark: string): string | number {
    try {
      const { end, code, byte } = readEscape(this.#text, this.#pos, mark);
      this.#pos = end;
      return byte ? code : String.fromCodePoint(code);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      return this.#fail(error.message.replace(/ point U\+.*$/, ' point'), start);
    }
  }

  // ------------------------------------------------------------------------------------------------- errors

  #unexpected(where?: string, expected?: string): never {
    const place = where === undefined ? '' : ` in ${where}, expected ${expected}`;
    this.#fail(`unexpected ${described(this.#token)}${place}`, this.#token.start);
  }

  #fail(message: string, at: number): never {
    const before = this.#text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(lineStart)) + 1;
    throw new TriliteError('bad_data', `couldn't parse labels: ${line}:${column}: parse error: ${message}`);
  }
}

function described({ kind, text }: Token): string {
  switch (kind) {
    case 'end':
      return 'end of input';
    case 'name':
      return `${text.includes(':') ? 'metric identifier' : 'identifier'} ${quote(text)}`;
    case 'string':
      return `string ${text.length > SHOWN_MAX ? `${quote(text.slice(0, SHOWN_MAX))}...` : quote(text)}`;
    case '!=':
    case '=~':
    case '!~':
      return `<op:${text}>`;
    default:
      return quote(text);
  }
}

function quotedRune(c: string): string {
  return `'${quoteRune(c, "'")}'`;
}

/** Text pieces and single bytes as one text; bytes that are no UTF-8 become U+FFFD. */
function joinText(pieces: readonly (string | number)[]): string {
  if (pieces.every((p) => typeof p === 'string')) return pieces.join('');
  return Buffer.concat(
    pieces.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from([p]))),
  ).toString();
}
