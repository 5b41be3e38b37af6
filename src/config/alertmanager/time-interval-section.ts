/** `time_intervals` and `mute_time_intervals` of an `alertmanager.yml`. What is wrong is told in the original's words. */

import type { NamedTimeIntervals } from '../../alertmanager/alertmanager-config.ts';
import {
  checkLocation,
  type InclusiveRange,
  type MinuteRange,
  type TimeInterval,
} from '../../alertmanager/time-interval.ts';
import type { YamlNode } from '../yaml-node.ts';

const KEYS: readonly string[] = ['times', 'weekdays', 'days_of_month', 'months', 'years', 'location'];
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];
const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;
const DAY_MINUTES = 24 * 60;
const DAYS_MAX = 31;
/** Of the shortest month: what is always empty in that one is a mistake. */
const DAYS_MIN = 28;

/** `what` is how the original calls them in errors. */
export function readTimeIntervals(
  node: YamlNode,
  what: 'mute time interval' | 'time interval',
  taken: ReadonlySet<string>,
): NamedTimeIntervals[] {
  const names = new Set(taken);
  return node.list().map((item) => {
    const fields = item.fields(['name', 'time_intervals']);
    const name = fields.read('name', (v) => v.string(), '');
    if (name === '') item.fail(`missing name in ${what}`);
    if (names.has(name)) item.fail(`${what} ${JSON.stringify(name)} is not unique`);
    names.add(name);
    return { name, intervals: fields.read('time_intervals', (v) => v.list().map(readInterval), []) };
  });
}

function readInterval(node: YamlNode): TimeInterval {
  const fields = node.fields(KEYS);
  const ranges = (key: string, read: (text: string) => InclusiveRange) =>
    fields.read(key, (v) => v.list().map((item) => item.parsed(read)), undefined);
  return {
    times: fields.read('times', (v) => v.list().map(readTimes), undefined),
    weekdays: ranges('weekdays', readWeekdays),
    daysOfMonth: ranges('days_of_month', readDays),
    months: ranges('months', readMonths),
    years: ranges('years', readYears),
    location: fields.read('location', readLocation, undefined),
  };
}

function readTimes(node: YamlNode): MinuteRange {
  const fields = node.fields(['start_time', 'end_time']);
  const start = fields.get('start_time');
  const end = fields.get('end_time');
  if (!start || !end) return node.fail('both start and end times must be provided');
  const startMinute = start.parsed(parseTime);
  const endMinute = end.parsed(parseTime);
  if (startMinute >= endMinute) node.fail('start time cannot be equal or greater than end time');
  return { startMinute, endMinute };
}

function parseTime(text: string): number {
  const found = TIME.exec(text);
  if (!found) throw new Error(`couldn't parse timestamp ${text}, invalid format`);
  return found[1] === undefined ? DAY_MINUTES : Number(found[1]) * 60 + Number(found[2]);
}

/** `a:b`, or `a` for both. */
function readRange(text: string, member: (text: string) => number): InclusiveRange {
  const parts = text.toLowerCase().split(':');
  if (parts.length > 2) throw new Error(`couldn't parse range ${text.toLowerCase()}, invalid format`);
  const [begin, end = begin] = parts.map(member);
  return { begin: begin!, end: end! };
}

function readWeekdays(text: string): InclusiveRange {
  const range = readRange(text, (day) => {
    const index = WEEKDAYS.indexOf(day);
    if (index < 0) throw new Error(`${day} is not a valid weekday`);
    return index;
  });
  if (range.begin > range.end) throw new Error('start day cannot be before end day');
  return range;
}

function readDays(text: string): InclusiveRange {
  const range = readRange(text, parseInteger);
  const { begin, end } = range;
  for (const day of [begin, end]) {
    if (day === 0 || Math.abs(day) > DAYS_MAX) {
      throw new Error(`${day} is not a valid day of the month: out of range`);
    }
  }
  if (begin < 0 && end > 0) throw new Error('end day must be negative if start day is negative');
  const inShortest = (day: number): number => (day < 0 ? DAYS_MIN + day : day);
  if (inShortest(begin) > inShortest(end)) {
    throw new Error(`end day ${end} is always before start day ${begin}`);
  }
  return range;
}

/** By name or number. */
function readMonths(text: string): InclusiveRange {
  const range = readRange(text, (month) => {
    const index = MONTHS.indexOf(month);
    if (index >= 0) return index + 1;
    if (!INTEGER.test(month)) throw new Error(`${month} is not a valid month`);
    return Number(month);
  });
  if (range.begin > range.end) {
    const [begin, end] = [MONTHS[range.begin - 1] ?? '', MONTHS[range.end - 1] ?? ''];
    throw new Error(`end month ${end} is before start month ${begin}`);
  }
  return range;
}

function readYears(text: string): InclusiveRange {
  const range = readRange(text, parseInteger);
  if (range.begin > range.end) throw new Error(`end year ${range.end} is before start year ${range.begin}`);
  return range;
}

const INTEGER = /^[+-]?\d{1,15}$/;

function parseInteger(text: string): number {
  if (INTEGER.test(text)) return Number(text);
  throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** The zone database is that of Node. */
function readLocation(node: YamlNode): string {
  const name = node.string() === '' ? 'UTC' : node.string();
  if (name === 'Local') return Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    checkLocation(name);
    return name;
  } catch {
    return node.fail(`unknown time zone ${name}`);
  }
}
