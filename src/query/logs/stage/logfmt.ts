/** `| logfmt`: `key=value`, `key="quoted"` and bare keys, separated by white space. */

import { scanLogfmt } from '../../../model/logfmt.ts';
import type { ExtractItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { setExtracted } from './json.ts';
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
