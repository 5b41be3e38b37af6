/**
 * The envelope of Prometheus' API: `{"status":"success","data":…,"warnings":[…],"infos":[…]}`. Errors are thrown
 * as `TriliteError`; the server puts them into the error form (`api/error-answer.ts`).
 */

import type { ServiceAnswer } from '../../query/service.ts';
import { JsonWriter } from '../json-writer.ts';

export const JSON_TYPE = 'application/json';
/** Warnings and infos shown; the rest is counted. */
const ANNOTATIONS_MAX = 10;
export const TRUNCATED_WARNING = 'results truncated due to limit';

export interface Notes {
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** An answer whose data `write` prints. */
export function success(write: (out: JsonWriter) => void, notes: Notes = {}): ServiceAnswer {
  const out = new JsonWriter();
  beginSuccess(out);
  write(out);
  endSuccess(out, notes);
  return { status: 200, contentType: JSON_TYPE, body: out.take() };
}

/** What stands before the data of an answer, and behind it. */
export function beginSuccess(out: JsonWriter): void {
  out.raw('{"status":"success","data":');
}

export function endSuccess(out: JsonWriter, { warnings = [], infos = [] }: Notes): void {
  writeNotes(out, 'warning', warnings);
  writeNotes(out, 'info', infos);
  out.raw('}');
}

/** An answer with a small piece of data. */
export function successValue(data: unknown, notes: Notes = {}): ServiceAnswer {
  return success((out) => out.value(data), notes);
}

function writeNotes(out: JsonWriter, kind: 'warning' | 'info', texts: readonly string[]): void {
  if (texts.length === 0) return;
  const shown = texts.slice(0, ANNOTATIONS_MAX);
  if (texts.length > shown.length)
    shown.push(`${texts.length - shown.length} more ${kind} annotations omitted`);
  out.raw(`,"${kind}s":`);
  out.strings(shown);
}

/** The first `limit` of `items`, and the warning where there were more. */
export function truncated<T>(
  items: readonly T[],
  limit: number | undefined,
): { readonly items: readonly T[]; readonly warnings: readonly string[] } {
  if (limit === undefined || items.length <= limit) return { items, warnings: [] };
  return { items: items.slice(0, limit), warnings: [TRUNCATED_WARNING] };
}
