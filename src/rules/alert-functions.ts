/** Prometheus' functions of alert templates: numbers and texts for people, and what a query finds. */

import { isIP } from 'node:net';
import { formatGoDuration, parseDuration } from '../model/duration.ts';
import { compileCapture, compileExpand, compileSearch } from '../model/regex.ts';
import { type FunctionTable, fn, str } from '../model/template/arguments.ts';
import { queryEscape } from '../model/template/functions-text.ts';
import { float, humanize, humanize1024, humanizeDuration, shortFloat } from '../model/template/humanize.ts';
import { formatTime } from '../model/template/time-format.ts';
import {
  ArgumentError,
  isList,
  isMap,
  TemplateError,
  type TimeValue,
  typeName,
  type Value,
} from '../model/template/value.ts';

/** What functions are given beside their arguments. */
export interface AlertContext {
  /** Of the evaluation. */
  readonly timeMs: number;
  /** Where users reach this server; without a slash at its end. */
  readonly externalUrl: string;
  /** What a PromQL query finds at that time. Throws `TemplateError`. */
  query(text: string): readonly Value[];
}

const TIME_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';

function timeOf(seconds: number): TimeValue {
  const ms = Math.floor(seconds * 1000);
  return { kind: 'time', ms, ns: Math.floor((seconds * 1000 - ms) * 1e6), zone: 'UTC' };
}

function humanizeTimestamp(value: number): string {
  return Number.isFinite(value) ? formatTime(TIME_LAYOUT, timeOf(value)) : shortFloat(value);
}

function replaceAll(pattern: string, replacement: string, text: string): string {
  const { groupNames, matches } = compileCapture(pattern, 'search');
  const expand = compileExpand(replacement, groupNames);
  let out = '';
  let from = 0;
  for (const { start, end, groups } of matches(text)) {
    out += text.slice(from, start) + expand(groups);
    from = end;
  }
  return out + text.slice(from);
}

/** `[::1]:80` is `::1`; what has no port stays. */
function stripPort(text: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):[^:]*$/.exec(text);
  return match ? (match[1] ?? match[2]!) : text;
}

/** The host without its domain, with its port; addresses stay. */
function stripDomain(text: string): string {
  const host = stripPort(text);
  if (isIP(host) !== 0) return text;
  const port = host === text ? '' : text.slice(text.lastIndexOf(':'));
  return host.split('.', 1)[0]! + port;
}

/** Where Prometheus' own page shows an expression; tab 0 is its graph, 1 its table. */
function expressionLink(expr: string, tab: 0 | 1): string {
  return `/graph?g0.expr=${queryEscape(expr)}&g0.tab=${tab}`;
}

function sampleField(value: Value | undefined, name: 'Labels' | 'Value'): Value {
  const found = value !== undefined && isMap(value) ? value.get(name) : undefined;
  if (found !== undefined) return found;
  throw new ArgumentError(`wrong type for value; expected *template.sample; got ${typeName(value ?? null)}`);
}

function labelOf(sample: Value | undefined, name: string): string {
  const labels = sampleField(sample, 'Labels');
  return isMap(labels) ? ((labels.get(name) as string | undefined) ?? '') : '';
}

function samples(value: Value | undefined): readonly Value[] {
  if (value !== undefined && isList(value)) return value;
  const got = typeName(value ?? null);
  throw new ArgumentError(`wrong type for value; expected template.queryResult; got ${got}`);
}

function first(value: Value | undefined): Value {
  const [sample] = samples(value);
  if (sample !== undefined) return sample;
  throw new TemplateError('first() called on vector with no elements');
}

/** By the bytes of the label, equals in their order. */
function sortByLabel(name: string, list: readonly Value[]): Value {
  return list.toSorted((a, b) =>
    Buffer.compare(Buffer.from(labelOf(a, name)), Buffer.from(labelOf(b, name))),
  );
}

/** The path of a URL, without a slash at its end. */
function pathOf(url: string): string {
  return /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?(?:\/\/[^/?#]*)?([^?#]*)/.exec(url)![1]!;
}

/** More arguments than a template will pass on. */
const ARGUMENTS_MAX = 100;

export const ALERT_FUNCTIONS: FunctionTable<AlertContext> = {
  query: fn(1, ([text], context) => context.query(str(text))),
  first: fn(1, ([v]) => first(v)),
  label: fn(2, ([name, sample]) => labelOf(sample, str(name))),
  value: fn(1, ([sample]) => sampleField(sample, 'Value')),
  strvalue: fn(1, ([sample]) => labelOf(sample, '__value__')),
  sortByLabel: fn(2, ([name, v]) => sortByLabel(str(name), samples(v))),
  now: fn(0, (_, { timeMs }) => timeMs / 1000),
  externalURL: fn(0, (_, { externalUrl }) => externalUrl),
  pathPrefix: fn(0, (_, { externalUrl }) => pathOf(externalUrl)),
  humanize: fn(1, ([v]) => humanize(float(v))),
  humanize1024: fn(1, ([v]) => humanize1024(float(v))),
  humanizeDuration: fn(1, ([v]) => humanizeDuration(float(v))),
  humanizePercentage: fn(1, ([v]) => `${shortFloat(float(v) * 100)}%`),
  humanizeTimestamp: fn(1, ([v]) => humanizeTimestamp(float(v))),
  toTime: fn(1, ([v]) => timeOf(float(v))),
  toDuration: fn(1, ([v]) => formatGoDuration(float(v) * 1e9)),
  parseDuration: fn(1, ([v]) => parseDuration(str(v)) / 1000),
  title: fn(1, ([v]) => str(v).replace(/(?<![\p{L}\p{Nd}_])\p{L}/gu, (c) => c.toUpperCase())),
  toUpper: fn(1, ([v]) => str(v).toUpperCase()),
  toLower: fn(1, ([v]) => str(v).toLowerCase()),
  urlQueryEscape: fn(1, ([s]) => queryEscape(str(s))),
  graphLink: fn(1, ([expr]) => expressionLink(str(expr), 0)),
  tableLink: fn(1, ([expr]) => expressionLink(str(expr), 1)),
  safeHtml: fn(1, ([s]) => str(s)),
  args: fn(0, (values) => new Map(values.map((v, i) => [`arg${i}`, v])), ARGUMENTS_MAX),
  stripPort: fn(1, ([v]) => stripPort(str(v))),
  stripDomain: fn(1, ([v]) => stripDomain(str(v))),
  match: fn(2, ([pattern, text]) => compileSearch(str(pattern)).test(str(text))),
  reReplaceAll: fn(3, ([pattern, replacement, text]) =>
    replaceAll(str(pattern), str(replacement), str(text)),
  ),
};
