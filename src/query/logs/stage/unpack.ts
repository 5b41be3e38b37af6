/** `| unpack`: undoes Promtail's `pack`: string members become labels and `_entry` the line, if there is one. */

import { tryUnescape } from '../../../base/json-escapes.ts';
import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import { JSON_ERROR } from './json.ts';
import { eachMember, type JsonCursor, JsonError } from './json-scan.ts';
import type { StageFn } from './stage.ts';

const ENTRY = '_entry';

export function compileUnpack(hints: ParserHints): StageFn {
  return (state) => {
    const text = state.text();
    if (text === '' || hints.nothing || hints.done(state)) return true;
    const pairs: string[] = [];
    let entry: string | undefined;
    try {
      if (!text.startsWith('{')) throw new JsonError('expecting json object(6), but it is not');
      eachMember(text, 0, (key, value) => {
        if (value.kind !== 'string') return true;
        if (key === ENTRY) entry = entryText(value);
        else {
          const stored = state.parsedName(key);
          if (stored !== undefined && hints.wants(stored)) pairs.push(labelName(stored), value.valueText());
        }
        return true;
      });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      state.setParserError(JSON_ERROR, error.message);
      return true;
    }
    if (entry === undefined) return true;
    for (let i = 0; i < pairs.length; i += 2) {
      state.addParsed(pairs[i]!, pairs[i + 1]!);
      if (!hints.admits(pairs[i]!, state)) return false;
    }
    state.setText(entry);
    return true;
  };
}

function entryText(value: JsonCursor): string {
  const text = tryUnescape(value.text.slice(value.start, value.end));
  if (text === undefined) throw new JsonError('Encountered an invalid escape sequence in a string');
  return text;
}
