/** Whether what was found is what a case expects, in the words that OATS says it in. */

import { comparisonText, holds } from '../comparison.ts';
import type { Found } from '../find.ts';
import { type Item, itemText } from '../item.ts';
import type { OatsAssertion, OatsMatch, OatsText } from './case.ts';

/** All that does not hold, a line each. */
export function caseFaults(assertion: OatsAssertion, found: Found): string[] {
  const { contains, notContains, regex, match, matchSpans, value, count, absent } = assertion;
  const text = found.items.map(itemLine).join('\n');
  const quoted = JSON.stringify;
  const faults = [
    ...contains
      .filter((part) => !text.includes(part))
      .map((part) => `contains: substring ${quoted(part)} not found in what was found`),
    ...notContains
      .filter((part) => text.includes(part))
      .map((part) => `not_contains: substring ${quoted(part)} unexpectedly present`),
    ...regex
      .filter((pattern) => !pattern.regex?.test(text))
      .map((pattern) => `regex: pattern ${quoted(pattern.text)} did not match what was found`),
    ...match.flatMap((entry) => matchFaults('match', entry, found.items)),
    ...matchSpans.flatMap((entry) => matchFaults('match_spans', entry, found.items)),
  ];
  if (value) {
    const actual = found.items[0]?.value;
    if (actual === undefined) faults.push('value: the query found nothing');
    else if (!holds(actual, value))
      faults.push(`value: expected value ${comparisonText([value])}, got ${actual}`);
  }
  if (count && !holds(found.count, count))
    faults.push(`count: expected value ${comparisonText([count])}, got ${found.count}`);
  if (absent && found.count !== 0) faults.push(`absent: expected zero results, got ${found.count}`);
  return faults;
}

/** What substrings and patterns are looked for in: the text of an item with its labels, unshortened. */
function itemLine({ text, labels, value }: Item): string {
  const set = Object.entries(labels).map(([name, own]) => `${name}=${own}`);
  return [text, ...set, ...(value === undefined ? [] : [String(value)])].join(' ');
}

function matchFaults(rule: string, entry: OatsMatch, items: readonly Item[]): string[] {
  if (items.some((item) => matches(item, entry))) return [];
  const near = items.slice(0, 3).map((item) => `    ${itemText(item)}`);
  return [`${rule}: no row matched ${describe(entry)}`, ...near];
}

function matches(item: Item, { name, attributes }: OatsMatch): boolean {
  if (name && !textMatches(item.text, name)) return false;
  return attributes.every(({ key, value }) => {
    const found = Object.hasOwn(item.labels, key) ? item.labels[key] : undefined;
    return found !== undefined && (value === undefined || textMatches(found, value));
  });
}

function textMatches(found: string, { text, regex }: OatsText): boolean {
  return regex ? regex.test(found) : found === text;
}

function describe({ type, name, attributes }: OatsMatch): string {
  const parts = type === 'regexp' ? ['match_type=regexp'] : [];
  if (name) parts.push(`name=${JSON.stringify(name.text)}`);
  for (const { key, value } of attributes)
    parts.push(value ? `attribute ${key}=${JSON.stringify(value.text)}` : `attribute ${key} present`);
  return parts.join(', ');
}
