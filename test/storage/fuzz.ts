/** Damage to bytes, for tests of decoders. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ByteError } from '../../src/base/bytes.ts';

/** Bytes changed, cut off, repeated or put in at random places. */
export function mutated(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const n = bytes.length;
  const flips = fc.array(fc.tuple(fc.nat(Math.max(0, n - 1)), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  return fc.oneof(
    flips.map((all) => {
      const out = bytes.slice();
      for (const [at, xor] of all) if (at < n) out[at]! ^= xor;
      return out;
    }),
    fc.nat(n).map((end) => bytes.slice(0, end)),
    fc.tuple(fc.nat(n), fc.uint8Array({ minLength: 1, maxLength: 9 })).map(([at, more]) => {
      return Uint8Array.from([...bytes.subarray(0, at), ...more, ...bytes.subarray(at)]);
    }),
    fc.uint8Array({ maxLength: 60 }),
  );
}

/** The decoder ends with a result or with `ByteError`. */
export function endsCleanly(decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof ByteError)) throw error;
    assert.match(error.message, /at byte \d+/);
  }
}
