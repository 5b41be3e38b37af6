/** One thing that was asked of an item and what the item has instead: what failure messages are made of. */

import { nearestNames } from '../../base/edit-distance.ts';
import type { AttributeSet } from '../../client/answer.ts';
import type { ExpectedNumber } from './expectations.ts';
import {
  closeness,
  describeExpected,
  describeExpectedNumber,
  describeValue,
  judge,
  judgeNumber,
} from './expected.ts';
import { renamedAttribute } from './renamed-attributes.ts';

export interface Field {
  /** `attributes.http.route`, `parent.name`. */
  readonly path: string;
  readonly ok: boolean;
  /** 1 where it holds. */
  readonly closeness: number;
  readonly expected: string;
  readonly actual: string;
  /** What may be the reason. */
  readonly hint?: string | undefined;
}

export const ABSENT = 'none';

export function field(path: string, expected: unknown, actual: unknown, hint?: string): Field {
  const { ok, thrown } = judge(expected, actual);
  return {
    path,
    ok,
    closeness: ok ? 1 : closeness(expected, actual),
    expected: describeExpected(expected),
    actual: actual === undefined ? ABSENT : describeValue(actual),
    hint: ok ? undefined : (thrownHint(thrown) ?? hint ?? kindHint(expected, actual)),
  };
}

/** `unit` follows the actual number. */
export function numberField(path: string, expected: ExpectedNumber, actual: number, unit = ''): Field {
  const { ok, thrown } = judgeNumber(expected, actual);
  return {
    path,
    ok,
    closeness: ok ? 1 : closeness(0, actual),
    expected: describeExpectedNumber(expected) + unit,
    actual: String(actual) + unit,
    hint: thrownHint(thrown),
  };
}

/** Something that is not there at all, such as a parent. */
export function missing(path: string, expected: string, actual: string): Field {
  return { path, ok: false, closeness: 0, expected, actual };
}

export function fulfilled(path: string, expected: string): Field {
  return { path, ok: true, closeness: 1, expected, actual: expected };
}

function thrownHint(thrown: string | undefined): string | undefined {
  return thrown === undefined ? undefined : `the function threw: ${thrown}`;
}

/** `"200"` and 200 look alike in most places. */
function kindHint(expected: unknown, actual: unknown): string | undefined {
  if (typeof expected === typeof actual || typeof expected === 'object' || typeof expected === 'function')
    return undefined;
  if (expected === undefined || actual === undefined || typeof actual === 'object') return undefined;
  if (String(expected) !== String(actual)) return undefined;
  return `a ${typeof actual} is there, a ${typeof expected} was asked for`;
}

/** A field for each attribute that is asked for; `elsewhere` are other sets in which it may have landed, by their name. */
export function attributeFields(
  path: string,
  expected: Readonly<Record<string, unknown>>,
  actual: AttributeSet,
  elsewhere: Readonly<Record<string, AttributeSet>> = {},
): Field[] {
  return Object.entries(expected).map(([name, value]) => {
    const found = own(actual, name);
    const hint =
      found === undefined && value !== undefined ? nearAttribute(name, actual, elsewhere) : undefined;
    return field(`${path}.${name}`, value, found, hint);
  });
}

function own(set: AttributeSet, name: string): AttributeSet[string] | undefined {
  return Object.hasOwn(set, name) ? set[name] : undefined;
}

function nearAttribute(
  name: string,
  actual: AttributeSet,
  elsewhere: Readonly<Record<string, AttributeSet>>,
): string | undefined {
  for (const [where, set] of Object.entries(elsewhere)) {
    const value = own(set, name);
    if (value !== undefined) return `${where} has it: ${name} = ${describeValue(value)}`;
  }
  const renamed = renamedAttribute(name).find((other) => Object.hasOwn(actual, other));
  if (renamed !== undefined) {
    return `${renamed} = ${describeValue(actual[renamed])} is there, the same under another version of the conventions`;
  }
  const [near] = nearestNames(name, Object.keys(actual));
  return near === undefined ? undefined : `near: ${near} = ${describeValue(actual[near])}`;
}

/** From 0 to 1: how much of what was asked for holds. */
export function scoreOf(fields: readonly Field[]): number {
  if (fields.length === 0) return 1;
  return fields.reduce((sum, f) => sum + f.closeness, 0) / fields.length;
}

export function holds(fields: readonly Field[]): boolean {
  return fields.every(({ ok }) => ok);
}
