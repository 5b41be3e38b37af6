/** What Prometheus' endpoints do beside the recorded cases: parameters, limits, escapes, federation, status. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Params } from '../../../src/api/params.ts';
import { success } from '../../../src/api/prometheus/envelope.ts';
import { unescapeName } from '../../../src/api/prometheus/label-services.ts';
import { resultAnswer } from '../../../src/api/prometheus/result-json.ts';
import { PROMETHEUS_ROUTES } from '../../../src/api/prometheus/routes.ts';
import { PROMETHEUS_SERVICES } from '../../../src/api/prometheus/services.ts';
import { prometheusFrontRoutes } from '../../../src/api/prometheus/status-routes.ts';
import type { HandledRoute } from '../../../src/api/route.ts';
import type { Histogram } from '../../../src/model/histogram.ts';
import { Labels } from '../../../src/model/labels.ts';
import { matchesAll } from '../../../src/model/matcher.ts';
import { setStale, wordsOf } from '../../../src/model/sample.ts';
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

const stats = { seriesRead: 1, samplesRead: 2, peakSamples: 3 };

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
    const answer = resultAnswer(
      { data, warnings: [], infos: [], stats },
      { limit: 1, statsTookMs: undefined },
    );
    assert.deepEqual(JSON.parse(bodyOf(answer)), {
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: { a: '1' }, value: [1.5, '1'] }] },
      warnings: ['results truncated due to limit'],
    });
  });

  test('a matrix with floats and histograms, and statistics', () => {
    const timestamps = Float64Array.of(1000, 2000);
    const values = Float64Array.of(Number.NaN, 0);
    const series = [{ labels: labels[0]!, timestamps, values, histograms: [undefined, histogram] }];
    const result = { data: { type: 'matrix', series } as const, warnings: [], infos: [], stats };
    const data = dataOf(resultAnswer(result, { limit: undefined, statsTookMs: 5 }));
    assert.equal(data.stats.samples.totalQueryableSamples, 2);
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
    const answer = resultAnswer(
      { data, warnings: [], infos: [], stats },
      { limit: undefined, statsTookMs: undefined },
    );
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
    scrapeIntervalMs: 15_000,
    scrapeTimeoutMs: 10_000,
  } as const;
  const routes = prometheusFrontRoutes(
    emptyStatusView({
      activeTargets: () => [target],
      droppedTargets: () => [{ discoveredLabels: {}, scrapePool: 'k' }],
      scrapePools: () => ['j', 'k'],
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
