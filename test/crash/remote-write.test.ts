/**
 * `kill -9` at random moments while metrics are sent on to a receiver that works, fails now and then, is slow or away: at the end
 * it has every sample that was acknowledged to a client, each series' in order. It may have some twice.
 *
 * `TRILITE_TEST_KILLS=NUMBER` sets how many kills there are: a quarter of it, since each is followed by waiting for the remote.
 */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Receiver } from '../remote/receiver.ts';
import { eventually } from '../support/poll.ts';
import { startServer } from '../support/server.ts';
import { type Ledger, load, newLedger, post } from './ledger.ts';

const KILLS = Math.ceil(Number(process.env.TRILITE_TEST_KILLS ?? 48) / 4);
const CLIENTS = 3;
const SERIES = 12;
const LOAD_MIN_MS = 200;
const LOAD_MAX_MS = 1500;
/** What the receiver is like while the load runs, in turn. */
const PHASES = ['works', 'fails', 'away', 'slow', 'away', 'comes back'] as const;
type Phase = (typeof PHASES)[number];

async function become(receiver: Receiver, phase: Phase): Promise<void> {
  if (phase === 'away') return receiver.close();
  let asked = 0;
  receiver.judge = async () => {
    if (phase === 'slow') await sleep(40);
    return phase === 'fails' && asked++ % 2 === 0 ? { status: 500 } : undefined;
  };
  if (phase !== 'comes back') {
    await receiver.close();
    await receiver.open();
  }
}

/** Every acknowledged item is there, and a series' samples came in order but for those that came again. */
function assertHasAll(receiver: Receiver, ledger: Ledger): number {
  const acknowledged = ledger.acknowledged.flatMap((a, n) => (a ? [n] : []));
  for (let s = 0; s < SERIES; s++) {
    const labels = { __name__: 'crash_total', client: ledger.client, s: String(s) };
    const got = receiver.series.get(JSON.stringify(labels)) ?? [];
    const seen = new Map<number, unknown>();
    let newest = 0;
    for (const { timestampMs, value } of got) {
      if (!seen.has(timestampMs)) {
        assert.ok(timestampMs > newest, `${labels.client} ${s}: ${timestampMs} came first behind ${newest}`);
        newest = timestampMs;
      }
      assert.equal(value, seen.get(timestampMs) ?? value, 'what comes again is the same');
      seen.set(timestampMs, value);
    }
    const missing = acknowledged.filter((n) => seen.get(ledger.baseMs + n * 1000) !== n * 100 + s);
    assert.deepEqual(missing, [], `${labels.client} ${s}: of ${acknowledged.length} acknowledged`);
  }
  return acknowledged.length * SERIES;
}

test(`kill -9, ${KILLS} times while metrics are sent on, loses nothing of them`, {
  timeout: 280_000,
}, async (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-crash-'));
  const receiver = await new Receiver().open();
  let child: ChildProcess | undefined;
  t.after(async () => {
    child?.kill('SIGKILL');
    await receiver.close();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const file = path.join(dir, 'config.yml');
  const queue = {
    batch_send_deadline: '50ms',
    max_samples_per_send: 100,
    min_shards: 3,
    max_backoff: '200ms',
    capacity: 300,
  };
  const remote = { url: receiver.url, queue_config: queue };
  fs.writeFileSync(file, JSON.stringify({ scrape_configs: [], remote_write: [remote] }));
  const start = () =>
    startServer({
      dataDir: path.join(dir, 'data'),
      args: ['--config', file],
      onSpawn: (spawned) => {
        child = spawned;
      },
    });
  const baseMs = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  const ledgers: Ledger[] = [];
  for (let round = 0; round < KILLS; round++) {
    const phase = PHASES[round % PHASES.length]!;
    const server = await start();
    await become(receiver, phase);
    const own = Array.from({ length: CLIENTS }, (_, c) =>
      newLedger('metrics', `r${round}c${c}`, baseMs, false),
    );
    ledgers.push(...own);
    const running = own.map((ledger) => load(server.base, ledger));
    const loadMs = LOAD_MIN_MS + Math.random() * (LOAD_MAX_MS - LOAD_MIN_MS);
    await sleep(loadMs / 2);
    if (phase === 'comes back') await receiver.open();
    // Rows of the log that are flushed and not sent are rewritten.
    if (round % 3 !== 0) post(`${server.base}/-/flush`, {}, '').catch(() => {});
    await sleep(loadMs / 2);
    await server.stop('SIGKILL');
    await Promise.all(running);
  }
  await become(receiver, 'works');
  const last = await start();
  const items = await eventually(
    async () => ledgers.reduce((n, ledger) => n + assertHasAll(receiver, ledger), 0),
    60_000,
  );
  assert.ok(items > 0, 'the load stored something');
  assert.equal(await last.stop(), 0, 'a clean stop');
  assert.doesNotMatch(last.stderr(), /damage|is not sent on|non-recoverable/);
  const came = [...receiver.series.values()].reduce((n, list) => n + list.length, 0);
  t.diagnostic(`${KILLS} kills, ${items} items acknowledged, ${came} came`);
});
