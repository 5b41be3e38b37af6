/** Adding exponential buckets: nothing is lost, and each bucket has what belongs there at the scale of the sum. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addExponentials,
  type ExponentialCounts,
  NO_BUCKETS,
  SIDE_BUCKETS_MAX,
} from '../../../src/ingest/translate/exponential-buckets.ts';
import type { OtlpBuckets } from '../../../src/ingest/translate/otlp-point.ts';

const FINEST = 10;

/** Observations by their bucket at the finest scale, in the buckets of a coarser one. */
function side(observations: readonly number[], scale: number, padding = 0): OtlpBuckets {
  if (observations.length === 0) return NO_BUCKETS;
  const indexes = observations.map((i) => Math.floor(i / 2 ** (FINEST - scale)));
  const offset = Math.min(...indexes) - padding;
  const counts = new Array<number>(Math.max(...indexes) - offset + 1 + padding).fill(0);
  for (const i of indexes) counts[i - offset]!++;
  return { offset, counts };
}

function populated({ offset, counts }: OtlpBuckets): [number, number][] {
  return counts.flatMap((n, i) => (n === 0 ? [] : [[offset + i, n] as [number, number]]));
}

const histogram = fc.record({
  scale: fc.integer({ min: -4, max: FINEST }),
  padding: fc.nat(3),
  positive: fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 8 }),
  negative: fc.array(fc.integer({ min: 100, max: 140 }), { maxLength: 4 }),
  zeroCount: fc.nat(5),
});

function countsOf(h: typeof histogram extends fc.Arbitrary<infer T> ? T : never): ExponentialCounts {
  return {
    scale: h.scale,
    zeroThreshold: 0,
    zeroCount: h.zeroCount,
    positive: side(h.positive, h.scale, h.padding),
    negative: side(h.negative, h.scale),
  };
}

test('the sum is the histogram of all observations', () => {
  fc.assert(
    fc.property(fc.array(histogram, { minLength: 1, maxLength: 5 }), (all) => {
      const sum = countsOf(all[0]!);
      for (const h of all.slice(1)) addExponentials(sum, countsOf(h));
      const positive = all.flatMap((h) => h.positive);
      const negative = all.flatMap((h) => h.negative);
      assert.ok(sum.scale <= Math.min(...all.map((h) => h.scale)));
      assert.deepEqual(populated(sum.positive), populated(side(positive, sum.scale)));
      assert.deepEqual(populated(sum.negative), populated(side(negative, sum.scale)));
      assert.equal(
        sum.zeroCount,
        all.reduce((n, h) => n + h.zeroCount, 0),
      );
      if (all.length > 1) assert.ok(sum.positive.counts.length <= SIDE_BUCKETS_MAX);
    }),
  );
});

test('the scale is no coarser than it has to be', () => {
  const a = { ...countsOf({ scale: 3, padding: 0, positive: [], negative: [], zeroCount: 0 }) };
  a.positive = { offset: 0, counts: [1] };
  const at = (index: number) => ({ ...a, positive: { offset: index, counts: [1] } });
  const near = at(0);
  addExponentials(near, at(SIDE_BUCKETS_MAX - 1));
  assert.equal(near.scale, 3);
  const far = at(0);
  addExponentials(far, at(SIDE_BUCKETS_MAX));
  assert.deepEqual(
    [far.scale, populated(far.positive)],
    [
      2,
      [
        [0, 1],
        [SIDE_BUCKETS_MAX / 2, 1],
      ],
    ],
  );
});

test('the wider zero bucket takes what lies within it', () => {
  const make = (zeroThreshold: number): ExponentialCounts => ({
    scale: 0,
    zeroThreshold,
    zeroCount: 1,
    // (1/4, 1/2], (1/2, 1], (1, 2]
    positive: { offset: -2, counts: [10, 20, 30] },
    negative: { offset: -2, counts: [1, 2, 3] },
  });
  const wide: ExponentialCounts = {
    ...make(1),
    positive: { offset: 0, counts: [30] },
    negative: NO_BUCKETS,
  };
  for (const [a, b] of [
    [make(0), { ...wide }],
    [{ ...wide }, make(0)],
  ] as const) {
    addExponentials(a, b);
    assert.deepEqual([populated(a.positive), populated(a.negative)], [[[0, 60]], [[0, 3]]]);
    assert.deepEqual([a.zeroCount, a.zeroThreshold], [2 + 33, 1]);
  }
  // In the middle of a bucket: all of it.
  const middle = make(0);
  addExponentials(middle, { ...wide, zeroThreshold: 0.75 });
  assert.deepEqual([middle.zeroCount, middle.zeroThreshold], [2 + 33, 1]);
  const all = make(0);
  addExponentials(all, { ...wide, zeroThreshold: Number.POSITIVE_INFINITY, positive: NO_BUCKETS });
  assert.deepEqual([populated(all.positive), all.zeroCount], [[], 2 + 66]);
});
