/** What fills the disk, and what was asked. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnMetrics } from '../../../../src/ui/api/own-metrics.ts';
import { diskParts, queryLoads } from '../../../../src/ui/views/storage/disk.ts';

const gauge = (value: number, label?: readonly [name: string, value: string]) => ({
  ...(label && { label: [{ name: label[0], value: label[1] }] }),
  gauge: { value },
});

function metrics(databaseBytes: number): OwnMetrics {
  return new OwnMetrics(
    [
      { name: 'trilite_database_bytes', metric: [gauge(databaseBytes)] },
      { name: 'trilite_database_free_bytes', metric: [gauge(100)] },
      { name: 'trilite_wal_bytes', metric: [gauge(50)] },
      {
        name: 'trilite_block_bytes',
        metric: [gauge(300, ['signal', 'metrics']), gauge(200, ['signal', 'logs'])],
      },
      { name: 'trilite_blocks', metric: [gauge(3, ['signal', 'metrics']), gauge(2, ['signal', 'logs'])] },
      {
        name: 'trilite_query_duration_seconds',
        metric: [
          { label: [{ name: 'service', value: 'loki.query' }], histogram: { sampleCount: 4, sampleSum: 2 } },
          {
            label: [{ name: 'service', value: 'tempo.search' }],
            histogram: { sampleCount: 1, sampleSum: 9 },
          },
          { label: [{ name: 'service', value: 'idle' }], histogram: { sampleCount: 0, sampleSum: 0 } },
        ],
      },
      {
        name: 'trilite_query_failures_total',
        metric: [
          {
            label: [
              { name: 'service', value: 'loki.query' },
              { name: 'reason', value: 'timeout' },
            ],
            counter: { value: 3 },
          },
        ],
      },
    ],
    0,
  );
}

test('the parts add up to the file', () => {
  const parts = diskParts(metrics(1000));
  assert.equal(
    parts.reduce((sum, { bytes }) => sum + bytes, 0),
    1000,
  );
  assert.deepEqual(
    parts.map(({ name, bytes }) => [name, bytes]),
    [
      ['Blocks of metrics', 300],
      ['Blocks of logs', 200],
      ['Blocks of traces', 0],
      ['Series, labels and indexes', 350],
      ['Write-ahead log', 50],
      ['Free', 100],
    ],
  );
});

test('no part is negative where the numbers are of different moments', () => {
  assert.ok(diskParts(metrics(400)).every(({ bytes }) => bytes >= 0));
});

test('what was asked is told with its mean, the most expensive first', () => {
  assert.deepEqual(queryLoads(metrics(0)), [
    { service: 'tempo.search', count: 1, mean: 9, failures: 0 },
    { service: 'loki.query', count: 4, mean: 0.5, failures: 3 },
  ]);
});
