/** Case files of OATS (schema 3) and its `oats-config.yaml`, read as strictly as OATS reads them. */

import * as yaml from 'yaml';
import { compileSearch } from '../model/regex.ts';
import { type Comparison, parseComparison } from '../verify/comparison.ts';
import type { Language, Place } from '../verify/expectation.ts';
import type {
  OatsAssertion,
  OatsCase,
  OatsInput,
  OatsMatch,
  OatsSeed,
  OatsText,
} from '../verify/oats/case.ts';
import { readStringMap } from './node-values.ts';
import { type Fields, parseYaml, type YamlNode } from './yaml-node.ts';

const SCHEMA = 3;
const DEFAULT_DURATION_MS = 200;
const SEVERITY_INFO = 9;
const SIGNALS: readonly (readonly [key: string, language: Language])[] = [
  ['traces', 'traceql'],
  ['logs', 'logql'],
  ['metrics', 'promql'],
];
const FIXTURES = {
  compose: ['template', 'file', 'files', 'env', 'app_service', 'app_port'],
  k3d: [
    ...['k8s_dir', 'app_service', 'app_docker_file', 'app_docker_context', 'app_docker_tag', 'app_port'],
    ...['import_images', 'pool_size'],
  ],
  remote: ['endpoint'],
} as const;

/** What a file is, by what stands in it; undefined where it is none of OATS'. Throws `ConfigError` where it is no YAML. */
export function oatsFileKind(file: string, text: string): 'config' | 'case' | undefined {
  const root = parseYaml(yaml, file, text);
  if (!root?.isMap) return undefined;
  const fields = root.known(['oats-schema-version', 'meta', 'cases', 'name', 'expected']);
  const old = fields.get('oats-schema-version');
  if (old && old.string() !== String(SCHEMA))
    old.fail(`schema ${old.string()} is not read: "oats migrate" makes cases of schema ${SCHEMA} of it`);
  if (fields.get('meta') && fields.get('cases')) return 'config';
  return fields.get('expected') ? 'case' : undefined;
}

/** The patterns of files that a configuration names. */
export function parseOatsConfig(file: string, text: string): string[] {
  const fields = parseYaml(yaml, file, text)!.fields(['meta', 'cases', 'cache']);
  const version = fields.require('meta').fields(['version']).require('version');
  if (version.count() !== SCHEMA) version.fail(`expected ${SCHEMA}`);
  return fields.require('cases').strings();
}

/** Throws `ConfigError` with file, line and column. */
export function parseOatsCase(file: string, text: string): OatsCase {
  const root = parseYaml(yaml, file, text)!;
  const fields = root.fields([
    ...['oats-schema-version', 'name', 'tags', 'interval', 'fixture', 'seed', 'input', 'expected'],
  ]);
  const place = (node: YamlNode): Place => ({ file, line: node.line });
  const expected = fields.require('expected');
  const groups = expected.fields(['traces', 'metrics', 'logs', 'profiles', 'compose-logs', 'custom-checks']);
  const assertions = SIGNALS.flatMap(([key, language]) =>
    groups.read(key, (list) => list.list().map((item) => readAssertion(item, language, place)), []),
  );
  const checks = groups
    .read('custom-checks', (list) => list.list(), [])
    .map((item) => ({
      script: item.fields(['script']).require('script').string(),
      place: place(item),
    }));
  const profiles = groups.read('profiles', (list) => list.list(), []);
  if (assertions.length + checks.length + profiles.length === 0)
    expected.fail('at least one assertion is required (signal or custom-check)');
  const inputs = fields.read('input', (list) => list.list(), []);
  const unsupported = [
    ...profiles.map((item) => ({ what: `profiles ${readProfile(item)}`, place: place(item) })),
    ...groups
      .read('compose-logs', (list) => list.list(), [])
      .map((item) => ({ what: `compose-logs ${JSON.stringify(item.string())}`, place: place(item) })),
    ...inputs.flatMap((item) => {
      const command = readComposeInput(item);
      return command === undefined ? [] : [{ what: `input compose ${command}`, place: place(item) }];
    }),
  ];
  fields.read('interval', (value) => value.anyDurationMs(), 0);
  return {
    name: fields.require('name').string(),
    place: place(root),
    tags: fields.read('tags', (value) => value.strings(), []),
    fixture: fields.read('fixture', readFixture, 'compose'),
    seed: fields.read('seed', readSeed, undefined),
    inputs: inputs
      .filter((item) => readComposeInput(item) === undefined)
      .map((item) => readInput(item, place(item))),
    assertions,
    checks,
    unsupported,
  };
}

function readFixture(node: YamlNode): OatsCase['fixture'] {
  const kinds = ['compose', 'k3d', 'remote'] as const;
  const entries = node.entries();
  const fields = node.fields(kinds);
  const [kind] = kinds.filter((one) => entries.some(([key]) => key === one));
  if (kind === undefined || entries.length !== 1) node.fail('set exactly one of compose/k3d/remote');
  fields.get(kind)?.fields(FIXTURES[kind]);
  return kind;
}

function readSeed(node: YamlNode): OatsSeed | undefined {
  const fields = node.fields(['type', 'compose', 'traces', 'logs', 'metrics', 'vars']);
  const type = fields.read('type', (value) => value.oneOf(['app', 'inline-otlp']), 'app');
  if (type === 'app') return undefined;
  const list = <T>(key: string, read: (item: YamlNode) => T): T[] =>
    fields.read(key, (v) => v.list().map(read), []);
  const text = (own: Fields, key: string, fallback = '') =>
    own.read(key, (value) => value.string(), fallback);
  const count = (own: Fields, key: string, fallback: number) =>
    own.read(key, (value) => value.count(), 0) || fallback;
  const seed: OatsSeed = {
    traces: list('traces', (item) => {
      const own = item.fields(['service', 'spans']);
      const spans = own
        .read('spans', (value) => value.list(), [])
        .map((span) => {
          const each = span.fields(['name', 'kind', 'duration']);
          const durationMs = each.read('duration', (value) => value.anyDurationMs(), DEFAULT_DURATION_MS);
          return { name: text(each, 'name'), kind: count(each, 'kind', 1), durationMs };
        });
      return { service: text(own, 'service'), spans };
    }),
    logs: list('logs', (item) => {
      const own = item.fields(['service', 'body', 'severity_number', 'severity_text']);
      return {
        service: text(own, 'service'),
        body: text(own, 'body'),
        severityNumber: count(own, 'severity_number', SEVERITY_INFO),
        severityText: text(own, 'severity_text', 'INFO'),
      };
    }),
    metrics: list('metrics', (item) => {
      const own = item.fields(['service', 'name', 'value']);
      return { service: text(own, 'service'), name: text(own, 'name'), value: count(own, 'value', 0) };
    }),
  };
  if (seed.traces.length + seed.logs.length + seed.metrics.length === 0)
    node.fail('inline-otlp must declare at least one trace, log, or metric');
  return seed;
}

const INPUT_KEYS = ['scheme', 'host', 'method', 'path', 'headers', 'body', 'status', 'retry', 'compose'];

/** The command as text; undefined where it is a request. */
function readComposeInput(node: YamlNode): string | undefined {
  return node.fields(INPUT_KEYS).read(
    'compose',
    (value) => {
      const fields = value.fields(['service', 'command']);
      return [fields.require('service').string(), ...fields.require('command').strings()].join(' ');
    },
    undefined,
  );
}

function readInput(node: YamlNode, place: Place): OatsInput {
  const fields = node.fields(INPUT_KEYS);
  const text = (key: string) => fields.read(key, (value) => value.string(), undefined);
  return {
    place,
    scheme: text('scheme'),
    host: text('host'),
    method: (text('method') ?? 'GET').toUpperCase(),
    path: fields.require('path').string(),
    headers: fields.read('headers', readStringMap, { Accept: 'application/json' }),
    body: text('body') ?? '',
    status: fields.read('status', (value) => value.count(), 200),
    retry: fields.read('retry', readRetry, undefined),
  };
}

function readRetry(node: YamlNode): OatsInput['retry'] {
  const fields = node.fields(['timeout', 'interval']);
  const ms = (key: string) => fields.read(key, (value) => value.anyDurationMs(), undefined);
  return { timeoutMs: ms('timeout'), intervalMs: ms('interval') };
}

const COMMON_KEYS = ['contains', 'not_contains', 'regex', 'match', 'count', 'absent'];

function readProfile(node: YamlNode): string {
  return node
    .fields(['query', ...COMMON_KEYS])
    .require('query')
    .string();
}

function readAssertion(node: YamlNode, language: Language, place: (node: YamlNode) => Place): OatsAssertion {
  const own = language === 'traceql' ? ['match_spans'] : language === 'promql' ? ['value'] : [];
  const fields = node.fields([language, ...COMMON_KEYS, ...own]);
  const matches = (value: YamlNode) => value.list().map(readMatch);
  const compared = (value: YamlNode): Comparison => value.parsed(parseComparison);
  return {
    place: place(node),
    language,
    query: fields.require(language).string(),
    contains: fields.read('contains', strings, []),
    notContains: fields.read('not_contains', strings, []),
    regex: fields.read('regex', (value) => (value.isList ? value.list() : [value]).map(readPattern), []),
    match: fields.read('match', matches, []),
    matchSpans: own.includes('match_spans') ? fields.read('match_spans', matches, []) : [],
    value: own.includes('value') ? fields.read('value', compared, undefined) : undefined,
    count: fields.read('count', compared, undefined),
    absent: fields.read('absent', (value) => value.boolean(), false),
  };
}

function strings(node: YamlNode): string[] {
  return node.isList ? node.strings() : [node.string()];
}

function readPattern(node: YamlNode): OatsText {
  return node.parsed((text) => ({ text, regex: compileSearch(text) }));
}

function readMatch(node: YamlNode): OatsMatch {
  const fields = node.fields(['match_type', 'name', 'attributes']);
  const type = fields.read(
    'match_type',
    (value) => value.oneOf<OatsMatch['type']>(['strict', 'regexp']),
    'strict' as const,
  );
  const text = (value: YamlNode): OatsText =>
    type === 'regexp' ? readPattern(value) : { text: value.string(), regex: undefined };
  const name = fields.read('name', text, undefined);
  const attributes = fields.read('attributes', (value) => readAttributes(value, text), []);
  if (!name && attributes.length === 0) node.fail('at least one of name or attributes is required');
  return { type, name, attributes };
}

/** A list of `{key, value?}`, or as it was before: a mapping to values or `{present: true}`. */
function readAttributes(node: YamlNode, text: (value: YamlNode) => OatsText): OatsMatch['attributes'] {
  if (node.isList)
    return node.list().map((item) => {
      const fields = item.fields(['key', 'value']);
      return { key: fields.require('key').string(), value: fields.read('value', text, undefined) };
    });
  return node.entries().map(([key, value]) => {
    if (value && !value.isMap) return { key, value: text(value) };
    if (!value?.fields(['present']).require('present').boolean())
      node.fail(`${key}: expected a value or {present: true}`);
    return { key, value: undefined };
  });
}
