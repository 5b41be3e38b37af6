/**
 * Times as the APIs take them. Prometheus: seconds as a decimal number, or RFC 3339; engine time is integer
 * milliseconds. Loki and Tempo also take nanoseconds, which do not fit a double, so an `Instant` carries the rest
 * beside the milliseconds.
 */

/** Bounds of "all time": what stays exact, and leaves room to add a lookback. */
export const TIME_MIN_MS = -8_640_000_000_000_000;
export const TIME_MAX_MS = 8_640_000_000_000_000;

/** A point in time to the nanosecond. */
export interface Instant {
  /** Whole milliseconds, rounded down. */
  readonly ms: number;
  /** Nanoseconds beyond `ms`, 0…999,999. */
  readonly ns: number;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** Seconds or RFC 3339 to milliseconds, rounded to the nearest; undefined where the text is neither. */
export function parseTimeMs(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const seconds = Number(text);
    const whole = Math.trunc(seconds);
    const ms = whole * 1000 + Math.round((seconds - whole) * 1000);
    return ms >= TIME_MIN_MS && ms <= TIME_MAX_MS ? ms : undefined;
  }
  const instant = parseRfc3339(text);
  return instant && instant.ms + (instant.ns >= 500_000 ? 1 : 0);
}

/** RFC 3339 with up to nine digits of fraction; undefined where the text is no valid date and time. */
export function parseRfc3339(text: string): Instant | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, date, time, fraction = '', zone] = match;
  const base = Date.parse(`${date}T${time}${zone!.toUpperCase()}`);
  // Date.parse takes 2026-02-30 for March 2nd.
  if (Number.isNaN(base) || !sameDay(date!, Date.parse(`${date}T00:00:00Z`))) return undefined;
  const nanos = Number(fraction.slice(0, 9).padEnd(9, '0'));
  return { ms: base + Math.floor(nanos / 1e6), ns: nanos % 1e6 };
}

function sameDay(date: string, dayMs: number): boolean {
  return new Date(dayMs).toISOString().startsWith(date);
}

/**
 * A time as Loki takes it: RFC 3339, seconds (an integer of at most ten digits, or with a fraction), or
 * nanoseconds. Undefined where the text is none of these.
 */
export function parseInstant(text: string): Instant | undefined {
  if (/^[+-]?\d+$/.test(text)) {
    if (text.length <= 10) return { ms: Number(text) * 1000, ns: 0 };
    return nanosToInstant(BigInt(text));
  }
  if (/^[+-]?\d*\.\d*$/.test(text) && /\d/.test(text)) {
    const [whole, fraction = ''] = text.split('.');
    const negative = whole!.startsWith('-');
    const nanos =
      BigInt(whole!.replace(/^[+-]/, '') || '0') * 1_000_000_000n +
      BigInt(fraction.slice(0, 9).padEnd(9, '0'));
    return nanosToInstant(negative ? -nanos : nanos);
  }
  if (DECIMAL.test(text)) {
    const ms = parseTimeMs(text);
    return ms === undefined ? undefined : { ms, ns: 0 };
  }
  return parseRfc3339(text);
}

/** Splits nanoseconds since the epoch; undefined outside of what a date can be. */
export function nanosToInstant(nanos: bigint): Instant | undefined {
  let ms = nanos / 1_000_000n;
  let ns = nanos % 1_000_000n;
  if (ns < 0n) {
    ns += 1_000_000n;
    ms -= 1n;
  }
  if (ms < BigInt(TIME_MIN_MS) || ms > BigInt(TIME_MAX_MS)) return undefined;
  return { ms: Number(ms), ns: Number(ns) };
}

export function instantToNanos(instant: Instant): bigint {
  return BigInt(instant.ms) * 1_000_000n + BigInt(instant.ns);
}

/** `2026-01-01T12:00:00Z`, `…:00.25Z`: as many digits of fraction as needed. */
export function formatRfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
