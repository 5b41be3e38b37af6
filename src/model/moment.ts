/** A moment as people give it: `now`, `-1h` or `now-1h`, seconds or milliseconds since the epoch, or RFC 3339. */

import { parseDuration } from './duration.ts';
import { TriliteError } from './errors.ts';

const RELATIVE = /^(?:now)?-(.+)$/;
/** Numbers from here on are milliseconds: as seconds they were beyond the year 5000. */
const MILLISECONDS_FROM = 1e11;

/** In ms. Throws `TriliteError`; `name` says in it whose value it is. */
export function parseMoment(text: string, nowMs: number, name: string): number {
  const given = text.trim();
  if (given === 'now') return nowMs;
  try {
    const relative = RELATIVE.exec(given);
    if (relative) return nowMs - parseDuration(relative[1]!);
  } catch {
    // Told below.
  }
  if (/^\d+(\.\d+)?$/.test(given)) {
    const number = Number(given);
    return Math.round(number < MILLISECONDS_FROM ? number * 1000 : number);
  }
  const ms = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  if (Number.isNaN(ms))
    throw new TriliteError(
      'bad_data',
      `${name}: ${JSON.stringify(text)} is no time such as now, -1h, 2026-01-31T12:00:00Z or 1769860800`,
    );
  return ms;
}

/** Throws `TriliteError` where the window ends before it begins. */
export function parseWindow(from: string, to: string, nowMs: number): { startMs: number; endMs: number } {
  const startMs = parseMoment(from, nowMs, 'from');
  const endMs = parseMoment(to, nowMs, 'to');
  if (endMs < startMs)
    throw new TriliteError('bad_data', `the window ends (${to}) before it begins (${from})`);
  return { startMs, endMs };
}
