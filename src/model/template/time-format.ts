/** Go's time layouts (`2006-01-02 15:04:05`), formatting and reading, and the methods templates call on times. */

import { formatGoDuration } from '../duration.ts';
import { compileTimeParser, toInstant } from '../go-time.ts';
import { zoneOffsetMs } from '../time-zone.ts';
import {
  type DurationValue,
  isDuration,
  isTime,
  TemplateError,
  type TimeValue,
  type Value,
} from './value.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const ELEMENT =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-07:00|-0700|-07|Z07:00|Z0700|Z07|15|01|02|03|04|05|06|002|__2|_2|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g;

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  readonly offsetMinutes: number;
  readonly abbreviation: string;
}

/** Go's zero time, the first of January of the year 1. */
export const ZERO_TIME: TimeValue = { kind: 'time', ms: -62135596800000, ns: 0, zone: 'UTC' };

/** The zone, or UTC where nobody knows it; the server's own is UTC too. */
export function knownZone(zone: string): string {
  try {
    zoneOffset(zone, 0);
    return zone;
  } catch {
    return 'UTC';
  }
}

/** Offset from UTC of a zone at a time, in minutes. Throws where the zone is unknown. */
function zoneOffset(zone: string, ms: number): number {
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3]));
  const offset = zoneOffsetMs(zone, ms);
  if (offset === undefined) throw new TemplateError(`unknown time zone ${zone}`);
  return Math.trunc(offset / 60e3);
}

function fieldsOf(time: TimeValue): Fields {
  const offsetMinutes = zoneOffset(time.zone, time.ms);
  const d = new Date(time.ms + offsetMinutes * 60e3);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth(),
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    weekday: d.getUTCDay(),
    offsetMinutes,
    abbreviation: offsetMinutes === 0 ? 'UTC' : offsetText(offsetMinutes, '', false),
  };
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function offsetText(minutes: number, colon: string, zulu: boolean): string {
  if (zulu && minutes === 0) return 'Z';
  const abs = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}${colon}${two(abs % 60)}`;
}

export function formatTime(layout: string, time: TimeValue): string {
  const f = fieldsOf(time);
  const fraction = String((((time.ms % 1000) + 1000) % 1000) * 1e6 + time.ns).padStart(9, '0');
  const start = Date.UTC(f.year, 0, 1);
  const yearDay = Math.floor((Date.UTC(f.year, f.month, f.day) - start) / 86400e3) + 1;
  return layout.replace(ELEMENT, (e) => element(e, f, fraction, yearDay));
}

function element(e: string, f: Fields, fraction: string, yearDay: number): string {
  switch (e) {
    case 'January':
      return MONTHS[f.month]!;
    case 'Jan':
      return MONTHS[f.month]!.slice(0, 3);
    case 'Monday':
      return DAYS[f.weekday]!;
    case 'Mon':
      return DAYS[f.weekday]!.slice(0, 3);
    case 'MST':
      return f.abbreviation;
    case '2006':
      return String(f.year).padStart(4, '0');
    case '06':
      return two(f.year % 100);
    case '01':
      return two(f.month + 1);
    case '1':
      return String(f.month + 1);
    case '02':
      return two(f.day);
    case '_2':
      return String(f.day).padStart(2);
    case '2':
      return String(f.day);
    case '002':
      return String(yearDay).padStart(3, '0');
    case '__2':
      return String(yearDay).padStart(3);
    case '15':
      return two(f.hour);
    case '03':
      return two(f.hour % 12 || 12);
    case '3':
      return String(f.hour % 12 || 12);
    case '04':
      return two(f.minute);
    case '4':
      return String(f.minute);
    case '05':
      return two(f.second);
    case '5':
      return String(f.second);
    case 'PM':
      return f.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return f.hour >= 12 ? 'pm' : 'am';
    case '-0700':
    case 'Z0700':
      return offsetText(f.offsetMinutes, '', e.startsWith('Z'));
    case '-07:00':
    case 'Z07:00':
      return offsetText(f.offsetMinutes, ':', e.startsWith('Z'));
    case '-07':
    case 'Z07':
      return offsetText(f.offsetMinutes, '', e.startsWith('Z')).slice(0, 3);
    default:
      break;
  }
  if (e[1] === '0') return e[0] + fraction.slice(0, e.length - 1);
  if (e[1] === '9') {
    const digits = fraction.slice(0, e.length - 1).replace(/0+$/, '');
    return digits === '' ? '' : e[0] + digits;
  }
  return e;
}

/** Undefined where the text does not have the layout or names no time. Throws where the zone is unknown. */
export function parseTime(layout: string, text: string, zone: string): TimeValue | undefined {
  const written = compileTimeParser(layout)(text);
  if (!written) return undefined;
  const instant = toInstant(written, zone);
  if (!instant) throw new TemplateError(`unknown time zone ${zone}`);
  const { offsetSeconds } = written;
  const own = offsetSeconds === undefined ? zone : fixedZone(Math.trunc(offsetSeconds / 60));
  return { kind: 'time', ms: instant.ms, ns: instant.ns, zone: own };
}

function fixedZone(offsetMinutes: number): string {
  return offsetMinutes === 0 ? 'UTC' : offsetText(offsetMinutes, ':', false);
}

/** What lies too far away for 64 bits wraps around. */
export function unixNanos(time: TimeValue): bigint {
  return BigInt.asIntN(64, BigInt(time.ms) * 1000000n + BigInt(time.ns));
}

/** A method call on a time, as `.UTC.Year` or `.Format "15:04"`. */
export function timeMethod(time: TimeValue, name: string, args: readonly Value[]): Value {
  const f = fieldsOf(time);
  switch (name) {
    case 'UTC':
      return { ...time, zone: 'UTC' };
    case 'Local':
      return time;
    case 'IsZero':
      return time.ms === ZERO_TIME.ms && time.ns === 0;
    case 'Year':
      return BigInt(f.year);
    case 'Month':
      return MONTHS[f.month]!;
    case 'Day':
      return BigInt(f.day);
    case 'Hour':
      return BigInt(f.hour);
    case 'Minute':
      return BigInt(f.minute);
    case 'Second':
      return BigInt(f.second);
    case 'Nanosecond':
      return BigInt((((time.ms % 1000) + 1000) % 1000) * 1e6 + time.ns);
    case 'Weekday':
      return DAYS[f.weekday]!;
    case 'YearDay':
      return BigInt(formatTime('002', time));
    case 'Unix':
      return BigInt(Math.floor(time.ms / 1000));
    case 'UnixMilli':
      return BigInt(time.ms);
    case 'UnixMicro':
      return unixNanos(time) / 1000n;
    case 'UnixNano':
      return unixNanos(time);
    case 'String':
      return formatTime('2006-01-02 15:04:05.999999999 -0700 MST', time);
    case 'Format': {
      const layout = args[0];
      if (typeof layout !== 'string') throw new TemplateError('wrong type for value; expected string');
      return formatTime(layout, time);
    }
    case 'Before':
    case 'After':
    case 'Equal': {
      const order = unixNanos(time) - unixNanos(timeArgument(args[0]));
      return name === 'Equal' ? order === 0n : name === 'Before' ? order < 0n : order > 0n;
    }
    case 'Sub':
      return { kind: 'duration', ns: Number(unixNanos(time) - unixNanos(timeArgument(args[0]))) };
    case 'Add':
      return plusNanos(time, durationArgument(args[0]));
    case 'AddDate':
      return plusDate(time, args.map(wholeArgument));
    case 'Truncate':
      return truncated(time, durationArgument(args[0]));
    default:
      throw new TemplateError(`can't evaluate field ${name} in type time.Time`);
  }
}

function timeArgument(value: Value | undefined): TimeValue {
  if (value !== undefined && isTime(value)) return value;
  throw new TemplateError('wrong type for value; expected time.Time');
}

/** In nanoseconds; an integer constant is one too. */
function durationArgument(value: Value | undefined): number {
  if (value !== undefined && isDuration(value)) return value.ns;
  if (typeof value === 'bigint') return Number(value);
  throw new TemplateError('wrong type for value; expected time.Duration');
}

function wholeArgument(value: Value): number {
  if (typeof value === 'bigint') return Number(value);
  throw new TemplateError('wrong type for value; expected int');
}

function plusNanos(time: TimeValue, nanos: number): TimeValue {
  const ns = time.ns + nanos;
  const ms = Math.floor(ns / 1e6);
  return { ...time, ms: time.ms + ms, ns: ns - ms * 1e6 };
}

/** By the calendar of the time's zone. */
function plusDate(time: TimeValue, [years = 0, months = 0, days = 0]: readonly number[]): TimeValue {
  const { year, month, day, hour, minute, second, offsetMinutes } = fieldsOf(time);
  const millis = ((time.ms % 1000) + 1000) % 1000;
  const local = Date.UTC(year + years, month + months, day + days, hour, minute, second, millis);
  return { ...time, ms: local - offsetMinutes * 60e3 };
}

/** Down to a multiple since Go's zero time. */
function truncated(time: TimeValue, nanos: number): TimeValue {
  if (nanos <= 0) return time;
  const sinceZero = (BigInt(time.ms) - BigInt(ZERO_TIME.ms)) * 1000000n + BigInt(time.ns);
  return plusNanos(time, -Number(sinceZero % BigInt(Math.trunc(nanos))));
}

/** A method call on a duration, as `.Hours`. */
export function durationMethod({ ns }: DurationValue, name: string): Value {
  switch (name) {
    case 'Hours':
      return ns / 3600e9;
    case 'Minutes':
      return ns / 60e9;
    case 'Seconds':
      return ns / 1e9;
    case 'Milliseconds':
      return BigInt(Math.trunc(ns / 1e6));
    case 'Microseconds':
      return BigInt(Math.trunc(ns / 1e3));
    case 'Nanoseconds':
      return BigInt(ns);
    case 'String':
      return formatGoDuration(ns);
    default:
      throw new TemplateError(`can't evaluate field ${name} in type time.Duration`);
  }
}
