import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import SnappyJS from 'snappyjs';
import { decodeRemoteWrite1 } from '../../../src/ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../../../src/ingest/decode/remote-write-v2.ts';
import type { MetricBatch } from '../../../src/model/batch.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { isStale, wordsOf } from '../../../src/model/sample.ts';
import { encode, Request2, WriteRequest } from './remote-write-proto.ts';

const GOLDEN = new URL('../../../../shared/golden/prometheus/ingest.jsonl', import.meta.url);

interface Wire {
  labels: { name: string; value: string }[];
  samples: { value: number; timestamp: number }[];
}

const timestamps = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
  fc.integer({ min: -1000, max: 300 }),
  fc.constantFrom(0, -1, 2 ** 28 - 1, 2 ** 28, -(2 ** 40), 2 ** 49),
);
const names = fc.stringMatching(/^[a-z]{1,6}$/);
const wireSeries: fc.Arbitrary<Wire> = fc.record({
  labels: fc
    .uniqueArray(fc.tuple(names, fc.string({ minLength: 1, maxLength: 8, unit: 'binary' })), {
      selector: ([n]) => n,
    })
    .map((pairs) => [{ name: '__name__', value: 'm' }, ...pairs.map(([name, value]) => ({ name, value }))]),
  samples: fc.array(
    fc.tuple(fc.double({ noNaN: true }), timestamps).map(([value, timestamp]) => ({ value, timestamp })),
    { maxLength: 4 },
  ),
});

/** Series with their samples as plain data, in order. */
function unpack(batch: MetricBatch): unknown[] {
  const out = Array.from({ length: batch.seriesCount }, (_, i) => ({
    labels: batch.labels(i)?.toObject(),
    samples: [] as { value: number; timestamp: number }[],
  }));
  for (let i = 0; i < batch.sampleCount; i++) {
    out[batch.sampleSeries[i]!]!.samples.push({ value: batch.values[i]!, timestamp: batch.timestamps[i]! });
  }
  return out;
}

const labelObject = (labels: Wire['labels']) =>
  Object.fromEntries(labels.map((l) => [l.name, l.value] as const).sort(([a], [b]) => (a < b ? -1 : 1)));

test('1.0: decodes what protobufjs encodes', () => {
  fc.assert(
    fc.property(fc.array(wireSeries, { maxLength: 6 }), (timeseries) => {
      const batch = decodeRemoteWrite1(encode(WriteRequest, { timeseries }));
      const want = timeseries.map((s) => ({ labels: labelObject(s.labels), samples: s.samples }));
      assert.deepEqual(unpack(batch), want);
    }),
  );
});

test('2.0: decodes what protobufjs encodes', () => {
  fc.assert(
    fc.property(fc.array(wireSeries, { maxLength: 6 }), (series) => {
      const symbols = [''];
      const ref = (s: string) => {
        if (!symbols.includes(s)) symbols.push(s);
        return symbols.indexOf(s);
      };
      const timeseries = series.map((s) => ({
        labelsRefs: s.labels.flatMap((l) => [ref(l.name), ref(l.value)]),
        samples: s.samples,
      }));
      const decoded = decodeRemoteWrite2(encode(Request2, { symbols, timeseries }));
      const filled = series.filter((s) => s.samples.length > 0);
      const want = filled.map((s) => ({ labels: labelObject(s.labels), samples: s.samples }));
      assert.deepEqual(unpack(decoded.batch), want);
      assert.equal(decoded.errors.length, series.filter((s) => s.samples.length === 0).length);
    }),
  );
});

test('2.0: start timestamps stand with their samples', () => {
  const time = fc.integer({ min: -(2 ** 40), max: 2 ** 45 });
  const sample = fc.record({
    value: fc.double({ noNaN: true }),
    timestamp: time,
    startTimestamp: fc.oneof(fc.constant(0), time),
  });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 40 }), (samples) => {
      const timeseries = [{ labelsRefs: [1, 2], samples }];
      const { batch } = decodeRemoteWrite2(encode(Request2, { symbols: ['', '__name__', 'm'], timeseries }));
      const starts = batch.startTimestamps ?? new Float64Array(batch.sampleCount);
      const got = samples.map((_, i) => [batch.values[i], batch.timestamps[i], starts[i]]);
      assert.deepEqual(
        got,
        samples.map((s) => [s.value, s.timestamp, s.startTimestamp]),
      );
    }),
  );
});

test('1.0: the stale marker survives, other NaNs become the normal one', () => {
  const bytes = encode(WriteRequest, {
    timeseries: [{ labels: [{ name: '__name__', value: 'm' }], samples: [{ value: 1.5, timestamp: 7 }] }],
  });
  const at = bytes.indexOf(0x09, bytes.length - 11) + 1;
  const write = (high: number, low: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
    return wordsOf(decodeRemoteWrite1(bytes).values);
  };
  assert.equal(isStale(write(0x7ff00000, 2), 0), true);
  const normal = write(0xfff80000, 5);
  assert.deepEqual([normal[1], normal[0]], [0x7ff80000, 1]);
});

test('1.0: label fields behind samples belong to the key', () => {
  const label = (name: string, value: string) =>
    encode(WriteRequest, { timeseries: [{ labels: [{ name, value }] }] }).subarray(2);
  const sample = encode(WriteRequest, { timeseries: [{ samples: [{ value: 3, timestamp: 5 }] }] }).subarray(
    2,
  );
  const series = Buffer.concat([label('b', '1'), sample, label('__name__', 'm'), label('a', '2')]);
  const batch = decodeRemoteWrite1(Buffer.concat([Buffer.from([0x0a, series.length]), series]));
  assert.deepEqual(unpack(batch), [
    { labels: { __name__: 'm', a: '2', b: '1' }, samples: [{ value: 3, timestamp: 5 }] },
  ]);
  const together = Buffer.concat([label('b', '1'), label('__name__', 'm'), label('a', '2')]);
  const key = Buffer.from(batch.keys.subarray(batch.keyStart[0], batch.keyEnd[0]));
  assert.deepEqual(key, together);
});

test('1.0: series without a name, with a name twice or invalid bytes have no labels', () => {
  const of = (labels: object[]) =>
    decodeRemoteWrite1(
      encode(WriteRequest, { timeseries: [{ labels, samples: [{ value: 1, timestamp: 1 }] }] }),
    ).labels(0);
  const named = { name: '__name__', value: 'm' };
  assert.equal(of([{ name: 'a', value: 'x' }]), undefined);
  assert.equal(of([named, { name: 'a', value: 'x' }, { name: 'a', value: 'y' }]), undefined);
  assert.equal(of([named, { name: '', value: 'x' }]), undefined);
  assert.deepEqual(of([named, { name: 'a', value: '' }])?.toObject(), { __name__: 'm' });
  const bytes = encode(WriteRequest, { timeseries: [{ labels: [named, { name: 'a', value: 'x' }] }] });
  bytes[bytes.length - 1] = 0xff;
  assert.equal(decodeRemoteWrite1(bytes).labels(0), undefined);
});

test('1.0: histograms have absolute counts; contradictions refuse the request', () => {
  const histogram = {
    countInt: 12,
    sum: 5.5,
    schema: 1,
    zeroThreshold: 0.001,
    zeroCountInt: 1,
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 3, length: 1 },
    ],
    positiveDeltas: [4, -1, 1],
    resetHint: 2,
    timestamp: 99,
  };
  const body = (h: object) =>
    encode(WriteRequest, { timeseries: [{ labels: [{ name: '__name__', value: 'h' }], histograms: [h] }] });
  const { histograms } = decodeRemoteWrite1(body(histogram));
  assert.equal(histograms.length, 1);
  const { histogram: h, timestampMs } = histograms[0]!;
  assert.deepEqual(h.positiveCounts, [4, 3, 4]);
  assert.deepEqual([h.count, h.zeroCount, h.reset, h.integer, timestampMs], [12, 1, 'not_reset', true, 99]);
  assert.throws(() => decodeRemoteWrite1(body({ ...histogram, countInt: 13 })), TriliteError);
  assert.throws(() => decodeRemoteWrite1(body({ ...histogram, positiveDeltas: [4, -5, 1] })), TriliteError);
  assert.throws(() => decodeRemoteWrite1(body({ ...histogram, positiveDeltas: [4] })), TriliteError);
  const float = { countFloat: 2.5, sum: 1, positiveSpans: [{ offset: 0, length: 1 }], positiveCounts: [2.5] };
  const { histogram: f } = decodeRemoteWrite1(body(float)).histograms[0]!;
  assert.deepEqual([f.integer, f.count, f.positiveCounts], [false, 2.5, [2.5]]);
});

test('2.0: bad series are left out and named', () => {
  const symbols = ['', '__name__', 'm', 'a', 'x'];
  const samples = [{ value: 1, timestamp: 1, startTimestamp: 5 }];
  const { batch, errors } = decodeRemoteWrite2(
    encode(Request2, {
      symbols,
      timeseries: [
        { labelsRefs: [1, 2, 3, 4], samples, metadata: { type: 1, helpRef: 4, unitRef: 3 } },
        { labelsRefs: [1], samples },
        { labelsRefs: [1, 99], samples },
        { labelsRefs: [3, 4], samples },
        { labelsRefs: [1, 2, 3, 4, 3, 4], samples },
        { labelsRefs: [1, 2] },
      ],
    }),
  );
  assert.equal(batch.sampleCount, 1);
  assert.equal(batch.startTimestamps?.[0], 5);
  assert.deepEqual(batch.metadata, [{ family: 'm', type: 'counter', help: 'x', unit: 'a' }]);
  assert.equal(errors.length, 5);
  assert.match(errors[4]!, /at least one sample or histogram for series \{__name__="m"\}/);
});

test('2.0: what is said beside samples is taken, or named', () => {
  const symbols = ['', '__name__', 'm', 'trace_id', 'x', 'y'.repeat(121)];
  const samples = [{ value: 1, timestamp: 1 }];
  const exemplar = (labelsRefs: number[]) => ({ labelsRefs, value: 1, timestamp: 9 });
  const series = (more: object) => ({ labelsRefs: [1, 2], samples, ...more });
  const decode = (...timeseries: object[]) => decodeRemoteWrite2(encode(Request2, { symbols, timeseries }));

  const exemplars = [[3, 4], [3], [3, 9], [3, 5]].map(exemplar);
  const { batch, errors } = decode(series({ exemplars }));
  assert.deepEqual(
    batch.exemplars.map((e) => e.exemplar.labels.toObject()),
    [{ trace_id: 'x' }],
    'the last one’s labels are too long',
  );
  assert.deepEqual(errors, [
    'parsing exemplar for series {__name__="m"}: invalid labelRefs length 1',
    'parsing exemplar for series {__name__="m"}: labelRefs 3 (name) = 9 (value) outside of symbols table (size 6)',
  ]);

  const described = decode(
    series({ metadata: { helpRef: 7 } }),
    series({ metadata: { unitRef: 8, type: 1 } }),
  );
  assert.deepEqual(
    [described.batch.seriesCount, described.batch.sampleCount, described.batch.metadata],
    [0, 0, []],
  );
  assert.deepEqual(described.errors, [
    'parsing metadata for series [1 2]: metadata help_ref 7 outside of symbols table (size 6)',
    'parsing metadata for series [1 2]: metadata unit_ref 8 outside of symbols table (size 6)',
  ]);

  const empty = decode({ labelsRefs: [1, 2], metadata: { type: 1 } });
  assert.deepEqual(
    [empty.batch.seriesCount, empty.batch.metadata, empty.errors.length],
    [0, [], 1],
    'nothing of a series without samples and exemplars',
  );
  const alone = decode({ labelsRefs: [1, 2], exemplars: [exemplar([3, 4])] });
  assert.deepEqual(
    [alone.batch.exemplars.length, alone.errors],
    [1, []],
    'exemplars in an entry of their own, as Prometheus sends them',
  );
});

test('histograms: custom buckets, start timestamps, and schemas that are too fine', () => {
  const symbols = ['', '__name__', 'h'];
  const decode = (...histograms: object[]) =>
    decodeRemoteWrite2(encode(Request2, { symbols, timeseries: [{ labelsRefs: [1, 2], histograms }] }));
  const custom = {
    countInt: 3,
    sum: 4,
    schema: -53,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveDeltas: [1, 1],
    customValues: [1, 5],
    timestamp: 99,
    startTimestamp: 50,
  };
  const { batch, errors } = decode(custom);
  assert.deepEqual(errors, []);
  assert.equal(batch.histograms[0]!.startTimestampMs, 50);
  assert.deepEqual(batch.histograms[0]!.histogram.customBounds, [1, 5]);
  assert.deepEqual(batch.histograms[0]!.histogram.positiveCounts, [1, 2]);
  const float = { ...custom, countInt: undefined, positiveDeltas: [], countFloat: 3, positiveCounts: [1, 2] };
  for (const [what, changes] of [
    ['bounds that do not ascend', { customValues: [5, 5] }],
    ['an infinite bound', { customValues: [1, Number.POSITIVE_INFINITY] }],
    ['an infinite bound below', { customValues: [Number.NEGATIVE_INFINITY, 1] }],
    ['too few bounds', { customValues: [] }],
    ['a span that begins below', { positiveSpans: [{ offset: -1, length: 2 }] }],
    ['a zero bucket', { zeroCountInt: 1, countInt: 4 }],
  ] as const) {
    assert.equal(decode({ ...custom, ...changes }).errors.length, 1, what);
    if (!('zeroCountInt' in changes)) assert.equal(decode({ ...float, ...changes }).errors.length, 1, what);
  }
  const fine = {
    countInt: 6,
    sum: 1,
    schema: 10,
    positiveSpans: [
      { offset: -3, length: 3 },
      { offset: 4, length: 1 },
    ],
    positiveDeltas: [1, 1, -1, 1],
  };
  const { histogram } = decode(fine).batch.histograms[0]!;
  assert.equal(histogram.schema, 8);
  // Buckets -3, -2, -1 and 4 of schema 10 are in buckets 0, 0, 0 and 1 of schema 8.
  assert.deepEqual([histogram.positiveSpans, histogram.positiveCounts], [[{ offset: 0, length: 2 }], [4, 2]]);
  assert.equal(decode({ ...fine, schema: 53 }).errors.length, 1);
  assert.equal(decode({ ...fine, schema: -5 }).errors.length, 1);
});

test('recorded requests decode to the recorded amounts', {
  skip: !existsSync(GOLDEN) && 'no ../shared',
}, () => {
  let samples = 0;
  let histograms = 0;
  for (const line of readFileSync(GOLDEN, 'utf8').trim().split('\n')) {
    const { headers, bodyBase64 } = JSON.parse(line);
    const body = new Uint8Array(SnappyJS.uncompress(Buffer.from(bodyBase64, 'base64')));
    const version2 = /v2/.test(headers['Content-Type']);
    const batch = version2 ? decodeRemoteWrite2(body).batch : decodeRemoteWrite1(body);
    samples += batch.sampleCount;
    histograms += batch.histograms.length;
    if (version2) continue;
    const wire = WriteRequest.toObject(WriteRequest.decode(body), { longs: Number, defaults: true });
    const want = wire.timeseries.map((s: Wire) => ({ labels: labelObject(s.labels), samples: s.samples }));
    const got = unpack(batch) as { samples: { value: number }[] }[];
    assert.deepEqual(got, want);
    const exemplars = wire.timeseries.reduce((n: number, s: { exemplars: [] }) => n + s.exemplars.length, 0);
    assert.equal(batch.exemplars.length, exemplars);
  }
  assert.deepEqual([samples, histograms], [53765, 872]);
});

test('mutated and random bodies end in a result or a clean error', () => {
  const valid1 = encode(WriteRequest, {
    timeseries: [
      {
        labels: [
          { name: '__name__', value: 'metric' },
          { name: 'a', value: 'b' },
        ],
        samples: [{ value: 1, timestamp: 1_767_268_800_000 }],
        exemplars: [{ labels: [{ name: 'trace_id', value: 'x' }], value: 1, timestamp: 5 }],
        histograms: [{ countInt: 1, positiveSpans: [{ offset: 1, length: 1 }], positiveDeltas: [1] }],
      },
    ],
    metadata: [{ type: 1, metricFamilyName: 'metric', help: 'h' }],
  });
  const valid2 = encode(Request2, {
    symbols: ['', '__name__', 'm'],
    timeseries: [{ labelsRefs: [1, 2], samples: [{ value: 1, timestamp: 2 }], metadata: { type: 2 } }],
  });
  const attempt = (body: Uint8Array) => {
    for (const decode of [decodeRemoteWrite1, (b: Uint8Array) => decodeRemoteWrite2(b).batch]) {
      try {
        unpack(decode(body));
      } catch (e) {
        assert.ok(e instanceof TriliteError && e.kind === 'bad_data', String(e));
      }
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 300 });
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.constantFrom(valid1, valid2), edits, fc.nat(), (valid, changes, cut) => {
      const body = valid.slice(0, cut % 4 === 0 ? cut % valid.length : valid.length);
      if (body.length === 0) return;
      for (const [at, value] of changes) body[at % body.length] = value;
      attempt(body);
    }),
    { numRuns: 1000 },
  );
});
