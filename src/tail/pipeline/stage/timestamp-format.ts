/** The formats of `timestamp`: Go's layouts, its named ones, and numbers since 1970. */

import { compileTimeParser, toInstant } from '../../../model/go-time.ts';
import { type Instant, nanosToInstant } from '../../../model/time.ts';

/** Undefined where the text is not in the format. */
export type TimestampReader = (text: string) => Instant | undefined;

const NAMED_LAYOUTS: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
};

const EPOCH_UNITS_NS: Readonly<Record<string, bigint>> = {
  Unix: 1_000_000_000n,
  UnixMs: 1_000_000n,
  UnixUs: 1000n,
  UnixNs: 1n,
};

const INTEGER = /^[+-]?\d{1,30}$/;

/** A 64-bit integer in decimal, else undefined. */
function integer(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Seconds may have a fraction, which counts forward even from a negative number, as it does in the original. */
function unixSeconds(text: string): Instant | undefined {
  const [whole, fraction, more] = text.split('.');
  const seconds = integer(whole!);
  if (seconds === undefined || more !== undefined) return undefined;
  if (fraction === undefined) return nanosToInstant(seconds * 1_000_000_000n);
  const value = integer(fraction);
  if (value === undefined) return undefined;
  const nanos = Math.trunc(Number(value) * 10 ** (9 - fraction.length));
  return nanosToInstant(seconds * 1_000_000_000n + BigInt(nanos));
}

function unixUnits(text: string, unitNs: bigint): Instant | undefined {
  const value = integer(text);
  return value === undefined ? undefined : nanosToInstant(BigInt.asIntN(64, value * unitNs));
}

/** A format that says no year: the year in which the time is nearest to now. */
function withoutYear(layout: string, location: string, now: () => number): TimestampReader {
  const parse = compileTimeParser(layout);
  return (text) => {
    const written = parse(text);
    if (written?.year !== 0) return undefined;
    const today = new Date(now());
    const month = today.getUTCMonth() + 1;
    const year = today.getUTCFullYear();
    const beyond = written.month === 12 && month === 1 ? -1 : written.month === 1 && month === 12 ? 1 : 0;
    return toInstant({ ...written, year: year + beyond }, location);
  };
}

/** `location` counts for layouts alone; named formats without an offset are UTC. */
export function compileTimestampFormat(
  format: string,
  location: string | undefined,
  now: () => number,
): TimestampReader {
  if (format === 'Unix') return unixSeconds;
  const unitNs = EPOCH_UNITS_NS[format];
  if (unitNs !== undefined) return (text) => unixUnits(text, unitNs);
  const named = NAMED_LAYOUTS[format];
  const zone = named === undefined ? (location ?? 'UTC') : 'UTC';
  if (named === undefined && !format.includes('06')) return withoutYear(format, zone, now);
  const parse = compileTimeParser(named ?? format);
  return (text) => {
    const written = parse(text);
    return written && toInstant(written, zone);
  };
}
