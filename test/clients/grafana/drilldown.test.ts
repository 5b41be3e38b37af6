/**
 * What the apps for metrics, logs and traces ask when they are opened and clicked through, in the forms that they write:
 * runs of spaces, empty matchers, trailing commas, guards and hints. The answers must be there and mean something.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { getJson, type LabelSet, promInstant } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { ERRORS, openShop, TRACES } from './shop.ts';

interface LokiSeries {
  readonly metric: LabelSet;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

interface Attribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: string;
    readonly doubleValue?: number;
  };
}

interface TempoSeries {
  readonly labels: readonly Attribute[];
  readonly samples: readonly { readonly value?: number }[];
}

interface FoundTrace {
  readonly spanSets: readonly { readonly spans: readonly { readonly attributes?: readonly Attribute[] }[] }[];
}

let own: TemporaryServer;
let base: string;
let nowMs: number;

before(async () => {
  // The shop's spans ended some minutes ago: they count for metrics all the same.
  own = await temporaryServer('scrape_configs: []\n', ['--metrics-generator.slack', '0']);
  base = own.server.base;
  nowMs = Date.now();
  await openShop(base, nowMs);
});
after(() => own?.dispose());

const seconds = () => ({ start: Math.floor(nowMs / 1000) - 3600, end: Math.floor(nowMs / 1000) + 1 });
/** As the logs app writes times. */
const iso = () => ({ start: new Date(nowMs - 3_600_000).toISOString(), end: new Date(nowMs).toISOString() });

describe('Logs Drilldown', () => {
  const loki = <T>(path: string, parameters: Record<string, string | number>) =>
    getJson<T>(base, `/loki/api/v1/${path}`, parameters, {
      'X-Query-Tags': 'Source=grafana-lokiexplore-app',
    });
  /** Counts per label value, summed over all steps. */
  async function counts(query: string, label: string): Promise<Record<string, number>> {
    const { start, end } = seconds();
    const range = { start: `${start}000000000`, end: `${end}000000000`, step: '60000ms' };
    const { data } = await loki<{ data: { result: LokiSeries[] } }>('query_range', { query, ...range });
    const out: Record<string, number> = {};
    for (const { metric, values } of data.result) {
      const sum = values!.reduce((total, [, value]) => total + Number(value), 0);
      out[metric[label] ?? ''] = (out[metric[label] ?? ''] ?? 0) + sum;
    }
    return out;
  }

  test('the landing page: services by volume, then their levels', async () => {
    const query = '{service_name=~`.+`}';
    const { data } = await loki<{ data: { resultType: string; result: LokiSeries[] } }>('index/volume', {
      query,
      limit: 5000,
      ...iso(),
    });
    assert.equal(data.resultType, 'vector');
    const volumes = new Map(data.result.map(({ metric, value }) => [metric.service_name, Number(value![1])]));
    assert.deepEqual([...volumes.keys()].sort(), ['checkout', 'frontend']);
    assert.ok(volumes.get('checkout')! > 1000);
    const levels = 'sum by (detected_level) (count_over_time({ service_name="checkout" } [1m]))';
    assert.deepEqual(await counts(levels, 'detected_level'), { error: ERRORS, info: TRACES - ERRORS });
  });

  test('labels, fields and their values', async () => {
    const query = '{service_name=`checkout`}       ';
    const { detectedLabels } = await loki<{ detectedLabels: { label: string; cardinality: number }[] }>(
      'detected_labels',
      { query: '', ...iso() },
    );
    assert.deepEqual(detectedLabels.find(({ label }) => label === 'service_name')?.cardinality, 2);
    const { fields } = await loki<{ fields: { label: string; type: string; parsers: string[] | null }[] }>(
      'detected_fields',
      { query, ...iso() },
    );
    const field = (name: string) => fields.find(({ label }) => label === name);
    assert.deepEqual(field('user')?.parsers, ['json']);
    assert.deepEqual([field('nested_code')?.type, field('detected_level')?.type], ['int', 'string']);
    const { values } = await loki<{ values: string[] }>('detected_field/user/values', { query, ...iso() });
    assert.deepEqual(values.sort(), ['u0', 'u1', 'u2']);
    // No stream is marked as a shard: queries are not split.
    const shards = await loki<{ status: string; data?: string[] }>('label/__stream_shard__/values', iso());
    assert.deepEqual([shards.status, shards.data ?? []], ['success', []]);
  });

  test('patterns, and what they leave of the lines', async () => {
    const { data } = await loki<{ data: { pattern: string; samples: [number, number][] }[] }>('patterns', {
      query: '{service_name=`frontend`}',
      step: '10s',
      ...iso(),
    });
    const [pattern] = data;
    assert.match(pattern!.pattern, /level=info msg="GET \/buy" status=<_>/);
    assert.equal(
      pattern!.samples.reduce((sum, [, count]) => sum + count, 0),
      TRACES,
    );
    const by = (filter: string) =>
      counts(
        `sum(count_over_time({service_name=\`frontend\`}   ${filter}   [1m])) by (service_name)`,
        'service_name',
      );
    assert.deepEqual(await by(`|> \`${pattern!.pattern}\``), { frontend: TRACES });
    assert.deepEqual(await by(`!> \`${pattern!.pattern}\``), {});
    assert.deepEqual(await by('|> `<_>nothing<_>` or `<_>GET <_>`'), { frontend: TRACES });
  });

  const PARSED = '| json | logfmt | drop __error__, __error_details__';

  test('counts by a field of lines in any format', async () => {
    const query = (rest: string) =>
      `sum by (user) (count_over_time({service_name=\`checkout\` ,k8s_pod_name != ""}      ${PARSED}  ${rest} [1m]))`;
    const third = TRACES / 3;
    assert.deepEqual(await counts(query('| user!=""'), 'user'), { u0: third, u1: third, u2: third });
    assert.deepEqual(await counts(query('| user=`u1`'), 'user'), { u1: third });
    const nested =
      'sum(count_over_time({service_name=`checkout`} | detected_level=`error` or detected_level=`info` | json nested_code="[\\"nested\\"][\\"code\\"]" | drop __error__, __error_details__ | nested_code=`1` [1m])) by (nested_code)';
    assert.deepEqual(await counts(nested, 'nested_code'), { 1: TRACES / 2 });
    const kept = `sum by (detected_level) (count_over_time({service_name="checkout"} | keep detected_level [3600s]))`;
    assert.ok((await counts(kept, 'detected_level')).error! >= ERRORS);
  });

  test('the average of durations and sizes', async () => {
    for (const unwrapped of ['duration(duration)', 'bytes(size)', 'status']) {
      const query = `avg_over_time({service_name=\`frontend\`}      ${PARSED}  | ${unwrapped.replace(/.*\(|\)/g, '')}!="" | unwrap ${unwrapped} | __error__="" [1m]) by ()`;
      const sums = await counts(query, 'x');
      assert.deepEqual(Object.keys(sums), [''], unwrapped);
      assert.ok(sums['']! > 0);
    }
  });
});

describe('Metrics Drilldown', () => {
  const names = async (query: string) =>
    (await promInstant(base, query, nowMs)).map(({ metric }) => metric.__name__ ?? '').sort();

  test('selectors with an empty matcher and a comma at the end', async () => {
    const [queue] = await promInstant(base, 'avg(queue_length{__ignore_usage__="", })', nowMs);
    assert.equal(queue!.value![1], '6');
    assert.deepEqual(await names('{__ignore_usage__="", "queue_length", }'), ['queue_length']);
    const rate = 'sum by (http_route) (rate(orders_total{__ignore_usage__="", http_route=~".*"}[1m0s]))';
    const [orders] = await promInstant(base, rate, nowMs);
    assert.ok(Number(orders!.value![1]) > 0);
    assert.equal((await promInstant(base, 'queue_length{} and queue_length{} > -Inf', nowMs)).length, 1);
    assert.equal(
      (await promInstant(base, 'time()-avg(queue_length{__ignore_usage__="", })', nowMs)).length,
      1,
    );
  });

  test('histograms of both kinds', async () => {
    const classic = 'sum by (le) (rate(latency_seconds_bucket{__ignore_usage__="", }[1m0s]))';
    assert.equal((await promInstant(base, classic, nowMs)).length, 3);
    for (const buckets of [classic, 'sum(rate(size{__ignore_usage__="", }[1m0s]))']) {
      const [found] = await promInstant(base, `histogram_quantile(0.99,${buckets})`, nowMs);
      assert.ok(Number(found!.value![1]) > 0, buckets);
    }
  });

  test('what is new in the last hour, asked by POST with the query in the URL', async () => {
    const filters = '__name__!=""';
    const query = `group by (__name__) ({${filters}}) unless (group by (__name__) ({${filters}} offset 1h))`;
    const url = `${base}/api/v1/query?query=${encodeURIComponent(query)}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(url, { method: 'POST', headers, body: '' });
    const { data } = (await answer.json()) as { data: { result: { metric: LabelSet }[] } };
    const found = data.result.map(({ metric }) => metric.__name__);
    assert.ok(found.includes('orders_total') && found.includes('size'));
  });

  test('names for filters, metadata of one metric', async () => {
    const values = await getJson<{ data: string[] }>(base, '/api/v1/label/__name__/values', {
      'match[]': '{__name__=~".+",job="checkout"}',
      ...seconds(),
    });
    assert.ok(values.data.includes('queue_length'));
    const metadata = await getJson<{ data: Record<string, { type: string; help: string }[]> }>(
      base,
      '/api/v1/metadata',
      { metric: 'orders_total' },
    );
    assert.deepEqual(
      metadata.data.orders_total?.map(({ type, help }) => [type, help]),
      [['counter', 'Orders taken.']],
    );
  });
});

describe('Traces Drilldown', () => {
  const PRIMARY = 'nestedSetParent<0 && true';
  const textOf = ({ value }: Attribute) => value.stringValue ?? String(value.intValue ?? value.doubleValue);

  async function series(q: string, step?: string): Promise<Map<string, number>> {
    const parameters = { q, ...seconds(), ...(step !== undefined && { step }) };
    const answer = await getJson<{ series: TempoSeries[] }>(base, '/api/metrics/query_range', parameters);
    return new Map(
      answer.series.map(({ labels, samples }) => [
        labels.map((label) => `${label.key}=${textOf(label)}`).join(),
        samples.reduce((sum, { value = 0 }) => sum + value, 0),
      ]),
    );
  }

  async function search(q: string, limit: number, spss: number): Promise<Map<string, string>[][]> {
    const answer = await getJson<{ traces: FoundTrace[] }>(base, '/api/search', {
      q,
      limit,
      spss,
      ...seconds(),
    });
    return answer.traces.map(({ spanSets }) =>
      spanSets.flatMap(({ spans }) =>
        spans.map(({ attributes = [] }) => new Map(attributes.map((a) => [a.key, textOf(a)]))),
      ),
    );
  }

  test('the probe when it opens', async () => {
    const end = Math.floor(nowMs / 1000);
    const parameters = { q: '{} | rate()', start: end - 60, end };
    await getJson(base, '/api/metrics/query_range', parameters);
  });

  test('rate, errors and duration, whole and by an attribute', async () => {
    const rates = await series(`{${PRIMARY}} | rate() `);
    assert.ok(
      Math.abs([...rates.values()][0]! * 15 - TRACES) < 1e-6,
      'at the step that is chosen for an hour',
    );
    const errors = await series(`{${PRIMARY} && status=error} | rate() `, '60s');
    assert.ok(Math.abs([...errors.values()][0]! * 60 - ERRORS) < 1e-6);
    const by = await series(`{${PRIMARY} && span.http.route != nil} | rate() by(span.http.route)`, '60s');
    assert.deepEqual([...by.keys()], ['span.http.route=/buy']);
    const tile = await series(
      '{kind=server && resource.service.name="checkout"} | rate() by(resource.service.name)',
      '60s',
    );
    assert.deepEqual([...tile.keys()], ['resource.service.name=checkout']);
    const quantiles = await series(`{${PRIMARY}} | quantile_over_time(duration, 0.9) `, '60s');
    assert.ok([...quantiles.values()].every((value) => value > 0));
    assert.match([...quantiles.keys()][0]!, /p=0\.9/);
  });

  test('the histogram of durations', async () => {
    const buckets = await series(`{${PRIMARY}} | histogram_over_time(duration) with(sample=true)`, '60s');
    assert.ok(buckets.size > 1);
    assert.ok([...buckets.keys()].every((key) => /__bucket=\d/.test(key)));
    assert.equal(
      [...buckets.values()].reduce((sum, count) => sum + count, 0),
      TRACES,
    );
  });

  test('a selection is compared with the rest', async () => {
    const { start, end } = seconds();
    const q = `{${PRIMARY}} | compare({status = error}, 10, ${start}000000000, ${end}000000000)`;
    const compared = await series(q, `${end - start}s`);
    assert.equal(compared.get('__meta_type=selection,span.http.response.status_code=500'), ERRORS);
    assert.equal(compared.get('__meta_type=baseline,span.http.response.status_code=200'), TRACES - ERRORS);
  });

  test('the structure: every span with its place in the tree', async () => {
    const root = `{${PRIMARY}}`;
    const fields =
      'select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)';
    const found = await search(`(${root} &>> { status = error }) || (${root}) | ${fields}`, 200, 20);
    assert.equal(found.length, TRACES);
    const spans = found.flat();
    assert.equal(spans.length, TRACES + ERRORS, 'roots, and errors below them');
    for (const span of spans) {
      assert.ok(Number(span.get('nestedSetLeft')) < Number(span.get('nestedSetRight')));
      assert.ok(['frontend', 'checkout'].includes(span.get('service.name')!));
    }
  });

  test('exceptions with their words', async () => {
    const fields =
      'resource.service.name, event.exception.message,event.exception.stacktrace,event.exception.type';
    const found = await search(
      `{true && status = error} | select(${fields}) with(most_recent=true)`,
      400,
      10,
    );
    assert.equal(found.length, ERRORS);
    const types = found.flat().map((span) => span.get('exception.type'));
    assert.equal(types.filter((type) => type === 'PaymentError').length, ERRORS);
  });

  test('tags and values for filters', async () => {
    const { scopes } = await getJson<{ scopes: { name: string; tags: string[] }[] }>(
      base,
      '/api/v2/search/tags',
      {
        limit: 5000,
      },
    );
    assert.deepEqual(scopes.find(({ name }) => name === 'resource')?.tags, [
      'k8s.pod.name',
      'service.name',
      'service.version',
    ]);
    const values = async (q: string) => {
      const path = '/api/v2/search/tag/resource.service.name/values';
      const answer = await getJson<{ tagValues: { value: string }[] }>(base, path, { q, limit: 5000 });
      return answer.tagValues.map(({ value }) => value).sort();
    };
    assert.deepEqual(await values('{kind=server}'), ['checkout', 'frontend']);
    assert.deepEqual(await values('{span.http.route="/buy"}'), ['frontend']);
    assert.deepEqual(await values('{span.http.route="/bu'), ['checkout', 'frontend'], 'unfinished');
  });

  test('the service graph and the table beside it are made of the spans', async () => {
    await eventually(async () => {
      const graph = 'group by (client, connection_type, server) (traces_service_graph_request_total)';
      const edges = (await promInstant(base, graph)).map(
        ({ metric }) => `${metric.client}->${metric.server}`,
      );
      assert.ok(edges.includes('frontend->checkout'), edges.join());
      const calls = await promInstant(
        base,
        'topk(5, sum(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}) by (span_name))',
      );
      assert.deepEqual(calls.map(({ metric, value }) => [metric.span_name, value![1]]).sort(), [
        ['GET /buy', String(TRACES)],
        ['POST /charge', String(TRACES)],
      ]);
      const failed =
        'sum(traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR",span_name=~"GET /buy|x"}) by (span_name)';
      assert.equal((await promInstant(base, failed))[0]?.value?.[1], String(ERRORS));
      const buckets = 'traces_spanmetrics_latency_bucket{span_name=~"GET /buy"}';
      assert.ok((await promInstant(base, `histogram_quantile(.9, sum(${buckets}) by (le))`)).length > 0);
      const seconds = 'sum by (client, server) (traces_service_graph_request_server_seconds_sum)';
      assert.ok((await promInstant(base, seconds)).length > 0);
    });
  });
});
