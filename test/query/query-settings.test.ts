/** Settings and bounds of queries on their way to the readers, the query log, and queries whose client went away. */

import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { apiUrl, getJson, postBody, promInstant } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../support/remote-write.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const MINUTE = 60_000;
const now = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE;

async function write(base: string, name: string, seriesCount: number, samples: number): Promise<void> {
  const series = Array.from({ length: seriesCount }, (_, s) => ({
    labels: { __name__: name, s: String(s) },
    samples: Array.from({ length: samples }, (_, i): [number, number] => [
      now - (samples - 1 - i) * 15_000,
      i,
    ]),
  }));
  await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series));
}

async function metric(base: string, name: string): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const line = text.split('\n').find((l) => l.startsWith(`${name} `) || l.startsWith(`${name}{`));
  assert.ok(line, `${name} in /metrics`);
  return Number(line.slice(line.lastIndexOf(' ')));
}

describe('settings of queries', () => {
  let temporary: TemporaryServer;
  let base: string;
  before(async () => {
    temporary = await temporaryServer(`
global: {evaluation_interval: 30s}
scrape_configs: []
trilite:
  query:
    lookback_delta: 1m
    max_samples: 500
    max_bytes: 20KB
    log: query.log
    slow_threshold: 1ms
`);
    base = temporary.server.base;
    await write(base, 'a_total', 4, 40);
    await write(base, 'many', 60, 2);
  });
  after(() => temporary.dispose());

  const ask = async (query: string, more: Record<string, string | number> = {}) => {
    const url = apiUrl(base, '/api/v1/query', { query, time: now / 1000, ...more });
    const answer = await fetch(url);
    const body = (await answer.json()) as { readonly data: { readonly result: readonly unknown[] } };
    return { status: answer.status, body };
  };

  test('lookback and the step of subqueries', async () => {
    assert.equal((await promInstant(base, 'a_total', now + 50_000)).length, 4);
    assert.equal((await promInstant(base, 'a_total', now + 70_000)).length, 0);
    const [count] = await promInstant(base, 'count_over_time(vector(1)[5m:])', now);
    assert.equal(count!.value![1], '10');
    // A query's own lookback goes before.
    const { body } = await ask('a_total', { time: now / 1000 + 70, lookback_delta: '5m' });
    assert.equal(body.data.result.length, 4);
  });

  test('a query that would hold too many samples or bytes is refused', async () => {
    const tooMany = await ask('max_over_time(a_total[10m:1s])');
    assert.deepEqual(tooMany, {
      status: 422,
      body: {
        status: 'error',
        errorType: 'execution',
        error: 'query processing would load too many samples into memory in query execution',
      },
    });
    const tooLarge = await ask('sort(many)');
    assert.deepEqual(tooLarge, {
      status: 422,
      body: {
        status: 'error',
        errorType: 'execution',
        error: 'query processing would hold more than 20480 bytes in memory in query execution',
      },
    });
    const [whole] = await promInstant(base, 'count(many)', now);
    assert.equal(whole!.value![1], '60');
  });

  test('flags are told as they are', async () => {
    const { data } = await getJson<{ data: Record<string, string> }>(base, '/api/v1/status/flags');
    assert.equal(data['query.lookback-delta'], '1m');
    assert.equal(data['query.max-samples'], '500');
  });

  test('the query log has a line for every query that was evaluated', async () => {
    const file = path.join(temporary.dir, 'query.log');
    await ask('sum(a_total)', { stats: 'all' });
    await ask('sum(');
    await ask('a_total * on() group_left() a_total');
    const lines = await eventually(async () => {
      const all = readFileSync(file, 'utf8').trimEnd().split('\n');
      const parsed = all.map((line) => JSON.parse(line));
      assert.ok(parsed.some((l) => l.params.query.includes('group_left')));
      return parsed;
    });
    const good = lines.find((l) => l.params.query === 'sum(a_total)');
    const at = new Date(now).toISOString();
    assert.deepEqual(good.params, { query: 'sum(a_total)', start: at, end: at, step: 0 });
    assert.deepEqual(good.httpRequest, { clientIP: '127.0.0.1', method: 'GET', path: '/api/v1/query' });
    assert.deepEqual(good.stats.samples.totalQueryableSamplesPerStep, [[now / 1000, 4]]);
    assert.equal(good.error, undefined);
    assert.match(lines.find((l) => l.params.query.includes('group_left')).error, /found duplicate series/);
    assert.ok(!lines.some((l) => l.params.query === 'sum('));
  });

  test('the query log is opened anew when the configuration is read again, as logs that are moved away need it', async () => {
    const file = path.join(temporary.dir, 'query.log');
    renameSync(file, `${file}.1`);
    temporary.server.process.kill('SIGHUP');
    await eventually(async () => assert.match(temporary.server.stderr(), /trigger=SIGHUP/));
    await ask('vector(42)');
    await eventually(async () => assert.match(readFileSync(file, 'utf8'), /"query":"vector\(42\)"/));
    assert.doesNotMatch(readFileSync(`${file}.1`, 'utf8'), /vector\(42\)/);
  });

  test('slow ones are in the log, whatever their language', async () => {
    const slow = (text: string) =>
      eventually(async () => {
        const line = temporary.server
          .stderr()
          .split('\n')
          .find((l) => l.includes('slow query') && l.includes(text));
        assert.ok(line, text);
        return line;
      });
    await ask('quantile_over_time(0.5, a_total[10m]) or sum_over_time(a_total[10m])');
    const line = await slow('quantile_over_time');
    assert.match(
      line,
      /service=prometheus\.query .* seconds=\d+\.\d{3} .*series=8 samples=\d+ .*client=127\.0\.0\.1/,
    );
    await getJson(base, '/loki/api/v1/query_range', { query: '{app="slow"}' });
    await slow('service=loki.query_range');
    assert.ok((await metric(base, 'trilite_slow_queries_total')) > 0);
    assert.ok((await metric(base, 'trilite_query_samples_total')) > 0);
  });
});

describe('a client that goes away', () => {
  test('frees the reader of its query', async () => {
    const { server, dispose } = await temporaryServer();
    try {
      await write(server.base, 'heavy', 200, 40);
      // Hours of work, if nobody stopped it.
      const query = 'sum(max_over_time(quantile_over_time(0.5, heavy[1d:1s])[1d:1s]))';
      const request = httpGet(apiUrl(server.base, '/api/v1/query', { query, time: now / 1000 }));
      request.on('error', () => {});
      await eventually(async () => assert.equal(await metric(server.base, 'trilite_queries_running'), 1));
      request.destroy();
      await eventually(async () => assert.equal(await metric(server.base, 'trilite_queries_running'), 0));
      assert.equal((await promInstant(server.base, 'count(heavy)', now)).length, 1);
      const text = await (await fetch(`${server.base}/metrics`)).text();
      assert.match(text, /trilite_query_failures_total\{service="prometheus.query",reason="canceled"\} 1/);
    } finally {
      await dispose();
    }
  });

  test('a query that is over time is a 503, and the reader is free', async () => {
    const { server, dispose } = await temporaryServer('scrape_configs: []\n', ['--query.timeout', '20ms']);
    try {
      await write(server.base, 'heavy', 200, 40);
      const query = 'sum(max_over_time(quantile_over_time(0.5, heavy[1d:1s])[1d:1s]))';
      const answer = await fetch(apiUrl(server.base, '/api/v1/query', { query, time: now / 1000 }));
      assert.equal(answer.status, 503);
      assert.deepEqual(await answer.json(), {
        status: 'error',
        errorType: 'timeout',
        error: 'query timed out in expression evaluation',
      });
      await eventually(async () => assert.equal(await metric(server.base, 'trilite_queries_running'), 0));
    } finally {
      await dispose();
    }
  });
});
