/**
 * What a test may write where it expects a value: the value itself, a regular expression, a function, one of the framework's
 * asymmetric matchers (`expect.stringContaining('…')`), for numbers also `'>= 3'` or `{ min, max }`. Here is whether an actual
 * value fulfils it, how near it comes, and how both read in a message.
 */

import { types } from 'node:util';
import { similarity } from '../../base/edit-distance.ts';
import type { AsymmetricMatcher, ExpectedNumber } from './expectations.ts';

export interface Verdict {
  readonly ok: boolean;
  /** Why a function could not tell. */
  readonly thrown?: string;
}

/** Texts in messages are cut here: a line of a log should fit a line of a log. */
const SHOWN_LENGTH = 120;
/** What a value of the right kind is worth, and one that is merely there. */
const SAME_KIND = 0.25;
const THERE = 0.1;
/** Texts that have something in common come nearer than ones that have not, and never as near as what is equal. */
const NEAR_TEXT = 0.8;

export function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return typeof (value as AsymmetricMatcher | null)?.asymmetricMatch === 'function';
}

/** `actual` is undefined where there is none. */
export function judge(expected: unknown, actual: unknown): Verdict {
  if (isAsymmetric(expected)) return { ok: expected.asymmetricMatch(actual) };
  if (typeof expected === 'function') return judgeByFunction(expected as (v: unknown) => unknown, actual);
  if (types.isRegExp(expected)) return { ok: actual !== undefined && hasMatch(expected, plainText(actual)) };
  return { ok: isEqual(expected, actual) };
}

export function judgeNumber(expected: ExpectedNumber, actual: number): Verdict {
  if (typeof expected === 'string') return { ok: compare(expected, actual) };
  if (typeof expected === 'object' && !isAsymmetric(expected)) {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = expected;
    return { ok: actual >= min && actual <= max };
  }
  return judge(expected, actual);
}

function judgeByFunction(expected: (actual: unknown) => unknown, actual: unknown): Verdict {
  if (actual === undefined) return { ok: false };
  try {
    return { ok: Boolean(expected(actual)) };
  } catch (error) {
    return { ok: false, thrown: error instanceof Error ? error.message : String(error) };
  }
}

/** Where `g` or `y` is set, `test` remembers where it was. */
function hasMatch(pattern: RegExp, text: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(text);
}

const COMPARISON = /^(>=|<=|==|!=|>|<)\s*(\S+)$/;

function compare(comparison: string, actual: number): boolean {
  const [, op, text] = COMPARISON.exec(comparison.trim()) ?? [];
  const bound = Number(text);
  if (op === undefined || Number.isNaN(bound))
    throw new TypeError(
      `${JSON.stringify(comparison)} is no comparison: write one as '>= 3' (>, >=, <, <=, ==, !=)`,
    );
  switch (op) {
    case '>=':
      return actual >= bound;
    case '<=':
      return actual <= bound;
    case '==':
      return actual === bound;
    case '!=':
      return actual !== bound;
    case '>':
      return actual > bound;
    default:
      return actual < bound;
  }
}

/** A number equals a bigint of the same value; NaN equals itself. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (typeof a === 'bigint' && typeof b === 'number') return Number.isInteger(b) && a === BigInt(b);
  if (typeof a === 'number' && typeof b === 'bigint') return isEqual(b, a);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [own, others] = [Object.keys(a), Object.keys(b)];
  return (
    own.length === others.length &&
    own.every((key) => Object.hasOwn(b, key) && judge(Reflect.get(a, key), Reflect.get(b, key)).ok)
  );
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** From 0 to below 1: how near a value comes that does not fulfil the expectation. */
export function closeness(expected: unknown, actual: unknown): number {
  if (actual === undefined || expected === undefined) return 0;
  if (typeof expected === 'string' && typeof actual === 'string') {
    return Math.max(THERE, NEAR_TEXT * similarity(expected, actual));
  }
  if (isNumeric(expected) && isNumeric(actual)) return SAME_KIND;
  return typeof expected === typeof actual ? SAME_KIND : THERE;
}

/** As a pattern sees it. */
export function plainText(value: unknown): string {
  return typeof value === 'object' ? describeValue(value) : String(value);
}

/** As it would be written in a test. */
export function describeExpected(expected: unknown): string {
  if (expected === undefined) return 'none';
  if (isAsymmetric(expected)) return expected.toAsymmetricMatcher?.() ?? String(expected);
  if (typeof expected === 'function') return shorten(String(expected).replace(/\s+/g, ' '));
  if (types.isRegExp(expected)) return String(expected);
  return describeValue(expected);
}

export function describeExpectedNumber(expected: ExpectedNumber): string {
  if (typeof expected === 'string') return expected;
  if (typeof expected === 'object' && !isAsymmetric(expected)) {
    const { min, max } = expected;
    if (min !== undefined && max !== undefined) return `between ${min} and ${max}`;
    return min === undefined ? `<= ${max}` : `>= ${min}`;
  }
  return describeExpected(expected);
}

export function describeValue(value: unknown): string {
  return shorten(valueText(value));
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (isAsymmetric(value) || typeof value === 'function' || types.isRegExp(value) || value === undefined) {
    return describeExpected(value);
  }
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).map(([key, v]) => `${keyText(key)}: ${valueText(v)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

function keyText(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

export function shorten(text: string, length: number = SHOWN_LENGTH): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
