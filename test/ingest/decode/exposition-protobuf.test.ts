import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtoWriter } from '../../../src/base/protobuf-writer.ts';
import {
  type ExpositionOptions,
  parseExposition,
  readSeriesText,
} from '../../../src/ingest/decode/exposition.ts';
import type { ScrapeBatch, ScrapedHistogram } from '../../../src/ingest/decode/exposition-lines.ts';
import { canonicalFloat } from '../../../src/ingest/decode/exposition-number.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { expose } from './exposition-proto.ts';

const ALL: ExpositionOptions = {
  nativeHistograms: true,
  keepClassic: true,
  convertClassic: false,
  createdLines: false,
};
const NATIVE: ExpositionOptions = { ...ALL, keepClassic: false };
const CLASSIC: ExpositionOptions = { ...NATIVE, nativeHistograms: false };
const CONVERTED: ExpositionOptions = { ...CLASSIC, convertClassic: true };

type Sample = [pairs: string[], value: number, timestampMs: number | undefined, startMs: number];

function samples(batch: ScrapeBatch): Sample[] {
  return Array.from({ length: batch.count }, (_, i) => [
    readSeriesText(batch.bytes, batch.seriesStart[i]!, batch.seriesEnd[i]!, batch.dialect),
    batch.values[i]!,
    Number.isNaN(batch.timestamps[i]!) ? undefined : batch.timestamps[i]!,
    batch.startTimestamps?.[i] ?? 0,
  ]);
}

const parse = (families: readonly object[], options = NATIVE) =>
  parseExposition(expose(families), 'protobuf', options);
const valuesOf = (batch: ScrapeBatch) =>
  samples(batch).map(([pairs, value]) => [pairs.slice(1).join(' '), value]);
const nameOf = (batch: ScrapeBatch, h: ScrapedHistogram) =>
  readSeriesText(batch.bytes, h.seriesStart, h.seriesEnd, batch.dialect)[1];
const errorOf = (families: readonly object[]) => {
  const batch = parse(families);
  try {
    samples(batch);
  } catch (e) {
    return (e as TriliteError).message;
  }
  return batch.error?.message;
};

// ------------------------------------------------------------------------- what protobufjs writes is what is read

const text = fc.string({ unit: 'binary', maxLength: 8 });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const labels = fc.uniqueArray(fc.record({ name, value: text }), { maxLength: 4, selector: (l) => l.name });
const milliseconds = fc.integer({ min: -(2 ** 40), max: 2 ** 41 });
const when = fc.option(milliseconds, { nil: 0 });
const count = fc.nat(2 ** 30);
const bound = fc.double({ noNaN: true });
const timestamp = (ms: number) =>
  ms === 0
    ? {}
    : { createdTimestamp: { seconds: Math.floor(ms / 1000), nanos: (((ms % 1000) + 1000) % 1000) * 1e6 } };

const metric = fc.record({
  labels,
  timeMs: when,
  startMs: when,
  value: fc.double(),
  count,
  sum: fc.double(),
  parts: fc.array(fc.tuple(bound, count), { maxLength: 4 }),
});
type ArbitraryMetric = ReturnType<typeof metric.generate>['value'];

const TYPES = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];
const family = fc.record({ name, help: text, type: fc.nat(5), metrics: fc.array(metric, { maxLength: 4 }) });

function toWire(type: number, m: ArbitraryMetric): object {
  const created = timestamp(m.startMs);
  const head = { label: m.labels, timestampMs: m.timeMs };
  if (type === 0) return { ...head, counter: { value: m.value, ...created } };
  if (type === 1) return { ...head, gauge: { value: m.value } };
  if (type === 3) return { ...head, untyped: { value: m.value } };
  const both = { sampleCount: m.count, sampleSum: m.sum, ...created };
  if (type === 2) {
    return {
      ...head,
      summary: { ...both, quantile: m.parts.map(([quantile, value]) => ({ quantile, value })) },
    };
  }
  const bucket = m.parts.map(([upperBound, n]) => ({ upperBound, cumulativeCount: n }));
  return { ...head, histogram: { ...both, bucket } };
}

function toSamples(type: number, base: string, m: ArbitraryMetric): Sample[] {
  const sample = (suffix: string, value: number, extra: string[] = []): Sample => [
    ['__name__', base + suffix, ...m.labels.flatMap((l) => [l.name, l.value])].concat(extra),
    value,
    m.timeMs === 0 ? undefined : m.timeMs,
    type === 1 || type === 3 ? 0 : m.startMs,
  ];
  if (type === 0 || type === 1 || type === 3) return [sample('', m.value)];
  const out = [sample('_count', m.count), sample('_sum', m.sum)];
  if (type === 2) {
    return [...out, ...m.parts.map(([q, v]) => sample('', v, ['quantile', canonicalFloat(q)]))];
  }
  for (const [le, n] of m.parts) {
    out.push(sample('_bucket', n, ['le', canonicalFloat(le)]));
    if (le === Number.POSITIVE_INFINITY) return out;
  }
  return [...out, sample('_bucket', m.count, ['le', '+Inf'])];
}

test('reads what protobufjs writes: all types, classic', () => {
  fc.assert(
    fc.property(fc.array(family, { maxLength: 4 }), (families) => {
      const wire = families.map((f) => ({ ...f, metric: f.metrics.map((m) => toWire(f.type, m)) }));
      const batch = parse(wire, CLASSIC);
      assert.equal(batch.error, undefined);
      assert.deepEqual(
        samples(batch),
        families.flatMap((f) => f.metrics.flatMap((m) => toSamples(f.type, f.name, m))),
      );
      const told = new Map(
        families
          .filter((f) => f.metrics.length > 0)
          .map((f) => [f.name, { family: f.name, type: TYPES[f.type], help: f.help, unit: '' }]),
      );
      assert.deepEqual(batch.metadata, [...told.values()]);
    }),
  );
});

const side = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.array(fc.nat(1e6), { maxLength: 5 })), {
  maxLength: 3,
});
type Side = ReturnType<typeof side.generate>['value'];
const native = fc.record({
  float: fc.boolean(),
  gauge: fc.boolean(),
  schema: fc.integer({ min: -4, max: 8 }),
  zero: fc.nat(1e6),
  positive: side,
  negative: side,
  sum: fc.double(),
});

const spansOf = (s: Side) => s.map(([offset, counts]) => ({ offset, length: counts.length }));
const countsOf = (s: Side) => s.flatMap(([, counts]) => counts);
const deltasOf = (s: Side) => countsOf(s).map((n, i, all) => n - (all[i - 1] ?? 0));

test('reads what protobufjs writes: native histograms, integer and float', () => {
  fc.assert(
    fc.property(native, labels, when, (h, label, startMs) => {
      const total = h.zero + [...countsOf(h.positive), ...countsOf(h.negative)].reduce((a, b) => a + b, 0);
      // A histogram without observations is of integers.
      const float = h.float && total > 0;
      const histogram = {
        sampleSum: h.sum,
        schema: h.schema,
        zeroThreshold: 0.001,
        positiveSpan: spansOf(h.positive),
        negativeSpan: spansOf(h.negative),
        ...timestamp(startMs),
        ...(float
          ? {
              sampleCountFloat: total,
              zeroCountFloat: h.zero,
              positiveCount: countsOf(h.positive),
              negativeCount: countsOf(h.negative),
            }
          : {
              sampleCount: total,
              zeroCount: h.zero,
              positiveDelta: deltasOf(h.positive),
              negativeDelta: deltasOf(h.negative),
            }),
      };
      const batch = parse([{ name: 'h', type: h.gauge ? 5 : 4, metric: [{ label, histogram }] }]);
      assert.equal(batch.error, undefined);
      assert.equal(batch.count, 0);
      const [read] = batch.histograms;
      assert.deepEqual(readSeriesText(batch.bytes, read!.seriesStart, read!.seriesEnd, batch.dialect), [
        '__name__',
        'h',
        ...label.flatMap((l) => [l.name, l.value]),
      ]);
      assert.equal(read!.startTimestampMs, startMs);
      assert.deepEqual(read!.histogram, {
        schema: h.schema,
        zeroThreshold: 0.001,
        zeroCount: h.zero,
        count: total,
        sum: h.sum,
        positiveSpans: spansOf(h.positive),
        positiveCounts: countsOf(h.positive),
        negativeSpans: spansOf(h.negative),
        negativeCounts: countsOf(h.negative),
        customBounds: [],
        reset: h.gauge ? 'gauge' : 'unknown',
        integer: !float,
        stale: false,
      });
    }),
  );
});

// --------------------------------------------------------------------------------------------- what is made of it

const both = {
  sampleCount: 3,
  sampleSum: 4.5,
  bucket: [
    { upperBound: 1, cumulativeCount: 1, exemplar: { label: [{ name: 't', value: 'a' }], value: 0.5 } },
    {
      upperBound: 2,
      cumulativeCount: 3,
      exemplar: { label: [{ name: 't', value: 'b' }], value: 1.5, timestamp: { seconds: 7, nanos: 5e8 } },
    },
  ],
  positiveSpan: [{ offset: 0, length: 2 }],
  positiveDelta: [1, 1],
};
const histogram = (h: object, type = 4) => ({ name: 'h', type, metric: [{ histogram: h }] });

test('a histogram that is classic and native becomes what is asked for', () => {
  const classic = [
    ['h_count', 3],
    ['h_sum', 4.5],
    ['h_bucket le 1.0', 1],
    ['h_bucket le 2.0', 3],
    ['h_bucket le +Inf', 3],
  ];
  const alone = parse([histogram(both)]);
  assert.deepEqual(valuesOf(alone), []);
  assert.deepEqual(alone.histograms[0]!.histogram.positiveCounts, [1, 2]);

  const kept = parse([histogram(both)], ALL);
  assert.deepEqual(valuesOf(kept), classic);
  assert.equal(kept.histograms[0]!.before, 0);

  const ignored = parse([histogram(both)], CLASSIC);
  assert.deepEqual(valuesOf(ignored), classic);
  assert.deepEqual(ignored.histograms, []);
});

test('a classic histogram is converted where that is asked for, a native one stays', () => {
  const { positiveSpan: _, positiveDelta: __, ...classic } = both;
  const converted = parse([histogram(classic, 5)], CONVERTED);
  assert.deepEqual(valuesOf(converted), []);
  const { customBounds, positiveCounts, reset } = converted.histograms[0]!.histogram;
  assert.deepEqual([customBounds, positiveCounts, reset], [[1, 2], [1, 2, 0], 'gauge']);

  const kept = parse([histogram(classic)], { ...CONVERTED, keepClassic: true });
  assert.equal(kept.count, 5);
  assert.equal(kept.histograms[0]!.before, 5, 'behind its classic series');

  const native = parse([histogram(both)], { ...CONVERTED, nativeHistograms: true });
  assert.equal(native.histograms[0]!.histogram.schema, 0);

  // Buckets that shrink make no histogram.
  const shrinking = [{ upperBound: 1, cumulativeCount: 4 }];
  assert.deepEqual(parse([histogram({ ...classic, bucket: shrinking })], CONVERTED).histograms, []);
});

test('an empty native histogram is told by its zero threshold or an empty span', () => {
  for (const h of [{ zeroThreshold: 0.1 }, { positiveSpan: [{ offset: 0, length: 0 }] }]) {
    assert.equal(parse([histogram(h)]).histograms.length, 1);
  }
  assert.deepEqual(valuesOf(parse([histogram({})])), [
    ['h_count', 0],
    ['h_sum', 0],
    ['h_bucket le +Inf', 0],
  ]);
});

test('exemplars: classic buckets and counters keep theirs, native histograms those with a time', () => {
  const exemplarsOf = (b: ScrapeBatch) =>
    b.exemplars.map((e) => [e.sample, e.labels.toObject(), e.value, e.timestampMs]);
  assert.deepEqual(exemplarsOf(parse([histogram(both)], CLASSIC)), [
    [2, { t: 'a' }, 0.5, undefined],
    [3, { t: 'b' }, 1.5, 7500],
  ]);
  const ofBuckets = parse([histogram(both)]);
  assert.deepEqual(exemplarsOf(ofBuckets), []);
  assert.deepEqual(
    ofBuckets.histograms[0]!.exemplars.map((e) => [e.value, e.timestampMs]),
    [[1.5, 7500]],
  );
  const own = { ...both, exemplars: [{ value: 9 }, { value: 8, timestamp: { seconds: 1 } }] };
  assert.deepEqual(
    parse([histogram(own)]).histograms[0]!.exemplars.map((e) => [e.value, e.timestampMs]),
    [[8, 1000]],
  );
  const counter = { value: 2, exemplar: { label: [{ name: 't', value: 'c' }], value: 1 } };
  const families = [
    { name: 'g', type: 1, metric: [{ gauge: { value: 1 } }] },
    { name: 'c_total', metric: [{ counter }] },
  ];
  assert.deepEqual(exemplarsOf(parse(families)), [[1, { t: 'c' }, 1, undefined]]);
});

test('fields come in any order', () => {
  const w = new ProtoWriter();
  const nested = (field: number, write: () => void) => {
    w.tag(field, 2);
    const start = w.length;
    write();
    w.closeLength(start);
  };
  const label = (n: string, v: string) =>
    nested(1, () => {
      w.tag(2, 2);
      w.text(v);
      w.tag(1, 2);
      w.text(n);
    });
  const start = w.length;
  nested(4, () => {
    label('a', '1');
    nested(2, () => {
      w.tag(1, 1);
      w.f64(5);
    });
    label('b', '2');
  });
  w.tag(3, 0);
  w.varint(1);
  w.tag(1, 2);
  w.text('late');
  w.closeLength(start);
  assert.deepEqual(valuesOf(parseExposition(w.take(), 'protobuf', NATIVE)), [['late a 1 b 2', 5]]);
});

test('what stands before the bad family stays', () => {
  const body = Buffer.concat([
    expose([{ name: 'a', type: 1, metric: [{ gauge: { value: 1 } }] }]),
    Buffer.from([5, 1]),
  ]);
  const batch = parseExposition(body, 'protobuf', NATIVE);
  assert.deepEqual(valuesOf(batch), [['a', 1]]);
  assert.equal(
    batch.error?.message,
    'clientpb: insufficient length of buffer, expected at least 6 bytes, got 2 bytes',
  );
});

test('what is wrong is told', () => {
  const gauge = [{ gauge: { value: 1 } }];
  const rows: [object, string | RegExp][] = [
    [{ name: '', type: 1, metric: gauge }, 'invalid metric name: '],
    [{ name: 'g', type: 9, metric: gauge }, 'unknown metric type for metric "g": 9'],
    [{ name: 'g', type: 1, unit: 's', metric: gauge }, 'unit "s" not a suffix of metric "g"'],
    [{ name: 'g_total', unit: 's', metric: [{}] }, 'unit "s" not a suffix of counter "g_total"'],
    [{ name: 'g', type: 1, metric: [{ ...gauge[0], label: [{ value: 'x' }] }] }, 'invalid label name: '],
    [
      histogram({ positiveSpan: [{ offset: 0, length: 3 }], positiveDelta: [1] }),
      'histogram "h": positive side: spans require 3 buckets, have 1',
    ],
    [
      histogram({ sampleCountFloat: 1, negativeSpan: [{ length: 1 }], negativeDelta: [1] }),
      'histogram "h": negative side: spans require 1 buckets, have 0',
    ],
  ];
  for (const [wire, want] of rows) assert.equal(errorOf([wire]), want);
  assert.equal(errorOf([{ name: 'g_s_total', unit: 's', metric: [{}] }]), undefined);
  // Nothing is asked of a family without metrics.
  assert.equal(errorOf([{ name: '' }]), undefined);
});

test('a label value that is not UTF-8 fails', () => {
  const body = expose([
    { name: 'g', type: 1, metric: [{ label: [{ name: 'a', value: 'xyz' }], gauge: {} }] },
  ]);
  body[Buffer.from(body).indexOf('xyz')] = 0xff;
  assert.throws(
    () => samples(parseExposition(body, 'protobuf', NATIVE)),
    /^TriliteError: invalid label value: /,
  );
});

test('labels that many buckets would repeat without end fail', () => {
  const label = [{ name: 'a', value: 'x'.repeat(4 << 20) }];
  const bucket = Array.from({ length: 100 }, (_, upperBound) => ({ upperBound }));
  const { error } = parse([{ name: 'h', type: 4, metric: [{ label, histogram: { bucket } }] }]);
  assert.equal(error?.kind, 'limit');
});

test('mutated and random bytes end in a result or a clean error', () => {
  const valid = expose([
    histogram({ ...both, createdTimestamp: { seconds: 1, nanos: 2 }, exemplars: [{ value: 1 }] }),
    {
      name: 'c',
      metric: [{ label: [{ name: 'a', value: 'b' }], counter: { value: 1, exemplar: { value: 1 } } }],
    },
    {
      name: 's',
      type: 2,
      metric: [{ summary: { sampleCount: 1, quantile: [{ quantile: 0.5, value: 2 }] } }],
    },
  ]);
  const attempt = (body: Uint8Array) => {
    for (const options of [ALL, NATIVE, CONVERTED]) {
      const batch = parseExposition(body, 'protobuf', options);
      try {
        samples(batch);
        for (const h of batch.histograms) nameOf(batch, h);
      } catch (e) {
        assert.ok(e instanceof TriliteError, String(e));
      }
    }
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
      const body = valid.slice();
      for (const [at, byte] of changes) body[at] = byte;
      attempt(body);
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), attempt), { numRuns: 2000 });
  for (let i = 0; i < valid.length; i++) attempt(valid.subarray(0, i));
});
