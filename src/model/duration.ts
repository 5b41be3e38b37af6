/**
 * Durations. The Prometheus form (`1h30m`: units y w d h m s ms, biggest first, each once, whole numbers) is the
 * one of configuration files, of PromQL and of its API; Go's form (`1.5h`, `-2m3s`, `10µs`) is LogQL's and
 * TraceQL's. Milliseconds and nanoseconds are plain numbers.
 */

import { TriliteError } from './errors.ts';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A year is 365 days. */
const YEAR_MS = 365 * DAY_MS;

/** Biggest first: the order in which they must stand. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', YEAR_MS],
  ['w', WEEK_MS],
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
];

/** What 64 bits of nanoseconds hold, which is as far as the originals go. */
const MAX_MS = 2 ** 63 / 1e6;
const MAX_NS = 2 ** 63;

/** Parses the Prometheus form to milliseconds; `0` needs no unit. Throws `bad_data`. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (text === '') throw new TriliteError('bad_data', 'empty duration string');
  const invalid = () => new TriliteError('bad_data', `not a valid duration string: ${JSON.stringify(text)}`);
  const part = /(\d+)(\D+)/y;
  let total = 0;
  let lastUnit = -1;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (!match) throw invalid();
    const unit = UNITS.findIndex(([name]) => name === match[2]);
    if (unit < 0) {
      const [named, whole] = [JSON.stringify(match[2]), JSON.stringify(text)];
      throw new TriliteError('bad_data', `unknown unit ${named} in duration ${whole}`);
    }
    if (unit <= lastUnit) throw invalid();
    lastUnit = unit;
    total += Number(match[1]) * UNITS[unit]![1];
    if (total >= MAX_MS) throw new TriliteError('bad_data', 'duration out of range');
  }
  return total;
}

/** The canonical Prometheus form of whole milliseconds: `90s` is `1m30s`; years and weeks only where exact. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.abs(Math.trunc(ms));
  let out = ms < 0 ? '-' : '';
  for (const [unit, size] of UNITS) {
    if ((unit === 'y' || unit === 'w') && rest % size !== 0) continue;
    const n = Math.floor(rest / size);
    if (n > 0) out += `${n}${unit}`;
    rest -= n * size;
  }
  return out;
}

/** Go's units in nanoseconds. */
export const GO_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5
  μs: 1e3, // U+03BC
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const INVALID_DURATION = 'invalid duration';

/** Parses Go's form to nanoseconds: a sign, then numbers with fractions and units in any order. Throws `bad_data`. */
export function parseGoDuration(text: string): number {
  const ns = scanGoDuration(text);
  if (typeof ns === 'number') return ns;
  throw new TriliteError('bad_data', `time: ${ns} ${JSON.stringify(text)}`);
}

/** The same for text that may be anything, such as a value in a log line: undefined where it is no duration. */
export function goDurationNs(text: string): number | undefined {
  const ns = scanGoDuration(text);
  return typeof ns === 'number' ? ns : undefined;
}

/** Nanoseconds, or what is wrong. */
function scanGoDuration(text: string): number | string {
  const negative = text[0] === '-';
  const rest = negative || text[0] === '+' ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') return INVALID_DURATION;
  const part = /(\d+\.?\d*|\.\d+)([^\d.]*)/y;
  let total = 0;
  while (part.lastIndex < rest.length) {
    const match = part.exec(rest);
    if (!match) return INVALID_DURATION;
    const unit = match[2]!;
    if (unit === '') return 'missing unit in duration';
    const size = Object.hasOwn(GO_UNITS, unit) ? GO_UNITS[unit]! : undefined;
    if (size === undefined) return `unknown unit ${JSON.stringify(unit)} in duration`;
    total += scaled(match[1]!, size);
    if (total >= MAX_NS) return INVALID_DURATION;
  }
  return negative ? -total : total;
}

/** Whole and fraction apart, so that 1.1 s is 1,100,000,000 ns and not a hair less; the fraction is truncated. */
function scaled(digits: string, size: number): number {
  const [whole, fraction = ''] = digits.split('.');
  const base = Number(whole || '0') * size;
  return fraction === '' ? base : base + Math.floor((Number(fraction) * size) / 10 ** fraction.length);
}

/** Go's own text of a duration: `1h30m0s`, `1.5s`, `250ms`, `10µs`, `0s`. */
export function formatGoDuration(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const abs = Math.abs(Math.trunc(ns));
  if (abs < 1e3) return `${sign}${abs}ns`;
  if (abs < 1e6) return `${sign}${decimal(abs, 1e3)}µs`;
  if (abs < 1e9) return `${sign}${decimal(abs, 1e6)}ms`;
  const minutes = Math.floor(abs / 60e9);
  const seconds = decimal(abs - minutes * 60e9, 1e9);
  if (minutes === 0) return `${sign}${seconds}s`;
  if (minutes < 60) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

/** `n / unit` exactly, without trailing zeros; `unit` is a power of ten. */
function decimal(n: number, unit: number): string {
  const whole = Math.floor(n / unit);
  const fraction = n - whole * unit;
  if (fraction === 0) return String(whole);
  const digits = String(unit).length - 1;
  return `${whole}.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`;
}
