/** Targets of pools, filtered and counted. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Target, TargetHealth } from '../../../../src/ui/api/status-answers.ts';
import {
  byPool,
  countHealth,
  discovered,
  downCount,
  filterDiscovered,
  filterTargets,
} from '../../../../src/ui/views/targets/pools.ts';

function target(instance: string, health: TargetHealth, scrapePool = 'shop', lastError = ''): Target {
  return {
    discoveredLabels: { __address__: instance, __meta_zone: 'eu' },
    labels: { instance, job: scrapePool },
    scrapePool,
    scrapeUrl: `http://${instance}/metrics`,
    lastError,
    lastScrape: '2026-01-01T00:00:00Z',
    lastScrapeDuration: 0.01,
    health,
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
  };
}

const TARGETS = [
  target('a:1', 'up'),
  target('b:1', 'down', 'shop', 'connection refused'),
  target('c:1', 'unknown', 'other'),
  target('d:1', 'up', 'other'),
];
const names = (targets: readonly Target[]) => targets.map(({ labels }) => labels.instance);

test('the worst come first, in their order otherwise', () => {
  assert.deepEqual(names(filterTargets(TARGETS, '', [])), ['b:1', 'c:1', 'a:1', 'd:1']);
});

test('words are looked for in addresses, labels and errors; healths are chosen', () => {
  assert.deepEqual(names(filterTargets(TARGETS, 'REFUSED', [])), ['b:1']);
  assert.deepEqual(names(filterTargets(TARGETS, 'job=other', ['up'])), ['d:1']);
  assert.deepEqual(names(filterTargets(TARGETS, 'd:1/metrics', [])), ['d:1']);
  assert.deepEqual(filterTargets(TARGETS, '', ['none']), []);
});

test('pools are told apart and counted', () => {
  assert.deepEqual([...byPool(TARGETS).keys()], ['shop', 'other']);
  assert.deepEqual(countHealth(TARGETS), { up: 2, down: 1, unknown: 1 });
});

test('of a pool that is not loaded those that are down are known where its job says so', () => {
  const rows = (value: number) => [{ labels: { job: 'big' }, value }];
  const pool = { name: 'big', activeCount: 5000, discoveredCount: 5000 };
  assert.equal(downCount(pool, rows(5000), rows(7)), 7);
  assert.equal(downCount(pool, rows(5000), []), 0);
  assert.equal(downCount(pool, rows(4000), rows(7)), undefined);
  assert.equal(downCount({ ...pool, name: 'other' }, rows(5000), rows(7)), undefined);
});

test('what was dropped is among what was discovered', () => {
  const dropped = { discoveredLabels: { __address__: 'x:1' }, scrapePool: 'shop' };
  const all = discovered({ activeTargets: TARGETS, droppedTargets: [dropped] });
  assert.equal(all.length, 5);
  assert.deepEqual(filterDiscovered(all, '', ['dropped']), [
    { discoveredLabels: { __address__: 'x:1' }, labels: undefined },
  ]);
  assert.equal(filterDiscovered(all, '__meta_zone=eu', []).length, 4);
  assert.equal(filterDiscovered(all, '', ['kept', 'dropped']).length, 5);
});
