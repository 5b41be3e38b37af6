import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../src/model/histogram.ts';
import { finestSchema, limitResolution } from '../../src/scrape/histogram-limits.ts';

const fine: Histogram = {
  schema: 2,
  zeroThreshold: 0.001,
  zeroCount: 1,
  count: 16,
  sum: 3,
  positiveSpans: [{ offset: 1, length: 5 }],
  positiveCounts: [1, 2, 3, 4, 0],
  negativeSpans: [{ offset: 1, length: 2 }],
  negativeCounts: [2, 3],
  customBounds: [],
  reset: 'unknown',
  integer: true,
  stale: false,
};

test('a factor asks for the finest schema that grows by it', () => {
  const rows: [number, number][] = [
    [0, 8],
    [1, 8],
    [1.0001, 8],
    [1.1, 2],
    [1.4, 1],
    [2, 0],
    [4, -1],
    [1e9, -4],
    [Number.MAX_VALUE, -4],
  ];
  for (const [factor, schema] of rows) assert.equal(finestSchema(factor), schema, String(factor));
});

test('buckets are merged until schema and number are kept, and no observation is lost', () => {
  const kept = limitResolution(fine, 8, 0)!;
  assert.deepEqual([kept.schema, kept.positiveCounts, kept.negativeCounts], [2, [1, 2, 3, 4], [2, 3]]);
  const coarse = limitResolution(fine, 1, 0)!;
  assert.deepEqual([coarse.schema, coarse.positiveCounts, coarse.negativeCounts], [1, [3, 7], [5]]);
  const few = limitResolution(fine, 8, 2)!;
  assert.deepEqual([few.schema, few.positiveCounts, few.negativeCounts], [0, [10], [5]]);
  assert.equal(few.zeroCount, 1);
  assert.equal(limitResolution(fine, 8, 1), undefined, 'the two sides cannot be merged');
});

test('custom buckets are not merged', () => {
  const custom: Histogram = {
    ...fine,
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    customBounds: [1, 2, 3, 4, 5, 6],
    negativeSpans: [],
    negativeCounts: [],
  };
  assert.equal(limitResolution(custom, -4, 4)!.positiveCounts.length, 4);
  assert.equal(limitResolution(custom, 8, 3), undefined);
});
