/** `| regexp` and `| pattern`: labels from named captures. */

import { compileCapture } from '../../../model/regex.ts';
import { splitPattern } from '../../lang/logql/capture-pattern.ts';
import { labelName } from '../extract-name.ts';
import type { ParserHints } from '../hints.ts';
import type { LineState } from '../line-state.ts';
import { NO_STAGE, type StageFn } from './stage.ts';

/** Stores a capture; false where a filter on it refuses the line. */
export function addCapture(state: LineState, hints: ParserHints, name: string, value: string): boolean {
  const key = state.parsedName(name);
  if (key === undefined || !hints.wants(key)) return true;
  state.addParsed(key, value);
  return hints.admits(key, state);
}

/** The first match's named groups; a group that took no part gives an empty label. */
export function compileRegexp(pattern: string, hints: ParserHints): StageFn {
  const { exec, groupNames } = compileCapture(pattern, 'search');
  const named = groupNames.flatMap((name, i) =>
    name === '' ? [] : [{ name: labelName(name), index: i + 1 }],
  );
  if (hints.nothing) return NO_STAGE;
  return (state) => {
    const groups = exec(state.text());
    if (groups === undefined) return true;
    for (const { name, index } of named) {
      if (!addCapture(state, hints, name, groups[index]!)) return false;
    }
    return true;
  };
}

/**
 * Captures between literals. A leading literal must open the line; where a later literal is missing, the capture
 * before it takes the rest.
 */
export function compilePatternStage(pattern: string, hints: ParserHints): StageFn {
  const parts = splitPattern(pattern);
  const lead = 'literal' in parts[0]! ? parts[0].literal : '';
  const steps: { capture: string; until: string | undefined }[] = [];
  for (let i = lead === '' ? 0 : 1; i < parts.length; i += 2) {
    const capture = parts[i] as { capture: string };
    const next = parts[i + 1] as { literal: string } | undefined;
    steps.push({ capture: capture.capture, until: next?.literal });
  }
  if (hints.nothing) return NO_STAGE;
  return (state) => {
    if (hints.done(state)) return true;
    const line = state.text();
    if (line === '' || !line.startsWith(lead)) return true;
    let at = lead.length;
    for (const { capture, until } of steps) {
      const found = until === undefined ? -1 : line.indexOf(until, at);
      const end = found < 0 ? line.length : found;
      if (capture !== '_' && !addCapture(state, hints, capture, line.slice(at, end))) return false;
      if (found < 0) break;
      at = found + until!.length;
    }
    return true;
  };
}
