/** `| unpack`: undoes Promtail's `pack`: string members become labels and `_entry` the line, if there is one. */

import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { addCapture } from './captures.ts';
import { JSON_ERROR } from './json.ts';
import { eachMember, JsonError } from './json-scan.ts';
import type { StageFn } from './stage.ts';

const ENTRY = '_entry';

export function compileUnpack(hints: ParserHints): StageFn {
  return (state) => {
    const text = state.text();
    if (text === '') return true;
    const pairs: string[] = [];
    let entry: string | undefined;
    try {
      if (!text.startsWith('{')) throw new JsonError('expecting json object, but it is not');
      eachMember(text, 0, (key, value) => {
        if (value.kind !== 'string') return true;
        if (key === ENTRY) entry = value.valueText();
        else pairs.push(labelName(key), value.valueText());
        return true;
      });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      state.setError(JSON_ERROR, error.message);
      return true;
    }
    if (entry === undefined) return true;
    for (let i = 0; i < pairs.length; i += 2) {
      if (!addCapture(state, hints, pairs[i]!, pairs[i + 1]!)) return false;
    }
    state.setText(entry);
    return true;
  };
}
