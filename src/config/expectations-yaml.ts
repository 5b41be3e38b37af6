/** Files of expectations for `trilite verify`, read strictly: what is misspelt would else never be checked. */

import * as yaml from 'yaml';
import { compileSearch } from '../model/regex.ts';
import { parseTimeMs } from '../model/time.ts';
import { type Comparisons, parseComparisons } from '../verify/comparison.ts';
import type { ItemCondition, TextCondition } from '../verify/condition.ts';
import type { Expectation, ExpectationFile, Language, TimeRange } from '../verify/expectation.ts';
import { ConfigError } from './config-error.ts';
import { type Fields, parseYaml, type YamlNode } from './yaml-node.ts';

export const DEFAULT_TIMEOUT_MS = 30_000;
/** Long enough for what is sent in batches. */
export const DEFAULT_ABSENT_MS = 2000;

const LANGUAGES: readonly Language[] = ['promql', 'logql', 'traceql'];
const RANGE_KEYS = ['last', 'from', 'to'];
/** What is called what in which language. */
const ITEM_KEYS: Readonly<Record<Language, readonly string[]>> = {
  promql: ['value', 'labels'],
  logql: ['value', 'line', 'labels'],
  traceql: ['value', 'span', 'attributes', 'labels'],
};
const ALL_ITEM_KEYS = [...new Set(Object.values(ITEM_KEYS).flat())];
const TEXT_KEYS = ['equals', 'not', 'contains', 'matches', 'number', 'present'];

interface Defaults {
  readonly timeoutMs: number;
  readonly range: TimeRange;
}

/** Throws `ConfigError` with file, line and column. */
export function parseExpectations(
  file: string,
  text: string,
  defaultTimeoutMs = DEFAULT_TIMEOUT_MS,
): ExpectationFile {
  const root = parseYaml(yaml, file, text) ?? fail(file, 'the file is empty');
  const fields = root.fields(['timeout', ...RANGE_KEYS, 'expectations']);
  const defaults = {
    timeoutMs: fields.read('timeout', duration, defaultTimeoutMs),
    range: readRange(fields),
  };
  const list = fields.require('expectations').list();
  if (list.length === 0) fields.require('expectations').fail('nothing is expected');
  return { file, expectations: list.map((node) => readExpectation(node, file, defaults)) };
}

function fail(file: string, what: string): never {
  throw new ConfigError(`${file}:1:1: ${what}; trilite verify --example shows what one looks like`);
}

function readExpectation(node: YamlNode, file: string, defaults: Defaults): Expectation {
  const fields = node.fields([
    ...['name', ...LANGUAGES, 'timeout', ...RANGE_KEYS, 'count', 'spans'],
    ...['any', 'every', 'absent', 'for', ...ALL_ITEM_KEYS],
  ]);
  const { language, query } = readQuery(fields);
  const shorthand = readItem(fields, language);
  const any = fields.read('any', (value) => readItemBlock(value, language), undefined);
  if (any && shorthand)
    fields.require('any').fail('what must be true of one stands either in it or beside it');
  const one = any ?? shorthand;
  const every = fields.read('every', (value) => readItemBlock(value, language), undefined);
  const count = fields.read('count', comparisons, undefined);
  const spans = fields.read('spans', comparisons, undefined);
  if (spans && language !== 'traceql') fields.require('spans').fail('spans are counted for traceql only');
  const absentMs = readAbsent(fields);
  const range = readRange(fields);
  return {
    name: fields.read('name', (value) => value.string(), query.trim().replaceAll(/\s+/g, ' ')),
    place: { file, line: node.line },
    language,
    query,
    range: Object.keys(range).length > 0 ? range : defaults.range,
    timeoutMs: fields.read('timeout', duration, defaults.timeoutMs),
    ...(count && { count }),
    ...(spans && { spans }),
    ...(one && { any: one }),
    ...(every && { every }),
    ...(absentMs !== undefined && { absentMs }),
  };
}

function readQuery(fields: Fields): { readonly language: Language; readonly query: string } {
  const given = LANGUAGES.filter((language) => fields.get(language));
  const [language] = given;
  if (language === undefined || given.length > 1)
    fields.node.fail(
      `expected one query: ${LANGUAGES.join(', ')}${given.length > 1 ? '; this has several' : ''}`,
    );
  const query = fields.require(language).string();
  if (query.trim() === '') fields.require(language).fail('the query is empty');
  return { language, query };
}

/** For how long it is watched; undefined where something is to be there. */
function readAbsent(fields: Fields): number | undefined {
  const window = fields.get('for');
  if (!fields.read('absent', (value) => value.boolean(), false)) {
    if (window) window.fail('belongs to absent: true');
    return undefined;
  }
  for (const key of ['count', 'spans', 'every', 'timeout'])
    if (fields.get(key)) fields.require(key).fail('contradicts absent: true, which is watched "for" a time');
  return window ? duration(window) : DEFAULT_ABSENT_MS;
}

function readRange(fields: Fields): TimeRange {
  const last = fields.get('last');
  const [from, to] = [fields.get('from'), fields.get('to')];
  if (last && from) last.fail('contradicts "from"');
  return {
    ...(last && { lastMs: duration(last) }),
    ...(from && { fromMs: time(from) }),
    ...(to && { toMs: time(to) }),
  };
}

function readItemBlock(node: YamlNode, language: Language): ItemCondition {
  const fields = node.fields(ALL_ITEM_KEYS);
  return readItem(fields, language) ?? node.fail('expects nothing');
}

function readItem(fields: Fields, language: Language): ItemCondition | undefined {
  const known = ITEM_KEYS[language];
  for (const key of ALL_ITEM_KEYS) {
    const node = fields.get(key);
    if (node && !known.includes(key))
      node.fail(`belongs to no ${language} query, which has ${known.join(', ')}`);
  }
  const value = fields.read('value', comparisons, undefined);
  const textNode = fields.get(language === 'logql' ? 'line' : 'span');
  const labels = ['labels', 'attributes'].flatMap((key) => fields.read(key, readLabels, []));
  if (!value && !textNode && labels.length === 0) return undefined;
  return { labels, ...(value && { value }), ...(textNode && { text: readText(textNode) }) };
}

function readLabels(node: YamlNode): (readonly [string, TextCondition])[] {
  return node.entries().map(([name, value]) => {
    return [
      name,
      value ? readText(value) : node.fail(`${name} has no value; {present: true} asks whether it is there`),
    ];
  });
}

/** A value alone must be equal. */
function readText(node: YamlNode): TextCondition {
  if (!node.isMap) return { equals: node.string() };
  const fields = node.fields(TEXT_KEYS);
  const equals = fields.read('equals', (value) => value.string(), undefined);
  const not = fields.read('not', (value) => value.string(), undefined);
  const contains = fields.read('contains', strings, undefined);
  const matches = fields.read('matches', readPatterns, undefined);
  const number = fields.read('number', comparisons, undefined);
  const present = fields.read('present', (value) => value.boolean(), undefined);
  const condition: TextCondition = {
    ...(equals !== undefined && { equals }),
    ...(not !== undefined && { not }),
    ...(contains && { contains }),
    ...(matches && { matches }),
    ...(number && { number }),
    ...(present !== undefined && { present }),
  };
  return Object.keys(condition).length > 0 ? condition : node.fail(`expected one of ${TEXT_KEYS.join(', ')}`);
}

function readPatterns(node: YamlNode): NonNullable<TextCondition['matches']> {
  return (node.isList ? node.list() : [node]).map((item) =>
    item.parsed((pattern) => ({ pattern, regex: compileSearch(pattern) })),
  );
}

function strings(node: YamlNode): string[] {
  return node.isList ? node.strings() : [node.string()];
}

function comparisons(node: YamlNode): Comparisons {
  return (node.isList ? node.list() : [node]).flatMap((item) => item.parsed(parseComparisons));
}

function duration(node: YamlNode): number {
  return node.anyDurationMs();
}

function time(node: YamlNode): number {
  return node.parsed((text) => {
    const ms = parseTimeMs(text);
    if (ms === undefined)
      throw new ConfigError(`expected a time such as 2026-01-31T12:00:00Z, got ${JSON.stringify(text)}`);
    return ms;
  });
}
