/** Quantiles against sorting everything. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { takeQuantile } from '../../../src/query/exec/quantile.ts';

function bySorting(phi: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(phi)) return Number.NaN;
  if (phi < 0) return Number.NEGATIVE_INFINITY;
  if (phi > 1) return Number.POSITIVE_INFINITY;
  const order = (v: number) => (Number.isNaN(v) ? Number.NEGATIVE_INFINITY : v);
  const sorted = [...values].sort((a, b) =>
    Number.isNaN(a) !== Number.isNaN(b) ? (Number.isNaN(a) ? -1 : 1) : order(a) < order(b) ? -1 : 1,
  );
  const rank = phi * (sorted.length - 1);
  const low = Math.floor(rank);
  const weight = rank - low;
  return sorted[low]! * (1 - weight) + sorted[Math.min(sorted.length - 1, low + 1)]! * weight;
}

test('the quantile is that of the sorted values', () => {
  const value = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.double({ noDefaultInfinity: true }),
    fc.constant(Number.NaN),
  );
  const phi = fc.oneof(fc.double({ min: -0.2, max: 1.2 }), fc.constantFrom(0, 0.5, 1, Number.NaN));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), phi, (values, q) => {
      const room = Float64Array.from([...values, 1, 2, 3]);
      const got = takeQuantile(q, room, values.length);
      const want = bySorting(q, values);
      assert.ok(got === want || (Number.isNaN(got) && Number.isNaN(want)), `${got} is not ${want}`);
      assert.deepEqual([...room.subarray(values.length)], [1, 2, 3]);
      const same = (list: Iterable<number>) => [...list].map(String).sort();
      assert.deepEqual(same(room.subarray(0, values.length)), same(values));
    }),
    { numRuns: 2000 },
  );
});
