/**
 * Matchers as users write them. There are two grammars, and texts that mean something in both: as in the original, a text is read by
 * both, the older one decides where they differ and where the newer one cannot read it, and says what is wrong where neither can.
 */

import { TriliteError } from '../model/errors.ts';
import { parseClassicMatcher, parseClassicMatchers } from './classic-matchers.ts';
import type { AlertMatcher } from './matcher.ts';
import { parseUtf8Matchers } from './utf8-matchers.ts';

/** One matcher, without braces. Throws `bad_data`. */
export function parseMatcher(text: string): AlertMatcher {
  if (text.startsWith('{') || text.endsWith('}')) {
    throw new TriliteError('bad_data', `unexpected open or close brace: ${text}`);
  }
  return either(
    () => parseUtf8Matchers(text),
    () => [parseClassicMatcher(text)],
    1,
  )[0]!;
}

/** Any number of matchers, in braces or not. Throws `bad_data`. */
export function parseMatchers(text: string): readonly AlertMatcher[] {
  return either(
    () => parseUtf8Matchers(text),
    () => parseClassicMatchers(text),
  );
}

type Parse = () => readonly AlertMatcher[];

function either(newer: Parse, older: Parse, count?: number): readonly AlertMatcher[] {
  const read = attempt(newer);
  const matchers = Array.isArray(read) && (count === undefined || read.length === count) ? read : undefined;
  const classic = attempt(older);
  if (!(classic instanceof TriliteError)) return classic;
  if (matchers) return matchers;
  throw classic;
}

function attempt(parse: Parse): readonly AlertMatcher[] | TriliteError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof TriliteError) return error;
    throw error;
  }
}
