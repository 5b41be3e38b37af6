/**
 * The range of time that a view shows, as two texts: `now`, `now-1h`, milliseconds since the epoch, or a date. Ranges that
 * speak of `now` move with the clock.
 */

import { parseDuration } from '../../model/duration.ts';

export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

export interface Bounds {
  readonly startMs: number;
  readonly endMs: number;
}

export const DEFAULT_RANGE: TimeRange = { from: 'now-1h', to: 'now' };

/** What the picker offers. */
export const QUICK_RANGES: readonly string[] = [
  '5m',
  '15m',
  '30m',
  '1h',
  '3h',
  '6h',
  '12h',
  '1d',
  '2d',
  '7d',
  '30d',
];

const RELATIVE = /^now(?:-(.+))?$/;
/** Fewer digits are seconds: those of milliseconds begin in 2001. */
const MILLISECONDS_MIN_DIGITS = 12;

/** The moment that a text means, in milliseconds. Throws with words for whoever typed it. */
export function parseMoment(text: string, nowMs: number): number {
  const given = text.trim();
  const relative = RELATIVE.exec(given);
  if (relative) return relative[1] === undefined ? nowMs : nowMs - parseDuration(relative[1]);
  if (/^\d+(\.\d+)?$/.test(given)) {
    const number = Number(given);
    return given.split('.')[0]!.length < MILLISECONDS_MIN_DIGITS ? number * 1000 : number;
  }
  const date = Date.parse(given);
  if (Number.isNaN(date))
    throw new Error(`${JSON.stringify(text)} is no time: now-1h, 2026-01-31 12:00 or milliseconds`);
  return date;
}

/** Throws where a text is no time, or the range ends before it begins. */
export function boundsOf(range: TimeRange, nowMs: number): Bounds {
  const startMs = parseMoment(range.from, nowMs);
  const endMs = parseMoment(range.to, nowMs);
  if (endMs <= startMs) throw new Error('the range ends before it begins');
  return { startMs, endMs };
}

/** For the button of the picker: `last 1h`, or both ends. */
export function describeRange({ from, to }: TimeRange): string {
  const relative = RELATIVE.exec(from);
  if (to === 'now' && relative?.[1]) return `Last ${relative[1]}`;
  return `${describeMoment(from)} – ${describeMoment(to)}`;
}

function describeMoment(text: string): string {
  return /^\d+$/.test(text) ? new Date(parseMoment(text, 0)).toLocaleString() : text;
}

/** Widths of steps that people read well, in milliseconds. */
const STEPS_MS: readonly number[] = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
  7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
];

/** The smallest of the round widths that makes at most `points` steps of the range. */
export function stepFor({ startMs, endMs }: Bounds, points: number): number {
  const least = (endMs - startMs) / points;
  return STEPS_MS.find((step) => step >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
}

/** What leads to something is mostly not long before it. */
const BEFORE_MS = 15 * 60_000;
const LONGEST_MS = 6 * 3_600_000;

/** The time in which the cause of what began then is looked for: from a little before it until now, but no longer than is legible. */
export function boundsSince(sinceMs: number, nowMs: number): Bounds {
  const startMs = Math.max(sinceMs - BEFORE_MS, nowMs - LONGEST_MS);
  return { startMs: Math.min(startMs, nowMs - 1), endMs: nowMs };
}
