/** Two halves against 64-bit integers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { U64 } from '../../src/base/u64.ts';

const wide = fc.bigInt(0n, (1n << 64n) - 1n);

function halves(value: bigint): [low: number, high: number] {
  return [Number(value & 0xffffffffn), Number(value >> 32n)];
}

function bits({ low, high }: U64): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

test('sums and products are those of 64-bit integers that wrap around', () => {
  fc.assert(
    fc.property(wide, wide, (a, b) => {
      assert.equal(bits(new U64().set(...halves(a))), a);
      assert.equal(bits(new U64().set(...halves(a)).add(...halves(b))), BigInt.asUintN(64, a + b));
      assert.equal(bits(new U64().set(...halves(a)).times1000()), BigInt.asUintN(64, a * 1000n));
    }),
  );
});

test("numbers become their two halves, negative ones in two's complement", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (number) => {
      assert.equal(bits(new U64().setNumber(number)), BigInt.asUintN(64, BigInt(number)));
    }),
  );
});
