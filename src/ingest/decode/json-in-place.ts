/**
 * A JSON scanner that gives strings as ranges of its buffer. A string with escapes is unescaped over itself: no escape
 * is shorter than the UTF-8 that it stands for, so the text fits where it was, and what is behind it stays. The
 * buffer is the scanner's own, and a string is read once.
 */

import { JSON_ESCAPES } from '../../base/json-escapes.ts';
import { JsonScanner } from './json-scanner.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** By escape letter: the byte that it stands for, 0 where there is none. */
const ESCAPE_BYTES = new Uint8Array(256);
for (const [letter, text] of Object.entries(JSON_ESCAPES)) {
  ESCAPE_BYTES[letter.charCodeAt(0)] = text.charCodeAt(0);
}

export class InPlaceJson extends JsonScanner {
  /** Bounds of the last string that was read as a range. */
  from = 0;
  to = 0;

  /** Takes a string and leaves the bounds of its text in `from` and `to`. */
  stringRange(): void {
    if (this.next() !== 'string') this.fail('expected a string');
    const { bytes } = this;
    const start = this.pos + 1;
    let p = start;
    let c = bytes[p];
    while (c !== QUOTE && c !== BACKSLASH) {
      if (c === undefined) this.fail('unterminated string', start - 1);
      if (c < 0x20) this.fail('control character in a string', p);
      c = bytes[++p];
    }
    this.from = start;
    if (c === QUOTE) {
      this.to = p;
      this.pos = p + 1;
    } else this.#unescape(start, p);
  }

  /** Goes on from the first backslash, at `p`: `w` is where the next byte of text goes. */
  #unescape(start: number, p: number): void {
    const { bytes } = this;
    let w = p;
    for (;;) {
      const c = bytes[p];
      if (c === undefined) this.fail('unterminated string', start - 1);
      if (c === QUOTE) break;
      if (c !== BACKSLASH) {
        if (c < 0x20) this.fail('control character in a string', p);
        bytes[w++] = c;
        p++;
        continue;
      }
      const letter = bytes[p + 1] ?? 0;
      const byte = ESCAPE_BYTES[letter]!;
      if (byte !== 0) {
        bytes[w++] = byte;
        p += 2;
      } else if (letter === 0x75) {
        let code = this.#hex(p + 2);
        p += 6;
        if (code >= 0xd800 && code < 0xdc00 && bytes[p] === BACKSLASH && bytes[p + 1] === 0x75) {
          const low = this.#hex(p + 2);
          if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
          }
        }
        // A lone surrogate has no UTF-8.
        if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
        w = this.#encode(code, w);
      } else this.fail('invalid escape in a string', p);
    }
    this.to = w;
    this.pos = p + 1;
  }

  #hex(at: number): number {
    let value = 0;
    for (let i = at; i < at + 4; i++) {
      const c = this.bytes[i] ?? 0;
      const letter = c | 0x20;
      if (c >= 0x30 && c <= 0x39) value = value * 16 + c - 0x30;
      else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57;
      else this.fail('expected four hex digits after \\u', at);
    }
    return value;
  }

  /** Writes a code point as UTF-8 at `w`; returns the position behind it. */
  #encode(code: number, w: number): number {
    const { bytes } = this;
    if (code < 0x80) bytes[w++] = code;
    else {
      if (code < 0x800) bytes[w++] = 0xc0 | (code >> 6);
      else {
        if (code < 0x10000) bytes[w++] = 0xe0 | (code >> 12);
        else {
          bytes[w++] = 0xf0 | (code >> 18);
          bytes[w++] = 0x80 | ((code >> 12) & 0x3f);
        }
        bytes[w++] = 0x80 | ((code >> 6) & 0x3f);
      }
      bytes[w++] = 0x80 | (code & 0x3f);
    }
    return w;
  }

  /** Walks an object, `each` taking the value of every key. */
  members(each: (key: string) => void): void {
    this.open('object');
    for (let key = this.key(true); key !== undefined; key = this.key(false)) each(key);
  }

  /** Walks an object of strings: `each` is given the range of a key, and the value's in `from` and `to`. */
  stringMembers(each: (keyFrom: number, keyTo: number) => void): void {
    if (this.next() !== 'object') this.fail('expected an object');
    this.pos++;
    if (this.#byte() === CLOSE_BRACE) {
      this.pos++;
      return;
    }
    for (;;) {
      this.stringRange();
      const { from, to } = this;
      if (this.#byte() !== COLON) this.fail("expected ':'");
      this.pos++;
      this.stringRange();
      each(from, to);
      const c = this.#byte();
      this.pos++;
      if (c === CLOSE_BRACE) return;
      if (c !== COMMA) this.fail("expected ',' or '}'", this.pos - 1);
    }
  }

  /** The next byte that is not white space, not taken; undefined at the end. */
  #byte(): number | undefined {
    const { bytes } = this;
    let c = bytes[this.pos];
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[++this.pos];
    return c;
  }

  /** Walks an array, `each` taking every element; null stands for an empty array, and null elements go to `onNull`. */
  elements(each: () => void, onNull: () => void = () => {}): void {
    if (this.next() === 'null') {
      this.null();
      return;
    }
    this.open('array');
    for (let first = true; this.element(first); first = false) {
      if (this.next() === 'null') {
        this.null();
        onNull();
      } else each();
    }
  }

  /** Steps over an array or null that is read later, checking no more than where it ends; returns where it begins. */
  skipUnread(): number {
    if (this.next() !== 'array') {
      const at = this.pos;
      this.null();
      return at;
    }
    const { bytes } = this;
    const start = this.pos;
    let depth = 0;
    for (let p = start; p < bytes.length; p++) {
      const c = bytes[p]!;
      if (c === QUOTE) {
        for (p++; bytes[p] !== QUOTE; p++) {
          if (p >= bytes.length) this.fail('unterminated string');
          if (bytes[p] === BACKSLASH) p++;
        }
      } else if (c === OPEN_BRACKET) depth++;
      else if (c === CLOSE_BRACKET && --depth === 0) {
        this.pos = p + 1;
        return start;
      }
    }
    return this.fail('unterminated array', start);
  }

  /** The text of any value as it is written. */
  raw(): string {
    this.next();
    const start = this.pos;
    this.skip();
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.pos - start).toString();
  }
}
