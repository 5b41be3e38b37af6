/**
 * Alertmanager's older grammar of matchers: a name of letters, digits, `_` and `:`, an operator, and the rest is the value, in quotes
 * or not. `\"`, `\\` and `\n` are escapes everywhere, other backslashes stand for themselves.
 */

import { TriliteError } from '../model/errors.ts';
import type { MatchType } from '../model/matcher.ts';
import { AlertMatcher } from './matcher.ts';

/** Go's `\s`, which knows no more than ASCII. */
const HEAD = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*/;
const SPACE = '\t\n\f\r ';

/** Throws `bad_data` in the original's words. */
export function parseClassicMatcher(text: string): AlertMatcher {
  const head = HEAD.exec(text);
  if (!head) throw new TriliteError('bad_data', `bad matcher format: ${text}`);
  const raw = trimEnd(text.slice(head[0].length));
  return new AlertMatcher(head[2] as MatchType, head[1]!, readValue(raw));
}

/** Several, separated by commas outside of quotes, in braces or not. Throws `bad_data`. */
export function parseClassicMatchers(text: string): AlertMatcher[] {
  return splitMatchers(text.replace(/^\{/, '').replace(/\}$/, '')).map(parseClassicMatcher);
}

function splitMatchers(text: string): string[] {
  const out: string[] = [];
  let from = 0;
  let isQuoted = false;
  let isEscaped = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === ',' && !isQuoted) {
      out.push(text.slice(from, i));
      from = i + 1;
      continue;
    }
    if (c === '"' && !isEscaped) isQuoted = !isQuoted;
    // As in the original a comma leaves an escape open.
    if (c !== ',') isEscaped = c === '\\' && !isEscaped;
  }
  const last = text.slice(from).trim();
  if (last !== '') out.push(last);
  return out;
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** The value without its quotes and escapes. */
function readValue(given: string): string {
  const isQuoted = given.startsWith('"');
  const raw = isQuoted ? given.slice(1) : given;
  const last = raw.length - 1;
  let out = '';
  let isClosed = !isQuoted;
  for (let i = 0; i <= last; i++) {
    const c = raw[i]!;
    if (c === '\\' && i < last) {
      const next = raw[++i]!;
      if (next === 'n') out += '\n';
      else out += next === '"' || next === '\\' ? next : `\\${next}`;
    } else if (c === '"') {
      if (isClosed || i < last) throw unescapedQuote(given);
      isClosed = true;
    } else out += c;
  }
  if (!isClosed) throw unescapedQuote(given);
  return out;
}

function unescapedQuote(given: string): TriliteError {
  return new TriliteError('bad_data', `matcher value contains unescaped double quote: ${given}`);
}
