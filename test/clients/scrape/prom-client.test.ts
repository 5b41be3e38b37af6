/**
 * Applications instrumented with `prom-client`, scraped by Trilite as its configuration file says: one exposes
 * Prometheus' text format, the other OpenMetrics with exemplars. Then both stop.
 */

import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { getJson, type LabelSet, promInstant, promValuesBy } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

interface Application {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly requests: Counter;
  readonly scrapes: () => number;
  stop(): Promise<void>;
}

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

async function startApplication(format: 'text' | 'openmetrics'): Promise<Application> {
  const openMetrics = format === 'openmetrics';
  const registry = new Registry();
  if (openMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [registry];
  const requests = new Counter({
    name: 'app_requests_total',
    help: 'Requests "served"\nby the application \\o/.',
    labelNames: ['route', 'code'],
    registers,
  });
  requests.inc({ route: '/', code: 200 }, 7);
  requests.inc({ route: '/a"b\\c\nd', code: 500 }, 2.5);
  const queue = new Gauge({ name: 'app_queue_length', help: 'Waiting.', registers });
  queue.set(-3);
  const histogram = { name: 'app_latency_seconds', help: 'Latency.', buckets: [0.1, 1, 10], registers };
  if (openMetrics) {
    const latency = new Histogram({ ...histogram, enableExemplars: true });
    const exemplarLabels = { trace_id: TRACE_ID };
    for (const value of [0.05, 0.5, 0.5, 20]) latency.observe({ labels: {}, value, exemplarLabels } as never);
  } else {
    const latency = new Histogram(histogram);
    for (const value of [0.05, 0.5, 0.5, 20]) latency.observe(value);
  }
  const size = new Summary({ name: 'app_size_bytes', help: 'Sizes.', percentiles: [0.5, 1], registers });
  for (const value of [10, 20, 30]) size.observe(value);
  let scrapes = 0;
  const server = http.createServer(async (request, response) => {
    if (request.url === '/metrics') scrapes++;
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, requests, scrapes: () => scrapes, stop };
}

interface TargetsAnswer {
  readonly data: {
    readonly activeTargets: readonly Readonly<Record<string, unknown>>[];
    readonly droppedTargets: readonly unknown[];
  };
}

interface ExemplarsAnswer {
  readonly data: readonly {
    readonly seriesLabels: LabelSet;
    readonly exemplars: readonly { readonly value: string; readonly labels: LabelSet }[];
  }[];
}

describe('prom-client as a scrape target', { timeout: 110_000 }, () => {
  const applications = new Map<string, Application>();
  let own: TemporaryServer;
  let base = '';

  before(async () => {
    for (const format of ['text', 'openmetrics'] as const) {
      applications.set(format, await startApplication(format));
    }
    const jobs = [...applications].map(
      ([name, { address }]) => `
  - job_name: ${name}
    static_configs:
      - targets: ['${address}']
        labels: { env: test }`,
    );
    own = await temporaryServer(
      `global: { scrape_interval: 1s, scrape_timeout: 900ms }\nscrape_configs:${jobs.join('')}\n`,
    );
    base = own.server.base;
    await eventually(async () => {
      assert.deepEqual(await promValuesBy(base, 'job', 'up'), { text: '1', openmetrics: '1' });
    });
  });
  after(async () => {
    await own?.dispose();
    for (const application of applications.values()) await application.stop();
  });

  for (const job of ['text', 'openmetrics']) {
    test(`${job}: values and labels are those of the registry`, async () => {
      const { address } = applications.get(job)!;
      const target = { job, instance: address, env: 'test' };
      const requests = await promInstant(base, `app_requests_total{job="${job}"}`);
      assert.deepEqual(
        requests
          .map(({ metric, value }) => [metric, value![1]] as const)
          .sort((a, b) => a[0].code!.localeCompare(b[0].code!)),
        [
          [{ __name__: 'app_requests_total', route: '/', code: '200', ...target }, '7'],
          [{ __name__: 'app_requests_total', route: '/a"b\\c\nd', code: '500', ...target }, '2.5'],
        ],
      );
      const [queue] = await promInstant(base, `app_queue_length{job="${job}"}`);
      assert.deepEqual(queue!.metric, { __name__: 'app_queue_length', ...target });
      assert.equal(queue!.value![1], '-3');
      const buckets = await promValuesBy(base, 'le', `app_latency_seconds_bucket{job="${job}"}`);
      assert.deepEqual(
        Object.entries(buckets).map(([le, count]) => [Number(le.replace('+Inf', 'Infinity')), count]),
        [
          [0.1, '1'],
          [1, '3'],
          [10, '3'],
          [Number.POSITIVE_INFINITY, '4'],
        ],
      );
      const scalars = { app_latency_seconds_sum: '21.05', app_latency_seconds_count: '4' };
      const sizes = { app_size_bytes_sum: '60', app_size_bytes_count: '3' };
      for (const [name, value] of Object.entries({ ...scalars, ...sizes })) {
        assert.deepEqual(await promValuesBy(base, '__name__', `${name}{job="${job}"}`), { [name]: value });
      }
      const quantiles = await promInstant(base, `app_size_bytes{job="${job}"}`);
      assert.deepEqual(quantiles.map(({ value }) => value![1]).sort(), ['20', '30']);
    });

    test(`${job}: what Trilite says of its scrapes`, async () => {
      const { address } = applications.get(job)!;
      // 2 requests, 1 queue, 4 buckets with sum and count, 2 quantiles with sum and count.
      const samples = '13';
      for (const name of ['scrape_samples_scraped', 'scrape_samples_post_metric_relabeling']) {
        assert.deepEqual(await promValuesBy(base, 'instance', `${name}{job="${job}"}`), {
          [address]: samples,
        });
      }
      const added = await promInstant(base, `sum_over_time(scrape_series_added{job="${job}"}[5m])`);
      assert.equal(added[0]!.value![1], samples);
      const { data } = await getJson<TargetsAnswer>(base, '/api/v1/targets');
      assert.equal(data.activeTargets.length, 2);
      const target = data.activeTargets.find(({ scrapePool }) => scrapePool === job)!;
      const { labels, scrapeUrl, lastError, health, scrapeInterval, scrapeTimeout } = target;
      assert.deepEqual(
        { labels, scrapeUrl, lastError, health, scrapeInterval, scrapeTimeout },
        {
          labels: { job, instance: address, env: 'test' },
          scrapeUrl: `http://${address}/metrics`,
          lastError: '',
          health: 'up',
          scrapeInterval: '1s',
          scrapeTimeout: '900ms',
        },
      );
    });
  }

  test('a counter that moves is read with its new value', async () => {
    const { requests } = applications.get('text')!;
    requests.inc({ route: '/', code: 200 }, 35);
    await eventually(async () => {
      const values = await promValuesBy(base, 'code', 'app_requests_total{job="text"}');
      assert.deepEqual(values, { '200': '42', '500': '2.5' });
    });
    const [increase] = await promInstant(
      base,
      'max_over_time(app_requests_total{job="text",code="200"}[5m]) - 7',
    );
    assert.equal(increase!.value![1], '35');
  });

  test('every scrape is stored, once', async () => {
    const { scrapes } = applications.get('openmetrics')!;
    await eventually(async () => {
      const before = scrapes();
      assert.ok(before >= 4);
      const counted = await promValuesBy(
        base,
        'job',
        'count_over_time(app_queue_length{job="openmetrics"}[1h])',
      );
      assert.deepEqual([counted, scrapes()], [{ openmetrics: String(before) }, before]);
    });
  });

  test('metadata tells type and help', async () => {
    const { data } = await getJson<{ data: Record<string, unknown> }>(base, '/api/v1/metadata');
    const help = 'Requests "served"\nby the application \\o/.';
    // OpenMetrics names a counter's family without its suffix.
    assert.deepEqual(data.app_requests_total, [{ type: 'counter', unit: '', help }]);
    assert.deepEqual(data.app_queue_length, [{ type: 'gauge', unit: '', help: 'Waiting.' }]);
    assert.deepEqual(data.app_latency_seconds, [{ type: 'histogram', unit: '', help: 'Latency.' }]);
    assert.deepEqual(data.app_size_bytes, [{ type: 'summary', unit: '', help: 'Sizes.' }]);
    const ofTarget = await getJson<{ data: readonly unknown[] }>(base, '/api/v1/targets/metadata', {
      match_target: '{job="text"}',
      metric: 'app_queue_length',
    });
    const { address } = applications.get('text')!;
    assert.deepEqual(ofTarget.data, [
      { target: { job: 'text', instance: address, env: 'test' }, type: 'gauge', help: 'Waiting.', unit: '' },
    ]);
  });

  test('exemplars of OpenMetrics are kept', async () => {
    const { data } = await getJson<ExemplarsAnswer>(base, '/api/v1/query_exemplars', {
      query: 'app_latency_seconds_bucket{job="openmetrics"}',
      start: 0,
      end: Date.now() / 1000 + 60,
    });
    const exemplars = data.flatMap(({ seriesLabels, exemplars: list }) =>
      list.map(({ value, labels }) => [Number(value), seriesLabels.le, labels] as const),
    );
    exemplars.sort(([a], [b]) => a - b);
    assert.deepEqual(exemplars, [
      [0.05, '0.1', { trace_id: TRACE_ID }],
      [0.5, '1.0', { trace_id: TRACE_ID }],
      [20, '+Inf', { trace_id: TRACE_ID }],
    ]);
  });

  test('a target that stops is down and its series go stale at once', async () => {
    await applications.get('text')!.stop();
    await eventually(async () => {
      assert.deepEqual(await promValuesBy(base, 'job', 'up'), { text: '0', openmetrics: '1' });
    });
    // Far within the lookback of five minutes: only a stale marker can hide them.
    assert.deepEqual(await promInstant(base, '{job="text",__name__=~"app_.*"}'), []);
    const zero = await promValuesBy(base, 'job', 'scrape_samples_scraped');
    assert.deepEqual(zero, { text: '0', openmetrics: '13' });
    const past = await promInstant(base, 'last_over_time(app_queue_length{job="text"}[5m])');
    assert.equal(past[0]!.value![1], '-3', 'its past is still there');
    const { data } = await getJson<TargetsAnswer>(base, '/api/v1/targets');
    const target = data.activeTargets.find(({ scrapePool }) => scrapePool === 'text')!;
    assert.equal(target.health, 'down');
    assert.match(String(target.lastError), /ECONNREFUSED|refused/);
  });
});
