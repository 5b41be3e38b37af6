/**
 * Matchers of Alertmanager's as people type them, `{alertname="Down", job=~"api.*"}`: apart, for the API takes them one by one,
 * and back into a text. Commas and lines divide them, braces are optional. Whether an expression is good the server says.
 */

import type { Labels } from '../../../model/correlate/labels.ts';
import type { Matcher } from '../../api/alertmanager-answers.ts';

const MATCHER =
  /\s*("(?:[^"\\]|\\[\s\S])*"|[^\s{}!=~,\\"'`]+)\s*(=~|!=|!~|=)[^\S\n]*("(?:[^"\\]|\\[\s\S])*"|[^,\n"]*?)[^\S\n]*(?:[,\n]\s*|$)/uy;
/** Characters for which a name has to stand in quotes. */
const RESERVED = /[\s{}!=~,\\"'`]/u;

/** Throws with words for whoever typed it. */
export function parseMatchers(text: string): readonly Matcher[] {
  const trimmed = text.trim();
  const inner = (trimmed.startsWith('{') ? trimmed.slice(1).replace(/\}$/, '') : trimmed).trim();
  const out: Matcher[] = [];
  const part = new RegExp(MATCHER);
  while (part.lastIndex < inner.length) {
    const at = part.lastIndex;
    const found = part.exec(inner);
    if (!found)
      throw new Error(`${JSON.stringify(inner.slice(at))} is no matcher: name="value", and !=, =~ or !~`);
    const [, name, operator, value] = found as unknown as readonly [string, string, string, string];
    out.push({
      name: unquoted(name),
      value: unquoted(value),
      isRegex: operator.includes('~'),
      isEqual: operator.startsWith('='),
    });
  }
  return out;
}

/** As both of Alertmanager's grammars read it, or the newer one where the name needs quotes. */
export function matcherText({ name, value, isRegex, isEqual = true }: Matcher): string {
  const operator = isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!=';
  return `${RESERVED.test(name) ? quoted(name) : name}${operator}${quoted(value)}`;
}

/** Those that match just these labels. */
export function matchersOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => matcherText({ name, value, isRegex: false, isEqual: true }))
    .join(', ');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`;
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.slice(1, -1).replace(/\\([n"\\])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
