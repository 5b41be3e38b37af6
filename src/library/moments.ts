/** Moments and durations as tests write them, into numbers. */

import { parseDuration } from '../model/duration.ts';
import { parseRfc3339 } from '../model/time.ts';
import type { Duration, Moment } from './sink.ts';

const NS_PER_MS = 1_000_000n;

/** Milliseconds since the epoch. Throws `TypeError`. */
export function momentMs(moment: Moment): number {
  if (typeof moment === 'number' && Number.isFinite(moment)) return moment;
  if (typeof moment === 'string') {
    const instant = parseRfc3339(moment);
    if (instant) return instant.ms;
  } else if (typeof moment === 'object') {
    // A date of another realm is no instance of ours.
    const ms = Number(moment);
    if (Number.isFinite(ms)) return ms;
  }
  throw new TypeError(
    `${JSON.stringify(moment)} is no moment: milliseconds, a Date, or text as 2026-01-01T00:00:00Z`,
  );
}

/** Nanoseconds since the epoch. Throws `TypeError`. */
export function momentNs(moment: Moment | bigint): bigint {
  if (typeof moment === 'bigint') return moment;
  const ms = momentMs(moment);
  const whole = Math.floor(ms);
  return BigInt(whole) * NS_PER_MS + BigInt(Math.round((ms - whole) * 1e6));
}

/** Milliseconds, none below 0. Throws `TypeError`. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number' && duration >= 0) return duration;
  if (typeof duration === 'string') {
    try {
      return parseDuration(duration);
    } catch {
      // Told below, with what was expected.
    }
  }
  throw new TypeError(
    `${JSON.stringify(duration)} is no duration: milliseconds, or text as 500ms, 5m, 1h30m`,
  );
}

/** Whole nanoseconds. */
export function durationNs(duration: Duration): bigint {
  return BigInt(Math.round(durationMs(duration) * 1e6));
}
