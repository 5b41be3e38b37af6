/**
 * JSON as Go's encoder writes it: members of maps sorted by name, `<`, `>`, `&` and the two line separators escaped, times with as
 * many digits as they need. Bodies of requests are compared and signed by some who get them.
 */

import { compareText } from '../../model/labels.ts';
import { formatTime } from '../../model/template/time-format.ts';
import {
  isDuration,
  isHistogram,
  isList,
  isMap,
  isMarked,
  isTime,
  Struct,
  TemplateError,
  type Value,
} from '../../model/template/value.ts';

const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';
const SPECIAL = /[<>&\u2028\u2029]/g;

/** What requests are made of: members of an object stand in their order, those of a `Map` are sorted. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [name: string]: Json | undefined };

/** Undefined members are left out. */
export function goJson(value: Json): string {
  if (typeof value === 'string') return text(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (value instanceof Map) return object(sorted(value as ReadonlyMap<string, Json>), goJson);
  const members = Object.entries(value as { readonly [name: string]: Json | undefined });
  return object(
    members.filter((member): member is [string, Json] => member[1] !== undefined),
    goJson,
  );
}

/** Of a template's value. Throws `TemplateError` for what has no JSON. */
export function valueJson(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return JSON.stringify(value);
    throw new TemplateError(`json: unsupported value: ${value}`);
  }
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return text(value);
  if (isTime(value)) return `"${formatTime(RFC3339_NANO, value)}"`;
  if (isDuration(value)) return String(value.ns);
  if (isMarked(value) || isHistogram(value)) return text(value.text);
  if (value instanceof Struct) return object(structMembers(value), valueJson);
  if (isMap(value)) return object(sorted(value), valueJson);
  return `[${(isList(value) ? value : []).map(valueJson).join(',')}]`;
}

/** Fields as JSON has them, in its order. */
export function structMembers(struct: Struct): [string, Value][] {
  return Object.entries(struct.type.json).map(([field, name]) => [name, struct.get(field) ?? null]);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareText(a, b));
}

function object<T>(members: readonly (readonly [string, T])[], write: (value: T) => string): string {
  return `{${members.map(([name, value]) => `${text(name)}:${write(value)}`).join(',')}}`;
}

function text(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(
    SPECIAL,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
