/**
 * A label matcher: `=`, `!=`, `=~`, `!~` on one label. An absent label has the value ''. Regular expressions are
 * RE2's, fully anchored, `.` matching newlines (`model/regex.ts`).
 */

import { unreachable } from '../base/assert.ts';
import type { Labels } from './labels.ts';
import { type CompiledRegex, compileAnchored } from './regex.ts';

export type MatchType = '=' | '!=' | '=~' | '!~';

/** A matcher as plain data, for messages between threads. */
export interface MatcherData {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
}

export class Matcher implements MatcherData {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
  readonly #regex: CompiledRegex | undefined;

  /** Throws `TriliteError` of kind `bad_data` where the pattern is not RE2. */
  constructor(type: MatchType, name: string, value: string) {
    this.type = type;
    this.name = name;
    this.value = value;
    this.#regex = type === '=~' || type === '!~' ? compileAnchored(value) : undefined;
  }

  static from(data: MatcherData): Matcher {
    return data instanceof Matcher ? data : new Matcher(data.type, data.name, data.value);
  }

  matches(value: string): boolean {
    switch (this.type) {
      case '=':
        return value === this.value;
      case '!=':
        return value !== this.value;
      case '=~':
        return this.#regex!.test(value);
      case '!~':
        return !this.#regex!.test(value);
      default:
        return unreachable(this.type, 'matcher type');
    }
  }

  /** Whether the series without this label matches too; an index look-up cannot narrow such a matcher. */
  get matchesEmpty(): boolean {
    return this.matches('');
  }

  /**
   * The only values that can match, where the matcher names them (`=`, or a regex that is an alternation of
   * literals); undefined where any value might.
   */
  get literals(): readonly string[] | undefined {
    if (this.type === '=') return [this.value];
    return this.type === '=~' ? this.#regex!.literals : undefined;
  }

  toData(): MatcherData {
    return { type: this.type, name: this.name, value: this.value };
  }

  toString(): string {
    return `${this.name}${this.type}${JSON.stringify(this.value)}`;
  }
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  for (const m of matchers) if (!m.matches(labels.get(m.name))) return false;
  return true;
}
