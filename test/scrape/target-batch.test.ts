/** Scrapes through the real loop with expositions made here: start times, native histograms and their limits. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Telemetry } from '../../src/base/telemetry.ts';
import type { MetricBatch } from '../../src/model/batch.ts';
import { METRIC_NAME } from '../../src/model/labels.ts';
import { isStale, wordsOf } from '../../src/model/sample.ts';
import { ScrapeLoop } from '../../src/scrape/loop.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../src/scrape/scrape-config.ts';
import { ScrapeTelemetry } from '../../src/scrape/scrape-telemetry.ts';
import { buildTarget, discoveredLabels } from '../../src/scrape/target.ts';
import { expose, PROTOBUF_CONTENT_TYPE } from '../ingest/decode/exposition-proto.ts';
import { ManualClock } from './manual-clock.ts';

const START_MS = Date.UTC(2026, 0, 1);
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0';

interface Taken {
  readonly state: ScrapeLoop['state'];
  /** `name{l="v"}` to value and start time; `stale` for a stale marker. No series about the scrape. */
  readonly samples: Record<string, [value: number | 'stale', startMs: number]>;
  readonly histograms: MetricBatch['histograms'];
  readonly exemplars: MetricBatch['exemplars'];
  readonly report: Record<string, number>;
}

/** Scrapes each exposition in turn and says what storage got. */
async function scrapes(
  changes: Partial<ScrapeConfig>,
  contentType: string,
  bodies: readonly (string | Uint8Array)[],
): Promise<Taken[]> {
  const config = { ...DEFAULT_SCRAPE_CONFIG, jobName: 'j', ...changes };
  const outcome = buildTarget(discoveredLabels('a:1', { targets: ['a:1'], labels: {} }, config), config, []);
  assert.equal(outcome.kind, 'active');
  const { target } = outcome as Extract<typeof outcome, { kind: 'active' }>;
  const batches: MetricBatch[] = [];
  let next = 0;
  const loop = new ScrapeLoop(
    target,
    { config, target: target.labels, metricRelabel: [] },
    {
      clock: new ManualClock(START_MS),
      appender: {
        async append(batch) {
          batches.push(batch);
          return { accepted: batch.sampleCount, refused: [], durable: Promise.resolve() };
        },
      },
      fetch: async () => {
        const body = bodies[next++]!;
        return { body: typeof body === 'string' ? Buffer.from(body) : body, contentType };
      },
      telemetry: new ScrapeTelemetry(new Telemetry()),
      seed: '',
      maxAgeMs: () => 0,
      onError: assert.ifError,
    },
  );
  const taken: Taken[] = [];
  for (let i = 0; i < bodies.length; i++) {
    await loop.scrape(START_MS + i * 60_000);
    taken.push({ ...read(batches.at(-1)!), state: loop.state });
  }
  return taken;
}

function read(batch: MetricBatch): Omit<Taken, 'state'> {
  const samples: Taken['samples'] = {};
  const report: Taken['report'] = {};
  const words = wordsOf(batch.values);
  for (let i = 0; i < batch.sampleCount; i++) {
    const labels = batch.labels(batch.sampleSeries[i]!)!;
    const name = labels.get(METRIC_NAME);
    if (/^(up$|scrape_)/.test(name)) {
      report[name] = batch.values[i]!;
      continue;
    }
    const own = Object.entries(labels.toObject()).filter(
      ([l]) => ![METRIC_NAME, 'instance', 'job'].includes(l),
    );
    const braces = own.length > 0 ? `{${own.map(([l, v]) => `${l}="${v}"`).join()}}` : '';
    const value = isStale(words, i) ? 'stale' : batch.values[i]!;
    samples[name + braces] = [value, batch.startTimestamps?.[i] ?? 0];
  }
  return { samples, report, histograms: batch.histograms, exemplars: batch.exemplars };
}

const CREATED = `# TYPE c counter
c_total{a="1"} 5
c_created{a="1"} 100.5
c_total{a="2"} 6
# TYPE h histogram
h_bucket{le="1.0"} 1
h_bucket{le="+Inf"} 2
h_count 2
h_sum 3
h_created 200
# TYPE s summary
s{quantile="0.5"} 1
s_sum 2
s_count 3
s_created 300
# TYPE g gauge
g_created 400
# TYPE "u.c" counter
{"u.c_total",x="y"} 1
{"u.c_created",x="y"} 500
# EOF
`;

test('created lines are series, or start times where that is asked for', async () => {
  const [plain] = await scrapes({}, OPENMETRICS, [CREATED]);
  assert.deepEqual(plain!.samples['c_created{a="1"}'], [100.5, 0]);
  assert.equal(plain!.report.scrape_samples_scraped, 15);
  assert.ok(Object.values(plain!.samples).every(([, startMs]) => startMs === 0));

  // The second scrape finds all series in the cache.
  const taken = await scrapes({ startTimestamps: true }, OPENMETRICS, [CREATED, CREATED, '# EOF\n']);
  for (const { samples, report } of taken.slice(0, 2)) {
    assert.deepEqual(samples, {
      'c_total{a="1"}': [5, 100_500],
      'c_total{a="2"}': [6, 0],
      'h_bucket{le="1.0"}': [1, 200_000],
      'h_bucket{le="+Inf"}': [2, 200_000],
      h_count: [2, 200_000],
      h_sum: [3, 200_000],
      's{quantile="0.5"}': [1, 300_000],
      s_sum: [2, 300_000],
      s_count: [3, 300_000],
      g_created: [400, 0],
      'u.c_total{x="y"}': [1, 500_000],
    });
    assert.equal(report.scrape_samples_scraped, 11, 'a created line is no sample');
  }
  // They leave no series that could go stale.
  assert.equal(Object.keys(taken[2]!.samples).length, 11);
  assert.ok(Object.values(taken[2]!.samples).every(([value]) => value === 'stale'));
});

test('start times belong to their scrape', async () => {
  const created = (seconds: string) => `# TYPE c counter\nc_total 5\n${seconds}# EOF\n`;
  const taken = await scrapes({ startTimestamps: true }, OPENMETRICS, [
    created('c_created 100\n'),
    created('c_created 200\n'),
    created(''),
  ]);
  assert.deepEqual(
    taken.map((t) => t.samples.c_total![1]),
    [100_000, 200_000, 0],
  );
});

test('a converted histogram has the start time of its created line', async () => {
  const config = { startTimestamps: true, convertClassicHistogramsToNhcb: true };
  const [taken] = await scrapes(config, OPENMETRICS, [CREATED]);
  assert.deepEqual(
    taken!.histograms.map((h) => [h.histogram.customBounds, h.startTimestampMs]),
    [[[1], 200_000]],
  );
});

test('a bad created line fails the scrape', async () => {
  const text = '# TYPE c counter\nc_total 5\nc_created{a=1} 7\n# EOF\n';
  const [taken] = await scrapes({ startTimestamps: true }, OPENMETRICS, [text]);
  assert.match(taken!.state.lastError, /^expected label value, got "1".* \(line 3\)$/);
});

const native = {
  sampleCount: 6,
  sampleSum: 10,
  schema: 1,
  zeroThreshold: 0.001,
  positiveSpan: [{ offset: 1, length: 3 }],
  positiveDelta: [1, 1, 1],
  createdTimestamp: { seconds: 50 },
  exemplars: [{ label: [{ name: 'trace_id', value: 'x' }], value: 2, timestamp: { seconds: 60 } }],
};
const family = (histogram: object, type = 4) => ({ name: 'h', type, metric: [{ histogram }] });
const gauge = (name: string) => ({ name, type: 1, metric: [{ gauge: { value: 1 } }] });
const NATIVE: Partial<ScrapeConfig> = { scrapeNativeHistograms: true };

test('native histograms come with start times and exemplars, and go stale', async () => {
  const [first, second] = await scrapes(NATIVE, PROTOBUF_CONTENT_TYPE, [
    expose([family(native)]),
    expose([gauge('g')]),
  ]);
  assert.equal(first!.state.lastError, '');
  const [h] = first!.histograms;
  assert.deepEqual([h!.histogram.positiveCounts, h!.startTimestampMs], [[1, 2, 3], 50_000]);
  assert.deepEqual(
    first!.exemplars.map(({ series, exemplar }) => [
      series,
      exemplar.labels.toObject(),
      exemplar.timestampMs,
    ]),
    [[h!.series, { trace_id: 'x' }, 60_000]],
  );
  assert.deepEqual(second!.samples, { h: ['stale', 0], g: [1, 0] });
});

test('counters of the protobuf format have start times, whatever is said of created lines', async () => {
  const counter = { value: 3, createdTimestamp: { seconds: 9, nanos: 5e8 } };
  const body = expose([{ name: 'c_total', metric: [{ counter }] }, gauge('g')]);
  const [taken] = await scrapes({}, PROTOBUF_CONTENT_TYPE, [body]);
  assert.deepEqual(taken!.samples, { c_total: [3, 9500], g: [1, 0] });
});

test('too many buckets are merged, or fail the scrape', async () => {
  const body = expose([gauge('a'), family(native), gauge('z')]);
  const [merged] = await scrapes({ ...NATIVE, nativeHistogramBucketLimit: 2 }, PROTOBUF_CONTENT_TYPE, [body]);
  assert.equal(merged!.histograms[0]!.histogram.schema, 0);
  assert.deepEqual(merged!.histograms[0]!.histogram.positiveCounts, [3, 3]);

  const factor = { ...NATIVE, nativeHistogramMinBucketFactor: 4 };
  const [coarse] = await scrapes(factor, PROTOBUF_CONTENT_TYPE, [body]);
  assert.equal(coarse!.histograms[0]!.histogram.schema, -1);

  const twoSided = { ...native, sampleCount: 7, negativeSpan: [{ length: 1 }], negativeDelta: [1] };
  const wide = expose([gauge('a'), family(twoSided), gauge('z')]);
  const limited = { ...NATIVE, nativeHistogramBucketLimit: 1 };
  const [failed] = await scrapes(limited, PROTOBUF_CONTENT_TYPE, [wide]);
  assert.equal(failed!.state.lastError, 'histogram bucket limit exceeded');
  assert.deepEqual([failed!.histograms, failed!.samples], [[], {}]);
  assert.equal(failed!.report.scrape_samples_scraped, 3, 'all are counted');
});

test('a histogram that contradicts itself fails the scrape', async () => {
  const rows: [object, RegExp][] = [
    [{ ...native, sampleCount: 5 }, /^6 observations found in buckets, but the Count field is 5: /],
    [{ ...native, schema: 53 }, /^unknown schema 53$/],
    [{ ...native, positiveDelta: [1, -2, 7] }, /^bucket has a negative count: -1$/],
    [
      {
        ...native,
        positiveSpan: [
          { offset: 1, length: 1 },
          { offset: -1, length: 2 },
        ],
      },
      /^span number 2 has negative offset -1$/,
    ],
  ];
  for (const [histogram, want] of rows) {
    const body = expose([gauge('a'), family(histogram), gauge('z')]);
    const [taken] = await scrapes(NATIVE, PROTOBUF_CONTENT_TYPE, [body]);
    assert.match(taken!.state.lastError, want);
    assert.deepEqual([taken!.histograms, taken!.samples], [[], {}]);
    assert.equal(taken!.report.scrape_samples_scraped, 2, 'it is the last one counted');
  }
});

test('what is no protobuf fails the scrape, and says so without a line', async () => {
  const label = [{ name: '', value: 'x' }];
  const body = expose([{ name: 'g', type: 1, metric: [{ label, gauge: { value: 1 } }] }]);
  const [taken] = await scrapes(NATIVE, PROTOBUF_CONTENT_TYPE, [body]);
  assert.equal(taken!.state.lastError, 'invalid label name: ');
  const [text] = await scrapes({ fallbackScrapeProtocol: 'PrometheusProto' }, '', ['a 1\n']);
  assert.match(text!.state.lastError, /^clientpb: insufficient length of buffer/);
});

test('a series whose sample storage refuses ends, where it was there before', async () => {
  const config = { ...DEFAULT_SCRAPE_CONFIG, jobName: 'j', trackTimestampsStaleness: true };
  const outcome = buildTarget(discoveredLabels('a:1', { targets: ['a:1'], labels: {} }, config), config, []);
  const { target } = outcome as Extract<typeof outcome, { kind: 'active' }>;
  const batches: MetricBatch[] = [];
  const telemetry = new Telemetry();
  const loop = new ScrapeLoop(
    target,
    { config, target: target.labels, metricRelabel: [] },
    {
      clock: new ManualClock(START_MS),
      appender: {
        async append(batch) {
          batches.push(batch);
          // The second scrape's first two samples.
          const refused = batches.length === 2 ? [0, 1] : [];
          const reason = 'out_of_order' as const;
          return {
            accepted: 0,
            refused: refused.map((item) => ({ item, reason, message: '' })),
            durable: Promise.resolve(),
          };
        },
      },
      fetch: async () => ({
        body: Buffer.from(`a 1\n${batches.length === 1 ? 'new 1\n' : ''}b 1\n`),
        contentType: 'text/plain',
      }),
      telemetry: new ScrapeTelemetry(telemetry),
      seed: '',
      maxAgeMs: () => 0,
      onError: assert.ifError,
    },
  );
  for (let i = 0; i < 3; i++) await loop.scrape(START_MS + i * 60_000);
  // `a` was there, `new` was not; the third scrape has no marker for either.
  assert.equal(batches.length, 4);
  assert.deepEqual(read(batches[2]!).samples, { a: ['stale', 0] });
  assert.deepEqual(Object.keys(read(batches[3]!).samples), ['a', 'b']);
  const counter = telemetry.find('prometheus_target_scrapes_sample_out_of_order_total')!.with();
  assert.equal((counter as { value: number }).value, 2);
});

test('a name that stands twice fails the scrape, unless one of its values is empty', async () => {
  const up = async (text: string, changes: Partial<ScrapeConfig> = {}) => {
    const [taken] = await scrapes(changes, 'text/plain', [text]);
    return { up: taken!.report.up, samples: Object.keys(taken!.samples) };
  };
  assert.deepEqual(await up('a{x="1",x="2"} 1\n'), { up: 0, samples: [] });
  assert.deepEqual(await up('a{x="1",x=""} 1\n'), { up: 1, samples: ['a'] });
  assert.deepEqual(await up('a{job="1",job="2"} 1\n'), { up: 0, samples: [] });
  assert.deepEqual(await up('a{job="1",job=""} 1\n'), { up: 1, samples: ['a{exported_job="1"}'] });
});

test('series are new after they were gone, not after a scrape that failed', async () => {
  const added = async (changes: Partial<ScrapeConfig>, bodies: string[]) =>
    (await scrapes(changes, 'text/plain', bodies)).map((taken) => taken.report.scrape_series_added);
  assert.deepEqual(await added({}, ['a 1\n', 'a 1\n%\n', 'a 1\n', 'b 1\n', 'a 1\n']), [1, 0, 0, 1, 1]);
  assert.deepEqual(await added({}, ['a 1\n', '', 'a 1\nb 1\n']), [1, 0, 1]);
  // Past the limit nothing is taken note of.
  const limited = ['a 1\n', 'a 1\nb 1\nc 1\n', 'a 1\nc 1\n'];
  assert.deepEqual(await added({ sampleLimit: 2 }, limited), [1, 1, 1]);
  // Below another TYPE a series is the same.
  const typed = ['# TYPE x histogram\na 1\nx{le="1"} 1\n', 'a 1\nx{le="1"} 1\n'];
  assert.deepEqual(await added({}, typed), [2, 1]);
});

test('samples far ahead are left out, and what stands twice counts once for the limit', async () => {
  const ahead = START_MS + 20 * 60_000;
  const [first, second] = await scrapes({ sampleLimit: 2 }, 'text/plain', [
    `a 1 ${ahead}\nb 1\nb 2\nc 1\n`,
    `a 1 ${START_MS}\nb 1\n`,
  ]);
  assert.deepEqual(Object.keys(first!.samples), ['b', 'c']);
  assert.equal(first!.report.scrape_samples_post_metric_relabeling, 4);
  assert.deepEqual(second!.samples, { a: [1, 0], b: [1, 0], c: ['stale', 0] });
});

test('under another epoch storage is asked anew where it has the series', async () => {
  const config = { ...DEFAULT_SCRAPE_CONFIG, jobName: 'j' };
  const outcome = buildTarget(discoveredLabels('a:1', { targets: ['a:1'], labels: {} }, config), config, []);
  const { target } = outcome as Extract<typeof outcome, { kind: 'active' }>;
  const known: boolean[] = [];
  let epoch = {};
  const loop = new ScrapeLoop(
    target,
    { config, target: target.labels, metricRelabel: [] },
    {
      clock: new ManualClock(START_MS),
      appender: {
        get epoch() {
          return epoch;
        },
        async append({ handles, seriesCount }) {
          const { places, ids } = handles!;
          known.push(places.subarray(0, seriesCount).every((place) => place !== 0));
          places.fill(1);
          ids.fill(1);
          return { accepted: 0, refused: [], durable: Promise.resolve() };
        },
      },
      fetch: async () => ({ body: Buffer.from('a 1\nb 2\n'), contentType: 'text/plain' }),
      telemetry: new ScrapeTelemetry(new Telemetry()),
      seed: '',
      maxAgeMs: () => 0,
      onError: assert.ifError,
    },
  );
  for (let i = 0; i < 2; i++) await loop.scrape(START_MS + i);
  epoch = {};
  for (let i = 2; i < 4; i++) await loop.scrape(START_MS + i);
  assert.deepEqual(known, [false, true, false, true]);
});
