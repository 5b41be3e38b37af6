/** The functions of notifications' templates: text/template's own and the original's. Its `date` and `title` are not sprig's. */

import { compileSearch } from '../../model/regex.ts';
import { type FunctionTable, fn, str } from '../../model/template/arguments.ts';
import { functionNames } from '../../model/template/functions.ts';
import { COMPARE_FUNCTIONS } from '../../model/template/functions-builtin.ts';
import { regexReplace } from '../../model/template/functions-text.ts';
import { float, humanizeDuration } from '../../model/template/humanize.ts';
import type { TemplateFunction } from '../../model/template/template-function.ts';
import { formatTime, parseTime, unixNanos, ZERO_TIME } from '../../model/template/time-format.ts';
import {
  ArgumentError,
  isList,
  isTime,
  TemplateError,
  type TimeValue,
  typeName,
  type Value,
} from '../../model/template/value.ts';
import { zoneOffsetMs } from '../../model/time-zone.ts';
import { valueJson } from './go-json.ts';
import { stringList } from './template-data.ts';

/** What functions are given beside their arguments. */
export interface NotificationContext {
  /** When the template runs. */
  readonly nowMs: number;
  /** A label of the route, rendered; '' where there is none of that name. Throws `TemplateError`. */
  routeLabel(name: string): string;
}

/** More arguments than a template will pass on. */
const MANY = 100;

/** Words as Unicode breaks them: some punctuation joins what stands around it. */
const WORD = /[\p{L}\p{M}\p{N}_]+(?:['’.·‧:][\p{L}\p{M}\p{N}_]+)*/gu;

/** One character at a time, as Go does: what would become two stays. */
function mapRunes(text: string, map: (rune: string) => string): string {
  let out = '';
  for (const rune of text) {
    const mapped = map(rune);
    out += [...mapped].length === 1 ? mapped : rune;
  }
  return out;
}

function title(text: string): string {
  return text.replace(WORD, (word) => {
    const at = word.search(/\p{L}/u);
    if (at < 0) return word;
    const first = String.fromCodePoint(word.codePointAt(at)!);
    const rest = word.slice(at + first.length).toLowerCase();
    const [upper, ...more] = first.toUpperCase();
    return word.slice(0, at) + upper + more.join('').toLowerCase() + rest;
  });
}

function time(value: Value | undefined): TimeValue {
  if (value !== undefined && isTime(value)) return value;
  throw new ArgumentError(`wrong type for value; expected time.Time; got ${typeName(value ?? null)}`);
}

function list(value: Value | undefined): readonly Value[] {
  if (value !== undefined && isList(value)) return value;
  throw new ArgumentError(`wrong type for value; expected []interface {}; got ${typeName(value ?? null)}`);
}

function inZone(name: string, at: TimeValue): TimeValue {
  const zone = name === '' || name === 'Local' ? 'UTC' : name;
  if (zone !== 'UTC' && zoneOffsetMs(zone, at.ms) === undefined) {
    throw new TemplateError(`unknown time zone ${name}`);
  }
  return { ...at, zone };
}

function mustDate(layout: string, text: string): TimeValue {
  const parsed = parseTime(layout, text, 'UTC');
  if (parsed) return parsed;
  const [value, form] = [text, layout].map((part) => JSON.stringify(part));
  throw new TemplateError(`parsing time ${value} as ${form}: cannot parse ${value} as ${form}`);
}

function urlUnescape(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/u.exec(text);
  if (bad) throw new TemplateError(`invalid URL escape ${JSON.stringify(bad[0])}`);
  const latin = Buffer.from(text.replaceAll('+', ' ')).toString('latin1');
  const bytes = latin.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

/** URL-safe, as it stands in links. */
function encodeBase64(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function decodeBase64(text: string): string {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9_-]*={0,2}$/.test(text)) {
    const at = /[^A-Za-z0-9_-]/.exec(text)?.index ?? text.length;
    throw new TemplateError(`illegal base64 data at input byte ${at}`);
  }
  return Buffer.from(text, 'base64url').toString();
}

function dict(values: readonly Value[]): Value {
  if (values.length % 2 !== 0) throw new TemplateError('dict requires an even number of arguments');
  const out = new Map<string, Value>();
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i];
    if (typeof key !== 'string') throw new TemplateError('dict keys must be strings');
    out.set(key, values[i + 1]!);
  }
  return out;
}

const OWN: FunctionTable<NotificationContext> = {
  toUpper: fn(1, ([s]) => mapRunes(str(s), (c) => c.toUpperCase())),
  toLower: fn(1, ([s]) => mapRunes(str(s), (c) => c.toLowerCase())),
  title: fn(1, ([s]) => title(str(s))),
  trimSpace: fn(1, ([s]) => str(s).replace(/^[\s\u0085]+|[\s\u0085]+$/g, '')),
  join: fn(2, ([separator, items]) => stringList(items).join(str(separator))),
  match: fn(2, ([pattern, text]) => compileSearch(str(pattern)).test(str(text))),
  safeHtml: fn(1, ([s]) => ({ kind: 'html', text: str(s) })),
  safeUrl: fn(1, ([s]) => ({ kind: 'url', text: str(s) })),
  urlUnescape: fn(1, ([s]) => urlUnescape(str(s))),
  reReplaceAll: fn(3, ([pattern, by, text]) => regexReplace(str(pattern), str(text), str(by), false)),
  stringSlice: fn(0, (items) => items.map(str), MANY),
  routeLabels: fn(1, ([name], context) => context.routeLabel(str(name))),
  date: fn(2, ([layout, at]) => formatTime(str(layout), time(at))),
  tz: fn(2, ([zone, at]) => inZone(str(zone), time(at))),
  now: fn(0, (_, { nowMs }) => ({ kind: 'time', ms: nowMs, ns: 0, zone: 'UTC' })),
  since: fn(1, ([at], { nowMs }) => ({
    kind: 'duration',
    ns: Number(BigInt(nowMs) * 1000000n - unixNanos(time(at))),
  })),
  humanizeDuration: fn(1, ([v]) => humanizeDuration(float(v))),
  toDate: fn(2, ([layout, text]) => parseTime(str(layout), str(text), 'UTC') ?? ZERO_TIME),
  mustToDate: fn(2, ([layout, text]) => mustDate(str(layout), str(text))),
  toJson: fn(1, ([v]) => valueJson(v!)),
  base64encode: fn(1, ([s]) => encodeBase64(str(s))),
  base64decode: fn(1, ([s]) => decodeBase64(str(s))),
  list: fn(0, (items) => [...items], MANY),
  append: fn(1, ([items, ...more]) => [...list(items), ...more], MANY),
  dict: fn(0, dict, MANY),
};

export const NOTIFICATION_FUNCTIONS: ReadonlyMap<string, TemplateFunction<NotificationContext>> = new Map(
  Object.entries({ ...COMPARE_FUNCTIONS, ...OWN }),
);
export const NOTIFICATION_FUNCTION_NAMES = functionNames(NOTIFICATION_FUNCTIONS);
