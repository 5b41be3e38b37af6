/** Remotes change while the server runs: what waits for one that stays is not lost, a new one begins now, one that went is forgotten. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { parseConfigFile } from '../../src/config/file.ts';
import type { Config } from '../../src/config/settings.ts';
import { LocalRemote } from '../../src/local-remote.ts';
import type { LocalStorage } from '../../src/storage/engine.ts';
import { metricBatch } from '../storage/batches.ts';
import { openEngine, tempDir } from '../storage/local-engine.ts';
import { eventually } from '../support/poll.ts';
import { Receiver } from './receiver.ts';

const TIMEOUT = { timeout: 60_000 };
const T = 1_767_268_800_000;

const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

async function receiver(): Promise<Receiver> {
  const opened = await new Receiver().open();
  closing.push(() => opened.close());
  return opened;
}

function configOf(remotes: readonly object[], rest: object = {}): Promise<Config> {
  const queue_config = { batch_send_deadline: '50ms', min_backoff: '20ms', max_backoff: '100ms' };
  const remote_write = remotes.map((remote) => ({ queue_config, ...remote }));
  return parseConfigFile('prometheus.yml', JSON.stringify({ remote_write, ...rest }), {});
}

async function append(storage: LocalStorage, i: number): Promise<void> {
  const sample = { labels: { __name__: 'm', a: 'b' }, timestampMs: T + i * 1000, value: i };
  const { durable } = await storage.metrics.append(metricBatch([sample]), { mode: 'atomic' });
  await durable;
}

const values = (from: Receiver, labels: object) => [
  ...new Set((from.series.get(JSON.stringify(labels)) ?? []).map((s) => s.value)),
];

async function openRemote(config: Config) {
  const dir = tempDir();
  const storage = await openEngine(dir, { keepsMetricLog: config.remoteWrites.length > 0 });
  const telemetry = new Telemetry();
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line));
  const file = path.join(dir, 'trilite.db');
  const remote = await LocalRemote.open(
    { path: file, nativeBinding: undefined, storage, telemetry, log },
    config,
  );
  closing.push(() => remote.end());
  remote.begin();
  return { storage, remote, telemetry, lines };
}

test('a remote with other rules goes on where it was', TIMEOUT, async () => {
  const there = await receiver();
  const { storage, remote } = await openRemote(await configOf([{ url: there.url }]));
  await append(storage, 0);
  await eventually(async () => assert.deepEqual(values(there, { __name__: 'm', a: 'b' }), [0]));
  await there.close();
  await append(storage, 1);
  const rules = [{ action: 'labeldrop', regex: 'a' }];
  (await remote.prepare(await configOf([{ url: there.url, write_relabel_configs: rules }])))();
  await append(storage, 2);
  await there.open();
  await eventually(async () => assert.deepEqual(values(there, { __name__: 'm' }), [1, 2]));
});

test('remotes come and go; a new one gets what is appended from then on', TIMEOUT, async () => {
  const [one, two] = [await receiver(), await receiver()];
  const none = await configOf([]);
  const { storage, remote, telemetry } = await openRemote(none);
  const labels = { __name__: 'm', a: 'b' };
  await append(storage, 0);
  (await remote.prepare(await configOf([{ url: one.url }])))();
  // Where it begins is known when its thread has said so.
  await eventually(async () => assert.match(telemetry.print(), /remote_storage_shards\{[^}]*\} 1/));
  await append(storage, 1);
  await eventually(async () => assert.equal(values(one, labels).at(-1), 1));
  (await remote.prepare(await configOf([{ url: one.url }, { url: two.url }])))();
  await eventually(async () =>
    assert.equal(telemetry.print().match(/remote_storage_shards\{[^}]*\} 1/g)?.length, 2),
  );
  await append(storage, 2);
  await eventually(async () => {
    assert.equal(values(one, labels).at(-1), 2);
    assert.equal(values(two, labels).at(-1), 2);
  });
  (await remote.prepare(none))();
  // Its thread may still send what it finds before it ends.
  await remote.end();
  await append(storage, 3);
  await storage.flush();
  await eventually(async () => assert.equal((await storage.stats()).walBytes, 0));
  assert.doesNotMatch(telemetry.print(), /remote_storage_shards\{/);
  assert.deepEqual(values(two, labels), [2]);
});

test('tenants are not told apart there: refused, and nothing changes', TIMEOUT, async () => {
  const there = await receiver();
  const config = await configOf([{ url: there.url }]);
  const { storage, remote } = await openRemote(config);
  const tenants = await configOf([{ url: there.url }], { trilite: { multi_tenancy: true } });
  await assert.rejects(remote.prepare(tenants), /remote_write and multi_tenancy exclude each other/);
  await append(storage, 0);
  await eventually(async () => assert.deepEqual(values(there, { __name__: 'm', a: 'b' }), [0]));
});
