/**
 * Patterns with captures, `<name>` and `<_>` between literals, as `| pattern` and `|>` write them; and what a
 * `| regexp` stage asks of its groups. A `<…>` that is no name is literal text.
 */

import { TriliteError } from '../../../model/errors.ts';
import { compileAnchored } from '../../../model/regex.ts';

/** A literal, or a capture with its name (`_` captures nothing). */
export type PatternPart = { readonly literal: string } | { readonly capture: string };

export function splitPattern(pattern: string): PatternPart[] {
  const parts: PatternPart[] = [];
  let from = 0;
  for (const m of pattern.matchAll(/<([A-Za-z_][A-Za-z0-9_]*)>/g)) {
    if (m.index > from) parts.push({ literal: pattern.slice(from, m.index) });
    parts.push({ capture: m[1]! });
    from = m.index + m[0].length;
  }
  if (from < pattern.length) parts.push({ literal: pattern.slice(from) });
  return parts;
}

/** The first two captures without a literal between, as text. */
function adjacentCaptures(parts: readonly PatternPart[]): string | undefined {
  for (let i = 1; i < parts.length; i++) {
    const a = parts[i - 1]!;
    const b = parts[i]!;
    if ('capture' in a && 'capture' in b) return `<${a.capture}><${b.capture}>`;
  }
  return undefined;
}

/** Throws `bad_data` where `| pattern` cannot take it. */
export function checkLinePattern(pattern: string): void {
  const refuse = (why: string): TriliteError =>
    new TriliteError('bad_data', `parse error : invalid pattern parser: ${why}`);
  if (pattern === '') {
    throw refuse(
      'parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL',
    );
  }
  const parts = splitPattern(pattern);
  const adjacent = adjacentCaptures(parts);
  if (adjacent) throw refuse(`found consecutive capture '${adjacent}': invalid expression`);
  const names = new Set<string>();
  for (const part of parts) {
    if (!('capture' in part) || part.capture === '_') continue;
    if (names.has(part.capture)) {
      throw refuse(`duplicate capture name (${part.capture}): invalid expression`);
    }
    names.add(part.capture);
  }
  if (names.size === 0) throw refuse('at least one capture is required');
}

/** Why `|>` cannot take the pattern, or undefined. */
export function filterPatternFault(parts: readonly PatternPart[]): string | undefined {
  const adjacent = adjacentCaptures(parts);
  if (adjacent) return `found consecutive capture '${adjacent}': invalid expression`;
  const named = parts.find((p) => 'capture' in p && p.capture !== '_') as { capture: string } | undefined;
  return named && `named captures are not allowed: found '<${named.capture}>'`;
}

/** Throws `bad_data` where `| regexp` cannot take it. */
export function checkRegexpStage(pattern: string): void {
  const refuse = (why: string): TriliteError =>
    new TriliteError('bad_data', `parse error : invalid regexp parser: ${why}`);
  const names = new Set<string>();
  for (const [, name] of pattern.replaceAll(/\\./gs, '').matchAll(/\(\?P?<(\w+)>/g)) {
    if (names.has(name!)) throw refuse(`duplicate extracted label name '${name}'`);
    names.add(name!);
  }
  try {
    compileAnchored(pattern);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (names.size === 0) throw refuse('at least one named capture must be supplied');
}
