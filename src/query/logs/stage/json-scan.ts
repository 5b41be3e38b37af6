/**
 * A tolerant scanner of JSON text, as far as log lines need one: it walks an object member by member and stops
 * with `JsonError` where the text breaks; what came before stays. Containers are taken over by their brackets
 * (strings inside respected), scalars by their delimiters.
 */

import { labelText, tryUnescape } from '../../../base/json-escapes.ts';

export class JsonError extends Error {
  override name = 'JsonError';
}

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

const QUOTE = 34;
const BACKSLASH = 92;

/** Index of the first character that is no JSON white space. */
export function skipSpace(text: string, at: number): number {
  while (true) {
    const c = text.charCodeAt(at);
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return at;
    at++;
  }
}

/** Index after the closing quote of the string whose opening quote is at `at - 1`. */
export function stringEnd(text: string, at: number): number {
  while (true) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw new JsonError("Value is string, but can't find closing '\"' symbol");
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH && quote - 1 - slashes >= at) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** Index after the bracket that closes the one at `at`. */
function blockEnd(text: string, at: number, open: number, close: number, what: string): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = stringEnd(text, i + 1) - 1;
    else if (c === open) depth++;
    else if (c === close && --depth === 0) return i + 1;
  }
  throw new JsonError(
    `Value looks like ${what}, but can't find closing '${String.fromCharCode(close)}' symbol`,
  );
}

/** Where the scanner stands: the value found last is `text[start, end)`, strings without their quotes. */
export class JsonCursor {
  readonly text: string;
  at: number;
  /** Of the member read last. */
  key = '';
  kind: JsonKind = 'null';
  start = 0;
  end = 0;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  /** Reads the value at the cursor. */
  value(): void {
    const { text } = this;
    const at = skipSpace(text, this.at);
    if (at >= text.length) throw new JsonError(MALFORMED);
    const c = text.charCodeAt(at);
    this.start = at;
    if (c === QUOTE) {
      this.kind = 'string';
      this.at = stringEnd(text, at + 1);
      this.start = at + 1;
      this.end = this.at - 1;
      return;
    }
    if (c === 123) {
      this.kind = 'object';
      this.at = this.end = blockEnd(text, at, 123, 125, 'object');
      return;
    }
    if (c === 91) {
      this.kind = 'array';
      this.at = this.end = blockEnd(text, at, 91, 93, 'array');
      return;
    }
    let end = at;
    while (end < text.length) {
      const d = text.charCodeAt(end);
      if (d === 44 || d === 125 || d === 93 || d === 32 || d === 10 || d === 13 || d === 9) break;
      end++;
    }
    this.at = this.end = end;
    this.kind = this.#scalarKind(c, at, end);
  }

  #scalarKind(first: number, at: number, end: number): JsonKind {
    if ((first >= 48 && first <= 57) || first === 45) return 'number';
    const word = this.text.slice(at, end);
    if (word === 'true' || word === 'false') return 'boolean';
    if (word === 'null') return 'null';
    throw new JsonError('Unknown value type');
  }

  /** The value found last as a label has it. */
  valueText(): string {
    const raw = this.text.slice(this.start, this.end);
    return this.kind === 'string' ? labelText(raw) : raw;
  }
}

const MALFORMED = 'Malformed JSON error';
const NO_OBJECT_END = "Value looks like object, but can't find closing '}' symbol";
const NO_ARRAY_END = "Value is array, but can't find closing ']' symbol";

/**
 * Walks the members of the object at `at`; `visit` gets each key with the cursor on its value and returns false
 * to stop. Throws `JsonError` where the text breaks, in the words that the original has for each place.
 */
export function eachMember(
  text: string,
  at: number,
  visit: (key: string, value: JsonCursor) => boolean,
): void {
  at = skipSpace(text, at);
  if (text.charCodeAt(at) !== 123) throw new JsonError(NO_OBJECT_END);
  const cursor = new JsonCursor(text, at + 1);
  at = skipSpace(text, at + 1);
  if (at >= text.length) throw new JsonError(MALFORMED);
  while (at < text.length) {
    const c = text.charCodeAt(at);
    // A comma may stand before the end.
    if (c === 125) return;
    if (c !== QUOTE) throw new JsonError(NO_OBJECT_END);
    at = readMember(cursor, at);
    if (!visit(cursor.key, cursor)) return;
    at = skipSpace(text, at);
    if (at >= text.length) throw new JsonError(NO_ARRAY_END);
    const next = text.charCodeAt(at);
    if (next === 125) return;
    if (next !== 44) throw new JsonError(NO_OBJECT_END);
    at = skipSpace(text, at + 1);
    if (at >= text.length) throw new JsonError(NO_ARRAY_END);
  }
}

/** Reads the member whose key's quote is at `at`; returns the place behind its value. */
function readMember(cursor: JsonCursor, at: number): number {
  const { text } = cursor;
  let keyEnd: number;
  try {
    keyEnd = stringEnd(text, at + 1);
  } catch {
    throw new JsonError(MALFORMED);
  }
  const key = tryUnescape(text.slice(at + 1, keyEnd - 1));
  if (key === undefined) throw new JsonError('Encountered an invalid escape sequence in a string');
  cursor.key = key;
  at = skipSpace(text, keyEnd);
  if (text.charCodeAt(at) !== 58) throw new JsonError(MALFORMED);
  cursor.at = at + 1;
  cursor.value();
  return cursor.at;
}
