/**
 * Tenants of metrics are apart as those of logs are (`test/api/loki/tenant-isolation.test.ts`): every service of
 * Prometheus' answers a tenant that shares its storage exactly as it answers one that has a storage of its own.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import { Matcher } from '../../../src/model/matcher.ts';
import type { ServiceRequest } from '../../../src/query/service.ts';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import type { MetricAppender, StorageReader } from '../../../src/storage/interface.ts';
import { tenantAppenders } from '../../../src/storage/tenant/tenant-appender.ts';
import { tenantReader } from '../../../src/storage/tenant/tenant-reader.ts';
import { TenantView } from '../../../src/storage/tenant/tenant-view.ts';
import { metricBatch } from '../../storage/batches.ts';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';

const T = 1_767_268_800_000;
const TENANTS = ['a', 'b', 'b.c', 'fake'];

interface Push {
  readonly tenant: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly help: string;
}

const push: fc.Arbitrary<Push> = fc.record({
  tenant: fc.constantFrom(...TENANTS),
  labels: fc
    .record(
      {
        __name__: fc.constantFrom('up', 'm', 'other'),
        job: fc.constantFrom('x', 'y', 'a'),
        __tenant_id__: fc.constantFrom('a', 'b', 'fake', 'c'),
      },
      { requiredKeys: ['__name__'] },
    )
    .map((labels) => ({ ...labels })),
  value: fc.nat(100),
  help: fc.constantFrom('of one', 'of another'),
});

type Question = readonly [service: string, params: readonly (readonly [string, string])[], name?: string];

const SELECTORS = [
  'up',
  '{__name__=~".+"}',
  'm{job="x"}',
  '{job=~"x|y", __name__!="m"}',
  '{__name__=~".+", __tenant_id__="a"}',
  '{__name__=~".+", __tenant_id__!="b"}',
  '{__name__=~".+", __tenant_id__=~"a|fake|.*c"}',
];

function questions(selector: string): Question[] {
  const at = ['time', String(T / 1000 + 60)] as const;
  return [
    ['prometheus.query', [['query', selector], at]],
    ['prometheus.query', [['query', `sum by (job, __tenant_id__) (rate(${selector}[5m]))`], at]],
    ['prometheus.query', [['query', `count(${selector})`], at]],
    ['prometheus.query', [['query', `absent(${selector})`], at]],
    [
      'prometheus.query_range',
      [
        ['query', selector],
        ['step', '15'],
      ],
    ],
    ['prometheus.query_exemplars', [['query', selector]]],
    ['prometheus.series', [['match[]', selector]]],
    ['prometheus.labels', []],
    ['prometheus.labels', [['match[]', selector]]],
    ['prometheus.label_values', [], 'job'],
    ['prometheus.label_values', [['match[]', selector]], '__name__'],
    ['prometheus.metadata', []],
    ['prometheus.federate', [['match[]', selector]]],
    ['prometheus.search_metric_names', []],
    ['prometheus.search_label_names', []],
    ['prometheus.search_label_values', [['label', 'job']]],
  ];
}

async function ask(storage: StorageReader, [service, params, name]: Question): Promise<unknown> {
  const range = [
    ['start', String(T / 1000)],
    ['end', String(T / 1000 + 120)],
  ] as const;
  const isFederation = service === 'prometheus.federate';
  const request: ServiceRequest = {
    params: [...params, ...(isFederation ? [] : range)],
    path: name === undefined ? {} : { name },
    headers: {},
    nowMs: T + 60_000,
  };
  const answer = await PROMETHEUS_SERVICES[service]!(request, {
    storage,
    signal: new AbortController().signal,
  });
  const pieces = [Buffer.from(answer.body)];
  for await (const piece of answer.rest ?? []) pieces.push(Buffer.from(piece));
  const text = Buffer.concat(pieces).toString();
  if (isFederation) return text;
  // A search answers line by line.
  const lines = text.trim().split('\n');
  return lines.length > 1 ? lines.map((line) => sorted(JSON.parse(line))) : sorted(JSON.parse(text));
}

/** Lists in an order of their own: that of storage is nobody's promise. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sorted);
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

interface Stored {
  readonly storage: LocalStorage;
  readonly dir: string;
}

async function open(): Promise<Stored> {
  const dir = tempDir();
  return { storage: await openEngine(dir), dir };
}

async function append(metrics: MetricAppender, { labels, value, help }: Push, i: number): Promise<void> {
  const timestampMs = T + 1000 * i;
  const exemplar = { series: labels, labels: { trace_id: `t${i}` }, timestampMs, value };
  const metadata = [{ family: labels.__name__!, type: 'gauge', help, unit: '' }] as const;
  const batch = metricBatch([{ labels, timestampMs, value }], [exemplar], metadata);
  await (await metrics.append(batch, { mode: 'atomic' })).durable;
}

async function fill(pushes: readonly Push[]): Promise<{ shared: Stored; own: Map<string, Stored> }> {
  const shared = await open();
  const appenders = tenantAppenders(shared.storage);
  const own = new Map<string, Stored>();
  for (const [i, one] of pushes.entries()) {
    let alone = own.get(one.tenant);
    if (!alone) own.set(one.tenant, (alone = await open()));
    await append(appenders(one.tenant).metrics, one, i);
    await append(alone.storage.metrics, one, i);
    if (i === pushes.length >> 1) await shared.storage.flush();
  }
  return { shared, own };
}

async function answers(
  { storage, dir }: Stored,
  tenants: readonly string[] | undefined,
  all: readonly Question[],
) {
  return withReader(storage, dir, async (reader) => {
    const seen = tenants ? tenantReader(reader, tenants) : reader;
    const out: unknown[] = [];
    for (const question of all) out.push(await ask(seen, question));
    return out;
  });
}

describe('tenants of metrics in one storage', () => {
  test('are answered as if each had its own', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(push, { minLength: 5, maxLength: 25 }),
        fc.shuffledSubarray(SELECTORS, { minLength: 3, maxLength: 3 }),
        async (pushes, selectors) => {
          const { shared, own } = await fill(pushes);
          const all = selectors.flatMap(questions);
          for (const [tenant, alone] of own) {
            const expected = await answers(alone, undefined, all);
            const got = await answers(shared, [tenant], all);
            for (const [i, question] of all.entries()) {
              assert.deepEqual(got[i], expected[i], `${tenant}: ${JSON.stringify(question)}`);
            }
          }
          await Promise.all([shared, ...own.values()].map(({ storage }) => storage.close()));
        },
      ),
      { numRuns: 3 },
    );
  });

  test('see whose a series is where several are asked for, and choose among them', async () => {
    const one = (tenant: string, value: number): Push => ({
      tenant,
      labels: { __name__: 'up' },
      value,
      help: 'of one',
    });
    const { shared } = await fill([one('a', 1), one('b', 2), one('fake', 3)]);
    const at = ['time', String(T / 1000 + 60)] as const;
    const query = async (text: string, tenants: readonly string[]) => {
      const [answer] = await answers(shared, tenants, [['prometheus.query', [['query', text], at]]]);
      const { result } = (
        answer as { data: { result: { metric: Record<string, string>; value: unknown[] }[] } }
      ).data;
      return result.map(
        ({ metric, value }) => `${metric.__tenant_id__} ${value.find((v) => typeof v === 'string')}`,
      );
    };
    assert.deepEqual(await query('up', ['a', 'b', 'fake']), ['a 1', 'b 2', 'fake 3']);
    assert.deepEqual(await query('up{__tenant_id__!="a"}', ['a', 'fake']), ['fake 3']);
    assert.deepEqual(await query('up{__tenant_id__="b"}', ['a', 'fake']), []);
    assert.deepEqual(await query('sum by (__tenant_id__) (up)', ['a', 'b']), ['a 1', 'b 2']);
    assert.deepEqual(await query('up', ['c']), []);
  });

  test('delete their own series alone', async () => {
    const one = (tenant: string): Push => ({ tenant, labels: { __name__: 'up' }, value: 1, help: 'of one' });
    const { shared } = await fill([one('a'), one('b'), one('fake')]);
    const range = { minMs: 0, maxMs: 8e15 };
    const matcherSets = new TenantView(['b']).matcherSets([[new Matcher('=', '__name__', 'up')]]);
    await shared.storage.deleteSeries({ ...range, matcherSets });
    const count = [
      'prometheus.query',
      [
        ['query', 'up'],
        ['time', String(T / 1000 + 60)],
      ],
    ] as const;
    const left = async (tenant: string) => {
      const [answer] = await answers(shared, [tenant], [count]);
      return (answer as { data: { result: unknown[] } }).data.result.length;
    };
    assert.deepEqual([await left('a'), await left('b'), await left('fake')], [1, 0, 1]);
  });
});
