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
import { eventually } from '../support/poll.ts';
import { startServer, type TestServer } from '../support/server.ts';

const KILLS = Number(process.env.TRILITE_TEST_ALERT_KILLS ?? 4);
/** Alerts that come between two kills. */
const ALERTS = 25;
/** How long a receiver takes, and how long the log of it may take after. */
const ANSWER_MS = 20;
const WRITE_MAX_MS = 40;

interface Call {
  readonly key: string;
  /** When it was answered; undefined: not yet. */
  answeredMs: number | undefined;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('tells of every alert, and twice of none that was known to be told of', { timeout: 120_000 }, async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-alert-kill-'));
  const calls: Call[] = [];
  const kills: number[] = [];
  const hook = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const made: Call[] = body.alerts.map((alert: { status: string; labels: { alertname: string } }) => ({
      key: `${alert.labels.alertname} ${alert.status}`,
      answeredMs: undefined,
    }));
    calls.push(...made);
    await pause(ANSWER_MS);
    response.end(() => {
      for (const call of made) call.answeredMs = Date.now();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const config = path.join(dir, 'alertmanager.yml');
  const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  fs.writeFileSync(
    config,
    `
route: {receiver: hook, group_by: [alertname], group_wait: 10ms, group_interval: 100ms, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: '${url}'}]}]
`,
  );
  const start = () =>
    startServer({ dataDir: path.join(dir, 'data'), args: ['--alertmanager.config', config] });
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
      await pause(150 + 45 * round);
      kills.push(Date.now());
      await server.stop('SIGKILL');
      await sending;
      server = await start();
    }
    const rest = waiting;
    waiting = [];
    await sendAll(rest);
    assert.deepEqual(waiting, []);
    assert.ok(over.size > ALERTS, `${over.size} alerts are over`);
    const expected = [
      ...[...firing].map((name) => `${name} firing`),
      ...[...over].map((name) => `${name} resolved`),
    ];
    await eventually(async () => {
      const told = new Set(calls.map(({ key }) => key));
      const missing = expected.filter((key) => !told.has(key));
      assert.deepEqual(missing, []);
    }, 10_000);
    const byKey = Map.groupBy(calls, ({ key }) => key);
    for (const [key, list] of byKey) {
      const known = list
        .slice(0, -1)
        .filter(({ answeredMs }) => !kills.some((ms) => isCutOff(answeredMs, ms)));
      assert.deepEqual(known, [], `${key} was told ${list.length} times`);
    }
  } finally {
    await server.stop('SIGKILL');
    hook.close();
    hook.closeAllConnections();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** Whether the kill came before the server could write down that it was answered. */
function isCutOff(answeredMs: number | undefined, killMs: number): boolean {
  return (
    answeredMs === undefined || (answeredMs > killMs - WRITE_MAX_MS && answeredMs < killMs + WRITE_MAX_MS)
  );
}
