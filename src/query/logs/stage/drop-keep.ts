/** `| drop` and `| keep`: by name, or only where a matcher holds. Error labels survive `keep`. */

import type { LabelItem } from '../../lang/logql/ast.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, type LineState } from '../line-state.ts';
import type { StageFn } from './stage.ts';

function remove(state: LineState, name: string): void {
  if (name === ERROR_LABEL) state.error = '';
  else if (name === ERROR_DETAILS_LABEL) state.errorDetails = '';
  else state.remove(name);
}

export function compileDrop(items: readonly LabelItem[]): StageFn {
  return (state) => {
    for (const { name, matcher } of items) {
      if (!matcher || matcher.matches(state.get(name))) remove(state, name);
    }
    return true;
  };
}

export function compileKeep(items: readonly LabelItem[]): StageFn {
  return (state) => {
    for (let i = 0; i < state.count; i++) {
      const name = state.names[i]!;
      if (name === '') continue;
      const kept = items.some(
        (item) => item.name === name && (!item.matcher || item.matcher.matches(state.valueAt(i))),
      );
      if (!kept) state.removeAt(i);
    }
    return true;
  };
}
