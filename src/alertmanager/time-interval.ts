/**
 * Times of day, days and months in which a route is muted or active. An interval has a time where every kind of range that it names
 * has it; of one kind any will do. Times are those of a place: UTC where none is named.
 */

/** Both ends are in it. */
export interface InclusiveRange {
  readonly begin: number;
  readonly end: number;
}

/** Minutes of the day; the end is not in it, and may be 1440. */
export interface MinuteRange {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** A kind that is undefined is not asked for; an empty list has no time. */
export interface TimeInterval {
  readonly times: readonly MinuteRange[] | undefined;
  /** 0 is Sunday. */
  readonly weekdays: readonly InclusiveRange[] | undefined;
  /** 1 to 31; negative ones count from the month's end. */
  readonly daysOfMonth: readonly InclusiveRange[] | undefined;
  readonly months: readonly InclusiveRange[] | undefined;
  readonly years: readonly InclusiveRange[] | undefined;
  /** A name of the zone database, such as `Europe/Berlin`. */
  readonly location: string | undefined;
}

/** A moment as clocks and calendars of a place show it. */
interface LocalTime {
  readonly minute: number;
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
}

/** One for each place: making one is slow. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();
/** Places that are kept; a configuration names few. */
const FORMATS_MAX = 64;

/** Throws `RangeError` where the zone database has no such place. */
export function checkLocation(location: string): void {
  formatOf(location);
}

function formatOf(location: string): Intl.DateTimeFormat {
  const known = FORMATS.get(location);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: location,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  if (FORMATS.size >= FORMATS_MAX) FORMATS.clear();
  FORMATS.set(location, format);
  return format;
}

function localTime(location: string | undefined, ms: number): LocalTime {
  const shown = location === undefined ? new Date(ms) : shiftedTo(location, ms);
  return {
    minute: shown.getUTCHours() * 60 + shown.getUTCMinutes(),
    weekday: shown.getUTCDay(),
    day: shown.getUTCDate(),
    month: shown.getUTCMonth() + 1,
    year: shown.getUTCFullYear(),
  };
}

/** The time whose UTC reads as the place's clocks do. */
function shiftedTo(location: string, ms: number): Date {
  const read: Record<string, number> = {};
  for (const { type, value } of formatOf(location).formatToParts(ms)) read[type] = Number(value);
  return new Date(Date.UTC(read.year!, read.month! - 1, read.day, read.hour, read.minute));
}

function isIn(ranges: readonly InclusiveRange[] | undefined, value: number): boolean {
  return ranges === undefined || ranges.some(({ begin, end }) => begin <= value && value <= end);
}

function isDayIn(ranges: readonly InclusiveRange[] | undefined, { day, month, year }: LocalTime): boolean {
  if (ranges === undefined) return true;
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const ofMonth = (n: number): number => (n < 0 ? days + n + 1 : n);
  // What begins past the month's end has no day of it; what ends there ends with the month.
  return ranges.some(({ begin, end }) => ofMonth(begin) <= day && day <= ofMonth(end));
}

export function containsTime(interval: TimeInterval, ms: number): boolean {
  const time = localTime(interval.location, ms);
  const { times } = interval;
  return (
    (times === undefined ||
      times.some(({ startMinute, endMinute }) => startMinute <= time.minute && time.minute < endMinute)) &&
    isDayIn(interval.daysOfMonth, time) &&
    isIn(interval.months, time.month) &&
    isIn(interval.weekdays, time.weekday) &&
    isIn(interval.years, time.year)
  );
}
