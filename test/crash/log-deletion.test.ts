/**
 * `kill -9` while log entries are written, deleted, flushed, merged and taken out of blocks: a request that was acknowledged
 * stays or has had its effect, one that was not does wholly or not at all, and nothing else goes with it.
 */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getJson } from '../support/http-api.ts';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../support/loki-push.ts';
import { eventually } from '../support/poll.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { post } from './ledger.ts';

const KILLS = 12;
/** Every other one is deleted where a request looks at lines. */
const LINES = 40;
/** Some time ago, in one partition or two. */
const START_S = Math.floor(Date.now() / 3_600_000) * 3600 - 7200;
/** The kill comes this long after the load began, at random. */
const LOAD_MIN_MS = 100;
const LOAD_MAX_MS = 800;

/** By stream, how many of its lines may be there. */
const allowed = new Map<string, readonly number[]>();

/** Until the server is gone. */
async function load(base: string, round: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `${round}-${n}`;
    allowed.set(key, [0, LINES]);
    const entries = Array.from({ length: LINES }, (_, i) => ({
      ns: BigInt(START_S + i) * 1_000_000_000n,
      line: `line ${i} is ${i % 2 ? 'odd' : 'even'}`,
      metadata: {},
    }));
    const body = lokiPushBody(`{app="doomed", key="${key}"}`, entries);
    if (!(await post(`${base}/loki/api/v1/push`, LOKI_PUSH_HEADERS, body))) return;
    allowed.set(key, [LINES]);
    if (n % 3 === 0) continue;
    const filter = n % 3 === 1 ? '' : ' |= "odd"';
    const left = filter === '' ? 0 : LINES / 2;
    allowed.set(key, [left, LINES]);
    const query = encodeURIComponent(`{key="${key}"}${filter}`);
    const url = `${base}/loki/api/v1/delete?query=${query}&start=${START_S}&end=${START_S + LINES}`;
    if (!(await post(url, {}, ''))) return;
    allowed.set(key, [left]);
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
  const query = `sum by (key) (count_over_time({app="doomed"}[${2 * LINES}s]))`;
  const time = START_S + LINES;
  const { data } = await getJson<Counts>(base, '/loki/api/v1/query', { query, time });
  const found = new Map(data.result.map(({ metric, value }) => [metric.key, Number(value[1])]));
  let total = 0;
  for (const [key, counts] of allowed) {
    const count = found.get(key) ?? 0;
    assert.ok(counts.includes(count), `${key} has ${count} lines, not one of ${counts}`);
    // What was read once does not change.
    allowed.set(key, [count]);
    total += count;
  }
  return total;
}

test('kill -9 among deletions of log entries', { timeout: 300_000 }, async (t) => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-crash-delete-logs-'));
  let child: ChildProcess | undefined;
  t.after(() => {
    child?.kill('SIGKILL');
    fs.rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  const config = path.join(dataDir, 'config.yml');
  fs.writeFileSync(config, 'scrape_configs: []\ntrilite: {delete: {cancel_period: 0}}\n');
  const start = async (): Promise<TestServer> => {
    const server = await startServer({ dataDir, args: ['--config', config, '--retention', '0'] });
    child = server.process;
    return server;
  };
  for (let round = 0; round < KILLS; round++) {
    const server = await start();
    await verify(server.base);
    const running = [load(server.base, round)];
    if (round % 2) running.push(post(`${server.base}/-/flush?compact=true`, {}, '').then(() => {}));
    await sleep(LOAD_MIN_MS + Math.random() * (LOAD_MAX_MS - LOAD_MIN_MS));
    await server.stop('SIGKILL');
    await Promise.all(running);
  }
  const last = await start();
  const kept = await verify(last.base);
  await eventually(async () => {
    const requests = await getJson<{ status: string }[]>(last.base, '/loki/api/v1/delete');
    assert.ok(requests.length > 0 && requests.every((r) => r.status === 'processed'));
  }, 60_000);
  assert.equal(await verify(last.base), kept, 'the same when all are carried out');
  await post(`${last.base}/-/flush?compact=true`, {}, '');
  assert.equal(await verify(last.base), kept);
  assert.equal(await last.stop(), 0);
  assert.doesNotMatch(last.stderr(), /damage|malformed|failed/);
  const gone = [...allowed.values()].filter(([n]) => n !== LINES).length;
  t.diagnostic(`${KILLS} kills, ${allowed.size} streams, ${gone} of them without some of their lines`);
  assert.ok(kept > 0 && gone > 0);
});
