/** `| logfmt`: `key=value`, `key="quoted"` and bare keys, separated by white space. */

import { JSON_ESCAPES } from '../../../base/json-escapes.ts';
import type { ExtractItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { ERROR_LABEL, EXTRACTED_SUFFIX } from '../line-state.ts';
import { type StageFn, stageError } from './stage.ts';

export const LOGFMT_ERROR = 'LogfmtParserErr';

interface LogfmtOptions {
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly items: readonly ExtractItem[];
}

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

export function compileLogfmt(options: LogfmtOptions, hints: ParserHints): StageFn {
  const { strict, keepEmpty, items } = options;
  if (items.length > 0) return compileLogfmtItems(options, hints);
  if (hints.nothing) return () => true;
  return (state) => {
    if (hints.done(state)) return true;
    let dropped = false;
    const problem = scanLogfmt(state.text(), strict, (key, value) => {
      if (value === '' && !keepEmpty) return true;
      const name = labelName(key);
      if (name === '') return true;
      const stored = state.parsedName(name);
      if (stored === undefined || !hints.wants(stored)) return true;
      state.addParsed(stored, value.replaceAll('\ufffd', ' '));
      if (!hints.admits(stored, state)) dropped = true;
      return !dropped && !hints.done(state);
    });
    if (dropped) return false;
    if (problem === undefined) return true;
    state.setParserError(LOGFMT_ERROR, problem);
    return hints.admits(ERROR_LABEL, state);
  };
}

/** `"key"` or a bare identifier; undefined for anything else. */
function itemSource(source: string): string | undefined {
  return /^[ \t\n]*(?:([A-Za-z_][A-Za-z0-9_]*)|"([^"\]]*)(?:["\]]|$))[ \t\n]*$/
    .exec(source)
    ?.slice(1)
    .find((s) => s !== undefined);
}

/** What the grammar of sources says of a text that is none. */
function sourceFault(source: string): string {
  const behindKey = /^[ \t\n]*[A-Za-z_][A-Za-z0-9_]*[ \t\n]*(.?)/su.exec(source)?.[1];
  if (!behindKey) return 'syntax error: unexpected $end, expecting STRING or KEY';
  return /[A-Za-z_]/.test(behindKey) ? 'syntax error: unexpected KEY' : `unexpected char ${behindKey}`;
}

/**
 * The labels named are empty to begin with. A key that is a label's source sets that label, one that is a label's own name too; a
 * later one replaces an earlier, but where the name collides the first stays and ends the scan.
 */
function compileLogfmtItems(options: LogfmtOptions, hints: ParserHints): StageFn {
  const { strict, items } = options;
  /** Label by source. */
  const bySource = new Map<string, string>();
  // Of equal names the last counts.
  const sources = new Map(items.map((item) => [item.name, item.source]));
  const names = new Set(sources.keys());
  for (const [name, source] of sources) {
    const key = itemSource(source);
    if (key === undefined) {
      const stage = printStage({ kind: 'logfmt', ...options });
      throw stageError(stage, `cannot parse expression [${source}]: ${sourceFault(source)}`);
    }
    if (!bySource.has(key)) bySource.set(key, name);
  }
  if (hints.nothing) return () => true;
  return (state) => {
    if (hints.done(state)) return true;
    for (const name of names) if (!state.collides(name)) state.set(name, '');
    const problem = scanLogfmt(state.text(), strict, (rawKey, value) => {
      const key = labelName(rawKey);
      if (key === '' || (!names.has(key) && (!hints.wants(key) || state.extracted(key)))) return true;
      let name = bySource.get(key) ?? key;
      if (!names.has(name)) return true;
      if (state.collides(name)) {
        name += EXTRACTED_SUFFIX;
        if (state.extracted(name) || !hints.wants(name)) return false;
      }
      state.set(name, value.includes('\ufffd') ? '' : value);
      return !hints.done(state);
    });
    if (problem !== undefined) state.setParserError(LOGFMT_ERROR, problem);
    return true;
  };
}
