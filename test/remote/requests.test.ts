/** What is written of series, samples, histograms and exemplars is what our own receivers read. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRemoteWrite1 } from '../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../src/ingest/decode/remote-write-v2.ts';
import type { MetricBatch } from '../../src/model/batch.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../src/model/histogram.ts';
import { Labels } from '../../src/model/labels.ts';
import type { MetricMetadata } from '../../src/model/metadata.ts';
import { METADATA_TYPES } from '../../src/model/metadata.ts';
import { wordsOf } from '../../src/model/sample.ts';
import { familyLookup } from '../../src/remote/write/families.ts';
import type { RequestFormat } from '../../src/remote/write/request.ts';
import { Format1, metadataRequest } from '../../src/remote/write/request-1.ts';
import { Format2 } from '../../src/remote/write/request-2.ts';

const STALE_BITS: readonly [number, number] = [2, 0x7ff00000];

const times = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
  fc.constantFrom(1, -1, -1000, 2 ** 28, 2 ** 49, -(2 ** 40)),
);
/** Words of a value: NaNs as they are stored. */
const bits: fc.Arbitrary<readonly [number, number]> = fc.oneof(
  { weight: 4, arbitrary: fc.double({ noNaN: true }).map(bitsOf) },
  { weight: 1, arbitrary: fc.constantFrom(STALE_BITS, [1, 0x7ff80000] as const) },
);
const labelSets = fc
  .uniqueArray(
    fc.tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.string({ minLength: 1, maxLength: 80, unit: 'binary' })),
    { selector: ([name]) => name, maxLength: 8 },
  )
  .map((pairs) => Labels.from([['__name__', 'metric_total'], ...pairs]));

const spans = fc
  .array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 5 })), { maxLength: 4 })
  .map((list) => list.map(([offset, length]) => ({ offset, length })));
const side = (integer: boolean) =>
  spans.chain((list) => {
    const length = list.reduce((n, s) => n + s.length, 0);
    const count = integer ? fc.nat(1_000_000) : fc.double({ min: 0, max: 1e9, noNaN: true });
    return fc.tuple(fc.constant(list), fc.array(count, { minLength: length, maxLength: length }));
  });
const histograms: fc.Arbitrary<Histogram> = fc.boolean().chain((integer) =>
  fc
    .record({
      positive: side(integer),
      negative: side(integer),
      zero: fc.nat(1000),
      sum: fc.double({ noNaN: true }),
      schema: fc.constantFrom(-4, 0, 3, 8),
      zeroThreshold: fc.constantFrom(0, 0.001, 1e-128),
      reset: fc.constantFrom('unknown' as const, 'reset' as const, 'not_reset' as const, 'gauge' as const),
      custom: fc.boolean(),
      stale: fc.boolean(),
    })
    .map((h): Histogram => {
      const [positiveSpans, positiveCounts] = h.positive;
      const [negativeSpans, negativeCounts] = h.custom ? [[], []] : h.negative;
      const buckets = positiveSpans.reduce((n, s) => n + s.offset + s.length, 0);
      const zeroCount = h.custom ? 0 : h.zero;
      const count = [...positiveCounts, ...negativeCounts].reduce((n, c) => n + c, zeroCount);
      return {
        schema: h.custom ? CUSTOM_BUCKETS_SCHEMA : h.schema,
        zeroThreshold: h.custom ? 0 : h.zeroThreshold,
        zeroCount,
        count,
        sum: h.stale ? Number.NaN : h.sum,
        positiveSpans,
        positiveCounts,
        negativeSpans,
        negativeCounts,
        customBounds: h.custom ? Array.from({ length: buckets + 1 }, (_, i) => i * 1.5) : [],
        reset: h.reset,
        integer,
        stale: h.stale,
      };
    }),
);
const exemplars = fc
  .tuple(fc.stringMatching(/^[0-9a-f]{1,32}$/), fc.double({ noNaN: true }), times)
  .map(([id, value, timestampMs]) => ({ labels: Labels.from({ trace_id: id }), value, timestampMs }));
const itemsOfSeries = fc.record({
  labels: labelSets,
  timestampMs: times,
  startMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 41 })),
  value: fc.oneof(bits, histograms),
  exemplars: fc.array(exemplars, { maxLength: 2 }),
});
type Item = typeof itemsOfSeries extends fc.Arbitrary<infer T> ? T : never;

function bitsOf(value: number): readonly [number, number] {
  const [low, high] = wordsOf(Float64Array.of(value));
  return [low!, high!];
}

const isBits = (value: Item['value']): value is readonly [number, number] => Array.isArray(value);

function write<Series>(format: RequestFormat<Series>, items: readonly Item[]): Uint8Array {
  const writer = format.writer();
  // Once for nothing: what a request leaves behind must not be in the next one.
  for (let round = 0; round < 2; round++) {
    for (const item of items) {
      const series = format.encode(item.labels);
      if (isBits(item.value)) {
        const samples = {
          timestamps: Float64Array.of(item.timestampMs),
          valueWords: Uint32Array.from(item.value),
          startTimestamps: Float64Array.of(item.startMs),
        };
        writer.sample(series, samples, 0, item.exemplars);
      } else writer.histogram(series, item.value, item.timestampMs, item.startMs, item.exemplars);
    }
    if (round === 0) writer.take();
  }
  return writer.take();
}

/** Samples, histograms and exemplars as plain data, in order. */
function read(batch: MetricBatch): unknown {
  const labels = (i: number) => batch.labels(i)!.toObject();
  const words = wordsOf(batch.values);
  return {
    samples: Array.from({ length: batch.sampleCount }, (_, i) => [
      labels(batch.sampleSeries[i]!),
      batch.timestamps[i],
      [words[2 * i], words[2 * i + 1]],
      batch.startTimestamps?.[i] ?? 0,
    ]),
    histograms: batch.histograms.map((h) => [
      labels(h.series),
      h.timestampMs,
      plain(h.histogram),
      h.startTimestampMs,
    ]),
    exemplars: batch.exemplars.map(({ series, exemplar: e }) => [
      labels(series),
      e.labels.toObject(),
      e.value,
      e.timestampMs,
    ]),
  };
}

/** Their bits are another matter: a histogram that is stale says so. */
const plain = (h: Histogram) => ({ ...h, sum: h.stale ? 'stale' : h.sum });

function wanted(items: readonly Item[], starts: boolean): unknown {
  const of = (item: Item) => item.labels.toObject();
  const start = (item: Item) => (starts ? item.startMs : 0);
  return {
    samples: items
      .filter((i) => isBits(i.value))
      .map((i) => [of(i), i.timestampMs, [...(i.value as readonly number[])], start(i)]),
    histograms: items
      .filter((i) => !isBits(i.value))
      .map((i) => [of(i), i.timestampMs, plain(i.value as Histogram), start(i)]),
    exemplars: items.flatMap((i) =>
      i.exemplars.map((e) => [of(i), e.labels.toObject(), e.value, e.timestampMs]),
    ),
  };
}

test('1.0: what is written is read', () => {
  fc.assert(
    fc.property(fc.array(itemsOfSeries, { maxLength: 6 }), (items) => {
      assert.deepEqual(read(decodeRemoteWrite1(write(new Format1(), items))), wanted(items, false));
    }),
  );
});

test('2.0: what is written is read, start timestamps too', () => {
  fc.assert(
    fc.property(fc.array(itemsOfSeries, { maxLength: 6 }), (items) => {
      const { batch, errors } = decodeRemoteWrite2(write(new Format2(() => undefined), items));
      assert.deepEqual(errors, []);
      assert.deepEqual(read(batch), wanted(items, true));
    }),
  );
});

test('2.0: a text is sent once, whichever request it was in before', () => {
  const format = new Format2(() => undefined);
  const writer = format.writer();
  const samples = { timestamps: Float64Array.of(1), valueWords: Uint32Array.of(0, 0) };
  const labels = Labels.from({ __name__: 'a', host: 'a-long-name-of-a-host' });
  const other = Labels.from({ __name__: 'b', host: 'a-long-name-of-a-host' });
  writer.sample(format.encode(labels), samples, 0, []);
  writer.sample(format.encode(other), samples, 0, []);
  const first = Buffer.from(writer.take());
  assert.equal(first.toString('latin1').split('a-long-name-of-a-host').length, 2);
  writer.sample(format.encode(other), samples, 0, []);
  const { batch } = decodeRemoteWrite2(writer.take());
  assert.deepEqual(batch.labels(0)!.toObject(), other.toObject());
});

test('what is said of families goes with the series of 2.0, by their names', () => {
  const families = new Map<string, MetricMetadata>([
    ['latency_seconds', { type: 'histogram', help: 'How long.', unit: 'seconds' }],
    ['requests_total', { type: 'counter', help: '', unit: '' }],
  ]);
  const format = new Format2(familyLookup(() => families));
  const writer = format.writer();
  const samples = { timestamps: Float64Array.of(1), valueWords: Uint32Array.of(0, 0) };
  for (const name of ['latency_seconds_bucket', 'requests_total', 'unknown'])
    writer.sample(format.encode(Labels.from({ __name__: name })), samples, 0, []);
  const { batch } = decodeRemoteWrite2(writer.take());
  assert.deepEqual(
    batch.metadata.map((m) => [m.type, m.help, m.unit]),
    [
      ['histogram', 'How long.', 'seconds'],
      ['counter', '', ''],
    ],
  );
});

test('1.0: a request of metadata', () => {
  const families = METADATA_TYPES.map((type, i): [string, MetricMetadata] => [
    `family_${i}`,
    { type, help: i % 2 === 0 ? 'Help, "quoted" and ünïcode.' : '', unit: i % 3 === 0 ? 'bytes' : '' },
  ]);
  const { metadata } = decodeRemoteWrite1(metadataRequest(families));
  assert.deepEqual(
    metadata,
    families.map(([family, m]) => ({ family, ...m })),
  );
});
