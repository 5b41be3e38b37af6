/** The metrics stored here together with those of remotes: who is asked for what, what is made of answers and of failures. */

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { TriliteError } from '../../../src/model/errors.ts';
import { Labels } from '../../../src/model/labels.ts';
import { Matcher } from '../../../src/model/matcher.ts';
import { evaluatePromql } from '../../../src/query/engine.ts';
import { MemoryMetrics, type MemorySample } from '../../../src/query/script/memory-metrics.ts';
import {
  type LocalStorage,
  ReaderRemotes,
  type RemoteReadReport,
} from '../../../src/remote/read/reader-remotes.ts';
import type { RemoteReadConfig } from '../../../src/remote/read/remote-read-config.ts';
import { SampleColumns, type StorageReader } from '../../../src/storage/interface.ts';
import { eventually } from '../../support/poll.ts';
import { FakeRemote } from './fake-remote.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 1_700_000_000_000;

const floats = (...values: readonly (readonly [number, number])[]): MemorySample[] =>
  values.map(([timestampMs, value]) => ({ timestampMs, value }));
const labels = (text: Record<string, string>) => Labels.from(text);
const is = (name: string, value: string) => new Matcher('=', name, value);

class Local extends MemoryMetrics {
  oldest: number | undefined;
  oldestMs(): number | undefined {
    return this.oldest;
  }
}

interface Setup {
  readonly local: Local;
  readonly remotes: FakeRemote[];
  readonly reports: RemoteReadReport[];
  readonly reader: ReaderRemotes;
  run<T>(job: (storage: StorageReader) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

async function setUp(
  t: TestContext,
  configs: readonly Partial<RemoteReadConfig>[] = [{}],
  externalLabels = Labels.EMPTY,
): Promise<Setup> {
  const remotes = await Promise.all(configs.map(() => new FakeRemote().open()));
  const full = configs.map(
    (config, i): RemoteReadConfig => ({
      url: remotes[i]!.url,
      name: `r${i}`,
      remoteTimeoutMs: 60_000,
      chunkedReadLimitBytes: 1e6,
      headers: {},
      readRecent: true,
      requiredMatchers: {},
      filterExternalLabels: true,
      client: { followRedirects: true, httpHeaders: {} },
      ...config,
    }),
  );
  const reader = new ReaderRemotes(full, externalLabels, 'Trilite/test');
  const local = new Local();
  const reports: RemoteReadReport[] = [];
  // Nobody asks for logs and traces.
  const storage = { metrics: local, logs: undefined, traces: undefined } as unknown as LocalStorage;
  t.after(() => {
    reader.close();
    for (const remote of remotes) remote.close();
  });
  const run: Setup['run'] = (job, signal = new AbortController().signal) =>
    reader.run(storage, signal, (of) => reports.push(of), job);
  return { local, remotes, reports, reader, run };
}

/** Labels → time → value of a selection. */
async function selected(
  storage: StorageReader,
  matchers: readonly Matcher[],
  range = { minMs: 0, maxMs: NOW_MS },
): Promise<Record<string, [number, number][]>> {
  const { signal } = new AbortController();
  const cursor = await storage.metrics.select({ matchers, ...range }, signal);
  const columns = new SampleColumns();
  const out: Record<string, [number, number][]> = {};
  while (await cursor.nextBatch()) {
    while (cursor.next()) {
      const n = cursor.read(columns);
      const key = JSON.stringify(cursor.labels().toObject());
      assert.equal(out[key], undefined, `${key} comes once`);
      out[key] = Array.from({ length: n }, (_, i) => [columns.timestamps[i]!, columns.values[i]!]);
    }
  }
  cursor.close();
  return out;
}

for (const samplesOnly of [false, true]) {
  test(`equal series are one, by ${samplesOnly ? 'samples' : 'chunks'}; local samples go before, then those of the first remote`, async (t) => {
    const { local, remotes, run, reports } = await setUp(t, [{}, {}]);
    for (const remote of remotes) remote.samplesOnly = samplesOnly;
    local.add(labels({ __name__: 'm', of: 'all' }), floats([30, 1], [40, 1]));
    local.add(labels({ __name__: 'm', of: 'here' }), floats([10, 1]));
    remotes[0]!.metrics.add(labels({ __name__: 'm', of: 'all' }), floats([10, 2], [30, 2]));
    remotes[1]!.metrics.add(labels({ __name__: 'm', of: 'all' }), floats([10, 3], [20, 3], [50, 3]));
    remotes[1]!.metrics.add(labels({ __name__: 'm', of: 'there' }), floats([10, 3]));
    const found = await run((storage) => selected(storage, [is('__name__', 'm')]));
    assert.deepEqual(found, {
      '{"__name__":"m","of":"all"}': [
        [10, 2],
        [20, 3],
        [30, 1],
        [40, 1],
        [50, 3],
      ],
      '{"__name__":"m","of":"here"}': [[10, 1]],
      '{"__name__":"m","of":"there"}': [[10, 3]],
    });
    assert.deepEqual(
      reports.map(({ name, type, code }) => [name, type, code]).sort(),
      ['r0', 'r1'].map((name) => [name, samplesOnly ? 'sampled' : 'chunked', '200']),
    );
  });
}

test('the request: times, matchers, hints, headers', async (t) => {
  const { remotes, run } = await setUp(t, [{ headers: { 'X-Scope-OrgID': 'me' } }]);
  const text = 'sum by (a, b) (rate(m{x!="1",y=~"2.*",z!~"3"}[5m] offset 1m)) + max without (c) (n)';
  const options = { startMs: NOW_MS, endMs: NOW_MS + 60_000, stepMs: 15_000, instant: false };
  await run((storage) => evaluatePromql(text, options, { storage, signal: new AbortController().signal }));
  const [rate, max] = remotes[0]!.queries;
  const startMs = NOW_MS - 6 * 60_000 + 1;
  assert.deepEqual(rate, {
    start: startMs,
    end: NOW_MS,
    matchers: [
      { type: 1, name: 'x', value: '1' },
      { type: 2, name: 'y', value: '2.*' },
      { type: 3, name: 'z', value: '3' },
      { name: '__name__', value: 'm' },
    ],
    hints: { stepMs: 15_000, func: 'rate', startMs, endMs: NOW_MS, rangeMs: 300_000 },
  });
  assert.deepEqual(max.hints, {
    stepMs: 15_000,
    func: 'max',
    startMs: NOW_MS - 5 * 60_000 + 1,
    endMs: NOW_MS + 60_000,
    grouping: ['c'],
  });
  const headers = remotes[0]!.headers[0]!;
  assert.equal(headers['x-prometheus-remote-read-version'], '0.1.0');
  assert.equal(headers['content-encoding'], 'snappy');
  assert.equal(headers['x-scope-orgid'], 'me');
  assert.equal(headers['user-agent'], 'Trilite/test');
});

test('external labels are asked for and taken off, but for those that the selection names', async (t) => {
  const external = labels({ cluster: 'c', replica: '1' });
  const { remotes, run } = await setUp(t, [{}, { filterExternalLabels: false }], external);
  for (const { metrics } of remotes) {
    metrics.add(labels({ __name__: 'm', cluster: 'c', replica: '1' }), floats([10, 1]));
    metrics.add(labels({ __name__: 'm', cluster: 'd', replica: '1', only: 'there' }), floats([10, 2]));
  }
  const found = await run((storage) => selected(storage, [is('__name__', 'm')]));
  assert.deepEqual(Object.keys(found).sort(), [
    '{"__name__":"m","cluster":"c","replica":"1"}',
    '{"__name__":"m","cluster":"d","only":"there","replica":"1"}',
    '{"__name__":"m"}',
  ]);
  const named = await run((storage) => selected(storage, [is('__name__', 'm'), is('cluster', 'd')]));
  assert.deepEqual(Object.keys(named).sort(), [
    '{"__name__":"m","cluster":"d","only":"there","replica":"1"}',
    '{"__name__":"m","cluster":"d","only":"there"}',
  ]);
});

test('a remote with required matchers is asked by selections that have all of them', async (t) => {
  const { remotes, run } = await setUp(t, [{ requiredMatchers: { env: 'prod', team: 'a' } }]);
  const [remote] = remotes;
  remote!.metrics.add(labels({ __name__: 'm', env: 'prod', team: 'a' }), floats([10, 1]));
  for (const matchers of [
    [is('__name__', 'm')],
    [is('env', 'prod')],
    [is('env', 'prod'), new Matcher('=~', 'team', 'a')],
    [is('env', 'prod'), is('team', 'b')],
  ]) {
    assert.deepEqual(await run((storage) => selected(storage, matchers)), {});
  }
  assert.equal(remote!.queries.length, 0);
  const found = await run((storage) => selected(storage, [is('team', 'a'), is('env', 'prod')]));
  assert.equal(Object.keys(found).length, 1);
});

test('without read_recent a remote is asked up to four hours behind the oldest local sample', async (t) => {
  const { local, remotes, run } = await setUp(t, [{ readRecent: false }]);
  const [remote] = remotes;
  local.oldest = NOW_MS - 10 * HOUR_MS;
  const border = NOW_MS - 6 * HOUR_MS;
  remote!.metrics.add(labels({ __name__: 'm' }), floats([border, 1], [border + 1, 2], [NOW_MS, 3]));
  const all = { minMs: NOW_MS - 20 * HOUR_MS, maxMs: NOW_MS };
  const found = await run((storage) => selected(storage, [is('__name__', 'm')], all));
  assert.deepEqual(found, { '{"__name__":"m"}': [[border, 1]] });
  assert.equal(remote!.queries[0].end, border);
  assert.equal(remote!.queries[0].hints.endMs, NOW_MS);
  const recent = { minMs: border + 1, maxMs: NOW_MS };
  assert.deepEqual(await run((storage) => selected(storage, [is('__name__', 'm')], recent)), {});
  assert.equal(remote!.queries.length, 1);
  // With nothing stored, all of the past is asked for.
  local.oldest = undefined;
  assert.equal(
    Object.keys(await run((storage) => selected(storage, [is('__name__', 'm')], recent))).length,
    1,
  );
});

test('series are those of all; label names and values are local, and that is told', async (t) => {
  const { local, remotes, run } = await setUp(t);
  local.add(labels({ __name__: 'm', of: 'here' }), floats([10, 1]));
  remotes[0]!.metrics.add(labels({ __name__: 'm', of: 'there' }), floats([10, 1]));
  const range = { minMs: 0, maxMs: 100 };
  await run(async (storage) => {
    const sets = [[is('__name__', 'm')], [is('of', 'there')]];
    const series = await storage.metrics.series({ matcherSets: sets, ...range });
    assert.deepEqual(series.map((s) => s.get('of')).sort(), ['here', 'there']);
    assert.equal(remotes[0]!.queries[0].hints.func, 'series');
    assert.deepEqual(storage.warnings?.(), []);
    assert.deepEqual(await storage.metrics.labelValues('of', { matcherSets: [], ...range }), ['here']);
    assert.deepEqual(await storage.metrics.labelNames({ matcherSets: [], ...range }), ['__name__', 'of']);
    assert.deepEqual(storage.warnings?.(), ['not implemented']);
  });
});

const CHUNKED = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse';
const answering =
  (type: string, bytes: readonly number[] | string, status = 200) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type });
    response.end(typeof bytes === 'string' ? bytes : Uint8Array.from(bytes));
  };

const FAILURES: readonly (readonly [answer: (response: ServerResponse) => void, warning: RegExp])[] = [
  [
    answering('text/plain', '\nboom\nhere\n', 503),
    /^remote_read: remote server http:\S+\/read returned http status 503 Service Unavailable: boom\nhere$/,
  ],
  [answering('text/html', 'x'), /^remote_read: unsupported content type: text\/html$/],
  [answering(CHUNKED, [100, 1, 2, 3]), /^unexpected EOF$/],
  [
    answering(CHUNKED, [0xff, 0xff, 0xff, 0x7f, 1]),
    /^chunkedReader: message size exceeded the limit 1000000 bytes; got: 268435455 bytes$/,
  ],
  [answering(CHUNKED, [1, 1, 2, 3, 4, 5]), /^chunkedReader: corrupted frame; checksum mismatch$/],
  [
    answering('application/x-protobuf', [9, 1]),
    /^remote_read: error reading response: snappy: corrupt input$/,
  ],
  [answering('application/x-protobuf', [0]), /^remote_read: responses: want 1, got 0$/],
  [(response) => response.destroy(), /^remote_read: error sending request: Post "http:\S+": EOF$/],
  [
    (response) => {
      response.writeHead(200, { 'content-type': CHUNKED, 'content-length': 100 });
      response.write(Uint8Array.of(100, 1), () => response.destroy());
    },
    /^unexpected EOF$/,
  ],
];

test('a remote that fails is a warning; what the others have is answered', async (t) => {
  const { local, remotes, run } = await setUp(t, [{}, {}]);
  local.add(labels({ __name__: 'm', of: 'here' }), floats([10, 1]));
  remotes[1]!.metrics.add(labels({ __name__: 'm', of: 'there' }), floats([10, 1]));
  for (const [answer, warning] of FAILURES) {
    remotes[0]!.answer = answer;
    await run(async (storage) => {
      assert.equal(Object.keys(await selected(storage, [is('__name__', 'm')])).length, 2);
      assert.equal(storage.warnings?.().length, 1);
      assert.match(storage.warnings!()[0]!, warning);
    });
  }
});

test('a remote that takes too long is a warning, and is asked no more by the query', async (t) => {
  const { remotes, run } = await setUp(t, [{ remoteTimeoutMs: 50 }]);
  remotes[0]!.answer = () => {};
  await run(async (storage) => {
    for (let i = 0; i < 3; i++) await selected(storage, [is('__name__', 'm')]);
    const [warning, ...others] = storage.warnings!();
    assert.match(
      warning!,
      /^remote_read: error sending request: Post "http:\S+": context deadline exceeded: request timed out after 50ms$/,
    );
    assert.deepEqual(others, []);
  });
  assert.equal(remotes[0]!.queries.length, 1);
});

test('where a remote fails in the midst of a query, all of the query is answered without it', async (t) => {
  const { local, remotes, run } = await setUp(t);
  const [remote] = remotes;
  local.add(labels({ __name__: 'a' }), floats([NOW_MS, 1]));
  local.add(labels({ __name__: 'b' }), floats([NOW_MS, 10]));
  remote!.metrics.add(labels({ __name__: 'a', of: 'there' }), floats([NOW_MS, 100]));
  const text = 'sum(a) + sum(b)';
  const options = { startMs: NOW_MS, endMs: NOW_MS, stepMs: 0, instant: true };
  const evaluate = () =>
    run(async (storage) => {
      const result = await evaluatePromql(text, options, { storage, signal: new AbortController().signal });
      assert.equal(result.data.type, 'vector');
      return { value: result.data.type === 'vector' && result.data.values[0], warnings: result.warnings };
    });
  assert.deepEqual(await evaluate(), { value: 111, warnings: [] });
  remote!.queries.length = 0;
  const original = remote!.metrics.select.bind(remote!.metrics);
  remote!.metrics.select = async (query) => {
    if (remote!.queries.length === 1) return original(query);
    throw new TriliteError('bad_data', 'no more');
  };
  const { value, warnings } = await evaluate();
  assert.equal(value, 11);
  assert.equal(warnings.length, 1);
});

test('who cancels a query ends the requests of it; a deadline does', async (t) => {
  const { remotes, run } = await setUp(t);
  const [remote] = remotes;
  remote!.answer = () => {};
  const controller = new AbortController();
  const reason = new TriliteError('canceled', 'the client went away');
  const job = run((storage) =>
    storage.metrics.select({ matchers: [is('a', 'b')], minMs: 0, maxMs: 1 }, controller.signal),
  );
  await eventually(async () => assert.equal(remote!.queries.length, 1));
  controller.abort(reason);
  await assert.rejects(job, (error) => error === reason);
  await eventually(async () => assert.equal(remote!.left, 1));
  const { signal } = new AbortController();
  const select = { matchers: [is('a', 'b')], minMs: 0, maxMs: 1, deadlineMs: Date.now() + 30 };
  await assert.rejects(
    run((storage) => storage.metrics.select(select, signal)),
    (error) => error instanceof TriliteError && error.kind === 'timeout',
  );
});
