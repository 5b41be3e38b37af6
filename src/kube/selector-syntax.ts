/**
 * Whether selectors can be read, by the grammars of API servers: a server that is asked with a wrong one answers nothing else, so
 * it is told before. What they select is the servers' business.
 */

import { TriliteError } from '../model/errors.ts';

const NAME_MAX = 63;
const PREFIX_MAX = 253;
const NAME = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)$/;
const PREFIX = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const INTEGER = /^[+-]?\d+$/;
const SPACE = /[ \t\r\n]/;
/** Longest first. */
const SYMBOLS: readonly string[] = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];
const OPERATORS: readonly string[] = ['=', '==', '!=', '>', '<', 'in', 'notin'];
const END = '';
/** Of a field selector: up to a comma that no backslash stands before. */
const TERM = /(?:\\.|[^,\\]|\\$)+/gs;

/** Such as `metadata.name=a,status.phase!=Failed`. Throws `bad_data`. */
export function checkFieldSelector(text: string): void {
  for (const [term] of text.matchAll(TERM)) {
    const [, value] = /^[^=]*?(?:!=|==|=)(.*)$/s.exec(term) ?? [];
    if (value === undefined) throw bad(`invalid selector: '${text}'; can't understand '${term}'`);
    checkFieldValue(value);
  }
}

/** Commas, equals signs and backslashes stand behind a backslash. */
function checkFieldValue(value: string): void {
  for (let i = 0; i < value.length; i++) {
    const char = value[i]!;
    if (char === '=' || char === ',') {
      throw bad(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    }
    if (char !== '\\') continue;
    i++;
    if (!['\\', ',', '='].includes(value[i] ?? '')) {
      throw bad(`invalid field selector: invalid escape sequence: \\${value[i] ?? ''}`);
    }
  }
}

/** Such as `app=web,tier in (a, b),!canary`. Throws `bad_data`. */
export function checkLabelSelector(text: string): void {
  new LabelSelector(tokensOf(text)).check();
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (SPACE.test(text[at]!)) {
      at++;
      continue;
    }
    const symbol = SYMBOLS.find((known) => text.startsWith(known, at));
    const token = symbol ?? /^[^ \t\r\n=!(),<>]+/.exec(text.slice(at))![0];
    tokens.push(token);
    at += token.length;
  }
  return [...tokens, END];
}

class LabelSelector {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  check(): void {
    while (this.#next() !== END) {
      if (!this.#isWord() && this.#next() !== '!') this.#unexpected("!, identifier, or 'end of string'");
      this.#checkRequirement();
      const after = this.#take();
      if (after === END) return;
      if (after !== ',') this.#unexpected("',' or 'end of string'", after);
      if (!this.#isWord() && this.#next() !== '!') this.#unexpected("identifier after ','");
    }
  }

  #checkRequirement(): void {
    const isAbsent = this.#next() === '!';
    if (isAbsent) this.#take();
    if (!this.#isWord()) this.#requirement(`found '${this.#next()}', expected: identifier`);
    const key = this.#take();
    if (!isLabelKey(key)) this.#requirement(`invalid label key ${JSON.stringify(key)}`);
    if (this.#next() === END || this.#next() === ',') return;
    const operator = this.#take();
    if (isAbsent || !OPERATORS.includes(operator)) {
      this.#requirement(`found '${operator}', expected: ${OPERATORS.join(', ')}`);
    }
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()];
    for (const value of values) {
      if (!isLabelValue(value)) this.#requirement(`invalid label value ${JSON.stringify(value)} of "${key}"`);
      if ((operator === '<' || operator === '>') && !INTEGER.test(value)) {
        this.#requirement("for 'Gt', 'Lt' operators, the value must be an integer");
      }
    }
  }

  /** Nothing at all is the empty value. */
  #value(): string {
    if (this.#next() === END || this.#next() === ',') return '';
    if (!this.#isWord()) this.#requirement(`found '${this.#next()}', expected: identifier`);
    return this.#take();
  }

  /** `(a, b)`; between commas there may be nothing. */
  #values(): string[] {
    if (this.#next() !== '(') this.#requirement(`found '${this.#next()}' expected: '('`);
    this.#take();
    const values: string[] = [];
    while (this.#next() !== ')') {
      if (this.#isWord()) values.push(this.#take());
      const after = this.#next();
      if (after === ',') this.#take();
      else if (after !== ')') this.#requirement(`found '${after}', expected: ',' or ')'`);
    }
    this.#take();
    return values;
  }

  #next(): string {
    return this.#tokens[this.#at]!;
  }

  #take(): string {
    return this.#tokens[this.#at++]!;
  }

  #isWord(): boolean {
    return this.#next() !== END && !SYMBOLS.includes(this.#next());
  }

  #unexpected(expected: string, found = this.#next()): never {
    throw bad(`found '${found}', expected: ${expected}`);
  }

  #requirement(message: string): never {
    throw bad(`unable to parse requirement: ${message}`);
  }
}

function isLabelKey(key: string): boolean {
  const [name = '', prefix, ...rest] = key.split('/').reverse();
  const isPrefixed = prefix === undefined || (prefix.length <= PREFIX_MAX && PREFIX.test(prefix));
  return rest.length === 0 && isPrefixed && name.length <= NAME_MAX && NAME.test(name);
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= NAME_MAX && NAME.test(value));
}

function bad(message: string): TriliteError {
  return new TriliteError('bad_data', message);
}
