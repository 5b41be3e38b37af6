/**
 * The encodings of single columns, each by itself: every bit comes back, for what occurs (counters with resets, one
 * sample, none, out of order) and for what does not (the ends of the range); damaged bytes end in `ByteError`.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import { wordsOf } from '../../../src/model/sample.ts';
import { DamagedPageError } from '../../../src/storage/block/page.ts';
import { planeWidth, readPlanes, writePlanes } from '../../../src/storage/chunkenc/byte-planes.ts';
import { CHUNK_SAMPLES_MAX, VALUE_ENCODING } from '../../../src/storage/chunkenc/codec.ts';
import { decodeDecimals, encodeDecimals } from '../../../src/storage/chunkenc/decimal.ts';
import { isWholePiece, readPiece, writePiece } from '../../../src/storage/chunkenc/piece.ts';
import {
  decodeTimeCount,
  decodeTimes,
  encodeTimes,
  TimestampColumns,
} from '../../../src/storage/chunkenc/timestamps.ts';
import { decodeWords, encodeWords } from '../../../src/storage/chunkenc/xor.ts';
import { endsCleanly, mutated } from '../fuzz.ts';

const RUNS = { numRuns: 500 };

/** Every bit pattern, often those that mean something. */
const bits = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(
    0x7ff0000000000002n,
    0x7ff8000000000001n,
    0xfff4000000000005n,
    0x7ff0000000000000n,
    0xfff0000000000000n,
    0x8000000000000000n,
    0n,
    1n,
    0x7fefffffffffffffn,
  ),
);

function floats(words: readonly bigint[]): Float64Array {
  return new Float64Array(BigUint64Array.from(words).buffer);
}

/** A counter that is reset now and then, in units of 10^-e. */
const counter = fc
  .tuple(fc.nat(4), fc.array(fc.oneof(fc.nat(100_000), fc.constant(-1)), { minLength: 1, maxLength: 300 }))
  .map(([e, steps]) => {
    let sum = 0;
    return Float64Array.from(steps, (step) => (sum = step < 0 ? 0 : sum + step) / 10 ** e);
  });

const anyValues = fc.array(bits, { minLength: 1, maxLength: 200 }).map(floats);

function sameBits(a: Float64Array, b: Float64Array): void {
  assert.deepEqual(wordsOf(a), wordsOf(b));
}

function words(values: Float64Array): Uint8Array {
  const out = new ByteWriter();
  encodeWords(out, values, 0, values.length);
  return out.take();
}

function readWords(bytes: Uint8Array, n: number): Float64Array {
  const into = new Float64Array(n);
  const input = new ByteReader(bytes);
  decodeWords(input, input.u8(), into, 0, n);
  return into;
}

describe('words', () => {
  test('every bit pattern comes back', () => {
    fc.assert(
      fc.property(fc.oneof(anyValues, counter), (values) =>
        sameBits(readWords(words(values), values.length), values),
      ),
      RUNS,
    );
  });

  test('damaged', () => {
    const cases = anyValues.chain((v) => fc.tuple(mutated(words(v)), fc.integer({ min: 0, max: 400 })));
    fc.assert(
      fc.property(cases, ([bytes, n]) => endsCleanly(() => void readWords(bytes, n))),
      RUNS,
    );
  });
});

describe('decimals', () => {
  const read = (bytes: Uint8Array, n: number) => {
    const into = new Float64Array(n);
    const input = new ByteReader(bytes);
    assert.equal(input.u8(), VALUE_ENCODING.decimal);
    decodeDecimals(input, into, 0, n);
    return into;
  };

  test('are taken and come back, or are not taken', () => {
    fc.assert(
      fc.property(fc.oneof(counter, anyValues), (values) => {
        const out = new ByteWriter();
        if (!encodeDecimals(out, values, 0, values.length)) {
          assert.equal(out.length, 0, 'nothing is written');
          return;
        }
        sameBits(read(out.take(), values.length), values);
      }),
      RUNS,
    );
  });

  test('damaged', () => {
    const cases = counter.chain((v) => {
      const out = new ByteWriter();
      assert.ok(encodeDecimals(out, v, 0, v.length));
      return fc.tuple(mutated(out.take().slice(1)), fc.integer({ min: 0, max: 400 }));
    });
    const attempt = (bytes: Uint8Array, n: number) =>
      endsCleanly(() => decodeDecimals(new ByteReader(bytes), new Float64Array(n), 0, n));
    fc.assert(
      fc.property(cases, ([bytes, n]) => attempt(bytes, n)),
      RUNS,
    );
  });
});

describe('times', () => {
  const time = fc.oneof(
    fc.integer({ min: -(2 ** 40), max: 2 ** 42 }),
    fc.maxSafeInteger(),
    fc.constantFrom(0, 8.64e15, -8.64e15, 2 ** 49, -(2 ** 49), 2 ** 53, -(2 ** 63), 2 ** 63, 0.5),
  );
  const times = fc.oneof(
    fc.array(time, { maxLength: 200 }),
    fc.tuple(fc.integer(), fc.nat(100_000), fc.nat(300)).map(([t, step, n]) => {
      return Array.from({ length: n }, (_, i) => t + i * step);
    }),
  );
  const encode = (column: Float64Array) => {
    const out = new ByteWriter();
    encodeTimes(out, column, 0, column.length);
    return out.take();
  };

  test('in order or not, to the ends of the range, come back', () => {
    fc.assert(
      fc.property(times, (list) => {
        const column = Float64Array.from(list);
        const input = new ByteReader(encode(column));
        const n = decodeTimeCount(input);
        const into = new Float64Array(n);
        decodeTimes(input, into, 0, n);
        assert.deepEqual(into, column);
        assert.ok(input.done);
      }),
      RUNS,
    );
  });

  test('damaged, alone and as a table', () => {
    const attempt = (bytes: Uint8Array) => {
      endsCleanly(() => {
        const input = new ByteReader(bytes);
        const n = decodeTimeCount(input);
        assert.ok(n <= CHUNK_SAMPLES_MAX, 'memory is bounded');
        decodeTimes(input, new Float64Array(n), 0, n);
      });
      endsCleanly(() => {
        const table = new TimestampColumns(new ByteReader(bytes));
        assert.ok(table.size <= bytes.length);
        for (let i = 0; i < table.size; i++) table.column(i);
      });
    };
    fc.assert(
      fc.property(
        times.chain((list) => mutated(encode(Float64Array.from(list)))),
        attempt,
      ),
      RUNS,
    );
  });
});

describe('byte planes', () => {
  test('integers below 2^53 come back', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.maxSafeNat(), fc.nat(300)), { maxLength: 100 }), (list) => {
        const values = Float64Array.from(list);
        const width = planeWidth(Math.max(0, ...list));
        const out = new ByteWriter();
        writePlanes(out, values, 0, values.length, width);
        assert.equal(out.length, width * values.length);
        const into = new Float64Array(values.length);
        readPlanes(new ByteReader(out.take()), into, 0, values.length, width);
        assert.deepEqual(into, values);
      }),
      RUNS,
    );
  });

  test('a width that was never written, and too few bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(255), fc.nat(60), (bytes, width, n) =>
        endsCleanly(() => readPlanes(new ByteReader(bytes), new Float64Array(n), 0, n, width)),
      ),
      RUNS,
    );
  });
});

describe('pieces', () => {
  test('come back, compressed or not, empty too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(200), (bytes, zeros) => {
        const raw = Uint8Array.from([...bytes, ...new Uint8Array(zeros)]);
        const piece = writePiece(raw, 3);
        assert.ok(isWholePiece(piece));
        assert.deepEqual(Buffer.from(readPiece(piece)), Buffer.from(raw));
      }),
    );
  });

  test('any change ends in DamagedPageError', () => {
    fc.assert(
      fc.property(
        fc
          .uint8Array({ maxLength: 200 })
          .chain((raw) => fc.tuple(fc.constant(writePiece(raw, 3)), mutated(writePiece(raw, 3)))),
        ([piece, damaged]) => {
          if (Buffer.compare(piece, damaged) === 0) return;
          assert.equal(isWholePiece(damaged), false);
          assert.throws(() => readPiece(damaged), DamagedPageError);
        },
      ),
      RUNS,
    );
  });
});
