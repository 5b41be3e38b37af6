/** Properties of native-histogram arithmetic: sums keep observations, and a counter that grows is never a reset. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allBuckets, compact, histogramsEqual, spansOf } from '../../../src/model/float-histogram.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { reduceSchema } from '../../../src/model/histogram-schema.ts';
import {
  addHistograms,
  isHistogramReset,
  scaleHistogram,
  subtractHistograms,
} from '../../../src/query/exec/histogram/arithmetic.ts';
import { histogramFraction, histogramQuantile } from '../../../src/query/exec/histogram/native-quantile.ts';

const side = fc.dictionary(fc.integer({ min: -12, max: 12 }).map(String), fc.integer({ min: 1, max: 9 }), {
  maxKeys: 8,
});

const histogram: fc.Arbitrary<Histogram> = fc
  .record({
    schema: fc.integer({ min: -2, max: 4 }),
    zeroThreshold: fc.constantFrom(0, 0.001, 0.3),
    zeroCount: fc.integer({ min: 0, max: 5 }),
    positive: side,
    negative: side,
  })
  .map(({ schema, zeroThreshold, zeroCount, positive, negative }) => {
    const sorted = (s: Record<string, number>) =>
      Object.entries(s)
        .map(([index, count]) => [Number(index), count] as const)
        // A populated bucket never reaches into the zero bucket.
        .filter(([index]) => 2 ** ((index - 1) / 2 ** schema) >= zeroThreshold)
        .sort((a, b) => a[0] - b[0]);
    const p = sorted(positive);
    const n = sorted(negative);
    const count = zeroCount + [...p, ...n].reduce((sum, [, c]) => sum + c, 0);
    return {
      schema,
      zeroThreshold,
      zeroCount,
      count,
      sum: count * 1.5,
      positiveSpans: spansOf(p.map(([i]) => i)),
      positiveCounts: p.map(([, c]) => c),
      negativeSpans: spansOf(n.map(([i]) => i)),
      negativeCounts: n.map(([, c]) => c),
      customBounds: [],
      reset: 'unknown',
      integer: false,
      stale: false,
    };
  });

const observations = (h: Histogram) => allBuckets(h).reduce((sum, b) => sum + b.count, 0);

test('a sum has the observations of both and does not depend on the order', () => {
  fc.assert(
    fc.property(histogram, histogram, (a, b) => {
      const sum = addHistograms(a, b).histogram!;
      assert.equal(observations(sum), observations(a) + observations(b));
      assert.equal(sum.count, a.count + b.count);
      assert.ok(histogramsEqual(sum, addHistograms(b, a).histogram!));
    }),
  );
});

test('adding and taking away again leaves the histogram at the common shape', () => {
  fc.assert(
    fc.property(histogram, (a) => {
      const twice = addHistograms(a, a).histogram!;
      assert.ok(histogramsEqual(subtractHistograms(twice, a).histogram!, compact(a)));
      assert.ok(histogramsEqual(twice, scaleHistogram(compact(a), 2)));
    }),
  );
});

test('a coarser schema keeps the observations', () => {
  fc.assert(
    fc.property(histogram, fc.integer({ min: 0, max: 4 }), (h, down) => {
      assert.equal(observations(reduceSchema(h, h.schema - down)), observations(h));
    }),
  );
});

test('a histogram that only grows is no reset, one that shrinks is', () => {
  fc.assert(
    fc.property(histogram, histogram, (a, b) => {
      const grown = addHistograms(a, b).histogram!;
      assert.equal(isHistogramReset(grown, a), false);
      if (observations(b) > 0) assert.equal(isHistogramReset(a, grown), true);
    }),
  );
});

test('quantiles ascend and the fraction below a quantile is near it', () => {
  fc.assert(
    fc.property(histogram, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (h, q) => {
      fc.pre(h.count > 0);
      const value = histogramQuantile(q, h);
      assert.ok(histogramQuantile(q / 2, h) <= value + 1e-9);
      const below = histogramFraction(Number.NEGATIVE_INFINITY, value, h);
      assert.ok(below <= q + 1e-6, `${below} of observations below the ${q}-quantile ${value}`);
    }),
  );
});
