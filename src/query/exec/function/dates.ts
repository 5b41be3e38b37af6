/** Parts of a date in UTC, of seconds since the epoch (truncated towards zero); NaN where there is no such date. */

const DAY_MS = 86_400_000;

export const DATE_PARTS: Readonly<Record<string, (seconds: number) => number>> = {
  year: part((d) => d.getUTCFullYear()),
  month: part((d) => d.getUTCMonth() + 1),
  day_of_month: part((d) => d.getUTCDate()),
  day_of_week: part((d) => d.getUTCDay()),
  day_of_year: part((d) => Math.round((startOfDay(d) - Date.UTC(d.getUTCFullYear(), 0, 1)) / DAY_MS) + 1),
  days_in_month: part((d) => new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0)).getUTCDate()),
  hour: part((d) => d.getUTCHours()),
  minute: part((d) => d.getUTCMinutes()),
};

function part(of: (date: Date) => number): (seconds: number) => number {
  return (seconds) => of(new Date(Math.trunc(seconds) * 1000));
}

function startOfDay(d: Date): number {
  return Math.floor(d.getTime() / DAY_MS) * DAY_MS;
}
