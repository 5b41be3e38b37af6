/**
 * Regular expressions with RE2's syntax and linear time. No pattern that a user sends may hang a thread, so
 * JavaScript's backtracking engine is never given one: `re2js` runs what the fast paths do not cover (pure
 * literals, alternations of literals, a literal prefix, suffix or infix around `.*`).
 */

import { RE2JS } from 're2js';
import { TriliteError } from './errors.ts';

export interface CompiledRegex {
  readonly pattern: string;
  test(value: string): boolean;
  /** All values that match, where the pattern is a literal or an alternation of literals. */
  readonly literals: readonly string[] | undefined;
}

const META = /[\\.+*?()|[\]{}^$]/;

/** The alternatives, where the pattern has no other operator than `|` (perhaps in one outer group). */
function literalAlternatives(pattern: string): string[] | undefined {
  let p = pattern;
  const group = /^\((?:\?:)?([^()]*)\)$/.exec(p);
  if (group) p = group[1]!;
  const parts = p.split('|');
  return parts.some((part) => META.test(part)) ? undefined : parts;
}

/** Compiles `^(?s:pattern)$`. Throws `bad_data` with RE2's own words where the pattern is malformed. */
export function compileAnchored(pattern: string): CompiledRegex {
  const literals = literalAlternatives(pattern);
  if (literals) {
    const set = new Set(literals);
    return { pattern, literals, test: (v) => set.has(v) };
  }
  if (pattern === '.*') return { pattern, literals: undefined, test: () => true };
  if (pattern === '.+') return { pattern, literals: undefined, test: (v) => v !== '' };
  const simple = /^(\.\*|\.\+)?([^\\.+*?()|[\]{}^$]*)(\.\*|\.\+)?$/.exec(pattern);
  const compiled = compile(pattern);
  if (simple && (simple[1] || simple[3])) {
    const literal = simple[2]!;
    const before = simple[1] === undefined ? 0 : simple[1] === '.*' ? -1 : 1;
    const after = simple[3] === undefined ? 0 : simple[3] === '.*' ? -1 : 1;
    return { pattern, literals: undefined, test: (v) => testInfix(v, literal, before, after) };
  }
  return { pattern, literals: undefined, test: (v) => compiled.matches(v) };
}

/** `before` and `after`: 0 nothing may stand there, -1 anything, 1 at least one character. */
function testInfix(value: string, literal: string, before: number, after: number): boolean {
  if (before === 0) {
    return value.startsWith(literal) && (after !== 1 || value.length > literal.length);
  }
  if (after === 0) {
    return value.endsWith(literal) && (before !== 1 || value.length > literal.length);
  }
  const at = value.indexOf(literal, before === 1 ? 1 : 0);
  return at >= 0 && (after !== 1 || at + literal.length < value.length);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    throw new TriliteError('bad_data', error instanceof Error ? error.message : String(error));
  }
}
