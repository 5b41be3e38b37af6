import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpMetrics } from '../../../src/ingest/decode/otlp-metrics.ts';
import { type OtlpMetricKind, OtlpNamer } from '../../../src/ingest/translate/otlp-names.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_OTLP_OPTIONS, type OtlpTranslationOptions } from '../../../src/model/otlp-options.ts';
import { SampleStore } from '../sample-store.ts';

const TIME = '1767268800000999999';
const TIME_MS = 1767268800000;

const attribute = (key: string, value: object) => ({ key, value });

function body(metrics: object[], resource: object[] = []): Uint8Array {
  const json = { resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics }] }] };
  return otlpJsonToProtobuf('metrics', new TextEncoder().encode(JSON.stringify(json)));
}

function decode(metrics: object[], resource: object[] = [], options: Partial<OtlpTranslationOptions> = {}) {
  const result = decodeOtlpMetrics(body(metrics, resource), { ...DEFAULT_OTLP_OPTIONS, ...options });
  const store = new SampleStore();
  store.add(result.batch);
  return { ...result, store };
}

const gauge = (name: string, points: object[]) => ({ name, gauge: { dataPoints: points } });

test('a delta metric is refused with its points, the others stay', () => {
  const delta = {
    name: 'd',
    sum: {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: [{ timeUnixNano: TIME }, { timeUnixNano: TIME }],
    },
  };
  const { refused, points, store } = decode([delta, gauge('g', [{ timeUnixNano: TIME, asInt: '5' }])]);
  assert.deepEqual(refused, [
    { metric: 'd', points: 2, message: 'invalid temporality and type combination for metric "d"' },
  ]);
  assert.equal(points, 3);
  assert.deepEqual(store.labelSets(), [{ __name__: 'g' }]);
});

test('a metric that fails half way adds nothing', () => {
  const point = (scale: number) => ({ timeUnixNano: TIME, scale, count: '0', zeroCount: '0' });
  const metric = {
    name: 'e',
    exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point(0), point(-5)] },
  };
  const { refused, batch } = decode([metric, gauge('g', [{ timeUnixNano: TIME, asInt: '5' }])]);
  assert.equal(
    refused[0]!.message,
    'cannot convert exponential to native histogram. Scale must be >= -4, was -5',
  );
  assert.deepEqual([batch.histograms.length, batch.seriesCount], [0, 1]);
  assert.equal(decode([gauge('---', [{ timeUnixNano: TIME }])]).refused.length, 1);
});

test('nanoseconds become whole milliseconds, never the next one', () => {
  const { batch } = decode([gauge('g', [{ timeUnixNano: TIME, startTimeUnixNano: '1999999', asDouble: 1 }])]);
  assert.equal(batch.timestamps[0], TIME_MS);
  assert.equal(batch.startTimestamps?.[0], 1);
});

test('names', () => {
  const rows: [string, string, OtlpMetricKind, string][] = [
    ['a.b', 'By', 'counter', 'a_b_bytes_total'],
    ['a.total', '', 'counter', 'a_total'],
    ['a_total_b', '', 'counter', 'a_b_total'],
    ['x.seconds', 's', 'gauge', 'x_seconds'],
    ['x', 'By/s', 'gauge', 'x_bytes_per_second'],
    ['x', '{a}/m', 'gauge', 'x_per_minute'],
    ['x', '1', 'counter', 'x_total'],
    ['x', '1', 'gauge', 'x_ratio'],
    ['x', '1', 'updown', 'x'],
    ['1x', '', 'gauge', '_1x'],
    ['x', 'foo bar', 'gauge', 'x_foo_bar'],
    ['a:b', '', 'gauge', 'a:b'],
  ];
  const namer = new OtlpNamer(DEFAULT_OTLP_OPTIONS);
  for (const [name, unit, kind, want] of rows) assert.equal(namer.metric(name, unit, kind), want);
  assert.throws(() => namer.metric('..', '', 'gauge'), TriliteError);
});

test('attribute values as text', () => {
  const list = {
    arrayValue: { values: [{ intValue: '1' }, { stringValue: '<' }, {}, { boolValue: false }] },
  };
  const map = {
    kvlistValue: { values: [attribute('b', { doubleValue: 1e-7 }), attribute('a', { stringValue: '"' })] },
  };
  const attributes = [
    attribute('big', { intValue: '9223372036854775807' }),
    attribute('negative', { intValue: '-9007199254740993' }),
    attribute('list', list),
    attribute('map', map),
    attribute('bytes', { bytesValue: 'AQI=' }),
    attribute('none', {}),
  ];
  const { store } = decode([gauge('g', [{ timeUnixNano: TIME, attributes }])]);
  assert.deepEqual(store.labelSets(), [
    {
      __name__: 'g',
      big: '9223372036854775807',
      bytes: 'AQI=',
      list: '[1,"\\u003c",null,false]',
      map: '{"a":"\\"","b":1e-7}',
      negative: '-9007199254740993',
    },
  ]);
});

test('target_info: every half lookback and at the end, once per time', () => {
  const resource = [
    attribute('service.name', { stringValue: 's' }),
    attribute('host.name', { stringValue: 'h' }),
  ];
  const at = (minutes: number) => ({ timeUnixNano: `${TIME_MS + minutes * 60_000}000000`, asInt: '1' });
  const { store } = decode([gauge('g', [at(0), at(6)])], resource);
  const info = [...store.series.values()].find((s) => s.labels.get('__name__') === 'target_info');
  assert.deepEqual(info?.labels.toObject(), { __name__: 'target_info', host_name: 'h', job: 's' });
  assert.deepEqual(
    info?.samples.map((s) => (s.timeMs - TIME_MS) / 60_000),
    [0, 2.5, 5, 6],
  );
  assert.equal(decode([gauge('g', [at(0)])], resource.slice(0, 1)).store.series.size, 1);
});

test('exponential buckets merge down to the finest schema and shift by one', () => {
  const positive = { offset: -1, bucketCounts: ['1', '2', '3', '4', '0', '0', '0', '0', '5'] };
  const point = { timeUnixNano: TIME, scale: 9, count: '15', sum: 1, zeroCount: '0', positive };
  const { batch } = decode([
    { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] } },
  ]);
  const { histogram } = batch.histograms[0]!;
  // Indexes -1…7 halve to -1, 0, 0, 1, 1, …, 3; one more is added to each.
  assert.deepEqual(histogram.positiveSpans, [{ offset: 0, length: 5 }]);
  assert.deepEqual([histogram.schema, ...histogram.positiveCounts], [8, 1, 5, 4, 0, 5]);
});

test('mutated and random bodies end in a result or a clean error', () => {
  const valid = body(
    [
      gauge('g', [{ timeUnixNano: TIME, asDouble: 1, attributes: [attribute('a', { stringValue: 'b' })] }]),
      {
        name: 'h',
        unit: 's',
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [
            { timeUnixNano: TIME, count: '3', sum: 1, bucketCounts: ['1', '2'], explicitBounds: [1] },
          ],
        },
      },
      {
        name: 'e',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [
            { timeUnixNano: TIME, count: '1', scale: 12, positive: { offset: 5, bucketCounts: ['1'] } },
          ],
        },
      },
    ],
    [attribute('service.name', { stringValue: 's' }), attribute('x', { stringValue: 'y' })],
  );
  const attempt = (bytes: Uint8Array) => {
    try {
      const { batch } = decodeOtlpMetrics(bytes, DEFAULT_OTLP_OPTIONS);
      for (let i = 0; i < batch.seriesCount; i++) batch.labels(i);
    } catch (e) {
      assert.ok(e instanceof TriliteError && e.kind === 'bad_data', String(e));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(edits, (changes) => {
      const bytes = valid.slice();
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      attempt(bytes);
    }),
    { numRuns: 1000 },
  );
});
