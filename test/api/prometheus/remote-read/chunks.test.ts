/** Chunks of remote read: what is read out of them, by a reader of the test's own, is what was written. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { framesOf } from '../../../../src/api/prometheus/remote-read/frames.ts';
import { CHUNK_SAMPLES_MAX, wireChunks } from '../../../../src/api/prometheus/remote-read/wire-chunk.ts';
import { encodeXorChunk } from '../../../../src/api/prometheus/remote-read/xor-chunk.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { negativeBuckets, positiveBuckets, spansOf } from '../../../../src/model/float-histogram.ts';
import type { Histogram } from '../../../../src/model/histogram.ts';
import { Labels } from '../../../../src/model/labels.ts';
import { setStale, wordsOf } from '../../../../src/model/sample.ts';
import { SampleColumns } from '../../../../src/storage/interface.ts';
import { type Message, readFrames, readHistogramChunk, readXorChunk } from './chunk-reader.ts';

const STALE_WORD = 0x7ff0000000000002n;
const wordOf = (value: number) => new BigUint64Array(Float64Array.of(value).buffer)[0]!;

/** Ascending times with the differences that scrapes have, and wild ones. */
const times = (length: number) =>
  fc
    .tuple(
      fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
      fc.array(
        fc.oneof(
          fc.constant(15_000),
          fc.integer({ min: 1, max: 20_000 }),
          fc.integer({ min: 1, max: 2_000_000 }),
          fc.integer({ min: 1, max: 2 ** 40 }),
        ),
        { minLength: length, maxLength: length },
      ),
    )
    .map(([first, steps]) => steps.map((_, i) => steps.slice(0, i).reduce((t, s) => t + s, first)));

const value = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 'stale' as const),
);

describe('chunks of floats', () => {
  test('every time and every bit of a value survives', () => {
    const samples = fc
      .integer({ min: 1, max: CHUNK_SAMPLES_MAX })
      .chain((n) => fc.tuple(times(n), fc.array(value, { minLength: n, maxLength: n })));
    fc.assert(
      fc.property(samples, ([at, given]) => {
        const values = new Float64Array(at.length);
        given.forEach((v, i) => {
          if (v === 'stale') setStale(wordsOf(values), i);
          else values[i] = v;
        });
        const words = new BigUint64Array(values.buffer);
        const read = readXorChunk(encodeXorChunk(Float64Array.from(at), values, 0, at.length));
        assert.deepEqual(
          read,
          at.map((t, i) => [t, words[i]!]),
        );
      }),
    );
  });

  test('at the borders of the classes of time differences', () => {
    for (const bits of [14, 17, 20]) {
      for (const difference of [
        1 - 2 ** (bits - 1),
        -(2 ** (bits - 1)),
        2 ** (bits - 1),
        2 ** (bits - 1) + 1,
      ]) {
        const at = [0, 2 ** 30, 2 ** 31 + difference];
        const read = readXorChunk(encodeXorChunk(Float64Array.from(at), new Float64Array(3), 0, 3));
        assert.deepEqual(
          read.map(([t]) => t),
          at,
        );
      }
    }
  });
});

interface Shape {
  readonly integer: boolean;
  readonly gauge: boolean;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly customBounds: readonly number[];
}

const shape: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    integer: fc.boolean(),
    gauge: fc.boolean(),
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 2 ** -128, 0.001, 2 ** -243, 2 ** -244, 1024, 2048, 0.3),
    customBounds: fc.constant([]),
  }),
  fc.record({
    integer: fc.boolean(),
    gauge: fc.boolean(),
    schema: fc.constant(-53),
    zeroThreshold: fc.constant(0),
    customBounds: fc.constantFrom([0.001, 0.25, 10, 33554.43, 33554.431], [-5, 0.0001, 1e9]),
  }),
);

/** Bucket index → count. */
const side = (isInteger: boolean, max: number) =>
  fc
    .dictionary(
      fc.integer({ min: 0, max }).map(String),
      isInteger ? fc.oneof(fc.nat(50), fc.nat()) : fc.double({ min: 0, max: 1e12, noNaN: true }),
      { maxKeys: 6 },
    )
    .map((record) => Object.entries(record).map(([index, count]) => [Number(index), count] as const))
    .map((entries) => entries.sort(([a], [b]) => a - b));

function histogramOf(
  s: Shape,
  positive: Side,
  negative: Side,
  zeroCount: number,
  more: Partial<Histogram>,
): Histogram {
  const sum = (list: Side) => list.reduce((n, [, count]) => n + count, 0);
  return {
    schema: s.schema,
    zeroThreshold: s.zeroThreshold,
    zeroCount,
    count: zeroCount + sum(positive) + sum(negative),
    sum: 1.5,
    positiveSpans: spansOf(positive.map(([index]) => index)),
    positiveCounts: positive.map(([, count]) => count),
    negativeSpans: spansOf(negative.map(([index]) => index)),
    negativeCounts: negative.map(([, count]) => count),
    customBounds: s.customBounds,
    reset: s.gauge ? 'gauge' : 'unknown',
    integer: s.integer,
    stale: false,
    ...more,
  };
}

type Side = readonly (readonly [index: number, count: number])[];

const histogram = (s: Shape): fc.Arbitrary<Histogram> => {
  const custom = s.schema === -53;
  return fc
    .record({
      positive: side(s.integer, custom ? s.customBounds.length : 40),
      negative: custom ? fc.constant([]) : side(s.integer, 10),
      zeroCount: custom ? fc.constant(0) : fc.nat(1000),
      sum: fc.double(),
      stale: fc.nat(9).map((n) => n === 0),
    })
    .map((h) => histogramOf(s, h.positive, h.negative, h.zeroCount, { sum: h.sum, stale: h.stale }));
};

function columnsOf(at: readonly number[], histograms: readonly (Histogram | undefined)[]): SampleColumns {
  const columns = new SampleColumns();
  columns.ensure(at.length);
  columns.timestamps.set(at);
  columns.values.set(at.map((_, i) => i));
  columns.histograms = [...histograms];
  columns.count = at.length;
  return columns;
}

/** What a reader of Prometheus takes the histograms of a chunk for. */
function readAll(columns: SampleColumns) {
  return wireChunks(columns, 0, columns.count).flatMap((chunk) => {
    assert.ok(chunk.encoding === 2 || chunk.encoding === 3);
    const { flags, histograms } = readHistogramChunk(chunk.data, chunk.encoding === 3);
    assert.equal(histograms[0]!.timeMs, chunk.minMs);
    assert.equal(histograms.at(-1)!.timeMs, chunk.maxMs);
    assert.ok(histograms.length <= CHUNK_SAMPLES_MAX);
    return histograms.map((h, i) => ({ ...h, flags, isFirst: i === 0, isFloat: chunk.encoding === 3 }));
  });
}

const bucketsOf = ({ indexes, counts }: { indexes: number[]; counts: number[] }) =>
  Object.fromEntries(indexes.map((index, i) => [index, counts[i]]));

describe('chunks of native histograms', () => {
  test('every histogram survives, whatever the others are like', () => {
    const series = fc
      .array(shape, { minLength: 1, maxLength: 3 })
      .chain((shapes) =>
        fc
          .array(fc.oneof(...shapes.map(histogram)), { minLength: 1, maxLength: 150 })
          .chain((list) => fc.tuple(times(list.length), fc.constant(list))),
      );
    fc.assert(
      fc.property(series, ([at, list]) => {
        const read = readAll(columnsOf(at, list));
        assert.equal(read.length, list.length);
        list.forEach((h, i) => {
          const got = read[i]!;
          assert.equal(got.timeMs, at[i]);
          assert.equal(got.isFloat, !h.integer);
          assert.equal(got.flags, h.reset === 'gauge' ? 0xc0 : 0);
          if (h.stale) {
            assert.equal(got.sumWord, STALE_WORD);
            return;
          }
          assert.equal(got.sumWord, wordOf(h.sum));
          assert.deepEqual(
            [got.schema, got.zeroThreshold, got.customBounds, got.count, got.zeroCount],
            [h.schema, h.zeroThreshold, h.customBounds, h.count, h.zeroCount],
          );
          assert.deepEqual(got.positive, bucketsOf(positiveBuckets(h)));
          assert.deepEqual(got.negative, bucketsOf(negativeBuckets(h)));
        });
      }),
      { numRuns: 60 },
    );
  });

  const plain: Shape = { integer: true, gauge: false, schema: 0, zeroThreshold: 0, customBounds: [] };
  const of = (counts: Side, more: Partial<Histogram> = {}) => histogramOf(plain, counts, [], 0, more);
  const starts = (list: readonly Histogram[]) =>
    readAll(
      columnsOf(
        list.map((_, i) => i * 1000),
        list,
      ),
    ).flatMap((h, i) => (h.isFirst ? [i] : []));

  test('grow in one chunk with new buckets; a counter that falls, or is said to, begins another', () => {
    assert.deepEqual(
      starts([
        of([[1, 1]]),
        of([
          [1, 1],
          [5, 2],
        ]),
        of([
          [1, 3],
          [4, 1],
          [5, 2],
        ]),
      ]),
      [0],
    );
    assert.deepEqual(
      starts([
        of([[1, 5]]),
        of([
          [1, 4],
          [2, 9],
        ]),
      ]),
      [0, 1],
      'a bucket fell, the sum of all did not',
    );
    assert.deepEqual(starts([of([[1, 5]]), of([[2, 9]])]), [0, 1], 'a bucket went');
    const reset = of([[1, 6]], { reset: 'reset' });
    assert.deepEqual(starts([of([[1, 5]]), reset]), [0, 1]);
    assert.equal(readAll(columnsOf([0], [reset]))[0]!.flags, 0x80);
    const gauge = (n: number) => of([[1, n]], { reset: 'gauge' });
    assert.deepEqual(starts([gauge(5), gauge(1), gauge(9)]), [0], 'gauges fall');
  });

  test('counts beyond what integers hold exactly go out as floats', () => {
    const [got] = readAll(columnsOf([1], [of([[3, 2 ** 53]])]));
    assert.deepEqual([got!.isFloat, got!.count, got!.positive], [true, 2 ** 53, { 3: 2 ** 53 }]);
  });

  test('floats and histograms of one series stand in chunks of their own, in order of time', () => {
    const chunks = wireChunks(
      columnsOf([1, 2, 3, 4, 5], [undefined, undefined, of([[1, 1]]), of([[1, 2]]), undefined]),
      0,
      5,
    );
    assert.deepEqual(
      chunks.map((c) => [c.encoding, c.minMs, c.maxMs]),
      [
        [1, 1, 2],
        [2, 3, 4],
        [1, 5, 5],
      ],
    );
  });
});

describe('frames', () => {
  test('the checksum is Castagnoli', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  });

  test('a series is cut where a frame is full, and nothing of it is lost', () => {
    const columns = new SampleColumns();
    const n = 5000;
    columns.ensure(n);
    for (let i = 0; i < n; i++) {
      columns.timestamps[i] = 1000 * i;
      columns.values[i] = Math.sin(i);
    }
    columns.count = n;
    const labels = Labels.from({ __name__: 'm', a: 'ü' });
    const messages = readFrames(framesOf(3, labels, wireChunks(columns, 0, n), 4096));
    assert.ok(messages.length > 5);
    const samples = messages.flatMap((m: Message) => {
      assert.equal(m.queryIndex, 3);
      assert.equal(m.chunkedSeries.length, 1);
      assert.deepEqual(m.chunkedSeries[0].labels, [
        { name: '__name__', value: 'm' },
        { name: 'a', value: 'ü' },
      ]);
      return m.chunkedSeries[0].chunks.flatMap((c: Message) => readXorChunk(c.data));
    });
    assert.equal(samples.length, n);
    samples.forEach(([t, word]: [number, bigint], i: number) => {
      assert.deepEqual([t, word], [1000 * i, wordOf(Math.sin(i))]);
    });
  });
});
