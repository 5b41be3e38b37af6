/** What Prometheus' endpoints do beside the recorded cases: parameters, limits, escapes, federation, status. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Params } from '../../../src/api/params.ts';
import { success } from '../../../src/api/prometheus/envelope.ts';
import { unescapeName } from '../../../src/api/prometheus/label-services.ts';
import { resultAnswer } from '../../../src/api/prometheus/result-json.ts';
import { PROMETHEUS_ROUTES } from '../../../src/api/prometheus/routes.ts';
import { metricFamilies } from '../../../src/api/prometheus/self-metrics.ts';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import { prometheusFrontRoutes } from '../../../src/api/prometheus/status-routes.ts';
import type { HandledRoute } from '../../../src/api/route.ts';
import { Telemetry } from '../../../src/base/telemetry.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { Labels } from '../../../src/model/labels.ts';
import { matchesAll } from '../../../src/model/matcher.ts';
import { DEFAULT_RELABEL_CONFIG } from '../../../src/model/relabel.ts';
import { setStale, wordsOf } from '../../../src/model/sample.ts';
import { statsJson } from '../../../src/query/query-stats.ts';
import type { ServiceAnswer } from '../../../src/query/service.ts';
import type { MetricReader, SeriesCursor, StorageReader } from '../../../src/storage/interface.ts';
import { emptyStatusView } from './status-view-fake.ts';

function bodyOf(answer: ServiceAnswer): string {
  return new TextDecoder().decode(answer.body);
}

// biome-ignore lint/suspicious/noExplicitAny: the tests read answers as they are
function dataOf(answer: ServiceAnswer): any {
  return JSON.parse(bodyOf(answer)).data;
}

const timings = { prepareMs: 1, evaluateMs: 2, sortMs: 3 };
const stats = { seriesRead: 1, samplesRead: 2, peakSamples: 3, peakBytes: 4, timings };

interface StoredSeries {
  readonly labels: Labels;
  readonly timestamps: readonly number[];
  readonly values: Float64Array;
}

/** A reader over a few series, which knows what federation needs. */
function storageOf(series: readonly StoredSeries[]): StorageReader {
  const select: MetricReader['select'] = async ({ matchers }) => {
    const chosen = series.filter((s) => matchesAll(matchers, s.labels));
    let at = -1;
    let given = false;
    const cursor: SeriesCursor = {
      nextBatch: async () => {
        const more = !given;
        given = true;
        return more;
      },
      next: () => ++at < chosen.length,
      labels: () => chosen[at]!.labels,
      read: (into) => {
        const { timestamps, values } = chosen[at]!;
        into.ensure(values.length);
        into.timestamps.set(timestamps);
        into.values.set(values);
        into.count = values.length;
        return into.count;
      },
      close: () => {},
    };
    return cursor;
  };
  return { metrics: { select } } as unknown as StorageReader;
}

function serve(
  name: string,
  params: [string, string][],
  storage: StorageReader,
  nowMs = 0,
): Promise<ServiceAnswer> {
  const signal = new AbortController().signal;
  return PROMETHEUS_SERVICES[name]!({ params, path: {}, headers: {}, nowMs }, { storage, signal });
}

test('every route names a service', () => {
  for (const route of PROMETHEUS_ROUTES)
    assert.ok('service' in route && PROMETHEUS_SERVICES[route.service], route.path);
});

test('the first of a name is its value, lists are merged', () => {
  const params = new Params([
    ['a', 'form'],
    ['match[]', 'x'],
    ['a', 'url'],
    ['match[]', 'y'],
  ]);
  assert.equal(params.get('a'), 'form');
  assert.deepEqual(params.all('match[]'), ['x', 'y']);
  assert.equal(params.get('b'), '');
});

test('names fit into paths', () => {
  for (const [escaped, name] of [
    ['http_status', 'http_status'],
    ['U__http_2e_status', 'http.status'],
    ['U__a__b', 'a_b'],
    ['U____', '_'],
    ['U___1F600_', '😀'],
    ['U__a_zz_', 'U__a_zz_'],
    ['U__a_2e', 'U__a_2e'],
    ['U___d800_', 'U___d800_'],
    ['U__', ''],
  ] as const) {
    assert.equal(unescapeName(escaped), name);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const code = (c: string) => (c === '_' ? '__' : `_${c.codePointAt(0)!.toString(16)}_`);
      const escaped = `U__${[...name].map((c) => (/[a-zA-Z0-9]/.test(c) ? c : code(c))).join('')}`;
      assert.equal(unescapeName(escaped), name);
    }),
  );
});

test('notes stand beside the data, at most ten', () => {
  const warnings = Array.from({ length: 12 }, (_, i) => `w${i}`);
  const body = JSON.parse(bodyOf(success((out) => out.value(1), { warnings, infos: ['i'] })));
  assert.deepEqual(body.infos, ['i']);
  assert.equal(body.warnings.length, 11);
  assert.equal(body.warnings[10], '2 more warning annotations omitted');
  assert.equal(bodyOf(success((out) => out.value(1))), '{"status":"success","data":1}');
});

describe('results', () => {
  const labels = [Labels.from({ a: '1' }), Labels.from({ a: '2' })];
  const histogram: Histogram = {
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: 1,
    count: 6,
    sum: -1.5,
    positiveSpans: [
      { offset: 0, length: 1 },
      { offset: 1, length: 1 },
    ],
    positiveCounts: [1, 2],
    negativeSpans: [{ offset: 1, length: 2 }],
    negativeCounts: [2, 0],
    customBounds: [],
    reset: 'unknown',
    integer: true,
    stale: false,
  };

  test('a vector, cut to its limit', () => {
    const data = {
      type: 'vector',
      timestampMs: 1500,
      labels,
      values: Float64Array.of(1, 2),
      histograms: undefined,
    } as const;
    const answer = resultAnswer({ data, warnings: [], infos: [], stats }, { limit: 1 });
    assert.deepEqual(JSON.parse(bodyOf(answer)), {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: { a: '1' }, value: [1.5, '1'] }] },
      warnings: ['results truncated due to limit'],
    });
  });

  test('a large matrix comes in pieces, which together are the answer', async () => {
    const STEPS = 1000;
    const grid = { startMs: 1_767_270_600_000, stepMs: 15_000, count: STEPS };
    const timestamps = Float64Array.from({ length: STEPS }, (_, i) => grid.startMs + i * grid.stepMs);
    const seriesOf = (i: number) => ({
      labels: Labels.from({ n: String(i) }),
      timestamps,
      values: Float64Array.from({ length: STEPS }, (_, k) => i + k / 10),
      histograms: undefined,
    });
    const data = {
      type: 'matrix',
      grid,
      series: Array.from({ length: 600 }, (_, i) => seriesOf(i)),
    } as const;
    const result = { data, warnings: ['w'], infos: [], stats };
    const answer = resultAnswer(result, { limit: undefined });
    const pieces: Uint8Array[] = [answer.body];
    for await (const piece of answer.rest!) pieces.push(piece);
    assert.ok(pieces.length > 20 && pieces.every((p) => p.length < 512 * 1024));
    const { data: shown, warnings } = JSON.parse(Buffer.concat(pieces).toString());
    assert.deepEqual(warnings, ['w']);
    assert.equal(shown.result.length, 600);
    for (const i of [0, 311, 599]) {
      const alone = { ...result, data: { ...data, series: [data.series[i]!] } };
      const whole = resultAnswer(alone, { limit: undefined });
      assert.equal(whole.rest, undefined);
      assert.deepEqual(shown.result[i], JSON.parse(bodyOf(whole)).data.result[0]);
    }
  });

  test('a matrix with floats and histograms, and statistics', () => {
    const timestamps = Float64Array.of(1000, 2000);
    const values = Float64Array.of(Number.NaN, 0);
    const series = [{ labels: labels[0]!, timestamps, values, histograms: [undefined, histogram] }];
    const result = { data: { type: 'matrix', series } as const, warnings: [], infos: [], stats };
    const perStep = { startMs: 1000, stepMs: 500, total: Float64Array.of(3, 4), read: Float64Array.of(3, 1) };
    const data = dataOf(
      resultAnswer(result, { limit: undefined, stats: statsJson({ ...stats, perStep }, 4, true) }),
    );
    assert.deepEqual(data.stats, {
      timings: {
        evalTotalTime: 0.006,
        resultSortTime: 0.003,
        queryPreparationTime: 0.001,
        innerEvalTime: 0.002,
        execQueueTime: 0.004,
        execTotalTime: 0.01,
      },
      samples: {
        totalQueryableSamplesPerStep: [
          [1, 3],
          [1.5, 4],
        ],
        totalQueryableSamples: 7,
        samplesReadPerStep: [
          [1, 3],
          [1.5, 1],
        ],
        samplesRead: 4,
        peakSamples: 3,
      },
    });
    assert.deepEqual(data.result, [
      {
        metric: { a: '1' },
        values: [[1, 'NaN']],
        histograms: [
          [
            2,
            {
              count: '6',
              sum: '-1.5',
              buckets: [
                [1, '-2', '-1', '2'],
                [3, '-0.001', '0.001', '1'],
                [0, '0.5', '1', '1'],
                [0, '2', '4', '2'],
              ],
            },
          ],
        ],
      },
    ]);
  });

  test('custom buckets reach to both infinities', () => {
    const custom: Histogram = {
      ...histogram,
      schema: -53,
      customBounds: [1, 2],
      positiveSpans: [{ offset: 0, length: 3 }],
      positiveCounts: [1, 2, 3],
      negativeSpans: [],
      negativeCounts: [],
      zeroCount: 0,
    };
    const data = {
      type: 'vector',
      timestampMs: 0,
      labels: [labels[0]!],
      values: Float64Array.of(0),
      histograms: [custom],
    } as const;
    const answer = resultAnswer({ data, warnings: [], infos: [], stats }, { limit: undefined });
    const [{ histogram: shown }] = dataOf(answer).result;
    assert.deepEqual(shown[1].buckets, [
      [3, '-Inf', '1', '1'],
      [0, '1', '2', '2'],
      [0, '2', '+Inf', '3'],
    ]);
  });
});

test('federation gives the newest sample of each series, stale ones left out', async () => {
  const gone = Float64Array.of(1, 0);
  setStale(wordsOf(gone), 1);
  const storage = storageOf([
    {
      labels: Labels.from({ __name__: 'up', job: 'b' }),
      timestamps: [1000, 2000],
      values: Float64Array.of(0, 1),
    },
    {
      labels: Labels.from({ __name__: 'a.b', 'x.y': 'q"\n', instance: 'i' }),
      timestamps: [1500],
      values: Float64Array.of(0.5),
    },
    { labels: Labels.from({ __name__: 'up', job: 'gone' }), timestamps: [1000, 2000], values: gone },
    {
      labels: Labels.from({ __name__: 'up', job: 'old' }),
      timestamps: [-400_000],
      values: Float64Array.of(1),
    },
  ]);
  const answer = await serve(
    'prometheus.federate',
    [
      ['match[]', 'up'],
      ['match[]', '{__name__=~".+"}'],
    ],
    storage,
    3000,
  );
  assert.equal(
    bodyOf(answer),
    '# TYPE a_b untyped\na_b{instance="i",x_y="q\\"\\n"} 0.5 1500\n# TYPE up untyped\nup{job="b",instance=""} 1 2000\n',
  );
});

describe('errors name the parameter', () => {
  for (const [name, params, message] of [
    [
      'query',
      [
        ['query', 'up'],
        ['time', 'abc'],
      ],
      /^invalid parameter "time": invalid time value for 'time': cannot parse "abc" to a/,
    ],
    [
      'query',
      [
        ['query', 'up'],
        ['timeout', 'x'],
      ],
      /^invalid parameter "timeout": cannot parse "x" to a valid duration$/,
    ],
    [
      'query',
      [
        ['query', 'up'],
        ['limit', '99999999999999999999'],
      ],
      /^invalid parameter "limit": strconv.Atoi: parsing "9+": value out of range$/,
    ],
    [
      'query_range',
      [
        ['start', '2'],
        ['end', '1'],
        ['step', '1'],
      ],
      /^invalid parameter "end": end timestamp must not be before start time$/,
    ],
    [
      'query_range',
      [
        ['start', '1'],
        ['end', '2'],
        ['step', '1e-5'],
      ],
      /^invalid parameter "step": zero or negative query resolution/,
    ],
    [
      'query_range',
      [
        ['start', '1'],
        ['end', '2'],
        ['step', '1e20'],
      ],
      /^invalid parameter "step": cannot parse "1e20" to a valid duration. It overflows int64$/,
    ],
    ['series', [], /^no match\[\] parameter provided$/],
    [
      'series',
      [['match[]', '{a=~".*"}']],
      /^invalid parameter "match\[\]": match\[\] must contain at least one non-empty matcher$/,
    ],
    [
      'series',
      [
        ['match[]', 'up'],
        ['match[]', 'x{'],
      ],
      /^invalid parameter "match\[\]": 1:3: parse error/,
    ],
    ['labels', [['match[]', 'x{']], /^1:3: parse error/],
    ['labels', [['limit', '-1']], /^invalid parameter "limit": limit must be non-negative$/],
    ['query_exemplars', [['query', 'x{']], /^1:3: parse error/],
    ['metadata', [['limit_per_metric', 'x']], /^limit_per_metric must be a number$/],
    [
      'format_query',
      [['query', 'sum(']],
      /^invalid parameter "query": 1:5: parse error: unclosed left parenthesis$/,
    ],
  ] as const) {
    test(`${name} ${JSON.stringify(params)}`, async () => {
      const all = params.map(([k, v]) => [k, v] as [string, string]);
      await assert.rejects(serve(`prometheus.${name}`, all, storageOf([])), { kind: 'bad_data', message });
    });
  }
});

describe('status endpoints', () => {
  const target = {
    discoveredLabels: { __address__: 'h:1' },
    labels: { instance: 'h:1', job: 'j' },
    scrapePool: 'j',
    scrapeUrl: 'http://h:1/metrics',
    globalUrl: 'http://h:1/metrics',
    lastError: '',
    lastScrapeMs: undefined,
    lastScrapeDurationSeconds: 0.5,
    health: 'unknown',
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
  } as const;
  const relabelConfigs = [
    { ...DEFAULT_RELABEL_CONFIG, sourceLabels: ['job'], targetLabel: 'team' },
    { ...DEFAULT_RELABEL_CONFIG, sourceLabels: ['team'], regex: 'a', action: 'keep' as const },
    { ...DEFAULT_RELABEL_CONFIG, targetLabel: 'late', replacement: 'x' },
  ];
  const telemetry = new Telemetry();
  telemetry.counter('b_total', 'Counts.', ['kind']).with('x').add(3);
  telemetry.gauge('a_size', 'Is.').with().set(Number.POSITIVE_INFINITY);
  telemetry.histogram('c_seconds', 'Takes.', [], [1, 2]).with().observe(1.5);
  telemetry.gauge('empty', 'Has nothing.', ['x']);
  const routes = prometheusFrontRoutes(
    emptyStatusView({
      activeTargets: () => [target],
      droppedTargets: () => [{ discoveredLabels: {}, scrapePool: 'k' }],
      droppedTargetCounts: () => ({ j: 0, k: 1 }),
      scrapePools: () => ['k', 'j'],
      scrapePool: (name) =>
        name === 'j'
          ? { relabelConfigs, nameValidation: 'utf8' as const, yaml: async () => 'job_name: j\n' }
          : undefined,
      blocks: async () => [
        { id: 7, level: 0, minMs: 1_700_000_000_000, maxMs: 1_700_000_060_000, items: 9, bytes: 1 },
      ],
      selfMetrics: async () => metricFamilies(telemetry),
      targetMetadata: () => [{ target: target.labels, metric: 'up', type: 'gauge', help: 'h', unit: '' }],
    }),
  ) as HandledRoute[];

  async function ask(path: string, params: [string, string][] = []): Promise<ServiceAnswer> {
    const route = routes.find((r) => r.path === path);
    assert.ok(route, path);
    return route.handle({ params, path: {}, headers: {}, nowMs: 0 });
  }

  test('targets by state and pool', async () => {
    const all = dataOf(await ask('/api/v1/targets'));
    assert.equal(all.activeTargets[0].lastScrape, '0001-01-01T00:00:00Z');
    assert.equal(all.activeTargets[0].scrapeInterval, '15s');
    assert.deepEqual(all.droppedTargetCounts, { j: 0, k: 1 });
    const active = dataOf(await ask('/api/v1/targets', [['state', 'active']]));
    assert.deepEqual(active.droppedTargets, []);
    assert.equal(active.droppedTargetCounts, null);
    const none = dataOf(await ask('/api/v1/targets', [['state', 'other']]));
    assert.deepEqual([none.activeTargets, none.droppedTargets], [[], []]);
    const pool = dataOf(await ask('/api/v1/targets', [['scrapePool', 'k']]));
    assert.deepEqual([pool.activeTargets.length, pool.droppedTargets.length], [0, 1]);
  });

  test('metadata of targets', async () => {
    const path = '/api/v1/targets/metadata';
    const entry = { target: target.labels, type: 'gauge', help: 'h', unit: '' };
    assert.deepEqual(dataOf(await ask(path)), [{ ...entry, metric: 'up' }]);
    assert.deepEqual(dataOf(await ask(path, [['metric', 'up']])), [entry]);
    assert.deepEqual(dataOf(await ask(path, [['match_target', '{job="other"}']])), []);
  });

  test('jobs, their configuration and what relabelling makes of a target', async () => {
    assert.deepEqual(dataOf(await ask('/api/v1/scrape_pools')), { scrapePools: ['j', 'k'] });
    const config = '/api/v1/scrape_pools/config';
    assert.deepEqual(dataOf(await ask(config, [['scrapePool', 'j']])), { yaml: 'job_name: j\n' });
    await assert.rejects(ask(config), { message: 'no scrapePool parameter provided' });
    const missing = {
      kind: 'bad_data',
      message: 'error retrieving scrape config: scrape pool "x" not found',
    };
    await assert.rejects(ask(config, [['scrapePool', 'x']]), missing);

    const steps = '/api/v1/targets/relabel_steps';
    const asked = (labels: string): Promise<ServiceAnswer> =>
      ask(steps, [
        ['scrapePool', 'j'],
        ['labels', labels],
      ]);
    const rules = [
      {
        source_labels: ['job'],
        separator: ';',
        regex: '(.*)',
        target_label: 'team',
        replacement: '$1',
        action: 'replace',
      },
      { source_labels: ['team'], separator: ';', regex: 'a', replacement: '$1', action: 'keep' },
      { separator: ';', regex: '(.*)', target_label: 'late', replacement: 'x', action: 'replace' },
    ];
    assert.deepEqual(dataOf(await asked('{"job":"a"}')).steps, [
      { rule: rules[0], output: { job: 'a', team: 'a' }, keep: true },
      { rule: rules[1], output: { job: 'a', team: 'a' }, keep: true },
      { rule: rules[2], output: { job: 'a', late: 'x', team: 'a' }, keep: true },
    ]);
    // What one rule drops stays dropped.
    assert.deepEqual(
      dataOf(await asked('{"job":"b"}')).steps.map((s: { keep: boolean; output: object }) => [
        s.keep,
        s.output,
      ]),
      [
        [true, { job: 'b', team: 'b' }],
        [false, {}],
        [false, {}],
      ],
    );
    await assert.rejects(ask(steps, [['scrapePool', 'j']]), { message: 'no labels parameter provided' });
    for (const labels of ['{', '[]', '{"a":1}', '"a"'])
      await assert.rejects(asked(labels), /error parsing labels/);
  });

  test('blocks have the shape of the original', async () => {
    const { blocks } = dataOf(await ask('/api/v1/status/tsdb/blocks'));
    assert.match(blocks[0].ulid, /^01HF7YAT00[0-9A-HJKMNP-TV-Z]{15}7$/);
    assert.deepEqual(blocks[0].compaction, { level: 1, sources: [blocks[0].ulid] });
    assert.deepEqual([blocks[0].minTime, blocks[0].maxTime], [1_700_000_000_000, 1_700_000_060_001]);
    assert.deepEqual([blocks[0].stats, blocks[0].version], [{ numSamples: 9 }, 1]);
  });

  test("this server's metrics, as JSON of their families", async () => {
    const path = '/api/v1/status/self_metrics';
    const all = dataOf(await ask(path));
    assert.deepEqual(all, [
      { name: 'a_size', help: 'Is.', type: 'GAUGE', metric: [{ gauge: { value: 'Infinity' } }] },
      {
        name: 'b_total',
        help: 'Counts.',
        type: 'COUNTER',
        metric: [{ label: [{ name: 'kind', value: 'x' }], counter: { value: 3 } }],
      },
      {
        name: 'c_seconds',
        help: 'Takes.',
        type: 'HISTOGRAM',
        metric: [
          {
            histogram: {
              sampleCount: '1',
              sampleSum: 1.5,
              bucket: [
                { cumulativeCount: '0', upperBound: 1 },
                { cumulativeCount: '1', upperBound: 2 },
              ],
            },
          },
        ],
      },
    ]);
    assert.deepEqual(dataOf(await ask(path, [['metric_name_pattern', 'b_.*']])), [all[1]]);
    await assert.rejects(
      ask(path, [['metric_name_pattern', '(']]),
      /^TriliteError: invalid metric_name_pattern: error parsing/,
    );
  });

  test('buildinfo carries a version and no features', async () => {
    const info = dataOf(await ask('/api/v1/status/buildinfo'));
    assert.ok('version' in info && !('features' in info));
  });

  test('limits of status/tsdb', async () => {
    for (const limit of ['0', '-1', 'x', '1.5']) {
      await assert.rejects(ask('/api/v1/status/tsdb', [['limit', limit]]), /limit must be a positive number/);
    }
    await assert.rejects(ask('/api/v1/status/tsdb', [['limit', '10001']]), /limit must not exceed 10000/);
    assert.ok(dataOf(await ask('/api/v1/status/tsdb')));
  });
});
