/**
 * A pull scanner over JSON text in UTF-8 bytes, for decoders that turn JSON into something else without building
 * objects: numbers keep their text (64-bit integers stay exact), strings without escapes are handed on as bytes.
 * Strict JSON (RFC 8259); invalid UTF-8 is an error. Errors are `ByteError`.
 */

import { ByteError, utf8Encode } from '../../base/bytes.ts';
import { JSON_ESCAPES } from '../../base/json-escapes.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export type JsonToken = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

export class JsonScanner {
  readonly bytes: Uint8Array;
  pos: number;
  readonly #depthMax: number;
  #depth = 0;

  /** `depthMax`: how deep objects and arrays may nest, skipped ones included. */
  constructor(bytes: Uint8Array, depthMax: number) {
    this.bytes = bytes;
    // A byte order mark is not JSON, but some clients write one.
    this.pos = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.#depthMax = depthMax;
  }

  fail(message: string, offset = this.pos): never {
    throw new ByteError(message, offset);
  }

  /** Skips white space and returns the next byte without taking it; -1 at the end. */
  #peek(): number {
    const { bytes } = this;
    let p = this.pos;
    while (p < bytes.length) {
      const c = bytes[p]!;
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      p++;
    }
    this.pos = p;
    return p < bytes.length ? bytes[p]! : -1;
  }

  #expect(byte: number): void {
    if (this.#peek() !== byte) this.fail(`expected '${String.fromCharCode(byte)}'`);
    this.pos++;
  }

  /** What the next value is, by its first byte. */
  next(): JsonToken {
    const c = this.#peek();
    switch (c) {
      case OPEN_BRACE:
        return 'object';
      case OPEN_BRACKET:
        return 'array';
      case QUOTE:
        return 'string';
      case 0x74:
      case 0x66:
        return 'boolean';
      case 0x6e:
        return 'null';
      default:
        if (c === MINUS || (c >= 0x30 && c <= 0x39)) return 'number';
        return this.fail(c === -1 ? 'unexpected end of JSON' : 'expected a value');
    }
  }

  /** Fails where anything but white space follows the value. */
  finish(): void {
    if (this.#peek() !== -1) this.fail('unexpected text after the value');
  }

  /** Takes `{` or `[`. */
  open(token: 'object' | 'array'): void {
    this.#expect(token === 'object' ? OPEN_BRACE : OPEN_BRACKET);
    if (++this.#depth > this.#depthMax) this.fail(`nested deeper than ${this.#depthMax} levels`);
  }

  /** Steps to the next member's key, taking the colon; undefined after the last, the brace taken. `first` on the first call. */
  key(first: boolean): string | undefined {
    let c = this.#peek();
    if (c === CLOSE_BRACE && first) return this.#close();
    if (!first) {
      if (c === CLOSE_BRACE) return this.#close();
      this.#expect(COMMA);
      c = this.#peek();
    }
    if (c !== QUOTE) this.fail('expected a key');
    const key = this.string();
    this.#expect(COLON);
    return key;
  }

  /** Whether another element follows; takes the comma before it, or the bracket after the last. */
  element(first: boolean): boolean {
    const c = this.#peek();
    if (c === CLOSE_BRACKET) {
      this.#close();
      return false;
    }
    if (!first) {
      this.#expect(COMMA);
      if (this.#peek() === CLOSE_BRACKET) this.fail('expected a value');
    }
    return true;
  }

  #close(): undefined {
    this.pos++;
    this.#depth--;
  }

  /** The string's contents as UTF-8: a view of the text where there is no escape. */
  stringBytes(): Uint8Array {
    this.#expect(QUOTE);
    const { bytes } = this;
    const start = this.pos;
    let p = start;
    let ascii = true;
    for (; ; p++) {
      if (p >= bytes.length) this.fail('unterminated string', start - 1);
      const c = bytes[p]!;
      if (c === QUOTE) break;
      if (c === BACKSLASH) return utf8Encode(this.#escaped(start, p));
      if (c < 0x20) this.fail('control character in a string', p);
      if (c > 0x7f) ascii = false;
    }
    this.pos = p + 1;
    const piece = bytes.subarray(start, p);
    // Decoding is the check; the text is not used.
    if (!ascii) this.#text(piece, start);
    return piece;
  }

  string(): string {
    const start = this.pos;
    return this.#text(this.stringBytes(), start);
  }

  #text(piece: Uint8Array, offset: number): string {
    try {
      return strictUtf8.decode(piece);
    } catch {
      return this.fail('invalid UTF-8 in a string', offset);
    }
  }

  /** Slow path: a string with escapes; `p` is at the first backslash. Lone surrogates become U+FFFD when encoded. */
  #escaped(start: number, p: number): string {
    const { bytes } = this;
    let out = '';
    let from = start;
    for (;;) {
      if (p >= bytes.length) this.fail('unterminated string', start - 1);
      const c = bytes[p]!;
      if (c === QUOTE) break;
      if (c < 0x20) this.fail('control character in a string', p);
      if (c !== BACKSLASH) {
        p++;
        continue;
      }
      out += this.#text(bytes.subarray(from, p), from);
      const letter = String.fromCharCode(bytes[p + 1] ?? 0);
      if (letter === 'u') {
        const hex = String.fromCharCode(...bytes.subarray(p + 2, p + 6));
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail('expected four hex digits after \\u', p);
        out += String.fromCharCode(Number.parseInt(hex, 16));
        p += 6;
      } else {
        out += JSON_ESCAPES[letter] ?? this.fail('invalid escape in a string', p);
        p += 2;
      }
      from = p;
    }
    this.pos = p + 1;
    return out + this.#text(bytes.subarray(from, p), from);
  }

  /** The number as it is written. */
  number(): string {
    this.#peek();
    const { bytes } = this;
    const start = this.pos;
    let p = start;
    for (; p < bytes.length; p++) {
      const c = bytes[p]!;
      // Digits, + - . and letters: everything a number may hold; the pattern decides.
      if (!((c >= 0x30 && c <= 0x39) || c === 0x2b || c === MINUS || c === 0x2e || c === 0x65 || c === 0x45))
        break;
    }
    const text = String.fromCharCode(...bytes.subarray(start, Math.min(p, start + NUMBER_MAX_CHARS)));
    if (p - start > NUMBER_MAX_CHARS || !NUMBER.test(text)) this.fail('malformed number', start);
    this.pos = p;
    return text;
  }

  boolean(): boolean {
    const value = this.#peek() === 0x74;
    this.#word(value ? 'true' : 'false');
    return value;
  }

  null(): void {
    this.#peek();
    this.#word('null');
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.pos + i] !== word.charCodeAt(i)) this.fail(`expected ${word}`);
    }
    this.pos += word.length;
  }

  /** Skips one value of any kind, checking its form. */
  skip(): void {
    switch (this.next()) {
      case 'object':
        this.open('object');
        for (let first = true; this.key(first) !== undefined; first = false) this.skip();
        return;
      case 'array':
        this.open('array');
        for (let first = true; this.element(first); first = false) this.skip();
        return;
      case 'string':
        this.stringBytes();
        return;
      case 'number':
        this.number();
        return;
      case 'boolean':
        this.boolean();
        return;
      default:
        this.null();
    }
  }
}

/** No number that means anything is longer; a longer one is not worth a string. */
const NUMBER_MAX_CHARS = 400;
