/** Times of the command line: RFC 3339, a date, seconds or milliseconds since the epoch, or relative to now: `now`, `-1h`, `now-1h30m`. */

import { parseDuration } from '../model/duration.ts';
import { parseRfc3339 } from '../model/time.ts';

/** Numbers from here on are milliseconds: as seconds they would lie 3000 years ahead. */
const MS_FROM = 1e11;
const RELATIVE = /^(?:now)?\s*(?:([+-])\s*(\S+))?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const LOCAL = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;

/** In ms since the epoch; undefined where the text is no time. Without a zone it is the machine's. */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const trimmed = text.trim();
  const relative = trimmed === '' ? null : RELATIVE.exec(trimmed);
  if (relative) {
    const [, sign, span] = relative;
    const spanMs = span === undefined ? 0 : durationMs(span);
    if (spanMs !== undefined) return sign === '-' ? nowMs - spanMs : nowMs + spanMs;
  }
  if (/^-?\d+(\.\d*)?$/.test(trimmed)) {
    const number = Number(trimmed);
    return Math.round(Math.abs(number) >= MS_FROM ? number : number * 1000);
  }
  const instant = parseRfc3339(trimmed.replace(' ', 'T'));
  if (instant) return instant.ms;
  if (!DATE.test(trimmed) && !LOCAL.test(trimmed)) return undefined;
  const local = DATE.test(trimmed) ? `${trimmed}T00:00` : trimmed.replace(' ', 'T');
  // The date is checked on its own, since Date takes February 30th for March 2nd.
  if (!parseRfc3339(`${local.slice(0, 10)}T00:00:00Z`)) return undefined;
  const ms = new Date(local).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

/** In ms; undefined where it is none. Seconds need no unit. */
export function durationMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

const SECOND = 1000;
const NICE_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 20, 30].map((s) => s * SECOND),
  ...[1, 2, 5, 10, 15, 20, 30].map((m) => m * 60 * SECOND),
  ...[1, 2, 3, 6, 12, 24, 48, 168].map((h) => h * 3600 * SECOND),
];

/** A round step with at most `points` of them in the range. */
export function niceStepMs(rangeMs: number, points: number): number {
  const exact = rangeMs / points;
  const week = NICE_STEPS_MS.at(-1)!;
  return NICE_STEPS_MS.find((step) => step >= exact) ?? Math.ceil(exact / week) * week;
}
