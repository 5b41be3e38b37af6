/**
 * What redaction looks for in text: RE2 expressions, and patterns with a name for what is commonly not wanted. Those are
 * scanners of their own, because an expression cannot count a card's check digit and because they run over every line. Each
 * takes time that is linear in the text, whatever the text is.
 */

import { TriliteError } from '../../model/errors.ts';
import { compileCapture, compileExpand, compileSearch } from '../../model/regex.ts';

export interface TextMatch {
  readonly start: number;
  readonly end: number;
}

export interface TextPattern {
  /** False only where nothing can be found in `bytes[from, to)`, UTF-8. */
  mayMatch(bytes: Buffer, from: number, to: number): boolean;
  /** The text with `replacement` in place of each match; the same string where there is none. */
  replace(text: string): string;
}

type Scan = (text: string) => readonly TextMatch[];

interface NamedPattern {
  readonly scan: Scan;
  readonly mayMatch: (bytes: Buffer, from: number, to: number) => boolean;
}

export const NAMED_PATTERNS = ['credit_card', 'email', 'ipv4', 'bearer_token', 'aws_key', 'jwt'] as const;

/** Text that grows beyond this is replaced as a whole: a replacement longer than what it replaces, many times over. */
function growthMax(length: number): number {
  return 2 * length + 4096;
}

/** A named pattern, or RE2. Throws `TriliteError` (`bad_data`) where it is malformed or fits no text at all. */
export function textPattern(pattern: string, replacement: string): TextPattern {
  const named = Object.hasOwn(NAMED, pattern) ? NAMED[pattern as keyof typeof NAMED] : undefined;
  return named ? namedPattern(named, replacement) : regexPattern(pattern, replacement);
}

function namedPattern({ scan, mayMatch }: NamedPattern, replacement: string): TextPattern {
  return {
    mayMatch,
    replace: (text) => {
      const matches = scan(text);
      return matches.length === 0 ? text : spliced(text, matches, () => replacement, replacement);
    },
  };
}

function regexPattern(pattern: string, replacement: string): TextPattern {
  const search = compileSearch(pattern);
  if (search.test('')) {
    throw new TriliteError('bad_data', `${JSON.stringify(pattern)} matches empty text, and so everywhere`);
  }
  const capture = compileCapture(pattern, 'search');
  const expand = compileExpand(replacement, capture.groupNames);
  const hasDigits = hasBytes(isDigit, digitsRequired(pattern));
  const required = search.required === undefined ? undefined : Buffer.from(search.required);
  return {
    mayMatch: (bytes, from, to) => {
      if (required) return bytes.subarray(from, to).includes(required);
      return hasDigits(bytes, from, to) && search.test(bytes.toString('utf8', from, to));
    },
    replace: (text) => {
      if (!search.test(text)) return text;
      const matches = [...capture.matches(text)].filter((m) => m.end > m.start);
      if (matches.length === 0) return text;
      return spliced(text, matches, ({ groups }) => expand(groups), replacement);
    },
  };
}

/** How many digits every match has at least, as far as that is plain: `\d{13,16}` outside of groups and alternatives. */
function digitsRequired(pattern: string): number {
  if (/[|()[\]]/.test(pattern)) return 0;
  const counts = Array.from(pattern.matchAll(/\\d\{(\d+)/g), (m) => Number(m[1]));
  return Math.max(0, ...counts);
}

function spliced<M extends TextMatch>(
  text: string,
  matches: readonly M[],
  instead: (match: M) => string,
  whole: string,
): string {
  let out = '';
  let at = 0;
  const max = growthMax(text.length);
  for (const match of matches) {
    out += text.slice(at, match.start) + instead(match);
    at = match.end;
    if (out.length > max) return whole;
  }
  return out + text.slice(at);
}

// ------------------------------------------------------------------------------------------------ named ones

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const CARD_DIGITS_MIN = 13;
const CARD_DIGITS_MAX = 19;

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

function hasBytes(wanted: (byte: number) => boolean, count: number) {
  return (bytes: Buffer, from: number, to: number): boolean => {
    let left = count;
    if (left === 0) return true;
    for (let i = from; i < to; i++) if (wanted(bytes[i]!) && --left === 0) return true;
    return false;
  };
}

function hasText(needle: string) {
  const wanted = Buffer.from(needle);
  return (bytes: Buffer, from: number, to: number): boolean => bytes.subarray(from, to).includes(wanted);
}

/** Digits that may be set apart in groups by a single space or dash. */
const DIGIT_RUN = /\d(?:[ -]?\d)*/g;

/** So many of them in a row, without which there is no number. */
const ENOUGH_DIGITS = /\d(?:[ -]?\d){12}/;

function* cardMatches(text: string): Generator<TextMatch> {
  if (!ENOUGH_DIGITS.test(text)) return;
  for (const run of text.matchAll(DIGIT_RUN)) {
    const places: number[] = [];
    for (let i = 0; i < run[0].length; i++) {
      const c = run[0].charCodeAt(i);
      if (c >= DIGIT_0 && c <= DIGIT_9) places.push(run.index + i);
    }
    for (let first = 0; first + CARD_DIGITS_MIN <= places.length; first++) {
      const count = cardAt(text, places, first);
      if (count === 0) continue;
      yield { start: places[first]!, end: places[first + count - 1]! + 1 };
      first += count - 1;
    }
  }
}

/** Digits of the card number that begins at digit `first` of a run: as many as possible; 0 where none does. */
function cardAt(text: string, places: readonly number[], first: number): number {
  const digit = (i: number) => text.charCodeAt(places[i]!) - DIGIT_0;
  // Numbers of the card schemes begin with 2 to 6; it begins and ends with a group.
  if (digit(first) < 2 || digit(first) > 6) return 0;
  if (first > 0 && places[first]! === places[first - 1]! + 1) return 0;
  for (let n = Math.min(CARD_DIGITS_MAX, places.length - first); n >= CARD_DIGITS_MIN; n--) {
    const last = first + n - 1;
    if (last + 1 < places.length && places[last + 1]! === places[last]! + 1) continue;
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const d = digit(last - k);
      sum += k % 2 === 0 ? d : d > 4 ? 2 * d - 9 : 2 * d;
    }
    if (sum % 10 === 0) return n;
  }
  return 0;
}

const LOCAL_PART = /[\p{L}\p{N}!#$%&'*+./=?^_`{|}~-]/u;
const HOST = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/uy;
/** As RFC 5321 has it; longer is no address. */
const LOCAL_MAX = 64;
/** An at sign, also as URLs have it. */
const AT = /@|%40/g;
/** Of the local part's characters, those that an address hardly begins with and texts and URLs put before one. */
const BEFORE = /^[=?&/'`{|]+/;

function* emailMatches(text: string): Generator<TextMatch> {
  if (!text.includes('@') && !text.includes('%40')) return;
  let done = 0;
  for (const at of text.matchAll(AT)) {
    let start = at.index;
    const from = Math.max(done, start - LOCAL_MAX);
    while (start > from && LOCAL_PART.test(text[start - 1]!)) start--;
    const local = text.slice(start, at.index);
    // What stands before the last `=`, `/` and the like belongs to the URL.
    const cut = Math.max(...['=', '/', '?', '&', '|'].map((c) => local.lastIndexOf(c))) + 1;
    const begins = local.slice(cut).replace(BEFORE, '');
    if (begins === '') continue;
    HOST.lastIndex = at.index + at[0].length;
    const host = HOST.exec(text);
    if (!host) continue;
    done = HOST.lastIndex;
    yield { start: at.index - begins.length, end: done };
  }
}

const IPV4_PART = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
/** Four numbers up to 255, not within a longer number or a version of five parts. */
const IPV4 = new RegExp(`(?<!\\d|\\d\\.)${IPV4_PART}(?:\\.${IPV4_PART}){3}(?!\\d|\\.\\d)`, 'g');

/** The credentials behind the scheme; that stays. */
const AUTHORIZATION = /\b(bearer(?:\s|%20|\+){1,4})[A-Za-z0-9._~+/=-]{8,}/gi;

const AWS_KEY_ID = /(?<![A-Z0-9])A(?:KIA|SIA|ROA|IDA|GPA|NPA|NVA|BIA|CCA)[A-Z0-9]{16}(?![A-Z0-9])/g;
const AWS_SECRET = /(aws_?secret_?(?:access_?)?key["'\s:=]{1,8})[A-Za-z0-9/+]{40}/gi;

function whole(expression: RegExp): Scan {
  return (text) =>
    Array.from(text.matchAll(expression), (m) => ({ start: m.index, end: m.index + m[0].length }));
}

/** What follows the first group. */
function behindGroup(expression: RegExp): Scan {
  return (text) =>
    Array.from(text.matchAll(expression), (m) => ({
      start: m.index + m[1]!.length,
      end: m.index + m[0].length,
    }));
}

const TOKEN_PART = /[A-Za-z0-9_-]*/y;

function partEnd(text: string, from: number): number {
  TOKEN_PART.lastIndex = from;
  TOKEN_PART.exec(text);
  return TOKEN_PART.lastIndex;
}

/** Three parts of base64 with dots between them, the first two being JSON objects. */
function* jwtMatches(text: string): Generator<TextMatch> {
  for (let at = text.indexOf('eyJ'); at >= 0; ) {
    const header = partEnd(text, at);
    const payload = text.startsWith('.eyJ', header) ? partEnd(text, header + 1) : header;
    if (payload === header || text[payload] !== '.') {
      // Within these parts another beginning would come to the same end.
      at = text.indexOf('eyJ', payload);
      continue;
    }
    const end = partEnd(text, payload + 1);
    yield { start: at, end };
    at = text.indexOf('eyJ', end);
  }
}

const BEARER = Buffer.from('bearer');

/** In whatever case. */
function hasBearer(bytes: Buffer, from: number, to: number): boolean {
  for (let i = from; i + BEARER.length <= to; i++) {
    let n = 0;
    while (n < BEARER.length && (bytes[i + n]! | 0x20) === BEARER[n]) n++;
    if (n === BEARER.length) return true;
  }
  return false;
}

const isCapital = (byte: number) => byte === 0x41;

const hasAt = hasText('@');
const hasEscapedAt = hasText('%40');
const hasCapitals = hasBytes(isCapital, 1);
const hasSecretWord = hasBytes((byte) => (byte | 0x20) === 0x6b, 1);

const NAMED: Readonly<Record<(typeof NAMED_PATTERNS)[number], NamedPattern>> = {
  credit_card: { scan: (text) => [...cardMatches(text)], mayMatch: hasBytes(isDigit, CARD_DIGITS_MIN) },
  email: {
    scan: (text) => [...emailMatches(text)],
    mayMatch: (bytes, from, to) => hasAt(bytes, from, to) || hasEscapedAt(bytes, from, to),
  },
  ipv4: { scan: whole(IPV4), mayMatch: hasBytes((byte) => byte === 0x2e, 3) },
  bearer_token: { scan: behindGroup(AUTHORIZATION), mayMatch: hasBearer },
  aws_key: {
    scan: (text) =>
      [...whole(AWS_KEY_ID)(text), ...behindGroup(AWS_SECRET)(text)]
        .sort((a, b) => a.start - b.start)
        // One may hold the other.
        .filter((m, i, all) => i === 0 || m.start >= all[i - 1]!.end),
    mayMatch: (bytes, from, to) => hasCapitals(bytes, from, to) || hasSecretWord(bytes, from, to),
  },
  jwt: { scan: (text) => [...jwtMatches(text)], mayMatch: hasText('eyJ') },
};
