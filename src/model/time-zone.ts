/**
 * Time zones by their IANA names, as the runtime's own tables have them. Offsets are asked for per quarter of an hour
 * and kept, because a log file asks for the same one again and again, and asking is slow.
 */

const QUARTER_HOUR_MS = 900_000;
/** Zones that are remembered; one configuration names few. */
const ZONES_MAX = 64;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  quarter: number;
  offsetMs: number;
}

const zones = new Map<string, Zone>();

function zoneOf(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  if (zones.size >= ZONES_MAX) zones.clear();
  const zone: Zone = { format, quarter: Number.NaN, offsetMs: 0 };
  zones.set(name, zone);
  return zone;
}

/** Offset from UTC in milliseconds at a time; undefined where there is no zone of that name. `''` and `UTC` are UTC. */
export function zoneOffsetMs(name: string, timeMs: number): number | undefined {
  if (name === 'UTC' || name === '') return 0;
  const zone = zoneOf(name);
  if (!zone) return undefined;
  const quarter = Math.floor(timeMs / QUARTER_HOUR_MS);
  if (zone.quarter !== quarter) {
    const text = zone.format.formatToParts(timeMs).find((part) => part.type === 'timeZoneName')!.value;
    const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text) ?? [];
    const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds);
    zone.quarter = quarter;
    zone.offsetMs = (sign === '-' ? -size : size) * 1000;
  }
  return zone.offsetMs;
}

/**
 * The time at which clocks in a zone show `wallMs` (as if it were UTC). Where clocks skip it or show it twice, what
 * Go's `time.Date` takes. Undefined where there is no such zone.
 */
export function wallToUtcMs(name: string, wallMs: number): number | undefined {
  const first = zoneOffsetMs(name, wallMs);
  return first === undefined ? undefined : wallMs - zoneOffsetMs(name, wallMs - first)!;
}

/** English has abbreviations for the zones near its speakers alone, so several Englishes are asked. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN'];

/** Whether people in the zone call its time so (`EST`, `CEST`) around that time. */
export function hasAbbreviation(name: string, abbreviation: string, timeMs: number): boolean {
  return LOCALES.some((locale) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' });
    return format.formatToParts(timeMs).some((p) => p.type === 'timeZoneName' && p.value === abbreviation);
  });
}
