/** Numbers, texts and pieces come back; whatever bytes a reader is given, it ends in `ByteError` or within them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteError, ByteReader, ByteWriter, compareBytes } from '../../src/base/bytes.ts';
import { viewOf } from '../../src/base/same-bytes.ts';

const EDGES = Array.from({ length: 54 }, (_, bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1])
  .flat()
  .filter(Number.isSafeInteger);

type Item =
  | { readonly kind: 'varint' | 'zigzag' | 'u8' | 'u32' | 'f64'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'block'; readonly value: Uint8Array };

const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    kind: fc.constant('varint' as const),
    value: fc.oneof(fc.maxSafeNat(), fc.constantFrom(...EDGES)),
  }),
  fc.record({
    kind: fc.constant('zigzag' as const),
    value: fc.oneof(
      fc.integer(),
      fc.maxSafeInteger().map((n) => Math.trunc(n / 2)),
    ),
  }),
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('text' as const), value: fc.string({ unit: 'grapheme', maxLength: 100 }) }),
  fc.record({ kind: fc.constant('block' as const), value: fc.uint8Array({ maxLength: 100 }) }),
);

function write(out: ByteWriter, { kind, value }: Item): void {
  if (kind === 'text') out.text(value);
  else if (kind === 'block') out.block(value);
  else out[kind](value);
}

function read(input: ByteReader, kind: Item['kind']): number | string | Uint8Array {
  return input[kind]();
}

describe('bytes', () => {
  test('what is written is read, one behind the other, whatever room the writer began with', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.nat(300), (items, capacity) => {
        const out = new ByteWriter(capacity);
        for (const i of items) write(out, i);
        const input = new ByteReader(out.take());
        for (const i of items) assert.deepEqual(read(input, i.kind), i.value);
        assert.ok(input.done);
      }),
    );
  });

  test('every cut of what was written ends in ByteError', () => {
    fc.assert(
      fc.property(item, (one) => {
        const out = new ByteWriter();
        write(out, one);
        const bytes = out.take();
        for (let end = 0; end < bytes.length; end++)
          assert.throws(() => read(new ByteReader(bytes, 0, end), one.kind), ByteError, `cut at ${end}`);
      }),
    );
  });

  test('random bytes: a value or ByteError, and never a step past the end', () => {
    const kinds = fc.array(
      fc.constantFrom<Item['kind']>('varint', 'zigzag', 'u8', 'u32', 'f64', 'text', 'block'),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), kinds, (bytes, wanted) => {
        const input = new ByteReader(bytes);
        try {
          for (const kind of wanted) read(input, kind);
        } catch (error) {
          assert.ok(error instanceof ByteError, String(error));
        }
        assert.ok(input.pos <= bytes.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('a declared length above what is there is no reason to set memory aside', () => {
    const out = new ByteWriter();
    out.varint(Number.MAX_SAFE_INTEGER);
    for (const kind of ['text', 'block'] as const)
      assert.throws(() => read(new ByteReader(out.take()), kind), ByteError);
  });

  test('a varint above 2^53 is refused', () => {
    assert.throws(() => new ByteReader(new Uint8Array(10).fill(0xff)).varint(), ByteError);
    assert.throws(
      () => new ByteReader(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127)).varint(),
      ByteError,
    );
  });

  test('comparing orders as unsigned bytes, prefixes first', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
      }),
    );
  });
});

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
