/**
 * Regular expressions with RE2's syntax and linear time. No pattern that a user sends may hang a thread, so
 * JavaScript's backtracking engine is given nothing but plain literals (for case-insensitive search); `re2js`
 * runs all that the fast paths do not cover. Every pattern is compiled by it even so, because it decides what is
 * well formed and words the error as Go does.
 */

import { type Matcher, RE2JS } from 're2js';
import { TriliteError } from './errors.ts';
import { type Around, expandLiterals, infixPattern, requiredLiteral } from './regex-literals.ts';
import { repeatsTooMuch } from './regex-size.ts';

// -------------------------------------------------------------------------------------------- whole values

/** A label matcher's pattern: `^(?s:pattern)$`. */
export interface CompiledRegex {
  readonly pattern: string;
  test(value: string): boolean;
  /** All values that match, where the pattern names them. */
  readonly literals: readonly string[] | undefined;
}

/** Compiles `^(?s:pattern)$`. Throws `bad_data` with RE2's own words where the pattern is malformed. */
export function compileAnchored(pattern: string): CompiledRegex {
  if (pattern === '.*') return { pattern, literals: undefined, test: () => true };
  if (pattern === '.+') return { pattern, literals: undefined, test: (v) => v !== '' };
  const literals = expandLiterals(pattern);
  if (literals) {
    // Expansion reads balanced, unquantified syntax only, all of it RE2's too.
    const [only] = literals;
    if (literals.length === 1) return { pattern, literals, test: (v) => v === only };
    const set = new Set(literals);
    return { pattern, literals, test: (v) => set.has(v) };
  }
  const compiled = compile(pattern, RE2JS.DOTALL);
  const infix = infixPattern(pattern);
  if (infix) {
    const { before, after } = infix;
    const tests = infix.literals;
    if (tests.length === 1) {
      const literal = tests[0]!;
      return { pattern, literals: undefined, test: (v) => testInfix(v, literal, before, after) };
    }
    return { pattern, literals: undefined, test: (v) => tests.some((l) => testInfix(v, l, before, after)) };
  }
  return { pattern, literals: undefined, test: (v) => compiled.testExact(v) };
}

function testInfix(value: string, literal: string, before: Around, after: Around): boolean {
  if (before === 'nothing') {
    return value.startsWith(literal) && (after !== 'some' || value.length > literal.length);
  }
  if (after === 'nothing') {
    return value.endsWith(literal) && (before !== 'some' || value.length > literal.length);
  }
  // The first place is the one with the most behind it.
  const at = value.indexOf(literal, before === 'some' ? 1 : 0);
  return at >= 0 && (after !== 'some' || at + literal.length < value.length);
}

// -------------------------------------------------------------------------------------------------- search

/** A pattern that may match anywhere in a line; `.` does not match a newline. */
export interface SearchRegex {
  readonly pattern: string;
  test(text: string): boolean;
  /** The same on UTF-8. */
  testBytes(utf8: Uint8Array): boolean;
  /** Where a line matches exactly if it contains one of these strings. */
  readonly anyOf: readonly string[] | undefined;
  /** A substring of every line that matches: for skipping lines, pages and blocks. */
  readonly required: string | undefined;
}

/** Compiles an unanchored pattern. Throws `bad_data`. */
export function compileSearch(pattern: string): SearchRegex {
  const compiled = compile(pattern, 0);
  const testBytes = (utf8: Uint8Array) => compiled.test(utf8);
  if (pattern === '.*') return { pattern, anyOf: [''], required: '', testBytes, test: () => true };
  // `^` and `$` mean something here, unlike in a pattern that is anchored anyway.
  const anyOf = /[\^$]/.test(pattern) ? undefined : expandLiterals(pattern);
  if (anyOf) {
    const [only] = anyOf;
    if (anyOf.length === 1) {
      return { pattern, anyOf, required: only, testBytes, test: (t) => t.includes(only!) };
    }
    if (anyOf.length <= INCLUDES_MAX) {
      return {
        pattern,
        anyOf,
        required: undefined,
        testBytes,
        test: (t) => anyOf.some((l) => t.includes(l)),
      };
    }
    return { pattern, anyOf, required: undefined, testBytes, test: (t) => compiled.test(t) };
  }
  const folded = foldedLiterals(pattern);
  if (folded)
    return { pattern, anyOf: undefined, required: undefined, testBytes, test: (t) => folded.test(t) };
  const required = requiredLiteral(pattern);
  if (required === undefined) {
    return { pattern, anyOf: undefined, required, testBytes, test: (t) => compiled.test(t) };
  }
  return {
    pattern,
    anyOf: undefined,
    required,
    testBytes,
    test: (t) => t.includes(required) && compiled.test(t),
  };
}

/** Above this many alternatives one pass of the automaton is cheaper than one search each. */
const INCLUDES_MAX = 8;

/**
 * `(?i)` before known strings. Their alternation is safe for JavaScript's engine (no repetition, so at most their
 * joint length of work per position), and its case folding with `iu` is RE2's simple folding.
 */
function foldedLiterals(pattern: string): RegExp | undefined {
  if (!pattern.startsWith('(?i)') || /[\^$[]/.test(pattern)) return undefined;
  const literals = expandLiterals(pattern.slice(4));
  if (literals === undefined || literals.length > INCLUDES_MAX) return undefined;
  return new RegExp(literals.map((l) => l.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'iu');
}

// ----------------------------------------------------------------------------------------------- captures

/** A pattern whose groups are wanted. */
export interface CaptureRegex {
  readonly pattern: string;
  /** Names of the groups from 1 on, '' for those without. */
  readonly groupNames: readonly string[];
  /** The first match and its groups, '' for those that took no part; undefined without a match. */
  exec(text: string): readonly string[] | undefined;
  /** All matches one after the other, wherever they are. */
  matches(text: string): Iterable<RegexMatch>;
  /** Where the groups of all matches are: start and end of group 1, of group 2, …; -1 for those that took no part. */
  groupSpans(text: string): Iterable<readonly number[]>;
}

export interface RegexMatch {
  readonly start: number;
  readonly end: number;
  /** As `exec` gives them. */
  readonly groups: readonly string[];
}

/** `whole`: as label matchers, `^(?s:pattern)$`; `search`: anywhere, `.` not matching newlines. Throws `bad_data`. */
export function compileCapture(pattern: string, mode: 'whole' | 'search'): CaptureRegex {
  const compiled = compile(pattern, mode === 'whole' ? RE2JS.DOTALL : 0);
  const groupCount = compiled.groupCount();
  const groupNames: string[] = new Array(groupCount).fill('');
  for (const [name, index] of Object.entries(compiled.namedGroups())) groupNames[index - 1] = name;
  const groupsOf = (matcher: Matcher) => {
    const groups: string[] = [];
    for (let i = 0; i <= groupCount; i++) groups.push(matcher.group(i) ?? '');
    return groups;
  };
  const exec = (text: string) => {
    const matcher = compiled.matcher(text);
    return (mode === 'whole' ? matcher.matches() : matcher.find()) ? groupsOf(matcher) : undefined;
  };
  // As in Go, an empty match right behind the one before is none.
  function* found(text: string): Generator<Matcher> {
    const matcher = compiled.matcher(text);
    let end = -1;
    while (matcher.find()) {
      if (matcher.start() === matcher.end() && matcher.start() === end) continue;
      end = matcher.end();
      yield matcher;
    }
  }
  function* matches(text: string): Generator<RegexMatch> {
    for (const matcher of found(text)) {
      yield { start: matcher.start(), end: matcher.end(), groups: groupsOf(matcher) };
    }
  }
  function* groupSpans(text: string): Generator<number[]> {
    for (const matcher of found(text)) {
      const spans: number[] = [];
      for (let i = 1; i <= groupCount; i++) spans.push(matcher.start(i), matcher.end(i));
      yield spans;
    }
  }
  return { pattern, groupNames, exec, matches, groupSpans };
}

/** What `label_replace` and relabelling do: undefined where the value does not match as a whole. */
export type Replacer = (value: string) => string | undefined;

/** Compiles a pattern with a template (`compileExpand`). */
export function compileReplace(pattern: string, template: string): Replacer {
  const parts = templateParts(template);
  if (parts.every((part) => typeof part === 'string')) {
    const fixed = parts.join('');
    const { test } = compileAnchored(pattern);
    return (value) => (test(value) ? fixed : undefined);
  }
  const { groupNames, exec } = compileCapture(pattern, 'whole');
  const expand = compileExpand(template, groupNames);
  return (value) => {
    const groups = exec(value);
    return groups && expand(groups);
  };
}

/**
 * Go's replacement template as a function of a match's groups: `$1`, `${1}`, `$name`, `${name}`, `$$`. A name is as
 * long as possible (`$1x` is the group `1x`); a group that does not exist is empty; a `$` before anything else stays.
 */
export function compileExpand(
  template: string,
  groupNames: readonly string[],
): (groups: readonly string[]) => string {
  const parts = templateParts(template).map((part) =>
    typeof part === 'string' ? part : groupIndex(part.group, groupNames),
  );
  return (groups) => {
    let out = '';
    for (const part of parts) out += typeof part === 'string' ? part : (groups[part] ?? '');
    return out;
  };
}

function templateParts(template: string): (string | { readonly group: string })[] {
  const parts: (string | { readonly group: string })[] = [];
  let last = 0;
  for (const match of template.matchAll(/\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    parts.push(template.slice(last, match.index));
    parts.push(match[1] ? '$' : { group: (match[2] ?? match[3])! });
    last = match.index + match[0].length;
  }
  parts.push(template.slice(last));
  return parts;
}

/** The group's number; one that no match has where there is no such group. */
function groupIndex(group: string, names: readonly string[]): number {
  if (/^\d+$/.test(group)) return Number(group);
  return names.includes(group) ? names.indexOf(group) + 1 : names.length + 1;
}

// ------------------------------------------------------------------------------------------------- compile

function compile(pattern: string, flags: number): RE2JS {
  try {
    if (repeatsTooMuch(pattern)) throw new Error('error parsing regexp: expression too large');
    return RE2JS.compile(pattern, flags);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TriliteError('bad_data', asGoWords(message, flags));
  }
}

/** `re2js` shows the flags as if the user had typed them, and misses the empty text behind one message. */
function asGoWords(message: string, flags: number): string {
  const shown = flags === 0 ? message : message.replace('`(?s)', '`');
  return shown.endsWith('end of expression') ? `${shown}: \`\`` : shown;
}
