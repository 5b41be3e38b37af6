/**
 * Unanchored search with RE2's syntax in linear time. Literals, alternations of literals and their
 * case-insensitive forms never reach the regex engine; other patterns are asked only where the longest literal
 * that every match must contain is in the text.
 */

import { RE2JS } from 're2js';
import { TriliteError } from '../../../model/errors.ts';

export interface SearchRegex {
  test(text: string): boolean;
  /** A substring of every matching text, or ''. */
  readonly required: string;
  /** Set where the pattern is nothing but that substring. */
  readonly literal: boolean;
}

const META = /[\\.+*?()|[\]{}^$]/;

/** The plain text a pattern without operators stands for; `\.` and the like are unescaped. */
function literalText(pattern: string): string | undefined {
  const plain = pattern.replace(/\\[^A-Za-z0-9]/g, '');
  if (META.test(plain)) return undefined;
  return pattern.replace(/\\([^A-Za-z0-9])/g, '$1');
}

/** The longest run of literal characters at the top level of a pattern without alternation. */
function requiredLiteral(pattern: string): string {
  // Flags in the middle change what a literal means.
  if (/\(\?[a-zA-Z-]+\)/.test(pattern) || pattern.includes('|')) return '';
  let best = '';
  let run = '';
  const flush = (): void => {
    if (run.length > best.length) best = run;
    run = '';
  };
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\\') {
      const next = pattern[++i] ?? '';
      if (/[A-Za-z0-9]/.test(next)) flush();
      else if (depth === 0) run += next;
      if (next === 'Q' || next === 'x' || next === 'p' || next === 'P') return '';
    } else if (c === '[') {
      flush();
      if (pattern[i + 1] === '^') i++;
      if (pattern[i + 1] === ']') i++;
      while (i + 1 < pattern.length && pattern[i + 1] !== ']') {
        // A class inside a class (`[[:alpha:]]`) is beyond this scan.
        if (pattern[i + 1] === '[') return '';
        i += pattern[i + 1] === '\\' ? 2 : 1;
      }
      i++;
    } else if (c === '(' || c === ')') {
      flush();
      depth += c === '(' ? 1 : -1;
    } else if (c === '*' || c === '?' || c === '{') {
      run = run.slice(0, /[\ud800-\udfff]/.test(run.at(-1) ?? '') ? -2 : -1);
      flush();
      if (c === '{') while (i < pattern.length && pattern[i] !== '}') i++;
    } else if (c === '+' || c === '.' || c === '^' || c === '$') flush();
    else if (depth === 0) run += c;
  }
  flush();
  return best;
}

/** Throws `TriliteError` (`bad_data`) with RE2's words. */
export function compileSearch(pattern: string): SearchRegex {
  const literal = literalText(pattern);
  if (literal !== undefined) return { required: literal, literal: true, test: (t) => t.includes(literal) };
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new TriliteError('bad_data', error instanceof Error ? error.message : String(error));
  }
  if (pattern === '.*') return { required: '', literal: false, test: () => true };
  const folded = /^\(\?i\)(.*)$/s.exec(pattern);
  const foldedText = folded && literalText(folded[1]!);
  // Only ASCII letters other than k and s fold to ASCII alone (the Kelvin sign, the long s).
  if (foldedText && Buffer.byteLength(foldedText) === foldedText.length && !/[ks]/i.test(foldedText)) {
    const lower = foldedText.toLowerCase();
    // Dotted capital I becomes two characters in lower case, of which one is a plain i.
    const test = (t: string): boolean =>
      t.toLowerCase().includes(lower) && (!t.includes('\u0130') || compiled.matcher(t).find());
    return { required: '', literal: false, test };
  }
  const alternatives = /^\(?[^()]*\)?$/.test(pattern)
    ? pattern
        .replace(/^\((.*)\)$/s, '$1')
        .split('|')
        .map(literalText)
    : [undefined];
  if (alternatives.length > 1 && alternatives.every((a) => a !== undefined)) {
    const list = alternatives as string[];
    return { required: '', literal: false, test: (t) => list.some((a) => t.includes(a)) };
  }
  const required = requiredLiteral(pattern);
  const test = (text: string): boolean => text.includes(required) && compiled.matcher(text).find();
  return { required, literal: false, test };
}
