import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteError, ByteReader, ByteWriter } from '../../../src/base/bytes.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { setStale, wordsOf } from '../../../src/model/sample.ts';
import {
  decodeSeriesChunk,
  encodeHistogramChunk,
  encodeSeriesChunk,
} from '../../../src/storage/chunkenc/series-chunk.ts';
import { TimestampColumns, TimestampTable } from '../../../src/storage/chunkenc/timestamps.ts';
import { SampleColumns } from '../../../src/storage/interface.ts';

/** Values as pairs of u32 words: every bit pattern, and often the ones that matter. */
const anyWords = fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff));
const special = fc.constantFrom<[number, number]>(
  [2, 0x7ff00000], // the stale marker
  [1, 0x7ff80000],
  [5, 0xfff40000], // NaNs with a payload
  [0, 0x80000000], // -0
  [0, 0],
  [0, 0x7ff00000],
  [0, 0xfff00000],
  [1, 0], // the smallest denormal
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.integer({ min: -1e6, max: 1e6 }).map((x) => x / 100),
  fc.integer({ min: -1e6, max: 1e6 }).map((x) => x * 4096),
  fc.constantFrom(2 ** 53, 2 ** 60, -(2 ** 49), 2 ** 49 + 1),
);

function column(items: readonly ([number, number] | number)[]): Float64Array {
  const values = new Float64Array(items.length);
  const words = wordsOf(values);
  items.forEach((item, i) => {
    if (typeof item === 'number') values[i] = item;
    else {
      words[2 * i] = item[0];
      words[2 * i + 1] = item[1];
    }
  });
  return values;
}

const values = fc
  .oneof(
    fc.array(fc.oneof({ weight: 20, arbitrary: number }, { weight: 1, arbitrary: special }), {
      maxLength: 150,
    }),
    fc.array(fc.oneof(anyWords, special), { maxLength: 100 }),
    fc.tuple(fc.integer({ min: 0, max: 3 }), fc.array(fc.nat(5000), { maxLength: 200 })).map(([e, ds]) => {
      let m = 0;
      return ds.map((d) => (m += d) / 10 ** e);
    }),
    fc.array(fc.constantFrom<number | [number, number]>(7, [2, 0x7ff00000]), { maxLength: 60 }),
  )
  .map((items) => column(items as (number | [number, number])[]));

function times(n: number, seed: number): Float64Array {
  const out = new Float64Array(n);
  let t = 1767225600000 + seed;
  for (let i = 0; i < n; i++) {
    out[i] = t;
    t += seed % 3 === 0 ? 15000 : 15000 + ((i * seed) % 70000);
  }
  return out;
}

function roundTrip(t: Float64Array, v: Float64Array, starts?: Float64Array): SampleColumns {
  const out = new ByteWriter();
  encodeSeriesChunk(out, t, v, 0, t.length, { startTimestamps: starts });
  const input = new ByteReader(out.take());
  const into = new SampleColumns();
  assert.equal(decodeSeriesChunk(input, into), t.length);
  assert.ok(input.done, 'the reader stands behind the chunk');
  return into;
}

function assertSameBits(actual: Float64Array, expected: Float64Array): void {
  assert.deepEqual(wordsOf(actual.slice(0, expected.length)), wordsOf(expected.slice()));
}

describe('series chunk', () => {
  it('keeps every bit of any values', () => {
    fc.assert(
      fc.property(values, fc.nat(1000), (v, seed) => {
        const t = times(v.length, seed);
        const into = roundTrip(t, v);
        assertSameBits(into.timestamps, t);
        assertSameBits(into.values, v);
      }),
      { numRuns: 600 },
    );
  });

  it('keeps timestamps of any size and step', () => {
    const stamp = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(2 ** 49, -(2 ** 49), 2 ** 62));
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 40 }), (list) => {
        const t = Float64Array.from(list).sort();
        assertSameBits(roundTrip(t, new Float64Array(t.length)).timestamps, t);
      }),
    );
  });

  it('encodes a part of the columns and appends to what was decoded before', () => {
    const t = times(50, 7);
    const v = t.map((x, i) => x * 0.001 + i);
    const out = new ByteWriter();
    encodeSeriesChunk(out, t, v, 0, 20);
    encodeSeriesChunk(out, t, v, 20, 50);
    const input = new ByteReader(out.take());
    const into = new SampleColumns();
    assert.equal(decodeSeriesChunk(input, into), 20);
    assert.equal(decodeSeriesChunk(input, into), 30);
    assert.equal(into.count, 50);
    assertSameBits(into.values, v);
    assertSameBits(into.timestamps, t);
  });

  it('keeps start timestamps, and fills zeros for a chunk without', () => {
    const t = times(30, 3);
    const v = t.map((_, i) => i);
    const starts = t.map((_, i) => (i < 10 ? 0 : t[9]!));
    const out = new ByteWriter();
    encodeSeriesChunk(out, t, v, 0, 10, { startTimestamps: starts });
    encodeSeriesChunk(out, t, v, 10, 30, { startTimestamps: starts });
    encodeSeriesChunk(out, t, v, 0, 30);
    const input = new ByteReader(out.take());
    const into = new SampleColumns();
    decodeSeriesChunk(input, into);
    assert.equal(into.startTimestamps, undefined);
    decodeSeriesChunk(input, into);
    assertSameBits(into.startTimestamps!, starts);
    decodeSeriesChunk(input, into);
    assert.equal(into.startTimestamps![59], 0);
  });

  it('takes a few bytes for a constant series and for a counter that steps evenly', () => {
    const t = times(1000, 3);
    for (const v of [t.map(() => 0.25), t.map((_, i) => 17 * i), t.map(() => Math.PI)]) {
      const out = new ByteWriter();
      encodeSeriesChunk(out, t, v, 0, t.length);
      assert.ok(out.length < 32, `${out.length} bytes`);
    }
  });

  it('ends a decimal chunk with a stale marker for a dozen bytes', () => {
    const t = times(120, 3);
    const v = t.map((_, i) => i * i);
    const plain = new ByteWriter();
    encodeSeriesChunk(plain, t, v, 0, 120);
    setStale(wordsOf(v), 119);
    const stale = new ByteWriter();
    encodeSeriesChunk(stale, t, v, 0, 120);
    assert.ok(stale.length < plain.length + 130, `${plain.length} and ${stale.length} bytes`);
  });

  it('keeps timestamps that many series share once', () => {
    const table = new TimestampTable();
    const chunks = new ByteWriter();
    const columns = [times(120, 3), times(120, 4), times(100, 3)];
    for (let i = 0; i < 300; i++) {
      const t = columns[i % 3]!;
      encodeSeriesChunk(
        chunks,
        t,
        t.map((_, j) => i + j),
        0,
        t.length,
        { table },
      );
    }
    assert.equal(table.size, 3);
    const head = new ByteWriter();
    table.writeTo(head);
    const read = new TimestampColumns(new ByteReader(head.take()));
    assert.equal(read.size, 3);
    const input = new ByteReader(chunks.take());
    for (let i = 0; i < 300; i++) {
      const into = new SampleColumns();
      decodeSeriesChunk(input, into, read);
      assertSameBits(into.timestamps, columns[i % 3]!);
      assert.equal(into.values[1], i + 1);
    }
    assert.ok(input.done);
  });
});

const count = fc.oneof(fc.nat(1000), fc.constantFrom(0, 2 ** 52, 0.5));
const spans = fc.array(
  fc.record({ offset: fc.integer({ min: -100, max: 100 }), length: fc.nat(4) }, { noNullPrototype: true }),
  {
    maxLength: 3,
  },
);
const histogram: fc.Arbitrary<Histogram> = fc.record<Histogram>(
  {
    schema: fc.constantFrom(-53, -4, 0, 8),
    zeroThreshold: fc.constantFrom(0, 1e-128, 0.5),
    zeroCount: count,
    count,
    sum: fc.double({ noNaN: true }),
    positiveSpans: spans,
    positiveCounts: fc.array(count, { maxLength: 4 }),
    negativeSpans: spans,
    negativeCounts: fc.array(count, { maxLength: 4 }),
    customBounds: fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
    reset: fc.constantFrom('unknown', 'reset', 'not_reset', 'gauge'),
    integer: fc.boolean(),
    stale: fc.boolean(),
  },
  { noNullPrototype: true },
);

describe('histogram chunk', () => {
  it('keeps every field', () => {
    const runs = fc.array(fc.tuple(histogram, fc.array(fc.nat(50), { maxLength: 5 })), { maxLength: 6 });
    fc.assert(
      fc.property(runs, (list) => {
        // Repeat a layout with growing counts, as a scraped histogram does.
        const all = list.flatMap(([h, steps]) => [
          h,
          ...steps.map((s) => ({
            ...h,
            count: h.count + s,
            positiveCounts: h.positiveCounts.map((c) => c + s),
          })),
        ]);
        const t = times(all.length, 5);
        const out = new ByteWriter();
        encodeHistogramChunk(out, t, all, 0, all.length, { startTimestamps: t });
        const input = new ByteReader(out.take());
        const into = new SampleColumns();
        decodeSeriesChunk(input, into);
        assert.ok(input.done);
        assert.deepEqual(into.histograms, all);
        assertSameBits(into.timestamps, t);
        if (all.length > 0) assertSameBits(into.startTimestamps!, t);
      }),
    );
  });

  it('mixes with float chunks', () => {
    const h = fc.sample(histogram, 1)[0]!;
    const t = times(4, 3);
    const out = new ByteWriter();
    encodeSeriesChunk(out, t, t, 0, 1);
    encodeHistogramChunk(out, t, [h, h, h, h], 1, 3);
    encodeSeriesChunk(out, t, t, 3, 4);
    const input = new ByteReader(out.take());
    const into = new SampleColumns();
    for (let i = 0; i < 3; i++) decodeSeriesChunk(input, into);
    assert.deepEqual(into.histograms, [undefined, h, h, undefined]);
    assert.equal(into.values[1], 0);
    assert.equal(into.values[3], t[3]);
  });
});

describe('series chunk decoder', () => {
  it('ends random and damaged bytes in a result or a ByteError', () => {
    const t = times(120, 5);
    const seeds: Uint8Array[] = [];
    for (const v of [t.map((_, i) => i * 3), t.map((_, i) => Math.sin(i)), t.map((_, i) => i / 100)]) {
      const out = new ByteWriter();
      encodeSeriesChunk(out, t, v, 0, t.length, { startTimestamps: t });
      seeds.push(out.take());
    }
    const h = fc.sample(histogram, 3);
    const out = new ByteWriter();
    encodeHistogramChunk(out, t, h, 0, 3);
    seeds.push(out.take());
    const mutated = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 }),
        fc.nat(2000),
      )
      .map(([seed, edits, cut]) => {
        const bytes = seed.slice(0, Math.max(1, seed.length - (cut % 7)));
        for (const [at, to] of edits) bytes[at % Math.min(bytes.length, 40)] = to;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated), (bytes) => {
        const into = new SampleColumns();
        if ((bytes[0] ?? 0) & 1) bytes[0] = bytes[0]! & ~1;
        try {
          decodeSeriesChunk(new ByteReader(bytes), into);
        } catch (error) {
          assert.ok(error instanceof ByteError, String(error));
          assert.equal(into.count, 0);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('ends a damaged timestamp table in a result or a ByteError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          const table = new TimestampColumns(new ByteReader(bytes));
          for (let i = 0; i <= table.size; i++) table.column(i);
        } catch (error) {
          assert.ok(error instanceof ByteError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
