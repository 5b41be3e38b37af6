/** The parts that failure messages are put together from. Everything is bounded: a message is read in the log of a build. */

import { askedRows } from './asked.ts';
import type { Field } from './field.ts';

/** How a framework colours its messages. */
export interface Ink {
  /** The message's first line: `expect(sink).toHaveSpan(expected)`. */
  hint(matcher: string, isNot: boolean): string;
  expected(text: string): string;
  actual(text: string): string;
  dim(text: string): string;
}

/** Differing fields of one item that are shown. */
const FIELDS_MAX = 12;
/** Names in one list. */
const NAMES_MAX = 12;
/** Paths that are longer do not move the others to the right. */
const PATH_WIDTH = 40;

export function indent(text: string, by: string = '  '): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}

/** `Expected: a span with`, and a line for everything that was asked for. */
export function wanted(what: string, expectation: object, ink: Ink, isNot = false): string {
  const head = isNot ? 'Expected not: ' : 'Expected: ';
  const rows = askedRows(expectation);
  if (rows.length === 0) return `${head}${what}, whatever it is`;
  const width = Math.min(PATH_WIDTH, Math.max(...rows.map(([path]) => path.length)));
  const lines = rows.map(([path, text]) => `  ${path.padEnd(width)}  ${ink.expected(text)}`);
  return `${head}${what} with\n${lines.join('\n')}`;
}

/** Two lines for each field that differs, a third where there is a hint. */
export function differences(fields: readonly Field[], ink: Ink): string {
  const differing = fields.filter(({ ok }) => !ok);
  const lines = differing
    .slice(0, FIELDS_MAX)
    .flatMap(({ path, expected, actual, hint }) => [
      path,
      `  expected  ${ink.expected(expected)}`,
      `  actual    ${ink.actual(actual)}`,
      ...(hint === undefined ? [] : [ink.dim(`  → ${hint}`)]),
    ]);
  const left = differing.length - FIELDS_MAX;
  if (left > 0) lines.push(`… and ${counted(left, 'more field')}`);
  return lines.join('\n');
}

/** `3 of 4 hold` */
export function heldOf(fields: readonly Field[]): string {
  return `${fields.filter(({ ok }) => ok).length} of ${fields.length} hold`;
}

export function counted(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 || noun === 'series' ? noun : plural}`;
}

/** The first names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(', ');
  const left = names.length - NAMES_MAX;
  return left > 0 ? `${shown} and ${left} more` : shown;
}

/** `shop (8), stock (4)`: the most frequent first. */
export function tally(names: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return listed(sorted.map(([name, count]) => `${name} (${count})`));
}

export function paragraphs(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n');
}

export const PLAIN_INK: Ink = {
  hint: (matcher) => matcher,
  expected: (text) => text,
  actual: (text) => text,
  dim: (text) => text,
};
