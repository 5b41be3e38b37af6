/** What the encoder writes is read by our decoder and by another one, and is no larger than it has to be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compress, uncompress } from 'snappyjs';
import { decompressSnappy } from '../../src/base/snappy.ts';
import { SnappyEncoder } from '../../src/base/snappy-encode.ts';

const encoder = new SnappyEncoder();

function roundTrip(input: Uint8Array): void {
  const block = encoder.encode(input);
  assert.ok(Buffer.from(decompressSnappy(block)).equals(input));
  assert.ok(Buffer.from(uncompress(block)).equals(input));
}

/** Pieces that come again, at any distance, among bytes that do not. */
const repeating = fc
  .tuple(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(7), { maxLength: 400 }),
  )
  .map(([pieces, order]) => Buffer.concat(order.map((i) => pieces[i % pieces.length]!)));

test('any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), roundTrip));
});

test('bytes that repeat', () => {
  fc.assert(fc.property(repeating, roundTrip));
});

test('lengths at which another form of a literal or a copy begins', () => {
  for (const length of [0, 1, 3, 4, 5, 59, 60, 61, 62, 255, 256, 257, 65_535, 65_536, 65_537, 70_000]) {
    roundTrip(new Uint8Array(length).fill(7));
    // No four bytes of it come twice.
    roundTrip(Uint8Array.from({ length }, (_, i) => (i % 3 === 0 ? i / 3 : i % 3 === 1 ? i / 768 : i >> 14)));
  }
  const piece = Uint8Array.from({ length: 3000 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);
  // Copies from further and further back, also further than an offset reaches.
  for (const gap of [0, 2046, 2048, 65_530, 65_536, 200_000])
    roundTrip(Buffer.concat([piece, new Uint8Array(gap), piece]));
});

test('text of labels becomes as small as with the other encoder, or smaller', () => {
  const text = Array.from(
    { length: 4000 },
    (_, i) =>
      `http_requests_total{instance="host-${i % 50}:9100",path="/api/v1/${i % 7}",code="${200 + (i % 5)}"}`,
  ).join('\n');
  const input = Buffer.from(text);
  assert.ok(encoder.encode(input).length <= compress(input).length);
});
