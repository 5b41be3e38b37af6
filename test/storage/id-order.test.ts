/** The order of ids against sorting them by comparison. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderOfIds } from '../../src/storage/select/id-order.ts';

test('ids come in ascending order, equal ones as they stand', () => {
  const id = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200 }), fc.boolean(), (ids, asFloats) => {
      const column = asFloats ? Float64Array.from(ids) : Uint32Array.from(ids);
      const wanted = ids.map((_, i) => i).sort((a, b) => ids[a]! - ids[b]! || a - b);
      const isSorted = wanted.every((index, i) => index === i);
      const order = orderOfIds(column);
      assert.deepEqual(order && [...order], isSorted ? undefined : wanted);
    }),
    { numRuns: 500 },
  );
});
