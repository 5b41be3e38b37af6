/** Selectors as parameters: `query` and `match[]` of the metadata routes, without stages. */

import type { Matcher } from '../../model/matcher.ts';
import { parseSelector } from '../../query/logs/engine.ts';

/** `{}`, perhaps with blanks: everything. */
export function isEmptySelector(text: string): boolean {
  return /^\s*\{\s*\}\s*$/.test(text);
}

/** An optional selector: none and `{}` match everything. */
export function optionalSelector(text: string): readonly Matcher[] {
  return text === '' || isEmptySelector(text) ? [] : parseSelector(text);
}
