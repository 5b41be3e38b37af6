/**
 * `json`: members of a JSON object by JMESPath expressions. An expression that is a path of plain names, as nearly all
 * are, is walked here; only for others the library is loaded.
 */

import type { TailEntry } from '../entry.ts';
import type { JsonStageConfig } from '../stage-config.ts';
import { inputOf } from './extracted.ts';
import { goJson } from './go-json.ts';
import type { EntryStep } from './stage.ts';

type Jmespath = typeof import('jmespath');

const PLAIN_PATH = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

export function needsJmespath(expression: string): boolean {
  return !PLAIN_PATH.test(expression);
}

/** The library, loaded when it is asked for first. */
export async function loadJmespath(): Promise<Jmespath> {
  const loaded = await import('jmespath');
  return 'default' in loaded ? (loaded.default as Jmespath) : loaded;
}

/** Throws an `Error` where the expression does not parse. */
export function checkJmespath(jmespath: Jmespath, expression: string): void {
  (jmespath as unknown as { compile(text: string): unknown }).compile(expression);
}

/** A value of the object; throws where the expression does not fit it. */
type Search = (data: unknown) => unknown;

function compileExpression(expression: string, jmespath: Jmespath | undefined): Search {
  if (jmespath && needsJmespath(expression)) return (data) => jmespath.search(data, expression);
  const path = expression.split('.');
  return (data) => path.reduce(member, data);
}

function member(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : null;
}

/** The object of a line; null where it is `null`; undefined where it is anything else. */
function parseObject(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Lists and maps are JSON again. */
function extractable(value: unknown): unknown {
  if (value === undefined || typeof value === 'function') return null;
  if (typeof value !== 'object' || value === null) return value;
  return goJson(value);
}

/** `jmespath` must be there where an expression needs it. */
export function compileJson(config: JsonStageConfig, jmespath: Jmespath | undefined): EntryStep {
  const searches = config.expressions.map(
    ([name, expression]) => [name, compileExpression(expression, jmespath)] as const,
  );
  const { source, dropMalformed } = config;
  return (entry) => {
    const text = inputOf(entry, source);
    if (text === undefined) return true;
    const data = parseObject(text);
    if (data === undefined) return !dropMalformed;
    for (const [name, search] of searches) extract(entry, name, search, data);
    return true;
  };
}

function extract(entry: TailEntry, name: string, search: Search, data: unknown): void {
  let found: unknown;
  try {
    found = extractable(search(data));
  } catch {
    // A function that was given what it does not take, or an object nested too deeply to be printed.
    return;
  }
  entry.extracted.set(name, found);
}
