/** Reading logfmt: `key=value`, `key="quoted"` and bare keys, separated by white space. */

import { JSON_ESCAPES } from '../base/json-escapes.ts';

/** What is wrong with a pair, and the byte at which that shows. */
function fault(text: string, at: number, why: string): string {
  return `logfmt syntax error at pos ${Buffer.byteLength(text.slice(0, at)) + 1} : ${why}`;
}

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
    let problem = '';
    if (at < n && (c === 34 || (c === 61 && key === ''))) problem = `unexpected '${text[at]}'`;
    else if (key.includes('\ufffd')) problem = 'invalid key';
    else if (at < n && c === 61) {
      at++;
      if (text.charCodeAt(at) === 34) {
        const end = closingQuote(text, at + 1);
        value = end < 0 ? undefined : unquote(text.slice(at + 1, end));
        if (value === undefined) problem = end < 0 ? 'unterminated quoted value' : 'invalid quoted value';
        at = end < 0 ? n : end + 1;
      } else {
        const from = at;
        while (at < n && (c = text.charCodeAt(at)) > 32 && c !== 61 && c !== 34) at++;
        if (at < n && (c === 61 || c === 34)) problem = `unexpected '${text[at]}'`;
        value = text.slice(from, at);
      }
    }
    if (problem === '') {
      if (!visit(key, value!)) return undefined;
      continue;
    }
    if (strict) return fault(text, at, problem);
    // Behind a quoted value the next pair may stand at once.
    if (problem !== 'invalid quoted value') while (at < n && text.charCodeAt(at) > 32) at++;
  }
}

function closingQuote(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) i++;
    else if (c === 34) return i;
  }
  return -1;
}

/** As JSON's strings, with `\'` besides, and U+FFFD for a surrogate that stands alone; undefined where malformed. */
function unquote(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw;
  let valid = true;
  const text = raw.replace(/\\(u[0-9a-fA-F]{4}|.?)/gs, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    const simple = escaped === "'" ? "'" : JSON_ESCAPES[escaped];
    if (simple === undefined) valid = false;
    return simple ?? '';
  });
  return valid ? text.toWellFormed() : undefined;
}
