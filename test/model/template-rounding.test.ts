/** Digits as Go's formats have them: nearest, and of two that are equally near the even one. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { exponential, fixed } from '../../src/model/template/rounding.ts';

describe('rounding', () => {
  it('goes to the even side in the middle', () => {
    const cases = [
      [925.25, 3, '9.252e+2'],
      [-925.25, 3, '-9.252e+2'],
      [925.75, 3, '9.258e+2'],
      [12_345, 3, '1.234e+4'],
      [2.5, 0, '2e+0'],
      [3.5, 0, '4e+0'],
      // Not in the middle, though it is written so: above it, and below it.
      [925.35, 3, '9.254e+2'],
      [1.005, 2, '1.00e+0'],
    ] as const;
    for (const [value, digits, text] of cases) assert.equal(exponential(value, digits), text);
    assert.equal(fixed(2.25, 1), '2.2');
    assert.equal(fixed(2.35, 1), '2.4');
  });

  it('is never farther off than half a digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.integer({ min: 0, max: 5 }), (n, digits) => {
        const value = n / 8;
        const text = exponential(value, digits);
        const unit = 10 ** (Number(text.split('e')[1]) - digits);
        assert.ok(Math.abs(Number(text) - value) <= unit / 2 + 1e-9, `${value} is ${text}`);
      }),
    );
  });
});
