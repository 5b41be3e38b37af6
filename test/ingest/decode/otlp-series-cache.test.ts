/** Requests that were seen before are decoded by their bytes: to the same series, samples and refusals. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DecodeScratch } from '../../../src/ingest/decode/decode-scratch.ts';
import { decodeOtlpMetrics, type OtlpMetrics } from '../../../src/ingest/decode/otlp-metrics.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import { DEFAULT_OTLP_OPTIONS, type OtlpTranslationOptions } from '../../../src/model/otlp-options.ts';
import { encode, messageArbitrary, type PlainMessage } from './otlp-arbitrary.ts';

const OPTIONS: readonly Partial<OtlpTranslationOptions>[] = [
  {},
  { strategy: 'NoTranslation' },
  {
    promoteAllResourceAttributes: true,
    promoteScopeMetadata: true,
    keepIdentifyingResourceAttributes: true,
    convertHistogramsToNhcb: true,
  },
];

/** Everything that a decoded request says, its keys replaced by labels; or why it fails. */
function told(decode: () => OtlpMetrics) {
  let result: OtlpMetrics;
  try {
    result = decode();
  } catch (e) {
    assert.ok(e instanceof TriliteError, String(e));
    return { failed: e.message };
  }
  const { batch, refused, points } = result;
  const labels = Array.from({ length: batch.seriesCount }, (_, i) => batch.labels(i)!.toObject());
  const samples = Array.from({ length: batch.sampleCount }, (_, i) => [
    batch.sampleSeries[i],
    batch.timestamps[i],
    batch.values[i],
    batch.startTimestamps?.[i] ?? 0,
  ]);
  const { histograms, exemplars, metadata } = batch;
  return { labels, samples, histograms, exemplars, metadata, refused, points };
}

/** Cumulative mostly: the others are refused. */
function cumulative(message: PlainMessage): PlainMessage {
  const copy = structuredClone(message) as { resourceMetrics?: PlainMessage[] };
  for (const resource of copy.resourceMetrics ?? [])
    for (const scope of (resource.scopeMetrics as PlainMessage[] | undefined) ?? [])
      for (const metric of (scope.metrics as PlainMessage[] | undefined) ?? [])
        for (const kind of ['sum', 'histogram', 'exponentialHistogram']) {
          const data = metric[kind] as PlainMessage | undefined;
          if (data) data.aggregationTemporality = 2;
        }
  return copy;
}

const request = fc
  .tuple(messageArbitrary('MetricsData'), fc.integer({ min: 0, max: 9 }))
  .map(([message, refusing]) => (refusing === 0 ? message : cumulative(message)));

for (const [n, given] of OPTIONS.entries()) {
  test(`known and unknown requests are decoded alike, options ${n}`, () => {
    const shared = { ...DEFAULT_OTLP_OPTIONS, ...given };
    const scratch = new DecodeScratch();
    let series = 0;
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 3 }), (messages) => {
        const bodies = messages.map((m) => encode('MetricsData', m));
        for (const body of [...bodies, ...bodies]) {
          // Options of its own: a cache that knows nothing.
          const unknown = told(() => decodeOtlpMetrics(body, { ...shared }));
          assert.deepEqual(
            told(() => decodeOtlpMetrics(body, shared, scratch)),
            unknown,
          );
          series += unknown.labels?.length ?? 0;
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(series > 100, `${series} series`);
  });
}

test('equal keys are equal labels, whatever the resource, scope and order of attributes', () => {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const names = fc.constantFrom('a', 'a.b', 'a_b', 'le', 'quantile');
  const attributes = fc.array(
    fc.tuple(names, fc.constantFrom('', 'x', 'y')).map(([k, v]) => attribute(k, v)),
    { maxLength: 3 },
  );
  const points = fc.array(
    attributes.map((of) => ({ attributes: of, timeUnixNano: '1767268800000000000' })),
    { minLength: 1, maxLength: 3 },
  );
  const metric = fc
    .tuple(fc.constantFrom('m', 'm_sum', 'm_bucket'), fc.nat(2), points)
    .map(([name, kind, of]) =>
      kind === 0
        ? { name, gauge: { dataPoints: of } }
        : kind === 1
          ? {
              name,
              histogram: {
                aggregationTemporality: 2,
                dataPoints: of.map((p) => ({
                  ...p,
                  sum: 1,
                  bucketCounts: ['1', '2', '3'],
                  explicitBounds: [1, 2.5],
                })),
              },
            }
          : {
              name,
              summary: {
                dataPoints: of.map((p) => ({ ...p, quantileValues: [{ quantile: 0.5, value: 1 }] })),
              },
            },
    );
  const body = fc
    .array(fc.record({ resource: fc.record({ attributes }), metrics: fc.array(metric, { maxLength: 3 }) }), {
      maxLength: 2,
    })
    .map((resources) =>
      encode('MetricsData', {
        resourceMetrics: resources.map((r) => ({
          resource: r.resource,
          scopeMetrics: [{ metrics: r.metrics }],
        })),
      }),
    );
  const options = { ...DEFAULT_OTLP_OPTIONS };
  const known = new Map<string, string>();
  fc.assert(
    fc.property(body, (bytes) => {
      const { batch } = decodeOtlpMetrics(bytes, options);
      for (let i = 0; i < batch.seriesCount; i++) {
        const key = Buffer.from(batch.keys.subarray(batch.keyStart[i], batch.keyEnd[i])).toString('latin1');
        const labels = batch.labels(i)!.key();
        assert.equal(known.get(key) ?? labels, labels);
        known.set(key, labels);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(known.size > 100);
});
