/** `pack`: labels and values folded into the line, as LogQL's `unpack` unfolds them. */

import { compareText } from '../../../model/labels.ts';
import type { StageConfigOf } from '../stage-config.ts';
import { textOf } from './extracted.ts';
import { goJson } from './go-json.ts';
import type { EntryStep, StageContext } from './stage.ts';

const ENTRY_KEY = '_entry';

export function compilePack(config: StageConfigOf<'pack'>, context: StageContext): EntryStep {
  const names = [...new Set(config.labels)].sort(compareText);
  return (entry) => {
    const members: string[] = [];
    for (const name of names) {
      const text = textOf(entry.extracted.get(name));
      if (text === undefined) continue;
      members.push(`${goJson(name)}:${goJson(text)}`);
      entry.labels.delete(name);
    }
    entry.line = `{${[...members, `"${ENTRY_KEY}":${goJson(entry.line)}`].join(',')}}`;
    if (config.ingestTimestamp) {
      entry.timeMs = context.now();
      entry.timeNs = 0;
    }
    return true;
  };
}
