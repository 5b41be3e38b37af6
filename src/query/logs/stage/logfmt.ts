/** `| logfmt`: `key=value`, `key="quoted"` and bare keys, separated by white space. */

import type { ExtractItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { setExtracted } from './json.ts';
import { unescapeJson } from './json-scan.ts';
import { NO_STAGE, type StageFn, stageError } from './stage.ts';

export const LOGFMT_ERROR = 'LogfmtParserErr';

interface LogfmtOptions {
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly items: readonly ExtractItem[];
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

export function compileLogfmt(options: LogfmtOptions, hints: ParserHints): StageFn {
  const { strict, keepEmpty, items } = options;
  if (items.length > 0) return compileLogfmtItems(options, hints);
  if (hints.nothing) return NO_STAGE;
  return (state) => {
    let remaining = hints.limit;
    let dropped = false;
    const fault = scanLogfmt(state.text(), strict, (key, value) => {
      if (value === '' && !keepEmpty) return true;
      const name = labelName(key);
      if (name === '') return true;
      const stored = state.parsedName(name);
      if (stored === undefined || !hints.wants(stored)) return true;
      state.addParsed(stored, value);
      if (!hints.admits(stored, state)) dropped = true;
      return --remaining > 0 && !dropped;
    });
    if (fault !== undefined) state.setError(LOGFMT_ERROR, fault);
    return !dropped;
  };
}

function compileLogfmtItems(options: LogfmtOptions, hints: ParserHints): StageFn {
  const { strict, keepEmpty, items } = options;
  for (const { source } of items) {
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(source)) {
      const stage = printStage({ kind: 'logfmt', ...options });
      throw stageError(stage, `cannot parse expression [${source}]: syntax error`);
    }
  }
  if (hints.nothing) return NO_STAGE;
  const sources = new Set(items.map((item) => item.source));
  return (state) => {
    const found = new Map<string, string>();
    const fault = scanLogfmt(state.text(), strict, (key, value) => {
      // The last of equal keys wins here.
      if (value !== '' || keepEmpty) found.set(labelName(key), value);
      return true;
    });
    if (fault !== undefined) {
      state.setError(LOGFMT_ERROR, fault);
      return true;
    }
    // A label's own name stands in for its source, unless another label is taken from it.
    for (const { name, source } of items) {
      setExtracted(state, name, found.get(source) ?? (sources.has(name) ? undefined : found.get(name)));
    }
    return true;
  };
}
