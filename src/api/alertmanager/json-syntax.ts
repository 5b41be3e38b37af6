/**
 * Where a JSON value ends, and the elements of an array, without making any of it: a long list of alerts is read element by element, so
 * that it does not hold the front up. What is wrong is told as Go's decoder tells it; what follows the value is nobody's business.
 */

import { quoteRune } from '../../model/go-string.ts';

/** Bytes between two looks at the clock. */
const PER_STEP_BYTES = 64 * 1024;
/** Go's: no honest body nests so deep. */
const DEPTH_MAX = 10_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const KEY = 'looking for beginning of object key string';
const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

export class JsonSyntaxError extends Error {}

export interface JsonExtent {
  /** The value is `[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** Start and end of each element, where the value is an array. */
  readonly elements: readonly number[] | undefined;
}

/** Undefined where there is nothing but space. Throws `JsonSyntaxError`. */
export function* scanJson(bytes: Uint8Array): Generator<void, JsonExtent | undefined> {
  const scanner = new Scanner(bytes);
  scanner.space();
  if (scanner.at === bytes.length) return undefined;
  const start = scanner.at;
  const elements: number[] = [];
  const isList = bytes[start] === OPEN_LIST;
  /** The brackets that are open. */
  const open: number[] = [];
  let steps = 1;
  do {
    if (scanner.at > steps * PER_STEP_BYTES) {
      steps = Math.ceil(scanner.at / PER_STEP_BYTES);
      yield;
    }
    scanner.space();
    if (isList && open.length === 1) elements.push(scanner.at);
    if (scanner.begins(open)) continue;
    // A value has ended, and with it those that it was the last of.
    for (;;) {
      if (isList && open.length === 1) elements.push(scanner.at);
      if (open.length === 0 || scanner.goesOn(open)) break;
    }
  } while (open.length > 0);
  return { start, end: scanner.at, elements: isList ? elements : undefined };
}

class Scanner {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  space(): void {
    const bytes = this.#bytes;
    for (; this.at < bytes.length; this.at++) {
      const c = bytes[this.at]!;
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    }
  }

  /** Reads the begin of a value, or all of it; whether one is to follow within it. */
  begins(open: number[]): boolean {
    const c = this.#next();
    if (c === OPEN_LIST || c === OPEN_OBJECT) {
      if (open.push(c) > DEPTH_MAX) throw new JsonSyntaxError('exceeded max depth');
      this.space();
      const close = c === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT;
      if (this.#bytes[this.at] === close) {
        this.at++;
        open.pop();
        return false;
      }
      if (c === OPEN_OBJECT) this.#key();
      return true;
    }
    if (c === QUOTE) this.#string();
    else if (c === MINUS || isDigit(c)) this.#number(c);
    else this.#literal(c);
    return false;
  }

  /** What stands behind a value within another: true where a further one follows, false where the outer one ends. */
  goesOn(open: number[]): boolean {
    this.space();
    const isList = open.at(-1) === OPEN_LIST;
    const c = this.#next();
    if (c === COMMA) {
      if (!isList) this.#key();
      return true;
    }
    if (c !== (isList ? CLOSE_LIST : CLOSE_OBJECT)) {
      throw this.#invalid(isList ? 'after array element' : 'after object key:value pair');
    }
    open.pop();
    return false;
  }

  #key(): void {
    this.space();
    if (this.#next() !== QUOTE) throw this.#invalid(KEY);
    this.#string();
    this.space();
    if (this.#next() !== COLON) throw this.#invalid('after object key');
  }

  #string(): void {
    for (;;) {
      const c = this.#next();
      if (c === QUOTE) return;
      if (c < 0x20) throw this.#invalid('in string literal');
      if (c === BACKSLASH) this.#escape();
    }
  }

  #escape(): void {
    const c = String.fromCharCode(this.#next());
    if (c === 'u') {
      for (let i = 0; i < 4; i++) {
        const digit = String.fromCharCode(this.#next());
        if (!/[0-9a-fA-F]/.test(digit)) throw this.#invalid('in \\u hexadecimal character escape');
      }
    } else if (!'"\\/bfnrt'.includes(c)) throw this.#invalid('in string escape code');
  }

  #number(first: number): void {
    const c = first === MINUS ? this.#digit('in numeric literal') : first;
    if (c !== ZERO) this.#digits();
    if (this.#bytes[this.at] === POINT) {
      this.at++;
      this.#digit('after decimal point in numeric literal');
      this.#digits();
    }
    if (((this.#bytes[this.at] ?? 0) | 0x20) !== 0x65) return;
    this.at++;
    const sign = this.#bytes[this.at];
    if (sign === MINUS || sign === 0x2b) this.at++;
    this.#digit('in exponent of numeric literal');
    this.#digits();
  }

  #digit(where: string): number {
    const c = this.#next();
    if (!isDigit(c)) throw this.#invalid(where);
    return c;
  }

  #digits(): void {
    while (isDigit(this.#bytes[this.at] ?? 0)) this.at++;
  }

  #literal(first: number): void {
    const word = LITERALS[String.fromCharCode(first)];
    if (word === undefined) throw this.#invalid('looking for beginning of value');
    for (const expected of word.slice(1)) {
      const where = `in literal ${word} (expecting '${expected}')`;
      if (String.fromCharCode(this.#next()) !== expected) throw this.#invalid(where);
    }
  }

  #next(): number {
    const c = this.#bytes[this.at];
    if (c === undefined) throw new JsonSyntaxError('unexpected EOF');
    this.at++;
    return c;
  }

  /** About the byte that was read last. */
  #invalid(where: string): JsonSyntaxError {
    const shown = quoteRune(String.fromCharCode(this.#bytes[this.at - 1]!), "'");
    return new JsonSyntaxError(`invalid character '${shown}' ${where}`);
  }
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= 0x39;
}
