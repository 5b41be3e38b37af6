/**
 * Loki's own watcher: it pushes lines, follows them over the WebSocket, asks for them again, counts them with a metric
 * query, and keeps account of what is missing. `TRILITE_TEST_LOKI_CANARY` names the program.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { startProgram } from '../../support/program.ts';
import { temporaryServer } from '../../support/temporary-server.ts';

const CANARY = process.env.TRILITE_TEST_LOKI_CANARY;
const SKIP = CANARY ? false : 'name loki-canary in TRILITE_TEST_LOKI_CANARY (it comes with Loki)';
/** Enough for a metric test over its whole range. */
const ENTRIES = 200;
const DEADLINE_MS = 120_000;

/** Flags that make it look often; the address and the port are the test's. */
const FLAGS = [
  '-push=true',
  '-labelname=name',
  '-labelvalue=canary-check',
  '-interval=200ms',
  '-size=120',
  '-wait=5s',
  '-max-wait=20s',
  '-pruneinterval=3s',
  '-spot-check-interval=2s',
  '-spot-check-max=30s',
  '-spot-check-query-rate=5s',
  '-spot-check-initial-wait=2s',
  '-metric-test-interval=4s',
  '-metric-test-range=10s',
  '-cache-test-interval=9s',
  '-cache-test-range=20s',
  '-cache-test-now=5s',
];

async function metricsOf(port: number): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return (name) => {
    const value = new RegExp(`^loki_canary_${name} (\\S+)$`, 'm').exec(text)?.[1];
    assert.ok(value !== undefined, `no ${name} in ${text.slice(0, 200)}`);
    return Number(value);
  };
}

test('loki-canary misses nothing', { skip: SKIP }, async () => {
  const { server, dispose } = await temporaryServer();
  const port = await freePort();
  const canary = startProgram(CANARY!, [`-addr=${new URL(server.base).host}`, `-port=${port}`, ...FLAGS]);
  try {
    const metrics = await eventually(async () => {
      const read = await metricsOf(port);
      assert.ok(read('entries_total') >= ENTRIES, canary.output().slice(-1000));
      assert.ok(read('spot_check_entries_total') > 0);
      return read;
    }, DEADLINE_MS);
    for (const name of [
      'missing_entries_total',
      'websocket_missing_entries_total',
      'spot_check_missing_entries_total',
      'duplicate_entries_total',
      'unexpected_entries_total',
      'out_of_order_entries_total',
      'cache_test_query_results_diff_total',
      'ws_reconnects_total',
    ]) {
      assert.equal(metrics(name), 0, name);
    }
    // An entry more or less stands at the edge of its range.
    const difference = metrics('metric_test_actual') - metrics('metric_test_expected');
    assert.ok(Math.abs(difference) <= 1, `the metric query counts ${difference} too many`);
  } finally {
    await canary.stop('SIGKILL');
    await dispose();
  }
});
