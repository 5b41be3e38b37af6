/** Verdicts on batches whose samples are newer than all there is, or the newest sent again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MetricRows } from '../../../src/ingest/decode/metric-rows.ts';
import { KEY_SPACE, type MetricBatch } from '../../../src/model/batch.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { Labels } from '../../../src/model/labels.ts';
import { MetricHead } from '../../../src/storage/head/metric-head.ts';
import { SeriesIndex } from '../../../src/storage/head/series-index.ts';

type Row = readonly [name: string, timeMs: number, value: number];

/** Rows of one series stand together. */
function batchOf(rows: readonly Row[], histograms: readonly [string, number][] = []): MetricBatch {
  const out = new MetricRows(0, 0);
  const names = [...new Set([...rows.map((r) => r[0]), ...histograms.map((h) => h[0])])];
  const labels = names.map((name) => Labels.from({ __name__: name }));
  const keys = labels.map((l) => Buffer.from(l.toBytes()));
  let at = 0;
  for (const key of keys) out.addSeries(at, (at += key.length));
  for (const [name, timeMs, value] of rows) out.addSample(names.indexOf(name), timeMs, value);
  for (const [name, timestampMs] of histograms) {
    const histogram = { count: 1 } as Histogram;
    out.histograms.push({ series: names.indexOf(name), timestampMs, startTimestampMs: 0, histogram });
  }
  return out.batch(KEY_SPACE.canonical, Buffer.concat(keys), (i) => labels[i]!);
}

/** A head that took the rows, and what it says of the next ones: the indexes to add, 'all', or undefined. */
function decide(first: MetricBatch, second: MetricBatch) {
  let id = 0;
  const head = new MetricHead(new SeriesIndex(() => ++id), 1);
  let { slots } = head.resolve(first);
  head.apply(first, slots, head.decideNewer(first, slots)!);
  ({ slots } = head.resolve(second));
  const verdict = head.decideNewer(second, slots);
  if (!verdict) return undefined;
  const record = head.apply(second, slots, verdict);
  return {
    take: verdict.take ? [...verdict.take] : 'all',
    accepted: verdict.accepted,
    times: [...record.timestamps.subarray(0, record.count)],
  };
}

test('newer samples are taken, the newest sent again is accepted and not added', () => {
  const first = batchOf([
    ['a', 10, 1],
    ['info', 10, 1],
  ]);
  const again: Row[] = [
    ['b', 10, 2],
    ['info', 10, 1],
    ['info', 20, 1],
  ];
  assert.deepEqual(decide(first, batchOf(again)), { take: [0, 2], accepted: 3, times: [10, 20] });
  assert.deepEqual(decide(first, first), { take: [], accepted: 2, times: [] });
  assert.deepEqual(decide(first, batchOf([['a', 11, 1]]))?.take, 'all');
  assert.deepEqual(decide(batchOf([['a', 10, NaN]]), batchOf([['a', 10, NaN]]))?.take, []);
});

test('anything else is left to the decision sample by sample', () => {
  const first = batchOf([['a', 10, 0]]);
  assert.equal(decide(first, batchOf([['a', 10, 1]])), undefined, 'another value');
  assert.equal(decide(first, batchOf([['a', 10, -0]])), undefined, 'other bits');
  assert.equal(decide(first, batchOf([['a', 9, 0]])), undefined, 'older');
  assert.equal(
    decide(
      first,
      batchOf([
        ['a', 10, 0],
        ['a', 10, 0],
      ]),
    ),
    undefined,
    'twice in the batch',
  );
  const histogram = batchOf([['a', 5, 0]], [['h', 10]]);
  assert.equal(decide(histogram, batchOf([['h', 10, 0]])), undefined, 'a histogram is there');
  assert.equal(decide(first, batchOf([], [['a', 10]])), undefined, 'a sample is there');
});

test('a series is found by the handle that it was given, and by its labels where that is another series by now', () => {
  let id = 0;
  const index = new SeriesIndex(() => ++id);
  const head = new MetricHead(index, 1);
  const handles = { places: new Uint32Array(2), ids: new Uint32Array(2) };
  let asked: number[] = [];
  const resolve = (rows: readonly Row[]) => {
    asked = [];
    const batch = batchOf(rows);
    const labels = (i: number) => {
      asked.push(i);
      return batch.labels(i);
    };
    return [...head.resolve({ ...batch, handles, labels }).slots.subarray(0, batch.seriesCount)];
  };
  const rows: Row[] = [
    ['a', 10, 1],
    ['b', 10, 1],
  ];
  const [a, b] = resolve(rows);
  assert.deepEqual(asked, [0, 1]);
  assert.deepEqual(resolve(rows), [a, b]);
  assert.deepEqual(asked, [], 'labels are not made again');
  index.evict(a!);
  // The free slot becomes another series'.
  assert.equal(index.resolveLabels(Labels.from({ __name__: 'c' }), 1), a);
  const [again] = resolve(rows);
  assert.deepEqual(asked, [0]);
  assert.equal(index.labels(again!).get('__name__'), 'a');
  assert.notEqual(again, a);
  assert.deepEqual(resolve(rows), [again, b]);
  assert.deepEqual(asked, []);
});
