import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LogColumns } from '../../../src/ingest/decode/log-columns.ts';

describe('columns of log entries', () => {
  test('grow, and keep what is in them', () => {
    const columns = new LogColumns(0);
    const { capacity } = columns;
    columns.timeMs[capacity - 1] = 1.5;
    columns.pairEnd[capacity - 1] = 7;
    columns.pairs[2 * capacity - 1] = 9;
    columns.grow();
    columns.reservePairs(2 * capacity + 1);
    assert.equal(columns.capacity, 2 * capacity);
    for (const name of ['stream', 'timeMs', 'timeNs', 'lineStart', 'lineEnd', 'pairEnd'] as const) {
      assert.equal(columns[name].length, 2 * capacity);
    }
    assert.equal(columns.timeMs[capacity - 1], 1.5);
    assert.equal(columns.pairEnd[capacity - 1], 7);
    assert.equal(columns.pairs[2 * capacity - 1], 9);
    assert.ok(columns.pairs.length > 2 * capacity);
  });

  test('are kept for the next request up to a size', () => {
    const columns = new LogColumns(1 << 20);
    assert.ok(columns.isKept);
    while (columns.capacity <= 16 * 1024) columns.grow();
    assert.ok(!columns.isKept);
    const pairs = new LogColumns(1 << 20);
    pairs.reservePairs(1 << 20);
    assert.ok(!pairs.isKept);
  });
});
