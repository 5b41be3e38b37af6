/** Bounds of exponential buckets, as Prometheus prints them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exponentialBound } from '../../src/model/float-histogram.ts';

test('bounds between 1/2 and 1 are those of Prometheus to the last digit', () => {
  const bounds = (schema: number) =>
    Array.from({ length: 2 ** schema }, (_, i) => exponentialBound(i - 2 ** schema, schema));
  assert.deepEqual(bounds(0), [0.5]);
  assert.deepEqual(bounds(2), [0.5, 0.5946035575013605, 0.7071067811865475, 0.8408964152537144]);
  const ofSchema3 = [0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048];
  ofSchema3.push(0.7071067811865475, 0.7711054127039704, 0.8408964152537144, 0.9170040432046711);
  assert.deepEqual(bounds(3), ofSchema3);
  const ofSchema8 = bounds(8);
  const some = [1, 6, 73, 128, 179, 222, 255].map((i) => ofSchema8[i]);
  const want = [0.5013556375251013, 0.5081891574554764, 0.6092711149137041, 0.7071067811865475];
  want.push(0.8118126635086642, 0.9120516927035263, 0.9972960560854698);
  assert.deepEqual(some, want);
});

test('powers of two are exact, and the last bound is the largest float', () => {
  for (const schema of [-4, -1, 0, 1, 5, 8]) {
    const perPower = 2 ** schema;
    for (const power of [-1008, -16, 0, 16, 1008]) {
      assert.equal(exponentialBound(power * perPower, schema), 2 ** power, `schema ${schema}, 2^${power}`);
    }
    assert.equal(exponentialBound(1024 * perPower, schema), Number.MAX_VALUE);
    assert.equal(exponentialBound(1040 * perPower, schema), Number.POSITIVE_INFINITY);
  }
});

test('a bound is near its power of two, above the one before, and the same in a finer schema', () => {
  const schema = fc.integer({ min: 0, max: 8 });
  fc.assert(
    fc.property(schema, fc.integer({ min: -1000, max: 1000 }), (s, index) => {
      const bound = exponentialBound(index, s);
      assert.ok(Math.abs(bound / 2 ** (index * 2 ** -s) - 1) < 1e-14);
      assert.ok(bound > exponentialBound(index - 1, s));
      if (s < 8) assert.equal(exponentialBound(index * 2, s + 1), bound);
    }),
  );
});
