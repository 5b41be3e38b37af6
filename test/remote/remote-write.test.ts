/** A server that sends on what it stores, to a receiver that takes it, refuses it, goes away and comes back. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { getJson, postBody } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody, type WriteSeries } from '../support/remote-write.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';

type Options = Readonly<Record<string, unknown>>;

const NOW_MS = Math.floor(Date.now() / 1000) * 1000 - 60_000;
const QUICK = { batch_send_deadline: '100ms', min_backoff: '20ms', max_backoff: '100ms' };

interface Pair {
  readonly receiver: Receiver;
  server: TestServer;
  write(series: readonly WriteSeries[]): Promise<void>;
  /** Writes another configuration, which the running server takes in. */
  configure(remote: Options): void;
  /** Ends the server and starts it again over the same files. */
  restart(signal: NodeJS.Signals, remote?: Options): Promise<void>;
  metric(name: string, labels?: string): Promise<number>;
}

async function openPair(
  t: TestContext,
  remote: Options = {},
  options: ReceiverOptions & { readonly rest?: Options } = {},
): Promise<Pair> {
  const receiver = await new Receiver(options).open();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-remote-'));
  const file = path.join(dir, 'config.yml');
  const configure = (own: Options) => {
    const queue = { ...QUICK, ...(own.queue_config as Options | undefined) };
    const { rest, ...keys } = own;
    const config = {
      scrape_configs: [],
      ...(rest as Options | undefined),
      remote_write: [{ url: receiver.url, name: 'there', ...keys, queue_config: queue }],
    };
    fs.writeFileSync(file, JSON.stringify(config));
  };
  const start = (own: Options) => {
    configure(own);
    return startServer({ dataDir: path.join(dir, 'data'), args: ['--config', file] });
  };
  const own: Options = { ...remote, rest: options.rest };
  const pair: Pair = {
    receiver,
    server: await start(own),
    write: (series) =>
      postBody(`${pair.server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series)),
    configure: (other) => configure({ ...own, ...other }),
    restart: async (signal, other = {}) => {
      await pair.server.stop(signal);
      pair.server = await start({ ...own, ...other });
    },
    metric: async (name, labels = 'remote_name="there"') => {
      const text = await (await fetch(`${pair.server.base}/metrics`)).text();
      const lines = text.split('\n').filter((l) => l.startsWith(`${name}{`) && l.includes(labels));
      assert.equal(lines.length, 1, `${name} of ${labels}: ${lines.join(', ')}`);
      return Number(lines[0]!.slice(lines[0]!.lastIndexOf(' ') + 1));
    },
  };
  t.after(async () => {
    await pair.server.stop('SIGKILL');
    await receiver.close();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  return pair;
}

const series = (n: number, count = 3): WriteSeries[] =>
  Array.from({ length: count }, (_, s) => ({
    labels: { __name__: 'sent_total', s: String(s) },
    samples: [[NOW_MS + n * 1000, n * 10 + s]],
  }));

/** Whether it has all of the writes 0 to `n - 1`, each series in order. */
function assertHas(
  receiver: Receiver,
  n: number,
  extra: Readonly<Record<string, string>> = {},
  count = 3,
): void {
  for (let s = 0; s < count; s++) {
    const labels = { __name__: 'sent_total', ...extra, s: String(s) };
    const sorted = Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    const got = receiver.series.get(JSON.stringify(sorted)) ?? [];
    const first = got.filter((x, i) => got.findIndex((y) => y.timestampMs === x.timestampMs) === i);
    assert.deepEqual(
      first.map((x) => [x.timestampMs, x.value]),
      Array.from({ length: n }, (_, i) => [NOW_MS + i * 1000, i * 10 + s]),
    );
  }
}

for (const message of ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request']) {
  test(`what is written is sent on, as ${message}`, async (t) => {
    const pair = await openPair(t, { protobuf_message: message });
    for (let n = 0; n < 5; n++) await pair.write(series(n));
    await pair.write([{ labels: { __name__: 'gone' }, samples: [[NOW_MS, 'stale']] }]);
    await eventually(async () => {
      assertHas(pair.receiver, 5);
      assert.deepEqual(
        pair.receiver.series.get('{"__name__":"gone"}')?.map((s) => s.value),
        ['stale'],
      );
    });
    const { headers } = pair.receiver.requests[0]!;
    const second = message.includes('v2');
    assert.equal(headers['x-prometheus-remote-write-version'], second ? '2.0.0' : '0.1.0');
    assert.equal(headers['content-encoding'], 'snappy');
    assert.equal(
      headers['content-type'],
      second ? 'application/x-protobuf;proto=io.prometheus.write.v2.Request' : 'application/x-protobuf',
    );
    await eventually(async () => {
      assert.equal(await pair.metric('prometheus_remote_storage_samples_pending'), 0);
      assert.equal(await pair.metric('prometheus_remote_storage_samples_total'), 16);
    });
    assert.equal(await pair.metric('prometheus_remote_storage_samples_failed_total'), 0);
    const sent = await pair.metric('prometheus_remote_storage_queue_highest_sent_timestamp_seconds');
    assert.equal(sent, (NOW_MS + 4000) / 1000);
    assert.equal(await pair.metric('prometheus_remote_storage_shards_max'), 50);
  });
}

test('external labels are added, rules rewrite and drop, headers go with it', async (t) => {
  const rules = [
    { source_labels: ['s'], regex: '1', action: 'drop' },
    { regex: 'cluster', action: 'labelmap', replacement: 'of_cluster' },
  ];
  const pair = await openPair(
    t,
    {
      write_relabel_configs: rules,
      headers: { 'X-Scope-OrgID': 'edge' },
      basic_auth: { username: 'u', password: 'p' },
    },
    { rest: { global: { external_labels: { cluster: 'home', s: 'not this' } } } },
  );
  await pair.write(series(0));
  await eventually(async () =>
    assert.deepEqual([...pair.receiver.series.keys()].sort(), [
      '{"__name__":"sent_total","cluster":"home","of_cluster":"home","s":"0"}',
      '{"__name__":"sent_total","cluster":"home","of_cluster":"home","s":"2"}',
    ]),
  );
  const { headers } = pair.receiver.requests[0]!;
  assert.equal(headers['x-scope-orgid'], 'edge');
  assert.equal(headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  const dropped = 'reason="dropped_series"';
  assert.equal(await pair.metric('prometheus_remote_storage_samples_dropped_total', dropped), 1);
});

test('a receiver that fails, refuses once and is away gets everything, in order', async (t) => {
  const pair = await openPair(t, { queue_config: { max_samples_per_send: 6, min_shards: 2 } });
  let asked = 0;
  pair.receiver.judge = () => (asked++ % 3 === 0 ? { status: 503, text: 'not now' } : undefined);
  for (let n = 0; n < 10; n++) await pair.write(series(n));
  await eventually(async () => assertHas(pair.receiver, 10));
  await pair.receiver.close();
  for (let n = 10; n < 20; n++) await pair.write(series(n));
  await postBody(`${pair.server.base}/-/flush`, {}, '');
  for (let n = 20; n < 30; n++) await pair.write(series(n));
  pair.receiver.judge = () => undefined;
  await pair.receiver.open();
  await eventually(async () => assertHas(pair.receiver, 30));
  assert.ok((await pair.metric('prometheus_remote_storage_samples_retried_total')) > 0);
  assert.equal(await pair.metric('prometheus_remote_storage_samples_failed_total'), 0);
  assert.ok(pair.receiver.requests.some((r) => Number(r.headers['retry-attempt']) > 0));
  assert.match(pair.server.stderr(), /server returned HTTP status 503 Service Unavailable: not now/);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`what a remote that is away did not get is sent after ${signal} and a start`, async (t) => {
    const pair = await openPair(t);
    await pair.write(series(0));
    await eventually(async () => assertHas(pair.receiver, 1));
    await pair.receiver.close();
    for (let n = 1; n < 10; n++) await pair.write(series(n));
    await pair.restart(signal);
    for (let n = 10; n < 12; n++) await pair.write(series(n));
    await postBody(`${pair.server.base}/-/flush`, {}, '');
    await pair.restart(signal);
    await pair.receiver.open();
    await eventually(async () => assertHas(pair.receiver, 12));
    await eventually(async () => {
      const { walBytes } = await status(pair.server);
      assert.ok(walBytes >= 0);
    });
  });
}

interface Status {
  readonly walBytes: number;
}

async function status(server: TestServer): Promise<Status> {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  return { walBytes: Number(/^trilite_wal_bytes (\d+)/m.exec(text)?.[1] ?? 0) };
}

test('what was sent does not stay: the log of a flushed head is empty', async (t) => {
  const pair = await openPair(t);
  await pair.receiver.close();
  for (let n = 0; n < 20; n++) await pair.write(series(n));
  const lines = Array.from({ length: 2000 }, (_, i) => [
    `${(NOW_MS + i) * 1e6}`,
    `line ${i} ${Math.random()}`,
  ]);
  const streams = [{ stream: { app: 'a' }, values: lines }];
  const json = { 'content-type': 'application/json' };
  await postBody(`${pair.server.base}/loki/api/v1/push`, json, JSON.stringify({ streams }));
  await postBody(`${pair.server.base}/-/flush`, {}, '');
  const kept = (await status(pair.server)).walBytes;
  assert.ok(kept > 0 && kept < 20_000, `${kept} bytes are kept, of metrics alone`);
  await pair.receiver.open();
  await eventually(async () => assertHas(pair.receiver, 20));
  await eventually(async () => assert.equal((await status(pair.server)).walBytes, 0));
  // Numbers of rows go on where they were: nothing is taken for what was sent.
  await pair.restart('SIGTERM');
  await pair.write(series(20));
  await eventually(async () => assertHas(pair.receiver, 21));
});

test('a request that a receiver refuses for good is dropped and counted', async (t) => {
  const pair = await openPair(t);
  pair.receiver.judge = () => ({ status: 400, text: 'out of bounds' });
  await pair.write(series(0));
  await eventually(async () =>
    assert.equal(await pair.metric('prometheus_remote_storage_samples_failed_total'), 3),
  );
  pair.receiver.judge = () => ({ status: 429 });
  await pair.write(series(1));
  await eventually(async () =>
    assert.equal(await pair.metric('prometheus_remote_storage_samples_failed_total'), 6),
  );
  assert.equal(pair.receiver.series.size, 0);
  assert.match(pair.server.stderr(), /non-recoverable error.*HTTP status 400 Bad Request: out of bounds/);
});

test('429 is tried again where it is asked for, after the time that the receiver names', async (t) => {
  const pair = await openPair(t, { queue_config: { retry_on_http_429: true } });
  const times: number[] = [];
  pair.receiver.judge = () => {
    times.push(performance.now());
    return times.length === 1 ? { status: 429, headers: { 'Retry-After': '1' } } : undefined;
  };
  await pair.write(series(0));
  await eventually(async () => assertHas(pair.receiver, 1));
  assert.ok(times[1]! - times[0]! > 900);
});

test('2.0: a receiver that says nothing of what it wrote is taken at its word, that it wrote nothing', async (t) => {
  const pair = await openPair(t, { protobuf_message: 'io.prometheus.write.v2.Request' }, { silent: true });
  await pair.write(series(0));
  await eventually(async () =>
    assert.equal(await pair.metric('prometheus_remote_storage_samples_failed_total'), 3),
  );
  assert.match(pair.server.stderr(), /perhaps it knows version 1.0 only/);
});

test('samples that are too old are not sent', async (t) => {
  const pair = await openPair(t, { queue_config: { sample_age_limit: '10m' } });
  await pair.write([{ labels: { __name__: 'sent_total', s: 'old' }, samples: [[NOW_MS - 3_600_000, 1]] }]);
  await pair.write(series(0));
  await eventually(async () => assertHas(pair.receiver, 1));
  assert.equal(pair.receiver.series.size, 3);
  const old = 'reason="too_old"';
  assert.equal(await pair.metric('prometheus_remote_storage_samples_dropped_total', old), 1);
});

test('a queue that is full gives up the oldest, counts and tells it', async (t) => {
  const pair = await openPair(t, {}, { rest: { trilite: { remote_write: { queue_size: '4KB' } } } });
  await pair.receiver.close();
  for (let n = 0; n < 200; n++) await pair.write(series(n, 20));
  await postBody(`${pair.server.base}/-/flush`, {}, '');
  const full = 'reason="queue_full"';
  await eventually(
    async () =>
      assert.match(pair.server.stderr(), /queue of a remote is full and its oldest samples are dropped/),
    40_000,
  );
  const dropped = await pair.metric('prometheus_remote_storage_samples_dropped_total', full);
  assert.ok(dropped > 0 && dropped < 4000 && dropped % 20 === 0, `${dropped} are dropped`);
  await pair.receiver.open();
  await eventually(async () => {
    const got = [...pair.receiver.series.values()];
    assert.equal(got.length, 20);
    for (const samples of got) {
      assert.equal(samples.at(-1)!.timestampMs, NOW_MS + 199_000);
      assert.equal(samples.length, 200 - dropped / 20);
    }
  });
});

test('metadata goes by itself to 1.0', async (t) => {
  const pair = await openPair(
    t,
    { metadata_config: { send_interval: '200ms' } },
    {
      rest: { trilite: { self_scrape: true } },
    },
  );
  await eventually(async () =>
    assert.deepEqual(pair.receiver.metadata.get('trilite_queries_running'), {
      family: 'trilite_queries_running',
      type: 'gauge',
      help: 'Jobs that readers are at.',
      unit: '',
    }),
  );
  // What is scraped is sent, too: the server's own metrics.
  await eventually(async () =>
    assert.ok([...pair.receiver.series.keys()].some((key) => key.includes('"__name__":"up"'))),
  );
  assert.ok((await pair.metric('prometheus_remote_storage_metadata_total')) > 0);
});

test('another configuration is taken in while it runs', async (t) => {
  const pair = await openPair(t);
  await pair.write(series(0));
  await eventually(async () => assertHas(pair.receiver, 1));
  await pair.receiver.close();
  await pair.write(series(1));
  pair.configure({ write_relabel_configs: [{ target_label: 'rules', replacement: 'new' }] });
  await eventually(async () => assert.match(pair.server.stderr(), /remoteWrites|remote_write/));
  await pair.write(series(2));
  await pair.receiver.open();
  await eventually(async () => {
    const got = pair.receiver.series.get('{"__name__":"sent_total","rules":"new","s":"1"}') ?? [];
    assert.deepEqual([...new Set(got.map((x) => x.value))], [11, 21]);
  });
});

test('Trilite sends to Trilite', async (t) => {
  const there = await openPair(t);
  const url = `${there.server.base}/api/v1/write`;
  for (const message of ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request']) {
    const here = await openPair(
      t,
      { url, protobuf_message: message },
      {
        rest: { global: { external_labels: { via: message } } },
      },
    );
    for (let n = 0; n < 5; n++) await here.write(series(n));
    const parameters = { query: `sent_total{via="${message}"}[1h]`, time: NOW_MS / 1000 + 60 };
    interface Answer {
      readonly data: { readonly result: readonly { readonly values: readonly unknown[] }[] };
    }
    await eventually(async () => {
      const { data } = await getJson<Answer>(there.server.base, '/api/v1/query', parameters);
      assert.deepEqual(
        data.result.map((r) => r.values.length),
        [5, 5, 5],
      );
    });
    assert.equal(await here.metric('prometheus_remote_storage_samples_failed_total'), 0);
  }
});
