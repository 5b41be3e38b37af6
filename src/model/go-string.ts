/**
 * Strings as Go writes them in source text, which is how the query languages, label strings and many messages have
 * them: interpreted with escapes, or raw between backquotes.
 *
 * Go's strings are bytes: `"a\xc5z"` is one, and no UTF-8. Such a byte stands here as a lone surrogate, U+DC00 plus
 * the byte, so that it is quoted as it came, `isWellFormed` tells of it, and encoding makes it U+FFFD as Go's JSON does.
 */

import { isUtf8 } from 'node:buffer';
import { utf8Decode } from '../base/bytes.ts';
import { TriliteError } from './errors.ts';

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/**
 * The value of a quoted string: `"…"` and `'…'` with Go's escapes, or a raw string in backquotes. The text is the
 * whole literal with its quotes. Throws `bad_data`, the message naming the escape that is wrong.
 */
export function unquote(literal: string): string {
  const quote = literal[0]!;
  const body = literal.slice(1, -1);
  if (quote === '`') return body.includes('\r') ? body.replaceAll('\r', '') : body;
  if (!body.includes('\\')) return body;
  let out = '';
  // Bytes of \x and octal escapes; several may make up one character.
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out += decodeBytes(Uint8Array.from(bytes));
    bytes = [];
  };
  let i = 0;
  while (i < body.length) {
    if (body[i] !== '\\') {
      const next = body.indexOf('\\', i);
      const end = next < 0 ? body.length : next;
      flush();
      out += body.slice(i, end);
      i = end;
      continue;
    }
    const read = readEscape(body, i + 1, quote);
    if (read.byte) bytes.push(read.code);
    else {
      flush();
      out += String.fromCodePoint(read.code);
    }
    i = read.end;
  }
  flush();
  return out;
}

const INVALID_BYTE_BASE = 0xdc00;

/** UTF-8 as text; a byte that is part of no character becomes a lone surrogate. */
function decodeBytes(bytes: Uint8Array): string {
  const whole = utf8Decode(bytes);
  if (!whole.includes('\ufffd')) return whole;
  let out = '';
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i]!;
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const char = bytes.subarray(i, i + size);
    if (isUtf8(char)) {
      out += utf8Decode(char);
      i += size;
    } else {
      out += String.fromCharCode(INVALID_BYTE_BASE + lead);
      i++;
    }
  }
  return out;
}

interface Escape {
  /** Offset after the escape. */
  readonly end: number;
  readonly code: number;
  /** The code is one byte of UTF-8, not a character. */
  readonly byte: boolean;
}

/** Reads the escape whose character after the backslash is at `at`. */
export function readEscape(text: string, at: number, quote: string): Escape {
  const c = at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '';
  if (c === '') throw new TriliteError('bad_data', 'escape sequence not terminated');
  if (c === quote) return { end: at + 1, code: c.charCodeAt(0), byte: false };
  const simple = SIMPLE_ESCAPES[c];
  if (simple !== undefined) return { end: at + 1, code: simple.charCodeAt(0), byte: false };
  let from = at + 1;
  let digits: number;
  let base = 16;
  let max = 255;
  if (c >= '0' && c <= '7') [from, digits, base] = [at, 3, 8];
  else if (c === 'x') digits = 2;
  else if (c === 'u') [digits, max] = [4, 0x10ffff];
  else if (c === 'U') [digits, max] = [8, 0x10ffff];
  else throw new TriliteError('bad_data', `unknown escape sequence ${describeRune(c)}`);
  let code = 0;
  for (let k = 0; k < digits; k++) {
    const d = from + k < text.length ? String.fromCodePoint(text.codePointAt(from + k)!) : '';
    if (d === '') throw new TriliteError('bad_data', 'escape sequence not terminated');
    const value = /^[0-9a-fA-F]$/.test(d) ? Number.parseInt(d, 16) : base;
    if (value >= base)
      throw new TriliteError('bad_data', `illegal character ${describeRune(d)} in escape sequence`);
    code = code * base + value;
  }
  if (code > max || (code >= 0xd800 && code < 0xe000)) {
    throw new TriliteError('bad_data', `escape sequence is an invalid Unicode code point U+${hex4(code)}`);
  }
  return { end: from + digits, code, byte: max === 255 };
}

function hex4(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

/** A character as Go's `%#U` prints it: `U+0071 'q'`. */
export function describeRune(char: string): string {
  const code = char.codePointAt(0)!;
  return code < 0x20 || code === 0x7f ? `U+${hex4(code)}` : `U+${hex4(code)} '${char}'`;
}

/** `text` as a Go interpreted string literal in double quotes. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) out += quoteRune(char, '"');
  return `${out}"`;
}

/** One character as Go quotes it between `delimiter`s. */
export function quoteRune(char: string, delimiter: string): string {
  if (char === delimiter || char === '\\') return `\\${char}`;
  const code = char.codePointAt(0)!;
  if (code >= 0x20 && code < 0x7f) return char;
  for (const [letter, value] of Object.entries(SIMPLE_ESCAPES)) if (value === char) return `\\${letter}`;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code > INVALID_BYTE_BASE + 0x7f && code <= INVALID_BYTE_BASE + 0xff)
    return `\\x${(code - INVALID_BYTE_BASE).toString(16)}`;
  if (isPrintable(char)) return char;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

function isPrintable(char: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char);
}
