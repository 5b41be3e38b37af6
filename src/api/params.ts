/**
 * Request parameters, read by name and kind. Every reader throws `bad_data` in the words of the original APIs.
 * Form and URL parameters are one list (form first); for a single value the first wins, lists are merged.
 */

import { parseDuration } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { parseTimeMs } from '../model/time.ts';
import type { ServiceRequest } from '../query/service.ts';

/** Longest duration in ms that 64-bit nanoseconds hold. */
const DURATION_MAX_MS = 2 ** 63 / 1e6;

export class Params {
  readonly #values = new Map<string, string[]>();

  constructor(params: ServiceRequest['params']) {
    for (const [name, value] of params) {
      const values = this.#values.get(name);
      if (values) values.push(value);
      else this.#values.set(name, [value]);
    }
  }

  /** The value, '' where the parameter is absent. */
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? '';
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

/** Says which parameter an error is about. */
export function invalidParameter(name: string, message: string): TriliteError {
  return new TriliteError('bad_data', `invalid parameter ${JSON.stringify(name)}: ${message}`);
}

/** Runs `read`; a `bad_data` error from it gets the parameter's name before it. */
export function readingParameter<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw namedError(name, error);
  }
}

export function namedError(name: string, error: unknown): unknown {
  if (!(error instanceof TriliteError) || error.kind !== 'bad_data') return error;
  return invalidParameter(name, error.message);
}

/** Seconds or RFC 3339, in milliseconds. */
export function requiredTimeMs(params: Params, name: string): number {
  const text = params.get(name);
  const ms = parseTimeMs(text);
  if (ms === undefined) {
    throw invalidParameter(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  }
  return ms;
}

/** The same; `fallback` where the parameter is absent or empty. */
export function optionalTimeMs(params: Params, name: string, fallback: number): number {
  const text = params.get(name);
  if (text === '') return fallback;
  const ms = parseTimeMs(text);
  if (ms === undefined) {
    const message = `invalid time value for '${name}': cannot parse ${JSON.stringify(text)} to a valid timestamp`;
    throw invalidParameter(name, message);
  }
  return ms;
}

/** Seconds as a number, or `1h30m`; in milliseconds, with a fraction where the number had one. Throws unnamed. */
export function parseDurationParameter(text: string): number {
  const quoted = JSON.stringify(text);
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const ms = Number(text) * 1000;
    if (Math.abs(ms) < DURATION_MAX_MS) return ms;
    throw new TriliteError('bad_data', `cannot parse ${quoted} to a valid duration. It overflows int64`);
  }
  try {
    return parseDuration(text);
  } catch {
    throw new TriliteError('bad_data', `cannot parse ${quoted} to a valid duration`);
  }
}

/** An integer as Go's `Atoi` reads it; undefined where the parameter is absent. Throws unnamed. */
export function optionalInteger(params: Params, name: string): number | undefined {
  const text = params.get(name);
  if (text === '') return undefined;
  const fault = (why: string) =>
    new TriliteError('bad_data', `strconv.Atoi: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw fault('invalid syntax');
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw fault('value out of range');
  return value;
}

const GO_TRUE: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const GO_FALSE: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** A boolean as Go's `ParseBool` reads it; undefined where it is none. */
export function parseBoolParameter(text: string): boolean | undefined {
  return GO_TRUE.includes(text) ? true : GO_FALSE.includes(text) ? false : undefined;
}

/** `limit`: undefined where there is none (absent or 0). */
export function limitOf(params: Params): number | undefined {
  const limit = readingParameter('limit', () => optionalInteger(params, 'limit')) ?? 0;
  if (limit < 0) throw invalidParameter('limit', 'limit must be non-negative');
  return limit === 0 ? undefined : limit;
}

/** A limit in the words of the metadata endpoints, where 0 is none at all; no limit where it is absent or negative. */
export function plainLimit(params: Params, name: string): number {
  const text = params.get(name);
  if (text === '') return Number.POSITIVE_INFINITY;
  if (!/^[+-]?\d+$/.test(text)) throw new TriliteError('bad_data', `${name} must be a number`);
  const limit = Number(text);
  return limit >= 0 ? limit : Number.POSITIVE_INFINITY;
}
