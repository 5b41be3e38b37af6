/** Tenants over Prometheus' paths: what wants `X-Scope-OrgID`, and that equal series of two tenants are two. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PROMETHEUS_ROUTES } from '../../../src/api/prometheus/routes.ts';
import { apiUrl } from '../../support/http-api.ts';
import { remoteWriteBody } from '../../support/remote-write.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const TIMEOUT = { timeout: 60_000 };
const CONFIG =
  'scrape_configs: []\ntrilite: {multi_tenancy: true, otlp: {delta: cumulative}, web: {enable_admin_api: true}}\n';
const NOW = Math.floor(Date.now() / 1000) * 1000;

describe("tenants on Prometheus' paths", () => {
  let server: TemporaryServer;
  before(async () => {
    server = await temporaryServer(CONFIG);
  });
  after(() => server.dispose());

  async function ask(
    tenants: string | undefined,
    path: string,
    parameters: Readonly<Record<string, string>> = {},
    init: RequestInit = {},
  ): Promise<{ status: number; text: string }> {
    const headers = {
      ...(init.headers as object),
      ...(tenants !== undefined && { 'X-Scope-OrgID': tenants }),
    };
    const answer = await fetch(apiUrl(server.server.base, path, parameters), { ...init, headers });
    return { status: answer.status, text: await answer.text() };
  }

  const write = (tenants: string | undefined, values: Readonly<Record<string, number>>) => {
    const series = Object.entries(values).map(([__name__, value]) => ({
      labels: { __name__, job: 'x' },
      samples: [[NOW, value]] as const,
    }));
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
    const body = remoteWriteBody(series);
    return ask(tenants, '/api/v1/write', {}, { method: 'POST', headers, body });
  };

  const values = async (tenants: string, query: string) => {
    const { text } = await ask(tenants, '/api/v1/query', { query, time: String(NOW / 1000 + 1) });
    const { result } = JSON.parse(text).data as {
      result: { metric: Record<string, string>; value: [number, string] }[];
    };
    return result.map(({ metric, value }) => [metric.__tenant_id__ ?? '', value[1]].join(' ')).sort();
  };

  test('all that is about data wants the header', TIMEOUT, async () => {
    const open = new Set(['/api/v1/format_query', '/api/v1/parse_query']);
    for (const { path, methods } of PROMETHEUS_ROUTES) {
      const init = { method: methods[0]! };
      const { status, text } = await ask(undefined, path.replace(':name', 'job'), {}, init);
      if (open.has(path)) assert.notEqual(status, 401, path);
      else assert.deepEqual([status, text], [401, 'no org id\n'], path);
    }
    for (const path of ['/api/v1/write', '/api/v1/otlp/v1/metrics', '/api/v1/admin/tsdb/delete_series']) {
      const headers = { 'content-type': 'application/json' };
      const { status, text } = await ask(undefined, path, {}, { method: 'POST', headers, body: '' });
      assert.deepEqual([status, text], [401, 'no org id\n'], path);
    }
    assert.equal((await write('a|b', { m: 1 })).status, 400);
    assert.equal((await ask(undefined, '/api/v1/status/buildinfo')).status, 200);
  });

  test('equal series of two tenants are two', TIMEOUT, async () => {
    for (let round = 0; round < 2; round++) {
      assert.equal((await write('a', { m: 1, n: 2 })).status, 204);
      assert.equal((await write('b', { m: 10, n: 20 })).status, 204);
      assert.equal((await write('fake', { m: 100 })).status, 204);
    }
    assert.deepEqual(await values('a', 'm'), [' 1']);
    assert.deepEqual(await values('b', 'sum(m + n)'), [' 30']);
    assert.deepEqual(await values('fake', '{job="x"}'), [' 100']);
    assert.deepEqual(await values('b|a', 'm'), ['a 1', 'b 10']);
    assert.deepEqual(await values('a|b', 'm{__tenant_id__="b"}'), ['b 10']);
    assert.equal((await ask(undefined, '/api/v1/status/tsdb')).status, 401);
    const tsdb = JSON.parse((await ask('a', '/api/v1/status/tsdb')).text).data;
    const ranked = ['m', 'n'].map((name) => ({ name, value: 1 }));
    assert.deepEqual(tsdb.seriesCountByMetricName, ranked);
    assert.deepEqual(tsdb.seriesCountByLabelValuePair, [
      { name: 'job=x', value: 2 },
      { name: '__name__=m', value: 1 },
      { name: '__name__=n', value: 1 },
    ]);
    assert.deepEqual([tsdb.headStats.numSeries, tsdb.headStats.numLabelPairs], [2, 3]);
    const post = { method: 'POST' };
    assert.equal((await ask('b', '/api/v1/admin/tsdb/delete_series', { 'match[]': 'm' }, post)).status, 204);
    assert.deepEqual(await values('a|b|fake', 'm'), ['a 1', 'fake 100']);
  });

  test('deltas of two tenants are not added up', TIMEOUT, async () => {
    const sum = {
      aggregationTemporality: 1,
      isMonotonic: true,
      dataPoints: [{ startTimeUnixNano: `${NOW - 1000}000000`, timeUnixNano: `${NOW}000000`, asInt: '5' }],
    };
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'd', sum }] }] }] });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    assert.equal((await ask('a', '/v1/metrics', {}, init)).status, 200);
    assert.equal((await ask('b', '/api/v1/otlp/v1/metrics', {}, init)).status, 200);
    assert.equal((await ask(undefined, '/v1/metrics', {}, init)).status, 200);
    assert.deepEqual(await values('a|b|fake', 'd_total'), ['a 5', 'b 5', 'fake 5']);
  });
});
