/** Reading logfmt: `key=value`, `key="quoted"` and bare keys, separated by white space. */

import { unescapeJson } from '../base/json-escapes.ts';

/**
 * Calls `visit` for every pair until it returns false. A malformed pair is skipped to the next white space, or
 * with `strict` ends the scan; returns what was wrong then.
 */
export function scanLogfmt(
  text: string,
  strict: boolean,
  visit: (key: string, value: string) => boolean,
): string | undefined {
  const n = text.length;
  let at = 0;
  while (true) {
    while (at < n && text.charCodeAt(at) <= 32) at++;
    if (at >= n) return undefined;
    const start = at;
    let c = 0;
    while (at < n && (c = text.charCodeAt(at)) > 32 && c !== 61 && c !== 34) at++;
    const key = text.slice(start, at);
    let value: string | undefined = '';
    if (at < n && (c === 34 || (c === 61 && key === ''))) value = undefined;
    else if (at < n && c === 61) {
      at++;
      if (text.charCodeAt(at) === 34) {
        const end = closingQuote(text, at + 1);
        if (end < 0) {
          at = n;
          value = undefined;
        } else {
          value = unquote(text.slice(at + 1, end));
          at = end + 1;
        }
      } else {
        const from = at;
        while (at < n && (c = text.charCodeAt(at)) > 32 && c !== 61 && c !== 34) at++;
        value = at < n && (c === 61 || c === 34) ? undefined : text.slice(from, at);
      }
    }
    if (value !== undefined) {
      if (!visit(key, value)) return undefined;
      continue;
    }
    if (strict) return syntaxMessage(text, at);
    while (at < n && text.charCodeAt(at) > 32) at++;
  }
}

function syntaxMessage(text: string, at: number): string {
  const position = Buffer.byteLength(text.slice(0, at)) + 1;
  const why = at >= text.length ? 'unterminated quoted value' : `unexpected '${text[at]}'`;
  return `logfmt syntax error at pos ${position} : ${why}`;
}

function closingQuote(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) i++;
    else if (c === 34) return i;
  }
  return -1;
}

function unquote(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw;
  const value = unescapeJson(raw.replaceAll("\\'", "'"));
  return value === '' && raw !== '' ? undefined : value;
}
