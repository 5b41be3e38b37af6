/** The samples that `stats` tells of, step by step: the numbers are those of a real Prometheus over the same series. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Labels } from '../../src/model/labels.ts';
import { evaluatePromql } from '../../src/query/engine.ts';
import { histogramSize } from '../../src/query/sample-count.ts';
import { MemoryMetrics, memoryReader } from '../../src/query/script/memory-metrics.ts';
import { EMPTY_HISTOGRAM } from '../storage/histograms.ts';

const SCRAPE_MS = 15_000;
const metrics = new MemoryMetrics();
for (const instance of ['a', 'b']) {
  const samples = Array.from({ length: 41 }, (_, i) => ({ timestampMs: i * SCRAPE_MS, value: i }));
  metrics.add(Labels.from({ __name__: 'x_total', instance }), samples);
}
const engine = { storage: memoryReader(metrics), signal: new AbortController().signal };
const MINUTE = 60_000;
const range = { startMs: 5 * MINUTE, endMs: 7 * MINUTE, stepMs: MINUTE, instant: false };
const instant = { startMs: 5 * MINUTE, endMs: 5 * MINUTE, stepMs: 0, instant: true };

async function counted(query: string, grid: typeof range) {
  const { stats } = await evaluatePromql(query, { ...grid, countSamples: true }, engine);
  return { total: [...stats.perStep!.total], read: [...stats.perStep!.read] };
}

describe('samples per step', () => {
  for (const [query, total, read] of [
    ['x_total', [2, 2, 2], [2, 2, 2]],
    ['1', [0, 0, 0], [0, 0, 0]],
    ['absent(nope)', [0, 0, 0], [0, 0, 0]],
    ['timestamp(x_total)', [2, 2, 2], [2, 2, 2]],
    ['x_total + x_total', [4, 4, 4], [4, 4, 4]],
    // A window of five minutes; one of one minute is new at each step.
    ['sum(rate(x_total[5m]))', [40, 40, 40], [40, 8, 8]],
    // Windows that do not touch each other are new as a whole.
    ['rate(x_total[30s])', [4, 4, 4], [4, 4, 4]],
    ['rate(x_total[5m] @ 300)', [40, 40, 40], [40, 0, 0]],
    ['x_total @ 300', [2, 2, 2], [2, 0, 0]],
    // Of the subquery's own points each step sees five; what they read counts once.
    ['max_over_time(x_total[5m:1m])', [10, 10, 10], [10, 2, 2]],
    ['max_over_time(rate(x_total[1m])[2m:1m])', [4, 4, 4], [16, 8, 8]],
  ] as const) {
    test(`range: ${query}`, async () => {
      assert.deepEqual(await counted(query, range), { total, read });
    });
  }

  for (const [query, total, read] of [
    ['x_total', 2, 2],
    ['x_total[2m]', 16, 16],
    ['x_total[5m:1m]', 10, 10],
    ['max_over_time(x_total[5m:1m] offset 1m)', 10, 10],
    ['rate(x_total[2m])', 16, 16],
  ] as const) {
    test(`instant: ${query}`, async () => {
      assert.deepEqual(await counted(query, instant), { total: [total], read: [read] });
    });
  }

  test('nobody asked: nothing is counted', async () => {
    const { stats } = await evaluatePromql('x_total', range, engine);
    assert.equal(stats.perStep, undefined);
    assert.ok(stats.peakSamples > 0 && stats.peakBytes > 0);
  });

  test('a histogram counts by its size', () => {
    const empty = EMPTY_HISTOGRAM;
    assert.equal(histogramSize(empty), 11);
    const spans = [{ offset: 0, length: 3 }];
    assert.equal(histogramSize({ ...empty, positiveSpans: spans, positiveCounts: [1, 2, 3] }), 13);
  });
});
