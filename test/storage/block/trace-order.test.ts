/** Rows sorted by trace id, those of one trace in the order in which they came. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortByTrace } from '../../../src/storage/block/trace-order.ts';

test('rows are sorted by trace id, stably', () => {
  const length = { minLength: 16, maxLength: 16 };
  const byte = fc.oneof(fc.constantFrom(0, 1, 255), fc.nat(255));
  // Few distinct bytes, so that ids repeat and share digits.
  const few = fc.array(fc.constantFrom(0, 1, 255), length);
  const ids = fc.array(fc.oneof(few, fc.array(byte, length)));
  fc.assert(
    fc.property(ids, (list) => {
      const bytes = Uint8Array.from(list.flatMap((one) => [...one]));
      const rows = Uint32Array.from(list, (_, i) => i);
      for (const _ of sortByTrace(rows, { idBytes: () => bytes, idOffset: (row) => 16 * row }));
      const hex = (row: number) => Buffer.from(bytes.subarray(16 * row, 16 * row + 16)).toString('hex');
      const want = list.map((_, i) => i).sort((a, b) => (hex(a) < hex(b) ? -1 : hex(a) > hex(b) ? 1 : a - b));
      assert.deepEqual([...rows], want);
    }),
  );
});
