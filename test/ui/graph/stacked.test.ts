/** Values on top of each other. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stacked } from '../../../src/ui/graph/stacked.ts';

test('the first series stands above the others, gaps stay gaps', () => {
  assert.deepEqual(
    stacked([
      [1, null, 3],
      [10, 20, null],
    ]),
    [
      [11, null, 3],
      [10, 20, null],
    ],
  );
});

test('the top is the sum of what is there', () => {
  const row = fc.array(fc.option(fc.integer({ min: 0, max: 1000 })), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (series) => {
      const tops = stacked(series);
      for (let at = 0; at < 3; at++) {
        const first = series.findIndex((values) => values[at] !== null);
        if (first < 0) continue;
        const sum = series.reduce((total, values) => total + (values[at] ?? 0), 0);
        assert.equal(tops[first]![at], sum);
      }
    }),
  );
});
