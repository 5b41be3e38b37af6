/**
 * `kill -9` while series are written, deleted, flushed, merged and cleaned up: a deletion that was acknowledged stays, one
 * that was not is there wholly or not at all, and nothing else goes with it.
 */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getJson } from '../support/http-api.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../support/remote-write.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { post } from './ledger.ts';

const KILLS = 12;
const SAMPLES = 40;
const STEP_MS = 1000;
/** Some time ago, in one partition or two. */
const START_MS = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000;
/** The kill comes this long after the load began, at random. */
const LOAD_MIN_MS = 60;
const LOAD_MAX_MS = 600;

/** What may be of a series: its samples, none, or (a request that got no answer) either. */
type Fate = 'there' | 'deleted' | 'unknown';
const fates = new Map<string, Fate>();

/** Until the server is gone. */
async function load(base: string, round: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `${round}-${n}`;
    fates.set(key, 'unknown');
    const samples = Array.from({ length: SAMPLES }, (_, i) => [START_MS + i * STEP_MS, n + i] as const);
    const body = remoteWriteBody([{ labels: { __name__: 'doomed', key }, samples }]);
    if (!(await post(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, body))) return;
    fates.set(key, 'there');
    if (n % 3 === 0) continue;
    fates.set(key, 'unknown');
    const url = `${base}/api/v1/admin/tsdb/delete_series?match[]=doomed{key="${key}"}`;
    if (!(await post(url, {}, ''))) return;
    fates.set(key, 'deleted');
  }
}

/** Other work that meets the deletions. */
async function disturb(base: string): Promise<void> {
  for (const path of [
    '/-/flush?compact=true',
    '/api/v1/admin/tsdb/clean_tombstones',
    '/-/flush?compact=true',
  ]) {
    await post(base + path, {}, '');
  }
}

interface Counts {
  readonly data: {
    readonly result: readonly {
      readonly metric: { readonly key: string };
      readonly value: [number, string];
    }[];
  };
}

async function verify(base: string): Promise<number> {
  const time = START_MS / 1000 + SAMPLES;
  const query = `count_over_time(doomed[${2 * SAMPLES}s])`;
  const { data } = await getJson<Counts>(base, '/api/v1/query', { query, time });
  const found = new Map(data.result.map(({ metric, value }) => [metric.key, Number(value[1])]));
  for (const [key, fate] of fates) {
    const count = found.get(key) ?? 0;
    const allowed = fate === 'there' ? [SAMPLES] : fate === 'deleted' ? [0] : [0, SAMPLES];
    assert.ok(allowed.includes(count), `${key} is ${fate} and has ${count} samples`);
    // What was read once does not change.
    if (fate === 'unknown') fates.set(key, count === 0 ? 'deleted' : 'there');
  }
  return found.size;
}

test('kill -9 among deletions', { timeout: 200_000 }, async (t) => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-crash-delete-'));
  let child: ChildProcess | undefined;
  t.after(() => {
    child?.kill('SIGKILL');
    fs.rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  const config = path.join(dataDir, 'config.yml');
  fs.writeFileSync(config, 'scrape_configs: []\n');
  const start = async (): Promise<TestServer> => {
    const args = ['--config', config, '--web.enable-admin-api', '--retention', '0'];
    const server = await startServer({ dataDir, args });
    child = server.process;
    return server;
  };
  for (let round = 0; round < KILLS; round++) {
    const server = await start();
    await verify(server.base);
    const running = [load(server.base, round), ...(round % 2 ? [disturb(server.base)] : [])];
    await sleep(LOAD_MIN_MS + Math.random() * (LOAD_MAX_MS - LOAD_MIN_MS));
    await server.stop('SIGKILL');
    await Promise.all(running);
  }
  const last = await start();
  const kept = await verify(last.base);
  await post(`${last.base}/api/v1/admin/tsdb/clean_tombstones`, {}, '');
  assert.equal(await verify(last.base), kept);
  await post(`${last.base}/-/flush?compact=true`, {}, '');
  assert.equal(await verify(last.base), kept);
  assert.equal(await last.stop(), 0);
  assert.doesNotMatch(last.stderr(), /damage|malformed|failed/);
  const deleted = [...fates.values()].filter((f) => f === 'deleted').length;
  t.diagnostic(`${KILLS} kills, ${fates.size} series, ${deleted} of them deleted`);
  assert.ok(kept > 0 && deleted > 0);
});
