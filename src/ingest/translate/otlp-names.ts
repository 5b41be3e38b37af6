/**
 * OTLP names as Prometheus writes them. A metric's name gets its unit and type as suffixes and, in the escaping
 * strategies, only the classic alphabet; a label's name likewise. Each name is worked out once per translator.
 */

import { TriliteError } from '../../model/errors.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';

const UNITS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
]);

const PER_UNITS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

/** What decides the type suffix. */
export type OtlpMetricKind = 'gauge' | 'counter' | 'updown' | 'histogram' | 'exponential' | 'summary';

export class OtlpNamer {
  readonly #escape: boolean;
  readonly #suffixes: boolean;
  readonly #options: OtlpTranslationOptions;
  readonly #labels = new Map<string, string>();

  constructor(options: OtlpTranslationOptions) {
    const s = options.strategy;
    this.#escape = s === 'UnderscoreEscapingWithSuffixes' || s === 'UnderscoreEscapingWithoutSuffixes';
    this.#suffixes = s === 'UnderscoreEscapingWithSuffixes' || s === 'NoUTF8EscapingWithSuffixes';
    this.#options = options;
  }

  /** Whether different attribute keys can become the same label name. */
  get escapes(): boolean {
    return this.#escape;
  }

  /** Throws `bad_data` where nothing is left of the name. */
  metric(name: string, unit: string, kind: OtlpMetricKind): string {
    if (!this.#escape) return this.#suffixes ? appendSuffixes(name, unit, kind) : name;
    const out = this.#suffixes ? escapedWithSuffixes(name, unit, kind) : escaped(name);
    if (out === '') {
      throw new TriliteError('bad_data', `normalization for metric "${name}" resulted in empty name`);
    }
    if (out !== name && /^_+$/.test(out)) {
      throw new TriliteError(
        'bad_data',
        `normalization for metric "${name}" resulted in invalid name "${out}"`,
      );
    }
    return out;
  }

  /** The unit as metadata tells it. */
  unit(unit: string): string {
    const { main, per } = unitSuffixes(unit);
    return per === '' ? main : main === '' ? per : `${main}_${per}`;
  }

  /** Throws `bad_data` where the name is empty or has nothing but underscores. */
  label(name: string): string {
    let out = this.#labels.get(name);
    if (out === undefined) {
      out = this.#label(name);
      this.#labels.set(name, out);
    }
    return out;
  }

  #label(name: string): string {
    if (name === '') throw new TriliteError('bad_data', 'label name is empty');
    if (!this.#escape) {
      if (/^_+$/.test(name))
        throw new TriliteError('bad_data', `label name "${name}" contains only underscores`);
      return name;
    }
    let out = name.replace(/[^a-zA-Z0-9_]/gu, '_');
    if (!this.#options.labelNamePreserveMultipleUnderscores) out = out.replace(/__+/g, '_');
    if (/^[0-9]/.test(out)) out = `key_${out}`;
    else if (this.#options.labelNameUnderscoreSanitization && /^_(?!_)/.test(out)) out = `key${out}`;
    if (/^_+$/.test(out)) {
      throw new TriliteError(
        'bad_data',
        `normalization for label name "${name}" resulted in invalid name "${out}"`,
      );
    }
    return out;
  }
}

function unitSuffixes(unit: string): { main: string; per: string } {
  const slash = unit.indexOf('/');
  const mainUnit = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const perUnit = slash < 0 ? '' : unit.slice(slash + 1).trim();
  const main = /[{}]/.test(mainUnit) ? '' : (UNITS.get(mainUnit) ?? mainUnit);
  const per = /[{}]/.test(perUnit) ? '' : (PER_UNITS.get(perUnit) ?? perUnit);
  return { main, per: per === '' ? '' : `per_${per}` };
}

function cleanUnit(unit: string): string {
  return unit
    .replace(/[^a-zA-Z0-9:]/gu, '_')
    .replace(/__+/g, '_')
    .replace(/^_/, '');
}

function withoutLeadingDigit(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** Everything outside the alphabet separates; runs of it become one underscore. */
function escaped(name: string): string {
  return withoutLeadingDigit(
    name
      .split(/[^a-zA-Z0-9:_]/u)
      .filter((t) => t !== '')
      .join('_'),
  );
}

function escapedWithSuffixes(name: string, unit: string, kind: OtlpMetricKind): string {
  let tokens = name.split(/[^a-zA-Z0-9:]/u).filter((t) => t !== '');
  const { main, per } = unitSuffixes(unit);
  let mainToken = cleanUnit(main);
  let perToken = cleanUnit(per).replace(/^per_/, '');
  if (perToken === 'per' || tokens.includes(perToken)) perToken = '';
  if (tokens.includes(mainToken)) mainToken = '';
  if (perToken !== '') mainToken = mainToken.replace(/_$/, '');
  if (mainToken !== '') tokens.push(mainToken);
  if (perToken !== '') tokens.push('per', perToken);
  const type = typeSuffix(unit, kind);
  if (type !== '') tokens = [...tokens.filter((t) => t !== type), type];
  return withoutLeadingDigit(tokens.join('_'));
}

function typeSuffix(unit: string, kind: OtlpMetricKind): string {
  if (kind === 'counter') return 'total';
  return kind === 'gauge' && unit === '1' ? 'ratio' : '';
}

/** Keeps the name and puts suffixes behind it; one that is there already, behind any character, moves to the end. */
function appendSuffixes(name: string, unit: string, kind: OtlpMetricKind): string {
  const { main, per } = unitSuffixes(unit);
  const type = typeSuffix(unit, kind);
  let out = trimSuffix(trimSuffix(name, type), per);
  if (main !== '' && !out.endsWith(main)) out += `_${main}`;
  if (per !== '') out += `_${per}`;
  return type === '' ? out : `${out}_${type}`;
}

function trimSuffix(name: string, suffix: string): string {
  if (suffix === '' || !name.endsWith(suffix) || name.length <= suffix.length) return name;
  return name.slice(0, name.length - suffix.length - 1);
}
