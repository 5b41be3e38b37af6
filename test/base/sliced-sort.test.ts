/** Sorting in slices: as `sort` does it, and in many steps. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slicedSort } from '../../src/base/sliced-sort.ts';

test('a sliced sort is a stable sort', () => {
  const item = fc.record({ rank: fc.nat(20), id: fc.nat() });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 3000, size: 'max' }), (items) => {
      const compare = (a: (typeof items)[number], b: (typeof items)[number]) => a.rank - b.rank;
      const work = slicedSort(items, compare);
      let steps = 0;
      let step = work.next();
      for (; !step.done; step = work.next()) steps++;
      assert.deepEqual(step.value, items.toSorted(compare));
      assert.ok(steps >= Math.floor(items.length / 256));
    }),
    { numRuns: 30 },
  );
});
