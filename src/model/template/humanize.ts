/** Prometheus' numbers for people: four digits and a prefix. */

import { formatPlain } from '../float-format.ts';
import { exponential } from './rounding.ts';
import { isDuration, TemplateError, typeName, type Value } from './value.ts';

const THOUSANDS = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'] as const;
const THOUSANDTHS = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'] as const;
const BINARY = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'] as const;
/** Digits that are shown. */
const DIGITS = 4;

/** A number, or a text that is one; a duration is its seconds. */
export function float(value: Value | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value !== undefined && isDuration(value)) return value.ns / 1e9;
  if (typeof value === 'string') {
    const special = /^([+-]?)(?:inf(?:inity)?|(nan))$/i.exec(value);
    if (special) return special[2] ? Number.NaN : Number(`${special[1]}Infinity`);
    if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) return Number(value);
    throw new TemplateError(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  throw new TemplateError(`can't convert ${typeName(value ?? null)} to float`);
}

/** Go's `%.4g`. */
export function shortFloat(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatPlain(value);
  const [mantissa, power] = exponential(value, DIGITS - 1).split('e') as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < DIGITS) return formatPlain(Number(`${mantissa}e${power}`));
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${Number(mantissa)}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** Divides by `base` until it is small enough. */
function reduced(value: number, base: number, prefixes: readonly string[]): string {
  let prefix = '';
  for (const next of prefixes) {
    if (Math.abs(value) < base) break;
    prefix = next;
    value /= base;
  }
  return shortFloat(value) + prefix;
}

/** Multiplies by a thousand until it is one or more. */
function enlarged(value: number): string {
  let prefix = '';
  for (const next of THOUSANDTHS) {
    if (Math.abs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return shortFloat(value) + prefix;
}

export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return shortFloat(value);
  return Math.abs(value) >= 1 ? reduced(value, 1000, THOUSANDS) : enlarged(value);
}

export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return shortFloat(value);
  return reduced(value, 1024, BINARY);
}

/** Of seconds. */
export function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return shortFloat(value);
  if (value === 0) return '0s';
  if (Math.abs(value) < 1) return `${enlarged(value)}s`;
  const sign = value < 0 ? '-' : '';
  const whole = Math.trunc(Math.abs(value));
  const [s, m, h] = [whole % 60, Math.floor(whole / 60) % 60, Math.floor(whole / 3600) % 24];
  const d = Math.floor(whole / 86_400);
  if (d > 0) return `${sign}${d}d ${h}h ${m}m ${s}s`;
  if (h > 0) return `${sign}${h}h ${m}m ${s}s`;
  return m > 0 ? `${sign}${m}m ${s}s` : `${sign}${shortFloat(Math.abs(value))}s`;
}
