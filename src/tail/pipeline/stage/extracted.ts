/** Values among the extracted ones as text and as numbers, by the rules that all stages share. */

import { goDurationNs } from '../../../model/duration.ts';
import { formatPlain } from '../../../model/float-format.ts';
import { parseGoFloat } from '../../../model/go-float.ts';
import type { TailEntry } from '../entry.ts';

/** Text, numbers (without exponent) and booleans; undefined for null, lists and maps, which are no text. */
export function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return formatPlain(value);
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/** What a stage reads: the value of that name as text, or the line. Undefined where there is no such text. */
export function inputOf(entry: TailEntry, source: string | undefined): string | undefined {
  return source === undefined ? entry.line : textOf(entry.extracted.get(source));
}

/** Numbers, their text, a duration as seconds, 1 and 0 for true and false; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  switch (typeof value) {
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string': {
      const ns = parseGoFloat(value) === undefined ? goDurationNs(value) : undefined;
      return ns === undefined ? parseGoFloat(value) : ns / 1e9;
    }
    default:
      return undefined;
  }
}

/** Everything that is text, by name: what templates see. */
export function extractedTexts(entry: TailEntry): Map<string, string> {
  const out = new Map<string, string>();
  for (const [name, value] of entry.extracted) {
    const text = textOf(value);
    if (text !== undefined) out.set(name, text);
  }
  return out;
}
