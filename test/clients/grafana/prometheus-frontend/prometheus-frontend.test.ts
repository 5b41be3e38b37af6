/**
 * The code of Grafana's Prometheus data source that runs in the browser, against the server: it starts, completes,
 * lists, queries and annotates as it does in Grafana, with Grafana's own server transcribed (`grafana-server.ts`).
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { postBody } from '../../../support/http-api.ts';
import { REQUIRE_ALL } from '../../../support/program.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../../support/remote-write.ts';
import { type TemporaryServer, temporaryServer } from '../../../support/temporary-server.ts';
import { metrics, traceId } from '../shop.ts';
import { type Found, FRONTEND_MISSING, openPage, type Page, type PageFrame } from './page.ts';

// Where everything has to be there it fails instead.
const skip = !REQUIRE_ALL && FRONTEND_MISSING;
const RULES = `
groups:
  - name: shop
    rules:
      - record: job:orders:rate
        expr: sum by (job) (rate(orders_total[5m]))
      - alert: Slow
        expr: queue_length > 1000
`;

const texts = (found: readonly Found[]) => found.map(({ text }) => text);
const names = ({ fields }: PageFrame) => fields.map(({ name }) => name);

describe('the Prometheus data source in the browser', { skip }, () => {
  let folder: string;
  let own: TemporaryServer;
  let page: Page;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'trilite-frontend-'));
    writeFileSync(path.join(folder, 'rules.yml'), RULES);
    own = await temporaryServer(`rule_files: [${folder}/rules.yml]\n`);
    const { base } = own.server;
    const body = JSON.stringify(metrics(Date.now()));
    await postBody(`${base}/v1/metrics`, { 'content-type': 'application/json' }, body);
    const now = Date.now();
    const utf8 = {
      labels: { __name__: 'my.metric', 'http.status': '200', job: 'utf8' },
      samples: [[now, 1]],
    } as const;
    await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody([utf8]));
    page = await openPage(base);
  });
  after(async () => {
    await own?.dispose();
    rmSync(folder, { recursive: true });
  });

  async function query(target: object): Promise<PageFrame[]> {
    const datasource = page.datasource();
    const answer = await page.first<{ data: PageFrame[]; errors?: object[]; error?: object }>(
      datasource.query({
        requestId: 'Q1',
        app: 'explore',
        timezone: 'browser',
        range: page.range,
        intervalMs: 15_000,
        maxDataPoints: 300,
        scopedVars: {},
        targets: [{ refId: 'A', ...target }],
      }),
    );
    assert.deepEqual(answer.errors ?? [], []);
    assert.equal(answer.error, undefined);
    return answer.data;
  }

  test('save and test', async () => {
    assert.deepEqual(await page.datasource().testDatasource(), {
      status: 'success',
      message: 'Successfully queried the Prometheus API.',
    });
  });

  test('the start finds exemplars, recording rules, metrics, labels and metadata', async () => {
    const datasource = page.datasource();
    await datasource.init();
    await datasource.languageProvider.start(page.range);
    const { languageProvider } = datasource;
    assert.equal(datasource.exemplarsAvailable, true);
    assert.deepEqual(languageProvider.retrieveHistogramMetrics(), ['latency_seconds_bucket']);
    for (const name of ['orders_total', 'size', 'my.metric', 'target_info']) {
      assert.ok(languageProvider.retrieveMetrics().includes(name), name);
    }
    for (const label of ['http_route', 'http.status', 'job', 'le']) {
      assert.ok(languageProvider.retrieveLabelKeys().includes(label), label);
    }
    const metadata = languageProvider.retrieveMetricsMetadata();
    assert.deepEqual(
      [metadata.orders_total?.type, metadata.orders_total?.help],
      ['counter', 'Orders taken.'],
    );
    assert.equal(metadata.latency_seconds?.type, 'histogram');
    assert.ok(datasource.ruleMappings['job:orders:rate']?.[0]?.query.startsWith('sum by (job)'));
  });

  test('variables', async () => {
    const find = async (text: string) => texts(await page.datasource().metricFindQuery(text, page)).sort();
    assert.deepEqual(await find('label_values(orders_total, job)'), ['checkout']);
    assert.deepEqual(await find('label_values(target_info, service_name)'), ['checkout']);
    assert.deepEqual(await find('label_values(orders_total{http_route=~".+"}, http_route)'), ['/buy']);
    assert.deepEqual(await find('label_values({"my.metric"}, http.status)'), ['200']);
    assert.deepEqual(await find('label_values(nothing, job)'), []);
    assert.ok((await find('label_values(job)')).includes('utf8'));
    assert.ok((await find('label_names()')).includes('http_route'));
    assert.deepEqual(await find('label_names(orders)'), ['http_route', 'job']);
    assert.deepEqual(await find('metrics(order.*)'), ['orders_total']);
    assert.deepEqual(await find('query_result(1+1)'), ['2']);
    const [result] = await find('query_result(count by (job) (orders_total))');
    assert.match(result!, /^\{job="checkout"\} 1 \d+$/);
    assert.deepEqual(await find('orders_total{job="checkout"}'), [
      'orders_total{http_route="/buy",job="checkout"}',
    ]);
  });

  test('ad-hoc filters know the labels and values of the dashboard’s metrics', async () => {
    const asked = {
      filters: [{ key: 'job', operator: '=', value: 'checkout' }],
      queries: [{ refId: 'A', expr: 'rate(orders_total[5m])' }],
      timeRange: page.range,
    };
    const datasource = page.datasource();
    assert.deepEqual(texts(await datasource.getTagKeys(asked)).sort(), ['__name__', 'http_route']);
    assert.deepEqual(texts(await datasource.getTagValues({ ...asked, key: 'http_route' })), ['/buy']);
  });

  test('menus through /series and by GET', async () => {
    for (const settings of [{ seriesEndpoint: true }, { httpMethod: 'GET' }]) {
      const { languageProvider } = page.datasource(settings);
      const keys = await languageProvider.queryLabelKeys(page.range, '{__name__="orders_total"}');
      assert.ok(keys.includes('http_route'), JSON.stringify(settings));
      const values = await languageProvider.queryLabelValues(page.range, 'http_route', 'orders_total', 10);
      assert.deepEqual(values, ['/buy']);
    }
  });

  test('the search API, where it is switched on', async () => {
    const datasource = page.datasource({ enableSearchApi: true });
    const { languageProvider } = datasource;
    await languageProvider.start(page.range);
    assert.ok(languageProvider.retrieveMetrics().includes('orders_total'));
    assert.ok(languageProvider.retrieveLabelKeys().includes('http_route'));
    assert.deepEqual(await languageProvider.queryLabelValues(page.range, 'http_route', '{job="checkout"}'), [
      '/buy',
    ]);
    const search = languageProvider.getSearchApiClient();
    assert.ok(search, 'it is available');
    const { results, hasMore } = await search.searchMetricNames(page.range, 'order total', {
      includeMetadata: true,
    });
    assert.equal(results[0]?.name, 'orders_total');
    assert.equal(hasMore, false);
  });

  test('a range and an instant of one expression, as in Explore', async () => {
    const frames = await query({ expr: 'rate(orders_total[5m])', range: true, instant: true });
    assert.equal(frames.length, 2);
    const series = frames.find(({ meta }) => meta?.custom?.resultType === 'matrix')!;
    assert.deepEqual(names(series), ['Time', 'Value']);
    assert.deepEqual({ ...series.fields[1]!.labels }, { http_route: '/buy', job: 'checkout' });
    assert.ok(series.fields[1]!.values.some((value) => (value as number) > 0));
    const table = frames.find((frame) => frame !== series)!;
    assert.deepEqual(names(table).sort(), ['Time', 'Value', 'http_route', 'job']);
  });

  test('exemplars lie beside the series and have the trace’s id', async () => {
    const expr = 'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[$__rate_interval])))';
    const frames = await query({ expr, range: true, exemplar: true });
    const exemplars = frames.find(({ meta }) => meta?.custom?.resultType === 'exemplar');
    assert.ok(exemplars, 'no frame of exemplars');
    const ids = exemplars.fields.find(({ name }) => name === 'trace_id');
    assert.deepEqual([...ids!.values], [traceId(0)]);
  });

  test('histograms of both kinds are heat maps', async () => {
    const classic = await query({
      expr: 'sum by (le) (rate(latency_seconds_bucket[5m]))',
      range: true,
      format: 'heatmap',
    });
    assert.deepEqual(names(classic[0]!), ['Time', '0.1', '1', '+Inf']);
    const [native] = await query({ expr: 'rate(size[5m])', range: true });
    assert.equal(native?.meta?.type, 'heatmap-cells');
    assert.ok(native.fields[0]!.values.length > 0);
  });

  test('a scalar, a table of nothing, and an error in words', async () => {
    const [scalar] = await query({ expr: '1 + 1', instant: true, range: false });
    assert.ok(scalar!.fields.some(({ values }) => values[0] === 2));
    assert.deepEqual(await query({ expr: 'nothing_at_all', range: true }), []);
    await assert.rejects(query({ expr: 'sum(', range: true }), /parse error/);
  });

  test('annotations', async () => {
    const { annotations } = page.datasource();
    const annotation = annotations.prepareAnnotation({
      expr: 'orders_total > 0',
      titleFormat: '{{job}}',
      tagKeys: 'job',
    });
    const { target } = annotation as { target: object };
    const frames = await query({ ...target, range: true });
    const events = await page.first<{ title: string; tags: string[]; time: number; timeEnd: number }[]>(
      annotations.processEvents(annotation, frames),
    );
    assert.equal(events.length, 1);
    assert.deepEqual([events[0]!.title, events[0]!.tags], ['checkout', ['checkout']]);
    assert.ok(events[0]!.timeEnd > events[0]!.time);
  });
});
