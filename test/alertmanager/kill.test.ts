/**
 * A server that is killed again and again while it tells of alerts: every alert is told of when it fires and when it is over, and twice
 * only where the server could not know that it had been told.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import Database from 'better-sqlite3';
import { eventually } from '../support/poll.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KILLS = Number(process.env.TRILITE_TEST_ALERT_KILLS ?? 3);
/** Alerts that come between two kills. */
const ALERTS = 16;
/** How long a receiver takes. */
const ANSWER_MS = 20;

interface Call {
  /** `NAME firing` or `NAME resolved`. */
  readonly key: string;
  /** Which of the servers told it, from 0. */
  readonly life: number;
}

/** What the database says was told, as keys of calls. */
function written(dataDir: string): Set<string> {
  const db = new Database(path.join(dataDir, 'trilite.db'), { readonly: true });
  try {
    const rows = db.prepare("SELECT key, definition FROM alert_state WHERE kind = 'notified'").all();
    const out = new Set<string>();
    for (const { key, definition } of rows as { key: string; definition: string }[]) {
      const name = /alertname="([^"]+)"/.exec(JSON.parse(key)[0])![1];
      const { firing } = JSON.parse(definition);
      // One that was only about to be told is not known to be.
      if (firing) out.add(`${name} ${firing.length > 0 ? 'firing' : 'resolved'}`);
    }
    return out;
  } finally {
    db.close();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('tells of every alert, and twice of none that was known to be told of', { timeout: 120_000 }, async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-alert-kill-'));
  const dataDir = path.join(dir, 'data');
  const calls: Call[] = [];
  let life = 0;
  /** What must not be told any more by later servers. */
  const known: Set<string>[] = [];
  const hook = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const made: Call[] = body.alerts.map((alert: { status: string; labels: { alertname: string } }) => ({
      key: `${alert.labels.alertname} ${alert.status}`,
      // What a killed server has sent may be read when the next one is there.
      life: Number(request.url!.slice(1)),
    }));
    calls.push(...made);
    await pause(ANSWER_MS);
    response.end();
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const config = path.join(dir, 'alertmanager.yml');
  const start = () => {
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/${life}`;
    const times = 'group_wait: 10ms, group_interval: 100ms, repeat_interval: 1h';
    fs.writeFileSync(
      config,
      `
route: {receiver: hook, group_by: [alertname], ${times}}
receivers: [{name: hook, webhook_configs: [{url: '${url}'}]}]
`,
    );
    return startServer({ dataDir, args: ['--alertmanager.config', config] });
  };
  let server: TestServer = await start();
  const begunMs = Date.now();
  /** False where the server was killed meanwhile: whoever sends sends again. */
  const post = async (alertname: string, isOver: boolean): Promise<boolean> => {
    const endsAt = new Date(isOver ? Date.now() : Date.now() + 3_600_000).toISOString();
    const body = JSON.stringify([
      { labels: { alertname }, startsAt: new Date(begunMs).toISOString(), endsAt },
    ]);
    const headers = { 'content-type': 'application/json' };
    try {
      return (await fetch(`${server.base}/api/v2/alerts`, { method: 'POST', headers, body })).status === 200;
    } catch {
      return false;
    }
  };
  /** What has been taken, and what is to be sent (again). */
  const [firing, over] = [new Set<string>(), new Set<string>()];
  let waiting: (readonly [name: string, isOver: boolean])[] = [];
  const sendAll = (work: typeof waiting) =>
    Promise.all(
      work.map(async ([name, isOver], i) => {
        await pause(i * 4);
        if (await post(name, isOver)) (isOver ? over : firing).add(name);
        else waiting.push([name, isOver]);
      }),
    );
  try {
    for (let round = 0; round < KILLS; round++) {
      const told = new Set(calls.map(({ key }) => key));
      // What ends before anybody was told of it is nothing to tell.
      const ending = [...firing].filter((name) => told.has(`${name} firing`) && !over.has(name));
      const isWaiting = new Set(waiting.map(([name]) => name));
      const work = [
        ...waiting,
        ...ending.filter((name) => !isWaiting.has(name)).map((name) => [name, true] as const),
        ...Array.from({ length: ALERTS }, (_, i) => [`A${round}-${i}`, false] as const),
      ];
      waiting = [];
      const sending = sendAll(work);
      // In the middle of it, whatever this machine takes for it.
      const takenBefore = firing.size + over.size;
      const share = work.length * (0.4 + 0.1 * (round % 5));
      await eventually(async () => assert.ok(firing.size + over.size >= takenBefore + share), 10_000);
      await server.stop('SIGKILL');
      await sending;
      known.push(written(dataDir));
      life++;
      server = await start();
    }
    const rest = waiting;
    waiting = [];
    await sendAll(rest);
    assert.deepEqual(waiting, []);
    assert.ok(over.size > ALERTS / 2, `${over.size} alerts are over`);
    const expected = [
      ...[...firing].map((name) => `${name} firing`),
      ...[...over].map((name) => `${name} resolved`),
    ];
    await eventually(async () => {
      const told = new Set(calls.map(({ key }) => key));
      const missing = expected.filter((key) => !told.has(key));
      assert.deepEqual(missing, []);
    }, 10_000);
    for (const [key, list] of Map.groupBy(calls, (call) => call.key)) {
      const lives = list.map((call) => call.life);
      assert.equal(new Set(lives).size, lives.length, `${key} was told twice by one server`);
      const at = known.findIndex((keys) => keys.has(key));
      assert.ok(at < 0 || Math.max(...lives) <= at, `${key} was told though it was known to be told`);
    }
    assert.ok((known.at(-1)?.size ?? 0) > ALERTS, 'what is told is written down');
  } finally {
    await server.stop('SIGKILL');
    hook.close();
    hook.closeAllConnections();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});
