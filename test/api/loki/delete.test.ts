/** `/loki/api/v1/delete`: statuses and words, then a server that is killed and started again in between. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DeletesView, deleteRoutes } from '../../../src/api/loki/delete-routes.ts';
import { LOKI_SERVICES } from '../../../src/api/loki/services.ts';
import type { ServiceAnswer } from '../../../src/query/service.ts';
import type {
  CancelOutcome,
  DeleteOrder,
  DeleteRequest,
  StorageReader,
} from '../../../src/storage/interface.ts';
import { apiUrl, getJson } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const NOW_MS = 1_800_000_000_500;
const NOW_S = '1800000000';
type Params = readonly (readonly [string, string])[];

function fake(requests: readonly DeleteRequest[] = [], outcome: CancelOutcome = 'cancelled') {
  const added: DeleteOrder[] = [];
  const cancelled: [string, boolean][] = [];
  const context = { storage: {} as StorageReader, signal: new AbortController().signal };
  const view: DeletesView = {
    deletes: {
      add: async (order) => `id${added.push(order)}`,
      list: async () => requests,
      cancel: async (id, { force }) => {
        cancelled.push([id, force]);
        return outcome;
      },
    },
    cancelPeriodMs: 86_400_000,
    runner: { run: (service, request) => LOKI_SERVICES[service]!(request, context) },
  };
  const ask = async (method: string, params: Params): Promise<ServiceAnswer & { readonly text: string }> => {
    const route = deleteRoutes(view).find((r) => (r.methods as readonly string[]).includes(method))!;
    const answer = await route.handle({ params, path: {}, headers: {}, nowMs: NOW_MS });
    return { ...answer, text: Buffer.from(answer.body).toString('utf8') };
  };
  return { added, cancelled, ask };
}

describe('making a request', () => {
  const good: Record<string, string> = { query: '{a="b"}', start: '1700000000', end: '1700000001' };
  const params = (changed: Record<string, string>): Params => Object.entries({ ...good, ...changed });

  test('gives its id, and storage what is meant', async () => {
    const { ask, added } = fake();
    for (const method of ['POST', 'PUT']) {
      const answer = await ask(method, params({}));
      assert.deepEqual([answer.status, answer.text], [204, '']);
      assert.equal(answer.headers?.['X-Delete-Request-ID'], `id${added.length}`);
    }
    const of = async (changed: Record<string, string>) => {
      assert.equal((await ask('POST', params(changed))).status, 204, JSON.stringify(changed));
      const { matchers, ...order } = added.at(-1)!;
      return { ...order, matchers: matchers.map(String) };
    };
    assert.deepEqual(await of({}), {
      query: '{a="b"}',
      filtered: false,
      minMs: 1_700_000_000_000,
      maxMs: 1_700_000_001_000,
      matchers: ['a="b"'],
    });
    assert.equal((await of({ start: '2006-01-02T15:04:05.1239Z' })).minMs, 1_136_214_245_123);
    assert.equal((await of({ start: '12345678.5' })).minMs, 12_345_678_500);
    assert.equal((await of({ end: '' })).maxMs, NOW_MS, 'until now');
    assert.deepEqual((await of({ query: '{}' })).matchers, [], 'everything');
    for (const query of ['{a="b"} |= "x"', '{a="b"} | json | c="d"', '{a="b"} != ""', '{a="b"} |> "<_>x"']) {
      assert.equal((await of({ query })).filtered, true, query);
    }
    for (const query of ['{a="b"} |= ""', '{a="b"} | json', '{a="b"} | line_format "x"']) {
      assert.equal((await of({ query })).filtered, false, query);
    }
    await of({ query: '{a="b"} |= "x"', max_interval: '1s' });
    await of({ max_interval: 'nonsense' });
  });

  test('is refused in the words of the original', async () => {
    const { ask, added } = fake();
    const filter = '{a="b"} |= "x"';
    for (const [changed, message] of [
      [{ query: '' }, 'query not set'],
      [{ query: 'not a query' }, 'invalid query expression'],
      [{ query: '{a="b"' }, 'invalid query expression'],
      [{ query: 'rate({a="b"}[1m])' }, 'invalid query expression'],
      [{ query: '1' }, 'invalid query expression'],
      [{ query: '{a="b"} |~ "("' }, 'invalid query expression'],
      [{ start: '' }, 'start time not set'],
      [{ start: '0000000000000' }, 'invalid start time: require unix seconds or RFC3339 format'],
      [{ start: '1h' }, 'invalid start time: require unix seconds or RFC3339 format'],
      [{ end: '0000000000001' }, 'invalid end time: require unix seconds or RFC3339 format'],
      [{ end: String(Number(NOW_S) + 1) }, 'deletes in the future are not allowed'],
      [{ end: good.start! }, "start time can't be greater than or equal to end time"],
      [{ start: NOW_S }, "start time can't be greater than or equal to end time"],
      [{ query: filter, max_interval: 'x' }, "invalid max_interval: valid time units are 's', 'm', 'h'"],
      [{ query: filter, max_interval: '1ms' }, "invalid max_interval: valid time units are 's', 'm', 'h'"],
      [{ query: filter, max_interval: '25h' }, "max_interval can't be greater than 24h0m0s"],
      [
        { query: filter, max_interval: '30s' },
        "max_interval can't be greater than the interval to be deleted (1s)",
      ],
    ] as const) {
      const { status, text, contentType } = await ask('POST', params(changed));
      assert.deepEqual([status, text], [400, `${message}\n`], JSON.stringify(changed));
      assert.match(contentType, /^text\/plain/);
    }
    assert.equal(added.length, 0);
  });
});

describe('the list of requests', () => {
  const request: DeleteRequest = {
    id: '0a1b2c3d',
    query: '{a="b"}',
    matchers: [],
    filtered: false,
    minMs: 1000,
    maxMs: 2500,
    createdMs: 10_123,
    status: 'received',
    progress: 0,
  };

  test('has the original shape', async () => {
    const requests = [request, { ...request, progress: 0.479 }, { ...request, status: 'processed' as const }];
    const { text, contentType } = await fake(requests).ask('GET', []);
    assert.equal(contentType, 'application/json');
    const one = {
      request_id: '0a1b2c3d',
      start_time: 1,
      end_time: 2.5,
      query: '{a="b"}',
      status: 'received',
      created_at: 10.123,
      user_id: '',
    };
    const expected = [one, { ...one, status: '47% Complete' }, { ...one, status: 'processed' }];
    assert.equal(text, `${JSON.stringify(expected)}\n`);
    assert.equal((await fake().ask('GET', [])).text, '[]\n');
  });

  test('is narrowed to a time range and to what is not processed', async () => {
    const count = async (params: Params, of = request) =>
      (JSON.parse((await fake([of]).ask('GET', params)).text) as unknown[]).length;
    const between = (start: string, end: string): Params => [
      ['start', start],
      ['end', end],
    ];
    assert.equal(await count(between('0000000002', '0000000009')), 1);
    assert.equal(await count(between('0000000003', '0000000009')), 0);
    assert.equal(await count(between('0000000000', '0000000001')), 1);
    const bad = await fake([request]).ask('GET', between('x', '0000000001'));
    assert.equal(bad.text, 'invalid start time: require unix seconds or RFC3339 format\n');
    const unprocessed: Params = [['for_querytime_filtering', 'true']];
    assert.equal(await count(unprocessed), 1);
    assert.equal(await count(unprocessed, { ...request, status: 'processed' }), 0);
  });
});

test('cancelling answers as the original does', async () => {
  const id = ['request_id', 'x'] as const;
  const done = fake();
  assert.equal((await done.ask('DELETE', [id])).status, 204);
  assert.equal((await done.ask('DELETE', [id, ['force', 'true']])).status, 204);
  assert.deepEqual(done.cancelled, [
    ['x', false],
    ['x', true],
  ]);
  for (const [outcome, status, text] of [
    ['unknown', 404, 'could not find delete request with given id\n'],
    ['processed', 400, 'deletion of request which is in process or already processed is not allowed\n'],
    [
      'late',
      400,
      'Cancellation of partially completed delete request or delete request past the deadline of 24h0m0s ' +
        'since its creation is not allowed. To force, use the ?force query parameter\n',
    ],
  ] as const) {
    const answer = await fake([], outcome).ask('DELETE', [id]);
    assert.deepEqual([answer.status, answer.text], [status, text]);
  }
});

interface Listed {
  readonly request_id: string;
  readonly status: string;
}

describe('a server', () => {
  let temporary: TemporaryServer;
  let server: TestServer;
  const startMs = Date.now() - 600_000;
  const [start, end] = [Math.floor(startMs / 1000) - 10, Math.floor(startMs / 1000) + 60];
  const url = (params: Record<string, string | number>) => apiUrl(server.base, '/loki/api/v1/delete', params);
  before(async () => {
    temporary = await temporaryServer();
    server = temporary.server;
    const values = Array.from({ length: 40 }, (_, i) => [
      `${startMs + i}000000`,
      `line ${i} ${i % 2 ? 'odd' : 'even'}`,
    ]);
    const streams = ['a', 'b'].map((app) => ({ stream: { app }, values }));
    const answer = await fetch(`${server.base}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams }),
    });
    assert.equal(answer.status, 204);
  });
  after(async () => {
    await server.stop('SIGKILL');
    await temporary.dispose();
  });

  async function restart(config: string, signal: NodeJS.Signals): Promise<void> {
    await server.stop(signal);
    const file = path.join(temporary.dir, 'config.yml');
    fs.writeFileSync(file, config);
    server = await startServer({ dataDir: path.join(temporary.dir, 'data'), args: ['--config', file] });
  }

  /** Lines, entries of the index, bytes of volume and apps that there are. */
  async function seen(): Promise<{ lines: number; entries: number; apps: readonly string[] }> {
    const range = { start: `${start}000000000`, end: `${end}000000000` };
    const query = { ...range, query: '{app=~".+"}', limit: 1000 };
    const found = await getJson<{ data: { result: { values: unknown[] }[] } }>(
      server.base,
      '/loki/api/v1/query_range',
      query,
    );
    const stats = await getJson<{ entries: number; bytes: number }>(
      server.base,
      '/loki/api/v1/index/stats',
      query,
    );
    const volume = await getJson<{ data: { result: { value: [number, string] }[] } }>(
      server.base,
      '/loki/api/v1/index/volume',
      query,
    );
    const volumeBytes = volume.data.result.reduce((n, r) => n + Number(r.value[1]), 0);
    assert.equal(volumeBytes, stats.bytes);
    const labels = await getJson<{ data?: string[] }>(server.base, '/loki/api/v1/label/app/values', range);
    const lines = found.data.result.reduce((n, r) => n + r.values.length, 0);
    return { lines, entries: stats.entries, apps: labels.data ?? [] };
  }

  const list = () => getJson<Listed[]>(server.base, '/loki/api/v1/delete');
  let first = '';

  test('hides at once, and shows again what is cancelled', async () => {
    assert.deepEqual(await seen(), { lines: 80, entries: 80, apps: ['a', 'b'] });
    const answer = await fetch(url({ query: '{app="a"}', start, end }), { method: 'POST' });
    assert.equal(answer.status, 204);
    const id = answer.headers.get('x-delete-request-id')!;
    assert.deepEqual(await seen(), { lines: 40, entries: 40, apps: ['b'] });
    assert.deepEqual(
      (await list()).map((r) => [r.request_id, r.status]),
      [[id, 'received']],
    );
    assert.equal((await fetch(url({ request_id: id }), { method: 'DELETE' })).status, 204);
    assert.deepEqual(await seen(), { lines: 80, entries: 80, apps: ['a', 'b'] });
    assert.equal((await fetch(url({ request_id: id }), { method: 'DELETE' })).status, 404);
  });

  test('keeps requests through a kill, and carries them out when their time has come', async () => {
    for (const query of ['{app="a"} |= "odd"', '{app="b"}']) {
      const answer = await fetch(url({ query, start, end }), { method: 'POST' });
      assert.equal(answer.status, 204);
      first ||= answer.headers.get('x-delete-request-id')!;
    }
    assert.deepEqual(await seen(), { lines: 20, entries: 20, apps: ['a'] });
    await restart('scrape_configs: []\n', 'SIGKILL');
    assert.deepEqual(await seen(), { lines: 20, entries: 20, apps: ['a'] });
    assert.deepEqual(
      (await list()).map((r) => r.status),
      ['received', 'received'],
    );
    await restart('scrape_configs: []\ntrilite: {delete: {cancel_period: 0}}\n', 'SIGTERM');
    const processed = ['processed', 'processed'];
    await eventually(async () =>
      assert.deepEqual(
        (await list()).map((r) => r.status),
        processed,
      ),
    );
    assert.deepEqual(await seen(), { lines: 20, entries: 20, apps: ['a'] });
    const late = await fetch(url({ request_id: first, force: 'true' }), { method: 'DELETE' });
    assert.equal(late.status, 400);
    assert.match(await late.text(), /already processed/);
  });

  test('knows the methods', async () => {
    const answer = await fetch(url({}), { method: 'PATCH' });
    assert.equal(answer.status, 405);
    assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), ['DELETE', 'GET', 'POST', 'PUT']);
  });
});
