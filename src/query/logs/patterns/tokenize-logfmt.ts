/**
 * logfmt: a token for each key with its `=`, one for its value as it is written (quotes too), so that a pattern can be
 * searched for in lines. A bare key has an empty value. Keys that name times and traces have a placeholder for a value.
 */

import { HASH_SEED, LINE_BYTES_MAX, mixByte, OTHER_SPACE, PLACEHOLDER, type Tokens } from './tokens.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** False as soon as the line is no logfmt. */
export function tokenizeLogfmt(bytes: Uint8Array, start: number, end: number, into: Tokens): boolean {
  if (end - start > LINE_BYTES_MAX) return false;
  into.begin(bytes);
  let i = skipSpace(bytes, start, end, into);
  while (i < end) {
    const key = i;
    let hash = HASH_SEED;
    let ascii = true;
    let c = 0;
    for (; i < end && (c = bytes[i]!) > SPACE && c !== EQUALS && c !== QUOTE; i++) {
      if (c >= 128) ascii = false;
      hash = mixByte(hash, c);
    }
    const bare = i === end || c <= SPACE;
    if (!bare && (c === QUOTE || i === key)) return false;
    if (!ascii && !isText(bytes, key, i)) return false;
    const varies = isVariable(bytes, key, i);
    if (!bare) hash = mixByte(hash, bytes[i++]!);
    if (!into.push(key, i, hash)) return false;
    i = bare ? pushValue(bytes, i, i, into, false) : pushValue(bytes, i, end, into, varies);
    if (i < 0) return false;
    i = skipSpace(bytes, i, end, into);
  }
  return into.enough;
}

function skipSpace(bytes: Uint8Array, at: number, end: number, into: Tokens): number {
  let i = at;
  let plain = true;
  for (; i < end && bytes[i]! <= SPACE; i++) if (bytes[i] !== SPACE) plain = false;
  if (i > at) into.space(plain ? i - at : OTHER_SPACE);
  return i;
}

/** Pushes the value at `at`; where it ends, or -1 where it is malformed or there are too many tokens. */
function pushValue(bytes: Uint8Array, at: number, end: number, into: Tokens, varies: boolean): number {
  let hash = HASH_SEED;
  let i = at;
  if (i < end && bytes[i] === QUOTE) {
    i = quotedEnd(bytes, at, end);
    if (i < 0) return -1;
    for (let k = at; k < i; k++) hash = mixByte(hash, bytes[k]!);
  } else {
    for (let c = 0; i < end && (c = bytes[i]!) > SPACE; i++) {
      if (c === EQUALS || c === QUOTE) return -1;
      hash = mixByte(hash, c);
    }
  }
  return into.push(at, i, varies ? PLACEHOLDER : hash) ? i : -1;
}

/** Behind the closing quote of what opens at `at`; -1 where there is none, or an escape that is none. */
function quotedEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    const c = bytes[i]!;
    if (c === QUOTE) return i + 1;
    if (c !== BACKSLASH) continue;
    i++;
    if (i >= end || !ESCAPES.includes(bytes[i]!)) return -1;
  }
  return -1;
}

const ESCAPES = Buffer.from('"\\/\'bfnrtu');

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  return !Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    .toString('utf8')
    .includes('\ufffd');
}

/** Keys whose values are never alike. `t` is one as it stands, the others in either case. */
const VARIABLE_KEYS = ['ts', 'time', 'timestamp', 'traceid'].map((key) => Buffer.from(key));

function isVariable(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  const first = bytes[start]!;
  // Nearly all keys are told apart by their first letter.
  if (first !== 0x74 && first !== 0x54) return false;
  if (length === 1) return first === 0x74;
  return VARIABLE_KEYS.some((key) => {
    if (key.length !== length) return false;
    for (let i = 0; i < length; i++) if ((bytes[start + i]! | 0x20) !== key[i]) return false;
    return true;
  });
}
