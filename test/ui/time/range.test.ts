/** Ranges of time as texts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundsOf, boundsSince, describeRange, parseMoment, stepFor } from '../../../src/ui/time/range.ts';

const NOW = Date.UTC(2026, 0, 31, 12);

test('moments are relative, numbers or dates', () => {
  assert.equal(parseMoment('now', NOW), NOW);
  assert.equal(parseMoment('now-1h30m', NOW), NOW - 5_400_000);
  assert.equal(parseMoment(String(NOW), 0), NOW);
  assert.equal(parseMoment(String(NOW / 1000), 0), NOW);
  assert.equal(parseMoment('2026-01-31T12:00:00Z', 0), NOW);
  assert.throws(() => parseMoment('yesterday', NOW), /"yesterday" is no time/);
  assert.throws(() => parseMoment('now-1q', NOW));
});

test('a range must not end before it begins', () => {
  assert.deepEqual(boundsOf({ from: 'now-1h', to: 'now' }, NOW), { startMs: NOW - 3_600_000, endMs: NOW });
  assert.throws(() => boundsOf({ from: 'now', to: 'now-1h' }, NOW), /ends before it begins/);
});

test('ranges are described in few words', () => {
  assert.equal(describeRange({ from: 'now-1h', to: 'now' }), 'Last 1h');
  assert.equal(describeRange({ from: 'now-2h', to: 'now-1h' }), 'now-2h – now-1h');
});

test('steps are round and few enough', () => {
  assert.equal(stepFor({ startMs: 0, endMs: 3_600_000 }, 250), 15_000);
  assert.equal(stepFor({ startMs: 0, endMs: 1000 }, 250), 1000);
  for (const days of [1, 7, 30, 400]) {
    const endMs = days * 86_400_000;
    assert.ok(endMs / stepFor({ startMs: 0, endMs }, 250) <= 250);
  }
});

test('the time around an alert begins before it and stays legible', () => {
  const nowMs = Date.parse('2026-01-01T12:00:00Z');
  const minutes = (count: number) => count * 60_000;
  const since = (ms: number) => boundsSince(nowMs - ms, nowMs);
  assert.deepEqual(since(minutes(5)), { startMs: nowMs - minutes(20), endMs: nowMs });
  assert.deepEqual(since(minutes(60 * 24)), { startMs: nowMs - minutes(360), endMs: nowMs });
  // A browser's clock may be behind.
  assert.ok(since(-minutes(60)).startMs < nowMs);
});
