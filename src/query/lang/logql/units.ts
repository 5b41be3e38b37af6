/**
 * Numbers with units as LogQL writes and reads them: Prometheus durations in ranges, Prometheus or Go durations
 * as literals, byte sizes with SI and IEC prefixes; and the looser forms that label values may have. Durations
 * are nanoseconds here (a double is exact up to 104 days, enough for comparing), ranges milliseconds.
 */

import { goDurationNs, parseDuration } from '../../../model/duration.ts';
import { TriliteError } from '../../../model/errors.ts';
import { parseGoFloat } from '../../../model/go-float.ts';

/** A duration literal: Go's form or Prometheus', with an optional minus; nanoseconds. */
export function parseLogqlDuration(text: string): number | undefined {
  const go = goDurationNs(text);
  if (go !== undefined) return go;
  const negative = text.startsWith('-');
  const ms = durationOrFault(negative ? text.slice(1) : text);
  return typeof ms === 'string' ? undefined : (negative ? -ms : ms) * 1e6;
}

/** The inside of range brackets: milliseconds, or the message of what is wrong with it. */
export function parseRangeDuration(text: string): number | string {
  if (text === '0') return 'not a valid duration string: "0"';
  const ms = durationOrFault(text);
  return ms === 0 ? 'duration must be greater than 0' : ms;
}

function durationOrFault(text: string): number | string {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof TriliteError) return error.message;
    throw error;
  }
}

const BYTE_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  e: 1e18,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
  pi: 1024 ** 5,
  ei: 1024 ** 6,
};

/** Units of sizes in lower case: `kb`, `kib`, and `k`, `ki` as well. */
export const SIZE_UNITS: ReadonlySet<string> = new Set(
  Object.keys(BYTE_FACTORS).flatMap((unit) => [unit, `${unit}b`]),
);
const SIZE_LIMIT = 2 ** 64;

/** A byte size as people write it (`10`, `1.5 MB`, `4kib`): bytes, or undefined. */
export function parseBytes(text: string): number | undefined {
  const m = /^([\d.,]*)\s*([a-zA-Z]*)\s*$/.exec(text);
  if (!m) return undefined;
  const number = parseGoFloat(m[1]!.replaceAll(',', ''));
  const factor = BYTE_FACTORS[m[2]!.toLowerCase().replace(/b$/, '')];
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Math.trunc(number * factor);
  return bytes < SIZE_LIMIT ? bytes : undefined;
}

/** Humanized SI bytes: two digits below ten, whole numbers above (`4.0MB`, `50kB`, `42B`). */
export function formatBytes(bytes: number): string {
  if (bytes < 10) return `${bytes}B`;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const e = Math.floor(Math.log(bytes) / Math.log(1000) + 1e-12);
  const value = Math.floor((bytes / 1000 ** e) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${units[e]}`;
}
