/**
 * Reading times in Go's layouts (`time.Parse`), to the letter: names in any case, spaces by the run, one digit where two
 * are usual, a fraction of the second that the layout does not have. A parser is made once per layout; it gives the
 * parts of the time as they stand, and `toInstant` the time itself.
 */

import { TimeCursor } from './go-time-cursor.ts';
import { type LayoutElement, type OffsetForm, readLayout } from './go-time-layout.ts';
import type { Instant } from './time.ts';
import { hasAbbreviation, wallToUtcMs } from './time-zone.ts';

/** A time as it was written. */
export interface WrittenTime {
  /** 0 where there is none. */
  year: number;
  /** From 1. */
  month: number;
  day: number;
  /** Of the year, in place of month and day; 0 where there is none. */
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanos: number;
  half: 'am' | 'pm' | undefined;
  /** Seconds east of UTC, where it was written. */
  offsetSeconds: number | undefined;
  /** `CEST`, where it was written. */
  zoneName: string | undefined;
}

/** Undefined where the text does not have the layout, or names no time. */
export type TimeParser = (text: string) => WrittenTime | undefined;

const MONTHS = 'January February March April May June July August September October November December';
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday';
const LONG_MONTHS = MONTHS.toLowerCase().split(' ');
const LONG_DAYS = DAYS.toLowerCase().split(' ');
const SHORT_MONTHS = LONG_MONTHS.map((name) => name.slice(0, 3));
const SHORT_DAYS = LONG_DAYS.map((name) => name.slice(0, 3));

/** Widths of the digit groups and whether colons part them. */
const OFFSET_FORMS: Readonly<Record<OffsetForm, RegExp>> = {
  '07': /^([+-])(\d\d)/,
  '0700': /^([+-])(\d\d)(\d\d)/,
  '07:00': /^([+-])(\d\d):(\d\d)/,
  '070000': /^([+-])(\d\d)(\d\d)(\d\d)/,
  '07:00:00': /^([+-])(\d\d):(\d\d):(\d\d)/,
};

function readOffset(cursor: TimeCursor, form: OffsetForm, zulu: boolean): number {
  if (zulu && cursor.text[cursor.at] === 'Z') {
    cursor.at++;
    return 0;
  }
  const found = OFFSET_FORMS[form].exec(cursor.rest);
  if (!found) return cursor.fail();
  const [all, sign, hours, minutes = '0', seconds = '0'] = found;
  if (Number(hours) > 24 || Number(minutes) > 60 || Number(seconds) > 60) return cursor.fail();
  cursor.at += all.length;
  const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

/** What looks like a zone's abbreviation: three to five capitals, `GMT-3`, `+03`. */
const ZONE_NAME =
  /^(?:UTC|ChST|MeST|(?:GMT)?[+-]0*(?:2[0-3]|1?\d)(?!\d)|GMT|[A-Z]{4}T(?![A-Z])|(?:[A-Z]{3}T|WITA)(?![A-Z])|[A-Z]{3}(?![A-Z]))/;

function readField(kind: LayoutElement['kind'], cursor: TimeCursor, time: WrittenTime): void {
  switch (kind) {
    case '2006':
      time.year = cursor.digits(4);
      break;
    case '06': {
      const short = cursor.digits(2);
      time.year = short + (short >= 69 ? 1900 : 2000);
      break;
    }
    case 'January':
    case 'Jan':
      time.month = cursor.name(kind === 'Jan' ? SHORT_MONTHS : LONG_MONTHS) + 1;
      break;
    case '01':
    case '1':
      time.month = cursor.number(kind === '01', 1, 12);
      break;
    case 'Monday':
    case 'Mon':
      cursor.name(kind === 'Mon' ? SHORT_DAYS : LONG_DAYS);
      break;
    case '_2':
    case '02':
    case '2':
      if (kind === '_2') cursor.space();
      time.day = cursor.number(kind === '02', 1, 31);
      break;
    case '002':
      time.yearDay = cursor.digits(3, 1, 366);
      break;
    case '__2':
      cursor.space();
      cursor.space();
      time.yearDay = cursor.digits(/^\d{1,3}/.exec(cursor.rest)?.[0].length ?? 1, 1, 366);
      break;
    case '15':
      time.hour = cursor.number(false, 0, 23);
      break;
    case '03':
    case '3':
      time.hour = cursor.number(kind === '03', 0, 12);
      break;
    case '04':
    case '4':
      time.minute = cursor.number(kind === '04', 0, 59);
      break;
    case '05':
    case '5':
      time.second = cursor.number(kind === '05', 0, 59);
      break;
    case 'PM':
    case 'pm': {
      const half = cursor.text.slice(cursor.at, (cursor.at += 2));
      const lower = kind === 'pm' ? half : half.toLowerCase();
      if ((lower !== 'am' && lower !== 'pm') || (kind === 'PM' && half !== half.toUpperCase())) cursor.fail();
      time.half = lower === 'pm' ? 'pm' : 'am';
      break;
    }
    case 'MST': {
      const name = ZONE_NAME.exec(cursor.rest)?.[0];
      if (name === undefined) cursor.fail();
      else if (name === 'UTC') time.offsetSeconds = 0;
      else time.zoneName = name;
      cursor.at += name?.length ?? 0;
      break;
    }
    default:
      break;
  }
}

/** The second, where the layout has no fraction of it, may have one all the same. */
function readElement(
  element: LayoutElement,
  next: LayoutElement | undefined,
  cursor: TimeCursor,
  time: WrittenTime,
): void {
  switch (element.kind) {
    case 'text':
      cursor.literal(element.text);
      return;
    case 'offset':
      time.offsetSeconds = readOffset(cursor, element.form, element.zulu);
      return;
    case 'fraction': {
      const there = cursor.fractionDigits;
      if (element.exact) time.nanos = cursor.fraction(element.digits);
      else if (there > 0) time.nanos = cursor.fraction(there);
      return;
    }
    default:
      readField(element.kind, cursor, time);
  }
  if ((element.kind === '05' || element.kind === '5') && next?.kind !== 'fraction') {
    const there = cursor.fractionDigits;
    if (there > 0 && !cursor.failed) time.nanos = cursor.fraction(there);
  }
}

/** Compiles a layout. Any text is one: what is no element must stand in the time as it does in the layout. */
export function compileTimeParser(layout: string): TimeParser {
  const elements = readLayout(layout);
  return (text) => {
    const cursor = new TimeCursor(text);
    const time: WrittenTime = {
      ...{ year: 0, month: 1, day: 1, yearDay: 0, hour: 0, minute: 0, second: 0, nanos: 0 },
      ...{ half: undefined, offsetSeconds: undefined, zoneName: undefined },
    };
    for (let i = 0; i < elements.length; i++) {
      readElement(elements[i]!, elements[i + 1], cursor, time);
      if (cursor.failed) return undefined;
    }
    if (cursor.at < text.length) return undefined;
    if (time.half === 'pm' && time.hour < 12) time.hour += 12;
    else if (time.half === 'am' && time.hour === 12) time.hour = 0;
    return isDate(time) ? time : undefined;
  };
}

function isDate({ year, month, day, yearDay }: WrittenTime): boolean {
  const date = new Date(0);
  if (yearDay > 0) {
    date.setUTCFullYear(year, 0, yearDay);
    return date.getUTCFullYear() === year;
  }
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1;
}

/**
 * The time; `location` is the zone where the text names none. An abbreviation counts where it is the location's own,
 * anywhere else such a time is UTC, as it is in Go. Undefined where there is no such location.
 */
export function toInstant(time: WrittenTime, location: string): Instant | undefined {
  const date = new Date(0);
  date.setUTCFullYear(time.year, time.yearDay > 0 ? 0 : time.month - 1, time.yearDay || time.day);
  const wallMs =
    date.getTime() +
    ((time.hour * 60 + time.minute) * 60 + time.second) * 1000 +
    Math.floor(time.nanos / 1e6);
  const ns = time.nanos % 1e6;
  if (time.offsetSeconds !== undefined) return { ms: wallMs - time.offsetSeconds * 1000, ns };
  const ms = wallToUtcMs(location, wallMs);
  if (ms === undefined) return undefined;
  const elsewhere = time.zoneName !== undefined && !hasAbbreviation(location, time.zoneName, ms);
  return { ms: elsewhere ? wallMs : ms, ns };
}
