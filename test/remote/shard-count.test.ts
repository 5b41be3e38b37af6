/** The number of shards follows the rates, with patience. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SHARD_INTERVAL_MS, ShardCount } from '../../src/remote/write/shard-count.ts';
import { retryAfterMs } from '../../src/remote/write/write-client.ts';

/** Intervals with so many items a second, each of which takes so many milliseconds to send. */
function run(
  count: ShardCount,
  from: number,
  perSecond: number,
  msEach: number,
  behind = 0,
  intervals = 30,
): number {
  let shards = from;
  const items = (perSecond * SHARD_INTERVAL_MS) / 1000;
  for (let i = 0; i < intervals; i++) {
    count.read(items, 0);
    // What the shards there are can send.
    const sent = Math.min(items, (shards * SHARD_INTERVAL_MS) / msEach);
    count.sent(sent, sent * msEach);
    shards = count.next(shards, behind, i * SHARD_INTERVAL_MS);
  }
  return shards;
}

test('as many as sending what comes takes', () => {
  assert.equal(run(new ShardCount(1, 50), 1, 1000, 0.1), 1);
  const many = run(new ShardCount(1, 50), 1, 10_000, 1);
  assert.ok(many >= 8 && many <= 13, `${many} shards`);
});

test('within the bounds', () => {
  assert.equal(run(new ShardCount(2, 5), 2, 100_000, 1), 5);
  assert.equal(run(new ShardCount(3, 50), 3, 10, 0.1), 3);
});

test('more while it is behind, and not fewer until it is not', () => {
  const behind = run(new ShardCount(1, 50), 10, 10_000, 1, 60);
  assert.ok(behind > 13, `${behind} shards`);
  assert.equal(run(new ShardCount(1, 50), 20, 1000, 1, 11), 20);
  assert.ok(run(new ShardCount(1, 50), 20, 1000, 1, 0) < 20);
});

test('no change while nothing is sent, or a receiver asked for patience', () => {
  const idle = new ShardCount(1, 50);
  idle.read(1_000_000, 0);
  assert.equal(idle.next(4, 100, 0), 4);
  const patient = new ShardCount(1, 50);
  patient.retried(30_000, 0);
  patient.read(100_000, 0);
  patient.sent(10_000, 100_000);
  assert.equal(patient.next(1, 0, 10_000), 1);
  patient.read(100_000, 0);
  patient.sent(10_000, 100_000);
  assert.ok(patient.next(1, 0, 70_000) > 1);
});

test('when to try again: seconds, or a date ahead', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(retryAfterMs('120', now), 120_000);
  assert.equal(retryAfterMs(new Date(now + 5000).toUTCString(), now), 5000);
  for (const none of [undefined, '0', '-1', 'soon', new Date(now - 5000).toUTCString()])
    assert.equal(retryAfterMs(none, now), undefined);
});
