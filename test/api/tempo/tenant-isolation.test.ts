/**
 * Tenants of traces are apart as those of logs are (`test/api/loki/tenant-isolation.test.ts`): over random traces that have
 * their ids in common and random queries, a tenant that shares its storage is answered as one that has it for itself,
 * wherever the spans lie. Byte for byte what it gets from a storage that has never seen another tenant.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LocalStorage } from '../../../src/storage/engine.ts';
import type { AppendOutcome, StorageReader } from '../../../src/storage/interface.ts';
import { tenantAppenders } from '../../../src/storage/tenant/tenant-appender.ts';
import { tenantReader } from '../../../src/storage/tenant/tenant-reader.ts';
import { type Answer, compareAnswers, seriesOf } from '../../differential/traceql/compare.ts';
import { type Request, RequestGenerator } from '../../differential/traceql/requests.ts';
import { askServices } from '../../differential/traceql/services.ts';
import { DATA_END_S, DATA_START_S } from '../../differential/traceql/traces.ts';
import { engineIn } from '../../storage/engine-states.ts';
import { MemoryTraces } from '../../storage/memory-traces.ts';
import { type TenantTraces, tenantTraces } from './tenant-traces.ts';

const SEED = Number(process.env.TRILITE_TEST_SEED) || 11;
const TENANTS = ['fake', 'a', 'b.c'];
const TRACES = 16;
const SPANS_PER_REQUEST = 20;
/** Of random queries, for each tenant; more where somebody waits for them. */
const REQUESTS = Number(process.env.TRILITE_TEST_TENANT_REQUESTS) || 30;

const data = tenantTraces(SEED, TENANTS, TRACES, SPANS_PER_REQUEST);
const requests = [
  ...Array.from({ length: REQUESTS }, (_, n) =>
    untimed(new RequestGenerator(SEED, data.traceIds).request(n)),
  ),
  ...data.traceIds.flatMap((id): Request[] => [
    { path: `/api/traces/${id}`, params: {} },
    { path: `/api/v2/traces/${id}`, params: {}, protobuf: true },
  ]),
  ...['', '{ name = "op1" }'].flatMap((q): Request[] => [
    { path: '/api/v2/search/tags', params: { q } },
    { path: '/api/v2/search/tag/resource.__tenant_id__/values', params: { q } },
    { path: '/api/v2/search/tag/.original___tenant_id__/values', params: { q } },
    { path: '/api/v2/search/tag/resource.service.name/values', params: { q } },
  ]),
  ...TENANTS.map(
    (tenant): Request => ({
      path: '/api/search',
      params: { q: `{ resource.__tenant_id__ = "${tenant}" }`, limit: '1000' },
    }),
  ),
];

/** Tags are listed of all groups that reach into a range: which ones those are is no matter here. */
function untimed(request: Request): Request {
  if (!request.path.includes('/search/tag')) return request;
  const { start: _, end: __, ...params } = request.params;
  return { ...request, params };
}

const batchesOf = (tenant: string) => data.batches.filter((_, i) => data.tenants[i] === tenant);

const NOTHING: AppendOutcome = { accepted: 0, refused: [], durable: Promise.resolve() };

/** Appends the i-th batch for its tenant; of one tenant's alone, so that what is flushed when is the same. */
function append({ batches, tenants }: TenantTraces, only?: string) {
  const known = new WeakMap<LocalStorage, ReturnType<typeof tenantAppenders>>();
  return async (storage: LocalStorage, i: number) => {
    if (only !== undefined && tenants[i] !== only) return NOTHING;
    let appenders = known.get(storage);
    if (!appenders) known.set(storage, (appenders = tenantAppenders(storage)));
    return appenders(tenants[i]!).traces.append(batches[i]!);
  };
}

async function askAll(storage: StorageReader, tenant: string): Promise<Answer[]> {
  const { traces } = tenantReader(storage, [tenant]);
  const out: Answer[] = [];
  for (const request of requests) out.push(await askServices(traces, request, undefined, [tenant]));
  return out;
}

describe('tenants of traces in one storage', () => {
  for (const state of [
    'all in the head',
    'half flushed, half in the head',
    'killed and opened again',
    'compacted',
  ] as const) {
    test(`are answered as if each had its own: ${state}`, { timeout: 180_000 }, async () => {
      const shared = await engineIn(state, data.batches.length, append(data));
      for (const tenant of TENANTS) {
        const alone = await engineIn(state, data.batches.length, append(data, tenant));
        const got = await shared.read((reader) => askAll(reader, tenant));
        const want = await alone.read((reader) => askAll(reader, tenant));
        for (const [n, request] of requests.entries()) {
          assert.deepEqual(got[n], want[n], `${tenant}: ${JSON.stringify(request)}`);
        }
        await alone.close();
      }
      await shared.close();
    });
  }

  test('are answered as a server without tenants answers', async () => {
    const shared = await engineIn('all in the head', data.batches.length, append(data));
    for (const tenant of TENANTS) {
      const plain = MemoryTraces.of(batchesOf(tenant));
      const got = await shared.read((reader) => askAll(reader, tenant));
      for (const [n, request] of requests.entries()) {
        const want = await askServices(plain, request);
        assert.deepEqual(compareAnswers(request, want, got[n]!), [], `${tenant}: ${JSON.stringify(request)}`);
      }
    }
    await shared.close();
  });

  test('are the union of them where several are asked for', async () => {
    const shared = await engineIn('half flushed, half in the head', data.batches.length, append(data));
    const ask = (request: Request, tenants: readonly string[]) =>
      shared.read((reader) => askServices(tenantReader(reader, tenants).traces, request, undefined, tenants));
    const counts = async (tenants: readonly string[]) => {
      const params = { q: '{} | count_over_time()', start: String(DATA_START_S), end: String(DATA_END_S) };
      const [series] = seriesOf(await ask({ path: '/api/metrics/query', params }, tenants));
      return Number(series?.value ?? 0);
    };
    const names = async (tenants: readonly string[]) => {
      const path = '/api/v2/search/tag/name/values';
      const { tagValues } = (await ask({ path, params: {} }, tenants)).body as { tagValues: unknown[] };
      return tagValues.map((v) => JSON.stringify(v)).sort();
    };
    const spans = async (id: string, tenants: readonly string[]) => {
      const answer = await ask({ path: `/api/traces/${id}`, params: {} }, tenants);
      const text = answer.status === 200 ? JSON.stringify(answer.body) : '';
      return [...text.matchAll(/"spanId":"([^"]+)"/g)].map(([, spanId]) => spanId!);
    };
    const both = ['a', 'fake'];
    assert.equal(await counts(both), (await counts(['a'])) + (await counts(['fake'])));
    const union = new Set([...(await names(['a'])), ...(await names(['fake']))]);
    assert.deepEqual(await names(both), [...union].sort());
    for (const id of data.traceIds) {
      const parts = new Set([...(await spans(id, ['a'])), ...(await spans(id, ['fake']))]);
      // Halves of a call that share an id get others, in the order in which they are met.
      assert.equal(new Set(await spans(id, both)).size, parts.size, id);
    }
    assert.deepEqual(await spans(data.traceIds[0]!, ['nobody']), []);
    assert.equal(await counts(['nobody']), 0);
    await shared.close();
  });
});
