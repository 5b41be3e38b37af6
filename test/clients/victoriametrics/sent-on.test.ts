/**
 * Trilite scrapes and sends on to a real VictoriaMetrics: it has the same samples, also of the time while it was away. It knows
 * version 1.0 of the protocol alone. The program is the one that `TRILITE_TEST_VICTORIAMETRICS` names.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { startServer } from '../../support/server.ts';
import { sameQuery } from '../prometheus/compare-answers.ts';
import { startSmallTarget } from '../prometheus/small-target.ts';
import { skipWithoutVictoria, startVictoria } from './run-victoria.ts';

const TIMEOUT_MS = 110_000;
const SCRAPES = { away: 8, back: 14, all: 20 } as const;

/** Values at the edge of what a float can be are another matter there, and a stale marker is shown as a sample. */
const QUERIES = [
  '{__name__=~"small_.*",__name__!~"small_special|small_short_lived"}[1h]',
  'up[1h]',
  'sum by (route) (sum_over_time(small_requests_total[1h]))',
];

async function run(t: TestContext): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-victoria-'));
  const target = await startSmallTarget(0);
  const port = await freePort();
  let victoria = await startVictoria(dir, port);
  const config = {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
    scrape_configs: [{ job_name: 'small', static_configs: [{ targets: [target.address] }] }],
    remote_write: [
      {
        url: `http://127.0.0.1:${port}/api/v1/write`,
        queue_config: { batch_send_deadline: '200ms', min_shards: 2, max_backoff: '200ms' },
      },
    ],
  };
  const file = path.join(dir, 'trilite.yml');
  fs.writeFileSync(file, JSON.stringify(config));
  const server = await startServer({ dataDir: path.join(dir, 'data'), args: ['--config', file] });
  t.after(async () => {
    await server.stop('SIGKILL');
    await victoria.stop('SIGKILL');
    await target.stop();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const scraped = (count: number) =>
    eventually(async () => assert.ok(target.scrapes() >= count, server.stderr()), 40_000);
  await scraped(SCRAPES.away);
  await victoria.stop('SIGTERM');
  await scraped(SCRAPES.back);
  victoria = await startVictoria(dir, port);
  await scraped(SCRAPES.all);
  const time = Date.now() / 1000 - 2;
  const peers = { reference: `http://127.0.0.1:${port}`, own: server.base };
  let points = 0;
  for (const query of QUERIES)
    points += await eventually(() => sameQuery(peers, '/api/v1/query', { query, time }), 30_000);
  assert.ok(points > 0);
  assert.doesNotMatch(server.stderr(), /non-recoverable|damage/);
  t.diagnostic(`${points} points are the same`);
}

test(
  'sent on to VictoriaMetrics: the samples are the same there',
  {
    timeout: TIMEOUT_MS,
    skip: skipWithoutVictoria,
  },
  run,
);
