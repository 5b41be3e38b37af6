/** A tool: what it is called, what it takes, and what it does. Arguments are read by name and kind, each fault told. */

import type { Client } from '../client/client.ts';
import { formatDuration, parseDuration } from '../model/duration.ts';
import { parseTimeMs } from '../model/time.ts';

export interface ToolContext {
  readonly client: Client;
  readonly nowMs: number;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the model: what it is for, and how its arguments are written. */
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: object;
  /** Resolves with what the model reads. Throws `ArgumentError`, or what the client does. */
  run(given: Record<string, unknown>, context: ToolContext): Promise<string>;
}

/** An argument is missing, or is not what it must be. */
export class ArgumentError extends Error {
  override name = 'ArgumentError';
}

type Property = Readonly<Record<string, unknown>>;

export const TIME: Property = {
  type: 'string',
  description: 'RFC 3339, seconds since 1970, "now", or relative to now: "-15m", "now-2h"',
};

/** An object with these properties, none else. */
export function objectSchema(
  properties: Readonly<Record<string, Property>>,
  required: readonly string[] = [],
): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

export function readText(given: Record<string, unknown>, name: string): string {
  const value = given[name];
  if (typeof value !== 'string' || value.trim() === '') throw new ArgumentError(`${name} must be a text`);
  return value;
}

export function readOptionalText(given: Record<string, unknown>, name: string): string | undefined {
  return given[name] === undefined ? undefined : readText(given, name);
}

/** A whole number from 1 to `max`. */
export function readCount(given: Record<string, unknown>, name: string, absent: number, max: number): number {
  const value = given[name] ?? absent;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    throw new ArgumentError(`${name} must be a whole number from 1 to ${max}`);
  }
  return value;
}

export function readFlag(given: Record<string, unknown>, name: string, absent: boolean): boolean {
  const value = given[name] ?? absent;
  if (typeof value !== 'boolean') throw new ArgumentError(`${name} must be true or false`);
  return value;
}

/** In ms; `absentMs` where it is not given. */
export function readTime(
  given: Record<string, unknown>,
  name: string,
  nowMs: number,
  absentMs: number,
): number {
  const value = given[name];
  if (value === undefined) return absentMs;
  const text = typeof value === 'number' ? String(value) : value;
  const ms = typeof text === 'string' ? timeMs(text.trim(), nowMs) : undefined;
  if (ms === undefined)
    throw new ArgumentError(`${name}: ${JSON.stringify(value)} is no time: ${TIME.description}`);
  return ms;
}

function timeMs(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  const [, duration] = /^(?:now)?\s*-\s*(\d[\da-z.]*[a-z])$/.exec(text) ?? [];
  if (duration === undefined) return parseTimeMs(text);
  try {
    return nowMs - parseDuration(duration);
  } catch {
    return undefined;
  }
}

export interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

/** `start` and `end`; the last `absentMs` where they are not given. */
export function readRange(given: Record<string, unknown>, nowMs: number, absentMs: number): Range {
  const endMs = readTime(given, 'end', nowMs, nowMs);
  const startMs = readTime(given, 'start', nowMs, endMs - absentMs);
  if (startMs > endMs) throw new ArgumentError(`start is ${formatDuration(startMs - endMs)} after end`);
  return { startMs, endMs };
}
