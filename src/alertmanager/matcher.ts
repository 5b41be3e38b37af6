/**
 * A matcher of Alertmanager's: as Prometheus' (`model/matcher.ts`), but `.` in a regular expression does not match a newline, and
 * a name may be any text. Printed in the form that both of Alertmanager's grammars read back, or where the name needs quotes
 * the newer one.
 */

import { unreachable } from '../base/assert.ts';
import { quote } from '../model/go-string.ts';
import type { Labels } from '../model/labels.ts';
import type { MatchType } from '../model/matcher.ts';
import { compileSearch } from '../model/regex.ts';

/** Characters that end a word of the newer grammar. */
export const RESERVED = /[\s{}!=~,\\"'`]/u;

export class AlertMatcher {
  readonly type: MatchType;
  readonly name: string;
  readonly value: string;
  readonly #test: (value: string) => boolean;

  /** Throws `bad_data` with Go's words where the pattern is no regular expression. */
  constructor(type: MatchType, name: string, value: string) {
    this.type = type;
    this.name = name;
    this.value = value;
    this.#test = type === '=~' || type === '!~' ? compileWhole(value) : (v) => v === value;
  }

  matches(value: string): boolean {
    switch (this.type) {
      case '=':
      case '=~':
        return this.#test(value);
      case '!=':
      case '!~':
        return !this.#test(value);
      default:
        return unreachable(this.type, 'matcher type');
    }
  }

  equals(other: AlertMatcher): boolean {
    return this.type === other.type && this.name === other.name && this.value === other.value;
  }

  toString(): string {
    if (RESERVED.test(this.name)) return quote(this.name) + this.type + quote(this.value);
    const escaped = this.value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
    return `${this.name}${this.type}"${escaped}"`;
  }
}

/** A test of whole values. Throws `bad_data`. */
export function compileWhole(pattern: string): (value: string) => boolean {
  if (/^[\w /:-]*$/.test(pattern)) return (value) => value === pattern;
  return compileSearch(`^(?:${pattern})$`).test;
}

export function matchesAll(matchers: readonly AlertMatcher[], labels: Labels): boolean {
  for (const m of matchers) if (!m.matches(labels.get(m.name))) return false;
  return true;
}
