/** What was asked for, line by line, as a message repeats it: the keys as they were written, nested ones with dots. */

import type { ExpectedNumber } from './expectations.ts';
import { describeExpected, describeExpectedNumber, isAsymmetric } from './expected.ts';

export type Row = readonly [path: string, text: string];

/** Their members are expectations of their own. */
const NESTED: ReadonlySet<string> = new Set([
  ...['attributes', 'resource', 'labels', 'structuredMetadata'],
  ...['parent', 'child'],
]);
const NUMBERS: Readonly<Record<string, string>> = { durationMs: ' ms', value: '', count: '' };

export function askedRows(expectation: object, prefix = ''): Row[] {
  return Object.entries(expectation).flatMap(([key, value]): Row[] => {
    const path = prefix + key;
    if (NESTED.has(key) && typeof value === 'object' && value !== null && !isAsymmetric(value)) {
      return askedRows(value, `${path}.`);
    }
    if ((key === 'events' || key === 'links') && Array.isArray(value)) {
      return value.map((item, i): Row => [`${path}[${i}]`, describeExpected(item)]);
    }
    if (Object.hasOwn(NUMBERS, key) && prefix === '' && value !== undefined) {
      return [[path, describeExpectedNumber(value as ExpectedNumber) + NUMBERS[key]]];
    }
    return [[path, value === null ? 'none' : describeExpected(value)]];
  });
}
