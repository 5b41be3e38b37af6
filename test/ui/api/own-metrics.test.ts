/** Readings of the server's own metrics, and the rates between them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnMetrics, type Readings, rateOf, withReading } from '../../../src/ui/api/own-metrics.ts';

function counted(value: number, atMs: number): OwnMetrics {
  return new OwnMetrics([{ name: 'c', metric: [{ counter: { value } }] }], atMs);
}

const total = (reading: OwnMetrics) => reading.total('c');

test('gauges, counters and distributions are read, by label or all together', () => {
  const metrics = new OwnMetrics(
    [
      {
        name: 'bytes',
        metric: [
          { label: [{ name: 'signal', value: 'logs' }], gauge: { value: 3 } },
          { label: [{ name: 'signal', value: 'traces' }], gauge: { value: 4 } },
          { gauge: { value: 5 } },
        ],
      },
      { name: 'childless' },
      { name: 'took', metric: [{ histogram: { sampleCount: '4', sampleSum: 2 } }] },
    ],
    0,
  );
  assert.equal(metrics.total('bytes'), 12);
  assert.deepEqual(
    [...metrics.byLabel('bytes', 'signal')],
    [
      ['logs', 3],
      ['traces', 4],
    ],
  );
  assert.equal(metrics.total('childless'), 0);
  assert.equal(metrics.total('unknown'), undefined);
  assert.deepEqual(metrics.distributions('took'), [{ labels: {}, count: 4, sum: 2 }]);
  assert.deepEqual(metrics.samples('took'), []);
});

test('a rate needs two readings, and lasts over a restart', () => {
  assert.equal(rateOf([], total), undefined);
  assert.equal(rateOf([counted(5, 1000)], total), undefined);
  assert.equal(rateOf([counted(5, 1000), counted(25, 3000)], total), 10);
  assert.equal(rateOf([counted(500, 1000), counted(30, 4000)], total), 10);
});

test('what was not there before counts from nothing', () => {
  const before = new OwnMetrics([], 0);
  assert.equal(rateOf([before, counted(8, 2000)], total), 4);
  assert.equal(
    rateOf([counted(8, 0), before, new OwnMetrics([], 2000)], total),
    undefined,
    'what is gone has no rate',
  );
});

test('readings cover a minute, and not more than is of use', () => {
  let readings: Readings = [];
  for (let atMs = 0; atMs <= 300_000; atMs += 5000) readings = withReading(readings, counted(atMs, atMs));
  assert.equal(readings.at(-1)!.atMs, 300_000);
  assert.ok(readings[0]!.atMs <= 240_000 && readings[0]!.atMs >= 230_000, String(readings[0]!.atMs));
  assert.equal(rateOf(readings, total), 1000);
  const later = withReading(readings, counted(0, 3_600_000));
  assert.deepEqual(
    later.map(({ atMs }) => atMs),
    [3_600_000],
    'what is an hour old says nothing of now',
  );
});
