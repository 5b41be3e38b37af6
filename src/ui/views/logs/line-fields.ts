/**
 * Fields of a line that the query does not parse, for whoever looks at it: those of JSON and logfmt, named as the server's
 * parsers name them, so that a filter made of one works.
 */

import type { Labels } from '../../../model/correlate/labels.ts';

export interface LineFields {
  readonly parser: 'json' | 'logfmt';
  readonly fields: Labels;
}

/** Longer lines are not taken apart: it would take a moment for each. */
const PARSED_MAX_CHARS = 100_000;
/** Fewer pairs than this happen to be in prose. */
const LOGFMT_LEAST_PAIRS = 2;

/** Undefined where the line is neither. */
export function lineFields(line: string): LineFields | undefined {
  if (line.length > PARSED_MAX_CHARS) return undefined;
  const json = jsonOf(line);
  if (json) {
    const fields: Record<string, string> = {};
    flatten(json, '', fields);
    return { parser: 'json', fields };
  }
  const fields = logfmtOf(line);
  return fields && { parser: 'logfmt', fields };
}

/** Numbers stay as they are written, as the server's parser has them: `1.0`, and more digits than a number holds. */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const NUMBER_MARK = '\u0000';

/** The object that the line is, its numbers as strings with a mark in front. */
function jsonOf(line: string): Readonly<Record<string, unknown>> | undefined {
  const text = line.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  try {
    const marked = text.replace(JSON_TOKEN, (token) => (token[0] === '"' ? token : `"\\u0000${token}"`));
    return JSON.parse(marked) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The line in as many lines as it has values, where it is JSON. */
export function prettyJson(line: string): string | undefined {
  const json = line.length > PARSED_MAX_CHARS ? undefined : jsonOf(line);
  return json && JSON.stringify(json, null, 2).replace(/"\\u0000([^"]*)"/g, '$1');
}

/** Nested ones are joined by `_`; lists and null are no fields. */
function flatten(
  object: Readonly<Record<string, unknown>>,
  prefix: string,
  out: Record<string, string>,
): void {
  for (const [key, value] of Object.entries(object)) {
    const name = fieldName(prefix === '' ? key : `${prefix}_${key}`);
    if (name === '' || value === null || Array.isArray(value)) continue;
    if (typeof value === 'object') flatten(value as Record<string, unknown>, name, out);
    else if (!Object.hasOwn(out, name)) out[name] = String(value).replace(NUMBER_MARK, '');
  }
}

function fieldName(key: string): string {
  const name = key.trim().replace(/[^A-Za-z0-9_]/gu, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

const PAIR = /(?<![^\s])([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"=]*)(?!\S)/g;

function logfmtOf(line: string): Labels | undefined {
  const fields: Record<string, string> = {};
  for (const [, key, value] of line.matchAll(PAIR)) {
    const name = fieldName(key!);
    if (value !== '' && !Object.hasOwn(fields, name)) fields[name] = unquoted(value!);
  }
  return Object.keys(fields).length < LOGFMT_LEAST_PAIRS ? undefined : fields;
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as string;
  } catch {
    return value.slice(1, -1);
  }
}
