/** `| logfmt`: `key=value`, `key="quoted"` and bare keys, separated by white space. */

import { scanLogfmt } from '../../../model/logfmt.ts';
import type { ExtractItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { ERROR_LABEL, EXTRACTED_SUFFIX } from '../line-state.ts';
import { LogfmtFields } from './logfmt-fields.ts';
import { NO_STAGE, type StageFn, stageError } from './stage.ts';

export const LOGFMT_ERROR = 'LogfmtParserErr';

interface LogfmtOptions {
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly items: readonly ExtractItem[];
}

export function compileLogfmt(options: LogfmtOptions, hints: ParserHints): StageFn {
  const { strict, keepEmpty, items } = options;
  if (items.length > 0) return compileLogfmtItems(options, hints);
  if (hints.nothing) return NO_STAGE;
  const fields = new LogfmtFields(hints, keepEmpty);
  return (state) => {
    const kept = state.isFresh ? fields.run(state) : undefined;
    if (kept !== undefined) return kept;
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
  if (hints.nothing) return NO_STAGE;
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
