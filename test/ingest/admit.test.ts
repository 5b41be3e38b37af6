/** Samples outside the window of times are taken out of a batch. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { admitMetrics, FUTURE_MAX_MS, timeWindow } from '../../src/ingest/admit.ts';
import { KEY_SPACE, type MetricBatch } from '../../src/model/batch.ts';
import { Labels } from '../../src/model/labels.ts';
import { isStale, setStale, wordsOf } from '../../src/model/sample.ts';

const NOW = 1_767_268_800_000;

function batchOf(timestamps: readonly number[]): MetricBatch {
  const values = Float64Array.from(timestamps, (_, i) => i);
  setStale(wordsOf(values), 0);
  return {
    space: KEY_SPACE.canonical,
    keys: new Uint8Array(2),
    seriesCount: 2,
    keyStart: Uint32Array.of(0, 1),
    keyEnd: Uint32Array.of(1, 2),
    labels: (i) => Labels.from({ __name__: `m${i}` }),
    sampleCount: timestamps.length,
    sampleSeries: Uint32Array.from(timestamps, (_, i) => i % 2),
    timestamps: Float64Array.from(timestamps),
    values,
    startTimestamps: Float64Array.from(timestamps, (t) => t - 1),
    histograms: [],
    exemplars: [],
    metadata: [],
  };
}

describe('a batch', () => {
  it('without a sample outside the window is passed on as it is', () => {
    const batch = batchOf([NOW, NOW + FUTURE_MAX_MS, 0, -5]);
    const admitted = admitMetrics(batch, timeWindow(NOW, 0));
    assert.equal(admitted.batch, batch);
    assert.deepEqual(admitted.refused, []);
  });

  it('loses exemplars that are too far ahead', () => {
    const exemplars = [NOW - 30 * 60_000, NOW + FUTURE_MAX_MS, NOW + FUTURE_MAX_MS + 1].map(
      (timestampMs) => ({
        series: 0,
        exemplar: { labels: Labels.from({ trace_id: 'x' }), value: 1, timestampMs },
      }),
    );
    const admitted = admitMetrics({ ...batchOf([NOW]), exemplars }, timeWindow(NOW, 15 * 60_000));
    assert.deepEqual(admitted.batch.exemplars, exemplars.slice(0, 2));
    assert.deepEqual([admitted.refused, admitted.batch.sampleCount], [[], 1]);
  });

  it('loses exactly the samples outside the window, the others keep every bit', () => {
    const offset = fc.integer({ min: -30 * 60_000, max: 30 * 60_000 });
    fc.assert(
      fc.property(fc.array(offset, { minLength: 1, maxLength: 50 }), (offsets) => {
        const batch = batchOf(offsets.map((o) => NOW + o));
        const window = timeWindow(NOW, 15 * 60_000);
        const { batch: kept, refused } = admitMetrics(batch, window);
        const inside = (t: number) => t >= window.minMs && t <= window.maxMs;
        const wanted = offsets.map((o, i) => [NOW + o, i] as const).filter(([t]) => inside(t));
        assert.equal(kept.sampleCount, wanted.length);
        assert.deepEqual(
          refused.map((r) => r.item),
          offsets.flatMap((o, i) => (inside(NOW + o) ? [] : [i])),
        );
        const words = wordsOf(kept.values);
        wanted.forEach(([t, i], at) => {
          assert.equal(kept.timestamps[at], t);
          assert.equal(kept.sampleSeries[at], i % 2);
          assert.equal(kept.startTimestamps![at], t - 1);
          if (i === 0) assert.ok(isStale(words, at));
          else assert.equal(kept.values[at], i);
        });
        assert.equal(kept.labels(1)!.get('__name__'), 'm1');
      }),
    );
  });

  it('says why in the words of Prometheus', () => {
    const { refused } = admitMetrics(
      batchOf([NOW + FUTURE_MAX_MS + 1, NOW - 3_600_001]),
      timeWindow(NOW, 3_600_000),
    );
    assert.deepEqual(
      refused.map((r) => [r.reason, r.message]),
      [
        ['too_far_in_future', 'out of bounds: timestamp is too far in the future'],
        ['too_old', 'out of bounds'],
      ],
    );
  });
});
