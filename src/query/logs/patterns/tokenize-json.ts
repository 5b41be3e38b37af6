/**
 * JSON lines have the pattern of their message: the text of the first field, of those that loggers put it in, that is
 * a string. It is taken as it is written, escapes and all.
 */

import { tokenizeText } from './tokenize-text.ts';
import { LINE_BYTES_MAX, type Tokens } from './tokens.ts';

/** Names of the field, best first. The original's default for `pattern_ingester_tokenizable_json_fields`. */
const MESSAGE_KEYS = ['log', 'message', 'msg', 'msg_', '_msg', 'content'].map((key) => Buffer.from(key));

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where the last message that was found begins and ends. */
const found = { start: 0, end: 0 };

export function tokenizeJson(bytes: Uint8Array, start: number, end: number, into: Tokens): boolean {
  if (!findMessage(bytes, start, end) || found.end - found.start > LINE_BYTES_MAX) return false;
  return tokenizeText(bytes, found.start, found.end, into);
}

/** Walks the members of the outer object; nothing behind a malformed one is seen. */
function findMessage(bytes: Uint8Array, start: number, end: number): boolean {
  let best = MESSAGE_KEYS.length;
  let i = skipSpace(bytes, start, end);
  if (bytes[i] !== OPEN_BRACE) return false;
  i++;
  while (best > 0) {
    i = skipSpace(bytes, i, end);
    if (i >= end || bytes[i] !== QUOTE) break;
    const keyEnd = stringEnd(bytes, i, end);
    if (keyEnd < 0) break;
    const rank = keyRank(bytes, i + 1, keyEnd - 1);
    i = skipSpace(bytes, keyEnd, end);
    if (i >= end || bytes[i] !== COLON) break;
    i = skipSpace(bytes, i + 1, end);
    const value = i;
    i = valueEnd(bytes, value, end);
    if (i < 0) break;
    if (rank < best && bytes[value] === QUOTE) {
      best = rank;
      found.start = value + 1;
      found.end = i - 1;
    }
    i = skipSpace(bytes, i, end);
    if (i >= end || bytes[i] !== COMMA) break;
    i++;
  }
  return best < MESSAGE_KEYS.length;
}

function keyRank(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 3 || length > 7) return MESSAGE_KEYS.length;
  for (let rank = 0; rank < MESSAGE_KEYS.length; rank++) {
    const key = MESSAGE_KEYS[rank]!;
    if (key.length !== length) continue;
    let i = 0;
    while (i < length && bytes[start + i] === key[i]) i++;
    if (i === length) return rank;
  }
  return MESSAGE_KEYS.length;
}

function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at]! <= 0x20) at++;
  return at;
}

/** Behind the closing quote of the string that opens at `at`, or -1. */
function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const c = bytes[i]!;
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) i++;
  }
  return -1;
}

/** Behind the value at `at`, or -1 where it does not end. */
function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first === QUOTE) return stringEnd(bytes, at, end);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let i = at;
    while (i < end && bytes[i] !== COMMA && bytes[i] !== CLOSE_BRACE && bytes[i]! > 0x20) i++;
    return i < end ? i : -1;
  }
  let depth = 0;
  for (let i = at; i < end; ) {
    const c = bytes[i]!;
    if (c === QUOTE) {
      i = stringEnd(bytes, i, end);
      if (i < 0) return -1;
      continue;
    }
    i++;
    if (c === OPEN_BRACE || c === OPEN_BRACKET) depth++;
    else if ((c === CLOSE_BRACE || c === CLOSE_BRACKET) && --depth === 0) return i;
  }
  return -1;
}
