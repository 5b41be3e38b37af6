/** A server that reads from another one: queries, rules, what goes through and what does not, and changes while it runs. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { apiUrl, getJson, postBody } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody, type WriteSeries } from '../../support/remote-write.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { FakeRemote } from './fake-remote.ts';

const NOW_MS = Math.floor(Date.now() / 1000) * 1000;

interface Reading {
  readonly dir: string;
  server: TestServer;
  readonly file: string;
  start(config: object): Promise<TestServer>;
  values(query: string): Promise<Record<string, string>>;
}

async function open(t: TestContext): Promise<Reading> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-remote-read-'));
  const file = path.join(dir, 'config.yml');
  const reading = { dir, file } as Reading;
  reading.start = async (config) => {
    fs.writeFileSync(file, JSON.stringify({ scrape_configs: [], ...config }));
    reading.server = await startServer({
      dataDir: path.join(dir, 'data'),
      args: ['--config', file, '--web.enable-lifecycle'],
    });
    return reading.server;
  };
  reading.values = async (query) => {
    const { data } = await getJson<{
      data: { result: readonly { metric: object; value: [number, string] }[] };
    }>(reading.server.base, '/api/v1/query', { query, time: NOW_MS / 1000 });
    return Object.fromEntries(data.result.map((r) => [JSON.stringify(r.metric), r.value[1]]));
  };
  t.after(async () => {
    await reading.server?.stop('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  return reading;
}

const write = (base: string, list: readonly WriteSeries[]) =>
  postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(list));

const one = (name: string, value: number, of = 'x'): WriteSeries => ({
  labels: { __name__: name, of },
  samples: [[NOW_MS - 5000, value]],
});

test('Trilite reads from Trilite: queries, rules and remote read go through, federation does not', async (t) => {
  const far = await open(t);
  await far.start({});
  await write(far.server.base, [one('there', 40), one('both', 1, 'far')]);
  const near = await open(t);
  const rules = path.join(near.dir, 'rules.yml');
  fs.writeFileSync(
    rules,
    JSON.stringify({
      groups: [{ name: 'g', interval: '1s', rules: [{ record: 'from_there', expr: 'there + 2' }] }],
    }),
  );
  const { base } = await near.start({
    remote_read: [{ url: `${far.server.base}/api/v1/read`, name: 'far', read_recent: true }],
    rule_files: [rules],
  });
  await write(base, [one('both', 2, 'near')]);
  assert.deepEqual(await near.values('both'), {
    '{"__name__":"both","of":"far"}': '1',
    '{"__name__":"both","of":"near"}': '2',
  });
  await eventually(async () => {
    const { data } = await getJson<{ data: { result: readonly { value: [number, string] }[] } }>(
      base,
      '/api/v1/query',
      { query: 'from_there' },
    );
    assert.equal(data.result[0]?.value[1], '42');
  });
  const federated = await (
    await fetch(apiUrl(base, '/federate', { 'match[]': '{__name__=~"both|there"}' }))
  ).text();
  assert.match(federated, /near/);
  assert.doesNotMatch(federated, /far|there/);
  const third = await open(t);
  await third.start({ remote_read: [{ url: `${base}/api/v1/read`, read_recent: true }] });
  assert.deepEqual(await third.values('sum(both) + sum(there)'), { '{}': '43' });
  const metrics = await (await fetch(`${base}/metrics`)).text();
  assert.match(
    metrics,
    /prometheus_remote_read_client_queries_total\{remote_name="far",.*response_type="chunked",code="200"\} \d/,
  );
});

test('other remotes are taken in while the server runs; who leaves a query ends the request to a remote', async (t) => {
  const remotes = [await new FakeRemote().open(), await new FakeRemote().open()];
  t.after(() => remotes.forEach((r) => void r.close()));
  const near = await open(t);
  const remoteRead = (i: number) => [{ url: remotes[i]!.url, read_recent: true }];
  const { base } = await near.start({ remote_read: remoteRead(0) });
  await near.values('m');
  assert.equal(remotes[0]!.queries.length, 1);
  fs.writeFileSync(near.file, JSON.stringify({ scrape_configs: [], remote_read: remoteRead(1) }));
  await postBody(`${base}/-/reload`, {}, '');
  await near.values('m');
  assert.deepEqual(
    remotes.map((r) => r.queries.length),
    [1, 1],
  );
  remotes[1]!.answer = () => {};
  const controller = new AbortController();
  const left = fetch(apiUrl(base, '/api/v1/query', { query: 'm' }), { signal: controller.signal });
  left.catch(() => {});
  await eventually(async () => assert.equal(remotes[1]!.queries.length, 2));
  controller.abort();
  await eventually(async () => assert.equal(remotes[1]!.left, 1));
  await assert.rejects(
    getJson(base, '/api/v1/query', { query: 'm', timeout: '100ms' }),
    /query timed out in expression evaluation/,
  );
  fs.writeFileSync(near.file, JSON.stringify({ scrape_configs: [] }));
  await postBody(`${base}/-/reload`, {}, '');
  assert.deepEqual(await near.values('m'), {});
});

test('tenants are not told apart by remotes: both at once are refused', async (t) => {
  const near = await open(t);
  const config = { remote_read: [{ url: 'http://127.0.0.1:1/' }], trilite: { multi_tenancy: true } };
  await assert.rejects(near.start(config), /remote_read and multi_tenancy exclude each other/);
});
