/** Functions on text: Go's strings package, sprig's, regular expressions, encodings. */

import { type CaptureRegex, compileCapture, compileExpand } from '../regex.ts';
import { type FunctionTable, fn, int, str } from './arguments.ts';
import { decodeBase64 } from './base64.ts';
import { isList, isMap, TemplateError, truth, type Value } from './value.ts';

/** Nothing in a template may build a longer text. */
const TEXT_MAX_CHARS = 1 << 20;

function bounded(chars: number): void {
  if (chars > TEXT_MAX_CHARS) throw new TemplateError('template: text too long');
}

/** Unicode's white space, as Go has it. */
const SPACES =
  ' \t\n\v\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

function trimLeft(text: string, cut: string): string {
  const set = new Set(cut);
  const runes = [...text];
  let i = 0;
  while (i < runes.length && set.has(runes[i]!)) i++;
  return runes.slice(i).join('');
}

function trimRight(text: string, cut: string): string {
  const set = new Set(cut);
  const runes = [...text];
  let n = runes.length;
  while (n > 0 && set.has(runes[n - 1]!)) n--;
  return runes.slice(0, n).join('');
}

function trim(text: string, cut: string): string {
  return trimRight(trimLeft(text, cut), cut);
}

function replace(text: string, old: string, by: string, times: number): string {
  if (times === 0) return text;
  if (old === '') return insertBetween(text, by, times);
  const parts = text.split(old);
  bounded(text.length + parts.length * by.length);
  if (times < 0 || times >= parts.length - 1) return parts.join(by);
  return `${parts.slice(0, times + 1).join(by)}${old}${parts.slice(times + 1).join(old)}`;
}

/** The text with another before each of its runes and at its end, so many times. */
function insertBetween(text: string, by: string, times: number): string {
  const runes = [...text];
  bounded(text.length + (runes.length + 1) * by.length);
  const places = times < 0 ? runes.length + 1 : Math.min(times, runes.length + 1);
  return runes.map((rune, i) => (i < places ? by + rune : rune)).join('') + (places > runes.length ? by : '');
}

const compiled = new Map<string, CaptureRegex>();
const COMPILED_MAX = 256;

function regex(pattern: string): CaptureRegex {
  let re = compiled.get(pattern);
  if (re) return re;
  try {
    re = compileCapture(pattern, 'search');
  } catch (error) {
    throw new TemplateError(error instanceof Error ? error.message : String(error));
  }
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(pattern, re);
  return re;
}

/** All matches; a replacement that is not literal may name groups. */
export function regexReplace(pattern: string, text: string, replacement: string, literal: boolean): string {
  const { groupNames, matches } = regex(pattern);
  const expand = literal ? () => replacement : compileExpand(replacement, groupNames);
  let out = '';
  let from = 0;
  let found = false;
  for (const { start, end, groups } of matches(text)) {
    if (found && abuts(start, end, from)) continue;
    found = true;
    out += text.slice(from, start) + expand(groups);
    bounded(out.length);
    from = end;
  }
  return out + text.slice(from);
}

/** Whether a match is empty and right behind the last one: Go passes such over. */
function abuts(start: number, end: number, last: number): boolean {
  return start === end && start === last;
}

function countMatches(pattern: string, text: string): number {
  let n = 0;
  let last = 0;
  for (const { start, end } of regex(pattern).matches(text)) {
    if (n > 0 && abuts(start, end, last)) continue;
    n++;
    last = end;
  }
  return n;
}

function align(n: number, text: string, left: boolean): string {
  const runes = [...text];
  if (n < 0 || runes.length === n) return text;
  bounded(n);
  if (runes.length < n)
    return left ? text + ' '.repeat(n - runes.length) : ' '.repeat(n - runes.length) + text;
  return left ? runes.slice(0, n).join('') : runes.slice(runes.length - n).join('');
}

/** Cuts to `n` bytes as sprig does, from the end where negative; a rune cut in two becomes U+FFFD. */
function trunc(n: number, text: string): string {
  const bytes = Buffer.from(text);
  if (n < 0 && bytes.length + n > 0) return bytes.subarray(bytes.length + n).toString();
  return n >= 0 && bytes.length > n ? bytes.subarray(0, n).toString() : text;
}

function substr(start: number, end: number, text: string): string {
  const bytes = Buffer.from(text);
  const cut = (from: number, to: number): string => {
    if (from > to || to > bytes.length || from > bytes.length) {
      throw new TemplateError(`runtime error: slice bounds out of range [${from}:${to}]`);
    }
    return bytes.subarray(from, to).toString();
  };
  if (start < 0) return cut(0, end);
  return end < 0 || end > bytes.length ? cut(start, bytes.length) : cut(start, end);
}

/** Go's url.QueryEscape. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function queryUnescape(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  if (bad) throw new TemplateError(`invalid URL escape ${JSON.stringify(bad[0])}`);
  const bytes: Buffer[] = [];
  for (const [piece] of text.replaceAll('+', ' ').matchAll(/(?:%[0-9a-fA-F]{2})+|[^%]+/g)) {
    bytes.push(piece.startsWith('%') ? Buffer.from(piece.replaceAll('%', ''), 'hex') : Buffer.from(piece));
  }
  return Buffer.concat(bytes).toString();
}

function indent(n: number, text: string): string {
  if (n < 0) throw new TemplateError('strings: negative Repeat count');
  const pad = ' '.repeat(Math.min(n, TEXT_MAX_CHARS));
  bounded(pad.length * text.split('\n').length);
  return pad + text.replaceAll('\n', `\n${pad}`);
}

function fromJson(text: string): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // sprig's fromJson swallows the error.
    return null;
  }
  return toValue(parsed);
}

/** JSON nested deeper than this is refused. */
const JSON_DEPTH_MAX = 500;

function toValue(json: unknown, depth = 0): Value {
  if (depth > JSON_DEPTH_MAX) throw new TemplateError('json: exceeded max depth');
  if (Array.isArray(json)) return json.map((v) => toValue(v, depth + 1));
  if (json !== null && typeof json === 'object') {
    return new Map(Object.entries(json).map(([k, v]) => [k.toWellFormed(), toValue(v, depth + 1)]));
  }
  if (typeof json === 'string') return json.toWellFormed();
  return json as Value;
}

const upper = (text: string): string =>
  [...text].map((c) => (c.toUpperCase().length <= c.length ? c.toUpperCase() : c)).join('');

export const TEXT_FUNCTIONS: FunctionTable = {
  ToLower: fn(1, ([s]) => str(s).toLowerCase()),
  ToUpper: fn(1, ([s]) => upper(str(s))),
  lower: fn(1, ([s]) => str(s).toLowerCase()),
  upper: fn(1, ([s]) => upper(str(s))),
  title: fn(1, ([s]) =>
    // A word begins behind ASCII that is no part of one, and behind white space.
    str(s).replace(/(?<![\p{L}\p{N}_]|[^\p{ASCII}\s])\p{L}/gu, upper),
  ),
  Replace: fn(4, ([s, old, by, n]) => replace(str(s), str(old), str(by), int(n))),
  replace: fn(3, ([old, by, s]) => replace(str(s), str(old), str(by), -1)),
  Trim: fn(2, ([s, cut]) => trim(str(s), str(cut))),
  TrimLeft: fn(2, ([s, cut]) => trimLeft(str(s), str(cut))),
  TrimRight: fn(2, ([s, cut]) => trimRight(str(s), str(cut))),
  TrimPrefix: fn(2, ([s, p]) => (str(s).startsWith(str(p)) ? str(s).slice(str(p).length) : str(s))),
  TrimSuffix: fn(2, ([s, p]) =>
    str(p) !== '' && str(s).endsWith(str(p)) ? str(s).slice(0, -str(p).length) : str(s),
  ),
  TrimSpace: fn(1, ([s]) => trim(str(s), SPACES)),
  trim: fn(1, ([s]) => trim(str(s), SPACES)),
  trimAll: fn(2, ([cut, s]) => trim(str(s), str(cut))),
  trimPrefix: fn(2, ([p, s]) => (str(s).startsWith(str(p)) ? str(s).slice(str(p).length) : str(s))),
  trimSuffix: fn(2, ([p, s]) =>
    str(p) !== '' && str(s).endsWith(str(p)) ? str(s).slice(0, -str(p).length) : str(s),
  ),
  trunc: fn(2, ([n, s]) => trunc(int(n), str(s))),
  substr: fn(3, ([start, end, s]) => substr(int(start), int(end), str(s))),
  contains: fn(2, ([sub, s]) => str(s).includes(str(sub))),
  hasPrefix: fn(2, ([p, s]) => str(s).startsWith(str(p))),
  hasSuffix: fn(2, ([p, s]) => str(s).endsWith(str(p))),
  indent: fn(2, ([n, s]) => indent(int(n), str(s))),
  nindent: fn(2, ([n, s]) => `\n${indent(int(n), str(s))}`),
  repeat: fn(2, ([n, s]) => {
    if (int(n) < 0) throw new TemplateError('strings: negative Repeat count');
    bounded(int(n) * str(s).length);
    return str(s).repeat(int(n));
  }),
  alignLeft: fn(2, ([n, s]) => align(int(n), str(s), true)),
  alignRight: fn(2, ([n, s]) => align(int(n), str(s), false)),
  regexReplaceAll: fn(3, ([re, s, by]) => regexReplace(str(re), str(s), str(by), false)),
  regexReplaceAllLiteral: fn(3, ([re, s, by]) => regexReplace(str(re), str(s), str(by), true)),
  count: fn(2, ([re, s]) => BigInt(countMatches(str(re), str(s)))),
  urlencode: fn(1, ([s]) => queryEscape(str(s))),
  urldecode: fn(1, ([s]) => queryUnescape(str(s))),
  b64enc: fn(1, ([s]) => Buffer.from(str(s)).toString('base64')),
  b64dec: fn(1, ([s]) => decodeBase64(str(s))),
  fromJson: fn(1, ([s]) => fromJson(str(s))),
  default: fn(2, ([fallback, v]) => (v === undefined || !truth(v) ? fallback! : v), 2),
};

/** Length in Go's sense: bytes of a string. */
export function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (isList(value)) return value.length;
  if (isMap(value)) return value.size;
  throw new TemplateError('len of type that has no length');
}
