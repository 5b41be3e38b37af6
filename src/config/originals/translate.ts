/**
 * Command lines of the originals: flags of Prometheus, Loki and Tempo become those that mean the same here, or an error that
 * names what to use. Go's way to write them, with one dash, is taken for all flags.
 */

import { ConfigError } from '../config-error.ts';
import type { FlagMeaning } from './flag-meaning.ts';
import { GO_FLAGS } from './go-flags.ts';
import { PROMETHEUS_FLAGS } from './prometheus-flags.ts';

export interface TranslatedLine {
  readonly argv: readonly string[];
  readonly warnings: readonly string[];
}

/** What the own flag of a name takes; undefined: there is none. */
export type OwnFlags = (name: string) => 'switch' | 'boolean' | 'value' | undefined;

/** A flag with one dash or two; a single letter behind one dash is nobody's long flag. */
const FLAG = /^--?([a-zA-Z][\w.-]+)(?:=(.*))?$/s;
const NEGATION = 'no-';
const BOOLEAN = /^(true|false)$/;

/** Own flags pass as they are. Throws `ConfigError` for a flag that something else stands for here. */
export function translateFlags(argv: readonly string[], own: OwnFlags): TranslatedLine {
  const out: string[] = [];
  const warnings: string[] = [];
  const apply = (meaning: FlagMeaning, shown: string, value: string): void => {
    if ('instead' in meaning) {
      if (meaning.isSwitch && value === 'false') return;
      throw new ConfigError(`${shown} is not a flag of Trilite; what takes its place is ${meaning.instead}`);
    }
    if ('noEffect' in meaning) {
      if (meaning.noEffect !== undefined) warnings.push(`${shown} has no effect: ${meaning.noEffect}`);
      return;
    }
    if ('flag' in meaning) {
      out.push(printFlag(meaning.flag, meaning.value ? meaning.value(value) : value, own));
      return;
    }
    for (const item of value.split(',').filter((text) => text !== '')) {
      const each = meaning.each(item);
      if (each) apply(each, `${shown} ${item}`, item);
      else warnings.push(`${shown} ${item} has no effect: it is not known`);
    }
  };
  for (let i = 0; i < argv.length; i++) {
    const given = argv[i]!;
    if (given === '--') return { argv: [...out, ...argv.slice(i)], warnings };
    const [, name = '', inline] = FLAG.exec(given) ?? [];
    const next = argv[i + 1];
    const kind = own(name);
    if (kind !== undefined) {
      // As a switch, which it is in the original.
      const isBare = kind === 'boolean' && inline === undefined && (next ?? '-').startsWith('-');
      const value = isBare ? 'true' : inline;
      out.push(value === undefined ? `--${name}` : `--${name}=${value}`);
      // A value that looks like a flag is none.
      if (kind !== 'switch' && value === undefined && next !== undefined) out.push(argv[++i]!);
      continue;
    }
    const found = meaningOf(name, own);
    if (!found) {
      out.push(name === '' || given.startsWith('--') ? given : `-${given}`);
      continue;
    }
    const { meaning, negated } = found;
    const takesNext =
      inline === undefined && !negated && (meaning.isSwitch ? BOOLEAN.test(next ?? '') : next !== undefined);
    const value = inline ?? (takesNext ? argv[++i]! : meaning.isSwitch ? String(!negated) : '');
    apply(meaning, `${/^--?/.exec(given)![0]}${name}`, value);
  }
  return { argv: out, warnings };
}

function meaningOf(
  name: string,
  own: OwnFlags,
): { readonly meaning: FlagMeaning; readonly negated: boolean } | undefined {
  if (name === '') return undefined;
  const meaning = tableEntry(name);
  if (meaning) return { meaning, negated: false };
  if (!name.startsWith(NEGATION)) return undefined;
  const positive = name.slice(NEGATION.length);
  const contrary = tableEntry(positive);
  if (contrary?.isSwitch) return { meaning: contrary, negated: true };
  return own(positive) === 'boolean'
    ? { meaning: { flag: positive, isSwitch: true }, negated: true }
    : undefined;
}

function tableEntry(name: string): FlagMeaning | undefined {
  for (const table of [PROMETHEUS_FLAGS, GO_FLAGS]) if (Object.hasOwn(table, name)) return table[name];
  return undefined;
}

function printFlag(name: string, value: string, own: OwnFlags): string {
  if (own(name) !== 'switch') return `--${name}=${value}`;
  return value === 'false' ? `--${NEGATION}${name}` : `--${name}`;
}
