/** Parts of a date in UTC, of seconds since the epoch, truncated towards zero as 64-bit integers are. */

const DAY_MS = 86_400_000;
/** The Gregorian calendar repeats itself after 400 years. */
const CYCLE_YEARS = 400;
const CYCLE_SECONDS = 146_097 * 86_400;
/** Further from 1970 than this, `Date` knows no dates; whole cycles are taken off first. */
const DATE_SECONDS_MAX = 8e12;
/** What is no 64-bit integer (NaN, infinities, from 2^63 on) becomes the lowest one, which Go's calendar wraps to 2^63. */
const WRAPPED_SECONDS = 2n ** 63n;

interface Calendar {
  /** Within the range of `Date`. */
  readonly date: Date;
  /** To be added to the date's year. */
  readonly years: number;
}

function calendarOf(seconds: number): Calendar {
  const whole = Math.trunc(seconds);
  if (Math.abs(whole) <= DATE_SECONDS_MAX) return { date: new Date(whole * 1000), years: 0 };
  const exact = Math.abs(whole) < 2 ** 63 ? BigInt(whole) : WRAPPED_SECONDS;
  const cycle = BigInt(CYCLE_SECONDS);
  const rest = ((exact % cycle) + cycle) % cycle;
  return { date: new Date(Number(rest) * 1000), years: Number((exact - rest) / cycle) * CYCLE_YEARS };
}

function part(of: (date: Date) => number): (seconds: number) => number {
  return (seconds) => of(calendarOf(seconds).date);
}

function year(seconds: number): number {
  const { date, years } = calendarOf(seconds);
  return date.getUTCFullYear() + years;
}

function dayOfYear(d: Date): number {
  const midnight = Math.floor(d.getTime() / DAY_MS) * DAY_MS;
  return Math.round((midnight - Date.UTC(d.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

function daysInMonth(d: Date): number {
  return new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate();
}

export const DATE_PARTS: Readonly<Record<string, (seconds: number) => number>> = {
  year,
  month: part((d) => d.getUTCMonth() + 1),
  day_of_month: part((d) => d.getUTCDate()),
  day_of_week: part((d) => d.getUTCDay()),
  day_of_year: part(dayOfYear),
  days_in_month: part(daysInMonth),
  hour: part((d) => d.getUTCHours()),
  minute: part((d) => d.getUTCMinutes()),
};
