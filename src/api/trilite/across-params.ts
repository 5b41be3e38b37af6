/** Parameters of questions across signals that none of the originals has. Refusals are `bad_data`. */

import { TriliteError } from '../../model/errors.ts';
import { SLACK_MAX_MS } from '../../query/across/limits.ts';
import {
  invalidParameter,
  type Params,
  parseBoolParameter,
  parseDurationParameter,
  readingParameter,
} from '../params.ts';

/** A duration, or seconds. */
export function slackOf(params: Params, fallbackMs: number): number {
  const ms = durationOf(params, 'slack') ?? fallbackMs;
  if (ms < 0 || ms > SLACK_MAX_MS) throw invalidParameter('slack', 'must be between 0 and 24h');
  return ms;
}

/** Undefined where it is absent. */
export function stepOf(params: Params): number | undefined {
  const ms = durationOf(params, 'step');
  if (ms !== undefined && ms < 1) throw invalidParameter('step', 'must be a millisecond at least');
  return ms;
}

function durationOf(params: Params, name: string): number | undefined {
  const text = params.get(name);
  return text === '' ? undefined : Math.round(readingParameter(name, () => parseDurationParameter(text)));
}

export function countOf(params: Params, name: string, fallback: number, max: number): number {
  const text = params.get(name);
  if (text === '') return fallback;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1 || Number(text) > max) {
    throw invalidParameter(name, `${JSON.stringify(text)} is no whole number from 1 to ${max}`);
  }
  return Number(text);
}

export function flagOf(params: Params, name: string): boolean {
  const text = params.get(name);
  if (text === '') return false;
  const value = parseBoolParameter(text);
  if (value === undefined) throw invalidParameter(name, `${JSON.stringify(text)} is neither true nor false`);
  return value;
}

/** Of words that are allowed: the one that is given, else the first. */
export function wordOf<T extends string>(params: Params, name: string, allowed: readonly T[]): T {
  const text = params.get(name);
  return text === '' ? allowed[0]! : allowedWord(name, text, allowed);
}

/** The same of several, separated by commas. */
export function wordsOf<T extends string>(params: Params, name: string, allowed: readonly T[]): readonly T[] {
  const words = params
    .all(name)
    .flatMap((text) => text.split(','))
    .map((word) => word.trim());
  return words.filter((word) => word !== '').map((word) => allowedWord(name, word, allowed));
}

function allowedWord<T extends string>(name: string, word: string, allowed: readonly T[]): T {
  const known = allowed.find((one) => one === word);
  if (known === undefined) {
    throw invalidParameter(name, `${JSON.stringify(word)} is none of ${allowed.join(', ')}`);
  }
  return known;
}

/** A query that must be given. */
export function requiredText(params: Params, name: string, what: string): string {
  const text = params.get(name);
  if (text.trim() === '') throw new TriliteError('bad_data', `the parameter "${name}" is expected: ${what}`);
  return text;
}
