/** `drop` and `sampling`: lines that end here. */

import { compileSearch } from '../../../model/regex.ts';
import type { TailEntry } from '../entry.ts';
import type { DropStageConfig, StageConfigOf } from '../stage-config.ts';
import { textOf } from './extracted.ts';
import { dropCounter, type EntryStep, type StageContext } from './stage.ts';

/** All conditions must hold, the cheapest asked first. */
export function compileDrop(config: DropStageConfig, context: StageContext): EntryStep {
  const { olderThanMs, longerThanBytes } = config;
  const content = contentTest(config);
  const dropped = dropCounter(context, config.dropReason);
  return (entry) => {
    if (longerThanBytes !== undefined && Buffer.byteLength(entry.line) <= longerThanBytes) return true;
    if (olderThanMs !== undefined && entry.timeMs >= context.now() - olderThanMs) return true;
    if (content && !content(entry)) return true;
    dropped.add();
    return false;
  };
}

/** On the line, or on the extracted values: all of them there, or those that are, joined, as the pattern wants them. */
function contentTest({
  sources,
  separator,
  value,
  expression,
}: DropStageConfig): ((entry: TailEntry) => boolean) | undefined {
  const search = expression === undefined ? undefined : compileSearch(expression).test;
  const test = value === undefined ? search : (text: string) => text === value;
  if (sources.length === 0) return test && ((entry) => test(entry.line));
  if (!test) return ({ extracted }) => sources.every((source) => extracted.has(source));
  return ({ extracted }) => {
    const texts: string[] = [];
    for (const source of sources) {
      if (!extracted.has(source)) continue;
      const text = textOf(extracted.get(source));
      if (text === undefined) return false;
      texts.push(text);
    }
    return test(texts.join(separator));
  };
}

/** Keeps a share of the lines, chosen by chance. */
export function compileSampling(config: StageConfigOf<'sampling'>, context: StageContext): EntryStep {
  const dropped = dropCounter(context, config.dropReason);
  return () => {
    if (context.random() < config.rate) return true;
    dropped.add();
    return false;
  };
}
