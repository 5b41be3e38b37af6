/**
 * The series text of an exposition line, `name{label="value",…}`, taken apart token by token. Only texts not seen
 * before come here.
 */

import { utf8Decode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  CLASS,
  COMMA,
  type Dialect,
  EQUAL,
  isBlank,
  LABEL,
  LABEL_START,
  lineError,
  NAME,
  NAME_START,
  NEWLINE,
  QUOTE,
  quoteBytes,
  skipString,
  strictText,
  tokenError,
  unescapeLabel,
} from './exposition-lines.ts';

/**
 * Takes a series text apart: name and labels as they stand (`__name__` first, empty values kept, duplicates
 * kept). `start` is where the series text and its line begin; reading ends behind the closing brace. Throws
 * `bad_data`.
 */
export function readSeries(bytes: Uint8Array, start: number, dialect: Dialect): string[] {
  let at = start;
  if (dialect === 'text') while (at < bytes.length && isBlank(bytes[at]!)) at++;
  const nameStart = at;
  if ((CLASS[bytes[at] ?? 0]! & NAME_START) !== 0) {
    while (at < bytes.length && (CLASS[bytes[at]!]! & NAME) !== 0) at++;
  }
  const pairs: string[] = [];
  if (at > nameStart) pairs.push(METRIC_NAME, utf8Decode(bytes.subarray(nameStart, at)));
  if (dialect === 'text') while (at < bytes.length && isBlank(bytes[at]!)) at++;
  if (bytes[at] !== BRACE_OPEN) return pairs;
  const reader = new LabelReader(bytes, start, at + 1, dialect);
  const name = reader.readAll(pairs, at > nameStart, true);
  if (name !== undefined) pairs.unshift(METRIC_NAME, name);
  else if (pairs.length === 0 || at === nameStart) {
    // The value is read before the name is missed.
    let past = reader.at;
    while (past < bytes.length && isBlank(bytes[past]!)) past++;
    while (past < bytes.length && !isBlank(bytes[past]!) && bytes[past] !== NEWLINE) past++;
    throw lineError(bytes, start, past, 'metric name not set');
  }
  return pairs;
}

/** Reads the labels between braces, token by token. */
export class LabelReader {
  readonly #bytes: Uint8Array;
  readonly #lineStart: number;
  readonly #dialect: Dialect;
  /** Behind the last token read. */
  at: number;
  #tokenStart = 0;
  #token = '';

  /** `at` is behind the opening brace. */
  constructor(bytes: Uint8Array, lineStart: number, at: number, dialect: Dialect) {
    this.#bytes = bytes;
    this.#lineStart = lineStart;
    this.#dialect = dialect;
    this.at = at;
  }

  #fail(expected: string): TriliteError {
    return tokenError(
      this.#bytes,
      this.#lineStart,
      this.#tokenStart,
      this.at,
      this.#dialect,
      expected,
      this.#token,
    );
  }

  /** Reads one token; after `=` only a string may stand. */
  #next(afterEqual = false): string {
    const b = this.#bytes;
    if (this.#dialect === 'text') while (this.at < b.length && isBlank(b[this.at]!)) this.at++;
    this.#tokenStart = this.at;
    const c = b[this.at] ?? -1;
    this.#token = this.#classify(c, afterEqual);
    return this.#token;
  }

  #classify(c: number, afterEqual: boolean): string {
    const b = this.#bytes;
    if (c === QUOTE) {
      const past = skipString(b, this.at + 1, this.#dialect === 'text');
      if (past < 0) {
        this.at = -1 - past;
        return 'INVALID';
      }
      this.at = past;
      return afterEqual ? 'LVALUE' : 'QSTRING';
    }
    if (afterEqual) return 'INVALID';
    if (c >= 0 && (CLASS[c]! & LABEL_START) !== 0) {
      while (this.at < b.length && (CLASS[b[this.at]!]! & LABEL) !== 0) this.at++;
      return 'LNAME';
    }
    const token = c === BRACE_CLOSE ? 'BCLOSE' : c === EQUAL ? 'EQUAL' : c === COMMA ? 'COMMA' : 'INVALID';
    if (token !== 'INVALID') this.at++;
    return token;
  }

  /** The text of the token between its quotes, if it has any. */
  #text(start: number, end: number, what: string): string {
    const quoted = this.#bytes[start] === QUOTE;
    const raw = quoted ? this.#bytes.subarray(start + 1, end - 1) : this.#bytes.subarray(start, end);
    const text = strictText(raw);
    if (text === undefined) {
      throw new TriliteError(
        'bad_data',
        `invalid UTF-8 ${what}: ${quoteBytes(this.#bytes.subarray(start, end))}`,
      );
    }
    return quoted ? unescapeLabel(text) : text;
  }

  /**
   * Appends name and value of every label up to the closing brace. Where names may be quoted strings on their
   * own (`named`), such a string is the metric's name and is returned.
   */
  readAll(pairs: string[], hasName: boolean, named: boolean): string | undefined {
    let metric: string | undefined;
    let token = this.#next();
    for (;;) {
      const start = this.#tokenStart;
      const end = this.at;
      if (token === 'BCLOSE') return metric;
      if (token !== 'LNAME' && token !== 'QSTRING') throw this.#fail('expected label name');
      token = this.#next();
      if (named && (token === 'COMMA' || token === 'BCLOSE')) {
        if (hasName || metric !== undefined) {
          throw lineError(this.#bytes, this.#lineStart, this.at, 'metric name already set');
        }
        if (this.#bytes[start] !== QUOTE) throw this.#fail('expected equal');
        metric = this.#text(start, end, 'metric name');
        if (token === 'BCLOSE') return metric;
        token = this.#next();
        continue;
      }
      if (token !== 'EQUAL') throw this.#fail('expected equal');
      token = this.#next(true);
      if (token !== 'LVALUE') throw this.#fail('expected label value');
      const name = this.#text(start, end, 'label name');
      pairs.push(name, this.#text(this.#tokenStart, this.at, 'label value'));
      token = this.#next();
      if (token === 'COMMA') token = this.#next();
      else if (this.#dialect === 'openmetrics' && token !== 'BCLOSE') {
        throw this.#fail('expected comma or brace close');
      }
    }
  }
}
