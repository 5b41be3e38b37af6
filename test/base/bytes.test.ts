import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter } from '../../src/base/bytes.ts';
import { viewOf } from '../../src/base/same-bytes.ts';

test('a piece of a view is written as the same bytes, wherever it lies', () => {
  const pieces = fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 20 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), pieces, fc.nat(3), (source, places, capacity) => {
      const out = new ByteWriter(capacity);
      const want: number[] = [];
      for (const [start, length] of places) {
        const end = Math.min(source.length, start + length);
        if (start > end) continue;
        out.copy(viewOf(source), start, end - start);
        out.u8(7);
        want.push(...source.subarray(start, end), 7);
      }
      assert.deepEqual([...out.view()], want);
    }),
  );
});
