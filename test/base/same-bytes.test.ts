import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sameBytes, viewOf } from '../../src/base/same-bytes.ts';

describe('same bytes', () => {
  test('says what comparing byte by byte says, wherever the ranges lie', () => {
    const bytes = fc.array(fc.nat(1), { maxLength: 40 });
    fc.assert(
      fc.property(bytes, fc.nat(12), fc.nat(12), fc.option(fc.nat(39)), (given, before, other, changed) => {
        const n = given.length;
        const a = Uint8Array.from([...Array(before).fill(9), ...given]);
        const b = Uint8Array.from([...Array(other).fill(8), ...given]);
        const differs = changed !== null && changed < n;
        // The highest bit as well: words are signed.
        if (differs) b[other + changed] = b[other + changed]! ^ 0x80;
        assert.equal(sameBytes(viewOf(a), before, viewOf(b), other, n), !differs);
      }),
      { numRuns: 500 },
    );
  });

  test('looks at nothing outside of the ranges', () => {
    for (let n = 0; n <= 33; n++) {
      const a = new Uint8Array(n + 2).fill(1);
      const b = new Uint8Array(n + 2).fill(2);
      a.fill(3, 1, n + 1);
      b.fill(3, 1, n + 1);
      assert.ok(sameBytes(viewOf(a), 1, viewOf(b), 1, n));
      assert.ok(sameBytes(viewOf(a.subarray(1, n + 1)), 0, viewOf(b.subarray(1, n + 1)), 0, n));
    }
  });
});
