/** What the query's line filters found in a line: stretches to be marked. */

import { logParts, type Stage, stringValue } from './logql-scan.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** More marks than this in one line tell nobody anything. */
const MARKS_MAX = 200;

/** What finds the matches of the query's filters; undefined where it has none that can be shown. */
export function markerOf(query: string): RegExp | undefined {
  const stages = logParts(query)?.stages ?? [];
  const sources = stages.filter(({ isLineFilter }) => isLineFilter).flatMap(sourcesOf);
  // The longest first: of two that begin at one place the longer is marked.
  sources.sort((a, b) => b.length - a.length);
  try {
    return sources.length === 0 ? undefined : new RegExp(sources.join('|'), 'gu');
  } catch {
    return undefined;
  }
}

/** Regular expressions of one filter; those that only the server's dialect has are left out. */
function sourcesOf({ head, tokens }: Stage): readonly string[] {
  const isIp = tokens.some(({ text }) => text === 'ip');
  if (isIp || head.startsWith('!')) return [];
  const values = tokens.filter(({ kind }) => kind === 'string').map(stringValue);
  const sources = values.flatMap((value) => {
    if (head === '|~') return translated(value);
    if (head === '|>') return value.split(/<_>/).map(escaped);
    return [escaped(value)];
  });
  return sources.filter((source) => source !== '' && isRegExp(source));
}

/** With `u`, only what has a meaning may be escaped. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Flags in front become a group with flags, as browsers have them. */
function translated(pattern: string): readonly string[] {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  return flags ? [`(?${flags[1]}:${pattern.slice(flags[0].length)})`] : [`(?:${pattern})`];
}

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source, 'u') !== undefined;
  } catch {
    return false;
  }
}

export function marksIn(line: string, marker: RegExp): readonly Stretch[] {
  const out: Stretch[] = [];
  for (const match of line.matchAll(marker)) {
    if (match[0] === '') continue;
    out.push({ from: match.index, to: match.index + match[0].length });
    if (out.length === MARKS_MAX) break;
  }
  return out;
}
