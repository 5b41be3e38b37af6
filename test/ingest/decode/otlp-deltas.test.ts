/** Metrics of delta temporality: refused, stored as they are, or added up, as the setting says. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { metrics as sdk } from '@opentelemetry/sdk-node';
import { otlpJsonToProtobuf } from '../../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpMetrics } from '../../../src/ingest/decode/otlp-metrics.ts';
import { DeltaStreams } from '../../../src/ingest/translate/delta-streams.ts';
import { OtlpPoint } from '../../../src/ingest/translate/otlp-point.ts';
import { DEFAULT_OTLP_OPTIONS, type OtlpTranslationOptions } from '../../../src/model/otlp-options.ts';
import { SampleStore, type StoredSample } from '../sample-store.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const DELTA = 1;

/** What one server says to requests one after another. */
class Receiver {
  readonly store = new SampleStore();
  readonly #options: OtlpTranslationOptions;

  constructor(options: Partial<OtlpTranslationOptions>) {
    this.#options = { ...DEFAULT_OTLP_OPTIONS, ...options };
  }

  takeBytes(bytes: Uint8Array, nowMs = START) {
    const decoded = decodeOtlpMetrics(bytes, this.#options, undefined, nowMs);
    this.store.add(decoded.batch);
    return decoded;
  }

  take(metrics: readonly object[], nowMs = START, resource: object[] = []) {
    const json = { resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics }] }] };
    return this.takeBytes(otlpJsonToProtobuf('metrics', Buffer.from(JSON.stringify(json))), nowMs);
  }

  samples(name: string, le?: string): readonly StoredSample[] {
    for (const { labels, samples } of this.store.series.values()) {
      if (labels.get('__name__') === name && (le === undefined || labels.get('le') === le)) return samples;
    }
    return [];
  }

  values(name: string, le?: string): number[] {
    return this.samples(name, le).map((s) => s.value);
  }
}

const nanos = (minute: number) => `${START + minute * MINUTE}000000`;
const times = (minute: number, from = minute - 1) => ({
  timeUnixNano: nanos(minute),
  startTimeUnixNano: nanos(from),
});
const sum = (points: readonly object[], more: object = {}) => ({
  name: 'd',
  sum: { aggregationTemporality: DELTA, isMonotonic: true, dataPoints: points, ...more },
});
const histogram = (points: readonly object[]) => ({
  name: 'h',
  histogram: { aggregationTemporality: DELTA, dataPoints: points },
});
const exponential = (points: readonly object[]) => ({
  name: 'e',
  exponentialHistogram: { aggregationTemporality: DELTA, dataPoints: points },
});
const attributes = (...pairs: readonly [string, string][]) => ({
  attributes: pairs.map(([key, stringValue]) => ({ key, value: { stringValue } })),
});

describe('added up', () => {
  test('sums are the totals since the stream’s first point, gaps or not', () => {
    const r = new Receiver({ delta: 'cumulative' });
    const { batch, refused, dropped } = r.take([sum([{ ...times(1), asInt: '5' }])]);
    assert.deepEqual([refused, dropped], [[], []]);
    assert.deepEqual(batch.metadata, [{ family: 'd_total', type: 'counter', help: '', unit: '' }]);
    const next = r.take([sum([2, 3, 9].map((m) => ({ ...times(m), asDouble: 1.5 })))]);
    assert.deepEqual(r.values('d_total'), [5, 6.5, 8, 9.5]);
    assert.deepEqual([...next.batch.startTimestamps!.subarray(0, 3)], [START, START, START]);
    r.take([sum([{ ...times(10), asInt: '-20' }], { isMonotonic: false })]);
    assert.deepEqual(r.values('d'), [-20], 'a sum that goes down is another stream');
  });

  test('points out of order are dropped, so that what is sent twice counts once', () => {
    const r = new Receiver({ delta: 'cumulative' });
    const request = [sum([{ ...times(2), asInt: '5' }])];
    r.take(request);
    const again = r.take(request);
    assert.deepEqual([again.batch.sampleCount, again.refused.length], [0, 0]);
    assert.deepEqual(
      again.dropped.map((d) => [d.reason, d.points]),
      [['out_of_order', 1]],
    );
    assert.match(
      again.dropped[0]!.message,
      /metric "d": a delta point of 2026-01-01T00:02:00.000Z that is not newer/,
    );
    const older = r.take([
      sum([
        { ...times(3, 0), asInt: '100' },
        { ...times(3), asInt: '1' },
        { ...times(3), asInt: '1' },
      ]),
    ]);
    assert.match(older.dropped[0]!.message, /begins at .* before its stream does/);
    assert.deepEqual([older.dropped[0]!.points, r.values('d_total')], [2, [5, 6]]);
  });

  test('streams are told apart by resource, scope, metric and attributes in any order', () => {
    const r = new Receiver({ delta: 'cumulative' });
    const point = (minute: number, ...pairs: readonly [string, string][]) => ({
      ...times(minute),
      asInt: '1',
      ...attributes(...pairs),
    });
    r.take([sum([point(1, ['a', '1'], ['b', '2']), point(1, ['a', '2'])])]);
    r.take([sum([point(2, ['b', '2'], ['a', '1']), point(2, ['a', '2'])])]);
    const totals = [...r.store.series.values()].map((s) => [
      s.labels.get('a'),
      s.samples.map((x) => x.value),
    ]);
    assert.deepEqual(totals, [
      ['1', [1, 2]],
      ['2', [1, 2]],
    ]);
    const other = r.take(
      [sum([point(1, ['a', '1'], ['b', '2'])])],
      START,
      attributes(['host', 'x']).attributes,
    );
    assert.equal(other.dropped.length, 0, 'another resource');
  });

  test('a stream that nothing came of begins anew', () => {
    const r = new Receiver({ delta: 'cumulative' });
    r.take([sum([{ ...times(1), asInt: '5' }])], START);
    r.take([sum([{ ...times(2), asInt: '5' }])], START + 4 * MINUTE);
    r.take([sum([{ ...times(3), asInt: '5' }])], START + 8 * MINUTE);
    const late = r.take([sum([{ ...times(9), asInt: '5' }])], START + 14 * MINUTE);
    assert.deepEqual(r.values('d_total'), [5, 10, 15, 5]);
    assert.equal(late.batch.startTimestamps![0], START + 8 * MINUTE, 'as its start says');
  });

  test('explicit histograms, whose bounds may change', () => {
    const r = new Receiver({ delta: 'cumulative' });
    const point = (minute: number, bounds: number[], counts: number[], more: object = {}) => ({
      ...times(minute),
      explicitBounds: bounds,
      bucketCounts: counts.map(String),
      count: String(counts.reduce((a, b) => a + b)),
      sum: 2,
      ...more,
    });
    r.take([histogram([point(1, [1], [1, 2]), point(2, [1], [3, 4])])]);
    assert.deepEqual(r.values('h_bucket', '1'), [1, 4]);
    assert.deepEqual(r.values('h_bucket', '+Inf'), [3, 10]);
    assert.deepEqual(r.values('h_sum'), [2, 4]);
    r.take([histogram([point(3, [1], [1, 0], { sum: undefined }), point(4, [1], [1, 0])])]);
    assert.deepEqual(
      [r.values('h_sum'), r.values('h_count')],
      [
        [2, 4],
        [3, 10, 11, 12],
      ],
      'a sum is missing',
    );
    const other = r.take([histogram([point(5, [1, 2], [1, 1, 1])])]);
    assert.deepEqual(r.values('h_count'), [3, 10, 11, 12, 3]);
    assert.equal(other.batch.startTimestamps![0], START + 4 * MINUTE, 'it begins anew');
  });

  test('exponential histograms, at the coarser scale', () => {
    const r = new Receiver({ delta: 'cumulative' });
    const point = (minute: number, scale: number, offset: number, counts: number[]) => ({
      ...times(minute),
      scale,
      positive: { offset, bucketCounts: counts.map(String) },
      count: String(counts.reduce((a, b) => a + b) + 1),
      zeroCount: '1',
      sum: 1,
    });
    const { batch } = r.take([
      exponential([point(1, 1, 0, [1, 2]), point(2, 0, 0, [4]), point(3, 1, 4, [8])]),
    ]);
    const got = batch.histograms.map(({ histogram: h, startTimestampMs }) => [
      h.schema,
      h.positiveSpans,
      h.positiveCounts,
      h.count,
      h.zeroCount,
      h.sum,
      h.reset,
      startTimestampMs - START,
    ]);
    assert.deepEqual(got, [
      [1, [{ offset: 1, length: 2 }], [1, 2], 4, 1, 1, 'unknown', 0],
      [0, [{ offset: 1, length: 1 }], [7], 9, 2, 2, 'unknown', 0],
      [0, [{ offset: 1, length: 3 }], [7, 0, 8], 18, 3, 3, 'unknown', 0],
    ]);
    const far = r.take([exponential([point(4, 0, 2 ** 30, [1])])]);
    assert.deepEqual([far.dropped[0]!.reason, far.batch.histograms.length], ['invalid', 0]);
    const anew = r.take([exponential([point(5, 0, 0, [1])])]);
    assert.equal(anew.batch.histograms[0]!.histogram.count, 2, 'begins anew');
  });

  test('a point without a recorded value is a stale marker and changes nothing', () => {
    const r = new Receiver({ delta: 'cumulative' });
    r.take([
      sum([
        { ...times(1), asInt: '5' },
        { ...times(2), flags: 1 },
        { ...times(3), asInt: '1' },
      ]),
    ]);
    assert.deepEqual(
      r.samples('d_total').map((s) => s.stale || s.value),
      [5, true, 6],
    );
  });

  test('there is a limit to what is kept, and room again once streams are stale', () => {
    const streams = new DeltaStreams();
    const p = new OtlpPoint();
    const accumulate = (identity: string, minute: number) => {
      p.clear();
      p.timeMs = START + minute * MINUTE;
      p.bucketCount = 100_000;
      p.boundCount = p.bucketCount - 1;
      for (let i = 0; i < p.bucketCount; i++) p.bucketCounts[i] = p.bounds[i] = i;
      return streams.accumulate(identity, 'histogram', p)?.reason;
    };
    streams.begin(START);
    const reasons = Array.from({ length: 24 }, (_, i) => accumulate(String(i), 1));
    assert.deepEqual(
      reasons.map((r) => r === 'limit'),
      reasons.map((_, i) => i >= 20),
    );
    assert.equal(accumulate('3', 2), undefined, 'those that are there go on');
    assert.equal(p.bucketCounts[7], 14);
    streams.begin(START + 6 * MINUTE);
    assert.equal(streams.size, 0);
    assert.equal(accumulate('23', 1), undefined);
    const sums = new DeltaStreams();
    sums.begin(START);
    let taken = 0;
    for (let i = 0; i < 100_002; i++) {
      p.clear();
      if (!sums.accumulate(String(i), 'counter', p)) taken++;
    }
    assert.equal(taken, 100_000);
  });

  test('what an SDK exports as deltas becomes what it exports as cumulative', async () => {
    class Reader extends sdk.MetricReader {
      protected override async onShutdown() {}
      protected override async onForceFlush() {}
    }
    const temporality = (t: sdk.AggregationTemporality) => ({ aggregationTemporalitySelector: () => t });
    const deltas = new Reader(temporality(sdk.AggregationTemporality.DELTA));
    const totals = new Reader(temporality(sdk.AggregationTemporality.CUMULATIVE));
    const provider = new sdk.MeterProvider({
      readers: [deltas, totals],
      views: [
        {
          instrumentName: 'sizes',
          aggregation: { type: sdk.AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 20 } },
        },
      ],
    });
    const meter = provider.getMeter('m', '1');
    const requests = meter.createCounter('requests');
    const open = meter.createUpDownCounter('open');
    const latency = meter.createHistogram('latency', { unit: 's' });
    const sizes = meter.createHistogram('sizes');
    const added = new Receiver({ delta: 'cumulative' });
    const plain = new Receiver({});
    for (let round = 1; round <= 6; round++) {
      for (let i = 0; i < 50; i++) {
        const labels = { route: `/${i % 3}` };
        requests.add(i % 7, labels);
        open.add((i % 5) - 2, labels);
        latency.record((i * round) % 90, labels);
        sizes.record(1.7 ** ((i * round) % 40), labels);
      }
      for (const [reader, receiver] of [
        [deltas, added],
        [totals, plain],
      ] as const) {
        const { resourceMetrics } = await reader.collect();
        receiver.takeBytes(ProtobufMetricsSerializer.serializeRequest(resourceMetrics)!);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await provider.shutdown();
    assert.deepEqual([...added.store.series.keys()].sort(), [...plain.store.series.keys()].sort());
    assert.ok(added.store.series.size > 20);
    for (const [key, { labels, samples }] of plain.store.series) {
      const got = added.store.series.get(key)!.samples;
      const name = labels.get('__name__');
      if (name === 'target_info') continue;
      assert.deepEqual(
        got.map((s) => s.value),
        samples.map((s) => s.value),
        key,
      );
      assert.deepEqual(
        got.map((s) => s.histogram?.count),
        samples.map((s) => s.histogram?.count),
      );
      assert.deepEqual(
        got.map((s) => s.histogram?.positiveCounts.reduce((a, b) => a + b)),
        samples.map((s) => s.histogram?.positiveCounts.reduce((a, b) => a + b)),
      );
    }
  });
});

describe('raw', () => {
  test('deltas are stored as they are, of unknown type and with their own starts', () => {
    const r = new Receiver({ delta: 'raw' });
    const { batch, refused } = r.take([
      sum([
        { ...times(1), asInt: '5' },
        { ...times(2), asInt: '3' },
      ]),
      histogram([{ ...times(1), explicitBounds: [1], bucketCounts: ['1', '2'], count: '3', sum: 1 }]),
      exponential([{ ...times(1), scale: 0, positive: { offset: 0, bucketCounts: ['1'] }, count: '1' }]),
    ]);
    assert.deepEqual(refused, []);
    assert.deepEqual(
      batch.metadata.map((m) => [m.family, m.type]),
      [
        ['d_total', 'unknown'],
        ['h', 'unknown'],
        ['e', 'unknown'],
      ],
    );
    assert.deepEqual([r.values('d_total'), r.values('h_bucket', '+Inf')], [[5, 3], [3]]);
    assert.deepEqual([...batch.startTimestamps!.subarray(0, 2)], [START, START + MINUTE]);
    assert.equal(batch.histograms[0]!.histogram.reset, 'gauge');
  });

  test('custom buckets are gauges too, cumulative metrics stay what they are', () => {
    const r = new Receiver({ delta: 'raw', convertHistogramsToNhcb: true });
    const points = [{ ...times(1), explicitBounds: [1], bucketCounts: ['1', '2'], count: '3', sum: 1 }];
    const cumulative = { name: 'c', histogram: { aggregationTemporality: 2, dataPoints: points } };
    const { batch } = r.take([histogram(points), cumulative]);
    assert.deepEqual(
      batch.histograms.map((h) => h.histogram.reset),
      ['gauge', 'unknown'],
    );
    assert.deepEqual(
      batch.metadata.map((m) => m.type),
      ['unknown', 'histogram'],
    );
  });
});

test('an unspecified temporality is refused whatever the setting is', () => {
  for (const delta of ['refuse', 'cumulative', 'raw'] as const) {
    const r = new Receiver({ delta });
    const { refused } = r.take([sum([{ ...times(1), asInt: '5' }], { aggregationTemporality: 0 })]);
    assert.equal(refused.length, 1, delta);
  }
  assert.equal(new Receiver({}).take([sum([{ ...times(1), asInt: '5' }])]).refused.length, 1);
});
