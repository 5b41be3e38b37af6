/** `regex` and `logfmt`: values cut out of a text by named groups and by keys. */

import { scanLogfmt } from '../../../model/logfmt.ts';
import { compileCapture } from '../../../model/regex.ts';
import type { LogfmtStageConfig, RegexStageConfig } from '../stage-config.ts';
import { inputOf } from './extracted.ts';
import type { EntryStep } from './stage.ts';

/** The first match counts. A group that took no part is empty text. */
export function compileRegex({ expression, source }: RegexStageConfig): EntryStep {
  const { groupNames, exec } = compileCapture(expression, 'search');
  return (entry) => {
    const text = inputOf(entry, source);
    const groups = text === undefined ? undefined : exec(text);
    if (!groups) return true;
    groupNames.forEach((name, i) => {
      if (name !== '') entry.extracted.set(name, groups[i + 1]!);
    });
    return true;
  };
}

/** What bytes that are no UTF-8 have become; a key that has it is malformed. */
const NO_CHARACTER = '\ufffd';

/** Each line of the text by itself, up to the first pair that is malformed; what came before it stays. */
export function compileLogfmt({ mapping, source }: LogfmtStageConfig): EntryStep {
  const names = new Map<string, string[]>();
  for (const [name, key] of mapping) names.set(key, [...(names.get(key) ?? []), name]);
  return (entry) => {
    const text = inputOf(entry, source);
    if (text === undefined) return true;
    for (const line of text.split('\n')) {
      const fault = scanLogfmt(line, true, (key, value) => {
        if (key.includes(NO_CHARACTER)) return false;
        for (const name of names.get(key) ?? []) entry.extracted.set(name, value);
        return true;
      });
      if (fault !== undefined) break;
    }
    return true;
  };
}
