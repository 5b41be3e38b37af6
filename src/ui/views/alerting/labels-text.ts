/**
 * Labels as people paste them: `{alertname="X", severity="page"}`, `a=b` by lines or spaces as amtool takes them, JSON (labels, or an
 * alert that has them), lines of YAML.
 */

import type { Labels } from '../../../model/correlate/labels.ts';
import { parseMatchers } from './matchers.ts';

/** A value without quotes ends with its line, at a comma, or before the next `name=`. */
const PAIR =
  /\s*(?:-\s+)?([^\s{}!=~,\\"'`:]+)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\n,]*?))[^\S\n]*(?:[,\n]\s*|$|\s(?=[^\s=:,]+=))/y;

/** Throws with words for whoever pasted it. */
export function parseLabels(text: string): Labels {
  const given = text.trim();
  if (/^[[{]\s*["[{]/.test(given)) {
    const json = jsonOf(given);
    if (json !== undefined) return ofJson(json);
  }
  // A metric's name may stand before it, as in `ALERTS{…}`.
  const braces = /^[\w:]*\s*(\{[\s\S]*\})$/.exec(given);
  return braces ? ofMatchers(braces[1]!) : ofPairs(given);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // `{"any name"="b"}` begins as JSON does.
    return undefined;
  }
}

function ofJson(json: unknown): Labels {
  const first = Array.isArray(json) ? json[0] : json;
  if (typeof first !== 'object' || first === null) throw new Error('there are no labels in this JSON');
  const labels: unknown = (first as { labels?: unknown }).labels ?? first;
  return Object.fromEntries(
    Object.entries(labels as object).map(([name, value]) => {
      if (typeof value === 'object') throw new Error(`the label ${name} is no text`);
      return [name, String(value)];
    }),
  );
}

function ofMatchers(text: string): Labels {
  return Object.fromEntries(
    parseMatchers(text).map(({ name, value, isRegex, isEqual }) => {
      if (isRegex || !isEqual) throw new Error(`labels have values: only ${name}="…" is possible`);
      return [name, value];
    }),
  );
}

function ofPairs(given: string): Labels {
  const text = given.replace(/^labels:\s*\n/, '');
  const out: Record<string, string> = {};
  const pair = new RegExp(PAIR);
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const found = pair.exec(text);
    if (!found) throw new Error(`${JSON.stringify(text.slice(at))} is no label: name=value or name: value`);
    const [, name, double, single, bare] = found;
    out[name!] = double === undefined ? (single ?? bare!) : double.replace(/\\(["\\])/g, '$1');
  }
  return out;
}
