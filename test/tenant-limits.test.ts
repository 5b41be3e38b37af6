/** Limits of tenants over every protocol: who is refused, with which status and words, and that what was taken is what is stored. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { SILENT } from '../src/base/log.ts';
import { parseCommandLine } from '../src/config/flags.ts';
import { loadConfig } from '../src/config.ts';
import { otlpJsonToProtobuf } from '../src/ingest/decode/otlp-json.ts';
import { openLocalEngine } from '../src/local-engine.ts';
import { type Running, start } from '../src/main.ts';
import { type PlainBatch, postSpans, thriftBatch } from './ingest/decode/jaeger/batches.ts';
import { binary } from './ingest/decode/jaeger/thrift-writer.ts';
import { apiUrl } from './support/http-api.ts';
import { type MadeSpan, spansRequest } from './support/otlp-spans.ts';
import { eventually } from './support/poll.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './support/remote-write.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;
const HOUR = 3_600_000;
const FLAGS = ['--data', ':memory:', '--config.auto-reload', 'false'];
const JSON_TYPE = { 'content-type': 'application/json' };

/** A rate so low that what is used up stays so. */
const CONFIG = `
trilite:
  multi_tenancy: true
  self_scrape: false
  http: 127.0.0.1:0
  otlp_grpc: 127.0.0.1:0
  limits:
    metrics: {max_series: 100}
    tenants:
      rate:
        metrics: {ingestion_rate: 0.01, ingestion_burst_size: 5}
        logs: {ingestion_rate: 1, ingestion_burst_size: 50}
        traces: {ingestion_rate_limit_bytes: 1, ingestion_burst_size_bytes: 500}
      labels:
        metrics:
          {max_label_names_per_series: 3, max_label_name_length: 8, max_label_value_length: 10, max_metadata_length: 5}
        logs: {max_line_size: 10}
      series: {metrics: {max_series: 3, max_series_per_metric: 2}}
      traces: {traces: {max_bytes_per_trace: 400, max_traces_per_user: 3}}
      requests:
        requests: {ingest: {requests_per_second: 0.01, request_burst: 2}, read: {requests_per_second: 0.01, request_burst: 3}}
      queries:
        queries:
          max_query_length: 2h
          max_query_lookback: 3h
          max_fetched_series_per_query: 2
          max_entries_limit_per_query: 3
          max_query_series: 2
          max_samples: 500
`;

let dir: string;
let file: string;
let running: Running;
let base: string;
let grpc: Client;

before(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-limits-'));
  file = path.join(dir, 'trilite.yml');
  fs.writeFileSync(file, CONFIG);
  const load = () => loadConfig(parseCommandLine(['--config', file, ...FLAGS]), {});
  running = await start(await load(), { openEngine: openLocalEngine, load, log: SILENT });
  running.begin();
  base = `http://127.0.0.1:${running.http[0]!.port}`;
  grpc = new Client(`127.0.0.1:${running.grpc!.port}`, credentials.createInsecure());
});
after(async () => {
  grpc.close();
  await running.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

async function ask(tenant: string, url: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...(init.headers as object), 'X-Scope-OrgID': tenant };
  const answer = await fetch(base + url, { ...init, headers });
  return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get('retry-after') };
}

const post = (tenant: string, url: string, headers: Record<string, string>, body: string | Uint8Array) =>
  ask(tenant, url, { method: 'POST', headers, body });

/** Each a series with one sample. */
const write = (tenant: string, series: readonly Record<string, string>[], ms = NOW) => {
  const body = remoteWriteBody(series.map((labels) => ({ labels, samples: [[ms, 1]] as const })));
  return post(tenant, '/api/v1/write', REMOTE_WRITE_HEADERS, body);
};
const named = (name: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({ __name__: name, i: String(i) }));

async function count(tenant: string, query: string): Promise<number> {
  const { text } = await ask(tenant, apiUrl('', '/api/v1/query', { query, time: String(NOW / 1000 + 1) }));
  return Number(JSON.parse(text).data.result[0]?.value[1] ?? 0);
}

const gauges = (names: readonly string[]) =>
  JSON.stringify({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: names.map((name) => ({
              name,
              gauge: { dataPoints: [{ asDouble: 1, timeUnixNano: `${NOW}000000` }] },
            })),
          },
        ],
      },
    ],
  });
const lines = (texts: readonly string[]) =>
  JSON.stringify({ streams: [{ stream: { a: 'b' }, values: texts.map((t, i) => [`${NOW}00000${i}`, t]) }] });
const logRecords = (text: string) =>
  JSON.stringify({
    resourceLogs: [
      { scopeLogs: [{ logRecords: [{ timeUnixNano: `${NOW}000000`, body: { stringValue: text } }] }] },
    ],
  });
const span = (trace: number, id: number, attribute = ''): MadeSpan => ({
  service: 's',
  traceId: String(trace).padStart(32, '0'),
  id: String(id).padStart(16, '0'),
  name: 'op',
  startMs: NOW,
  durationMs: 1,
  attributes: { text: attribute },
});

function call(tenant: string, service: string, body: Uint8Array): Promise<Buffer> {
  const metadata = new Metadata();
  metadata.set('x-scope-orgid', tenant);
  const identity = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, answer?: Buffer) => (error ? reject(error) : resolve(answer!));
    grpc.makeUnaryRequest(service, identity, identity, Buffer.from(body), metadata, done);
  });
}
const otlpCall = (tenant: string, signal: 'metrics' | 'logs' | 'traces', json: string) => {
  const names = { metrics: 'Metrics', logs: 'Logs', traces: 'Trace' };
  const service = `/opentelemetry.proto.collector.${names[signal].toLowerCase()}.v1.${names[signal]}Service/Export`;
  return call(tenant, service, otlpJsonToProtobuf(signal, Buffer.from(json)));
};

const isRateLimited = (words: RegExp) => (error: ServiceError) => {
  assert.equal(error.code, status.RESOURCE_EXHAUSTED);
  assert.match(error.details, words);
  const [details] = error.metadata.get('grpc-status-details-bin');
  assert.match(String(details), /google\.rpc\.RetryInfo/, 'a sender may try again');
  return true;
};

const jaegerBatch = (trace: bigint): PlainBatch => ({
  process: { name: 'shop', tags: [] },
  spans: [
    {
      ...{ high: 0n, low: trace, spanId: 11n, parentId: 0n, name: 'o'.repeat(300), references: [] },
      ...{ start: BigInt(NOW) * 1000n, duration: 5n, tags: [], logs: [], process: undefined },
    },
  ],
});

describe('a rate of samples', () => {
  const words = /exceeded the ingestion rate limit, set to 0\.01 items\/s with a maximum allowed burst of 5/;

  it('refuses a request as a whole, over whichever protocol, and no other tenant', async () => {
    assert.equal((await write('rate', named('a', 5))).status, 204);
    const refused = await write('rate', named('b', 1));
    assert.equal(refused.status, 429);
    assert.match(refused.text, words);
    assert.equal(refused.retryAfter, '60');
    for (const url of ['/api/v1/otlp/v1/metrics', '/v1/metrics']) {
      const answer = await post('rate', url, JSON_TYPE, gauges(['b']));
      assert.deepEqual([answer.status, answer.retryAfter], [429, '60'], url);
      assert.match(answer.text, words);
    }
    await assert.rejects(otlpCall('rate', 'metrics', gauges(['b'])), isRateLimited(words));
    assert.equal((await write('free', named('a', 50))).status, 204);
    assert.equal(await count('rate', 'count(a)'), 5);
    assert.equal(await count('rate', 'count(b)'), 0);
  });

  it('tells of what may never come that it may not', async () => {
    const answer = await write('rate', named('c', 6));
    assert.deepEqual([answer.status, answer.retryAfter], [413, null]);
    assert.match(answer.text, /: it has 6 samples\n$/);
    const six = gauges(['c', 'd', 'e', 'f', 'g', 'h']);
    await assert.rejects(otlpCall('rate', 'metrics', six), { code: status.INVALID_ARGUMENT });
    assert.equal((await post('rate', '/v1/metrics', JSON_TYPE, six)).status, 413);
  });
});

describe('limits of labels and series', () => {
  it('refuse an atomic request as a whole, and of others what is too much', async () => {
    const long = { __name__: 'm', v: 'x'.repeat(11) };
    const answer = await write('labels', [{ __name__: 'm' }, long]);
    assert.equal(answer.status, 400);
    assert.match(
      answer.text,
      /^received a series whose label value length exceeds the limit, label: 'v', value: 'x{11}' \(truncated\) series: '.*' \(err-mimir-label-value-too-long\)\n$/,
    );
    assert.equal(await count('labels', 'count(m)'), 0);
    const partial = await post('labels', '/v1/metrics', JSON_TYPE, gauges(['good', 'much_too_long_a_name']));
    assert.equal(partial.status, 200);
    const { partialSuccess } = JSON.parse(partial.text);
    assert.equal(partialSuccess.rejectedDataPoints, '1');
    assert.match(partialSuccess.errorMessage, /err-mimir-label-value-too-long/);
    assert.equal(await count('labels', 'count(good)'), 1);
    const name = await write('labels', [{ __name__: 'm', a_long_name: '1' }]);
    assert.match(name.text, /label name length exceeds the limit, label: 'a_long_name'/);
    const many = await write('labels', [{ __name__: 'm', a: '1', b: '2', c: '3' }]);
    assert.match(many.text, /number of labels exceeds the limit \(actual: 4, limit: 3\)/);
  });

  it('refuse new series, not what goes on', async () => {
    assert.equal((await write('series', named('a', 2))).status, 204);
    const third = await write('series', named('a', 3), NOW + 1000);
    assert.equal(third.status, 400);
    assert.match(third.text, /^per-metric series limit of 2 exceeded \(err-mimir-max-series-per-metric\)/);
    assert.equal((await write('series', named('b', 1))).status, 204);
    assert.match((await write('series', named('c', 1))).text, /^per-user series limit of 3 exceeded/);
    assert.equal((await write('series', named('a', 2), NOW + 2000)).status, 204);
    const otlp = await post('series', '/v1/metrics', JSON_TYPE, gauges(['d']));
    assert.match(otlp.text, /"rejectedDataPoints":"1".*per-user series limit of 3 exceeded/);
    assert.equal((await write('other', named('a', 90))).status, 204);
    assert.equal((await write('other', named('b', 11))).status, 400, 'the default is for everybody');
  });
});

describe('limits of logs', () => {
  it("are the tenant's", async () => {
    const long = lines(['short', 'longer than ten']);
    const answer = await post('labels', '/loki/api/v1/push', JSON_TYPE, long);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /max entry size '10' bytes exceeded/);
    assert.equal((await post('free', '/loki/api/v1/push', JSON_TYPE, long)).status, 204);
    const otlp = await post('labels', '/v1/logs', JSON_TYPE, logRecords('longer than ten'));
    assert.match(otlp.text, /"rejectedLogRecords":"1"/);
  });

  it('say when there is room again', async () => {
    assert.equal((await post('rate', '/loki/api/v1/push', JSON_TYPE, lines(['x'.repeat(50)]))).status, 204);
    const pushed = await post('rate', '/loki/api/v1/push', JSON_TYPE, lines(['x'.repeat(40)]));
    assert.equal(pushed.status, 429);
    assert.ok(Number(pushed.retryAfter) >= 30);
    for (const url of ['/otlp/v1/logs', '/v1/logs']) {
      const answer = await post('rate', url, JSON_TYPE, logRecords('x'.repeat(40)));
      assert.equal(answer.status, 429, url);
      assert.ok(Number(answer.retryAfter) >= 30, url);
    }
    const words = /^ingestion rate limit exceeded for user rate/;
    await assert.rejects(otlpCall('rate', 'logs', logRecords('x'.repeat(40))), isRateLimited(words));
    await assert.rejects(otlpCall('rate', 'logs', logRecords('x'.repeat(60))), {
      code: status.INVALID_ARGUMENT,
    });
  });
});

describe('limits of spans', () => {
  const words =
    /RATE_LIMITED: ingestion rate limit \(local: 1 bytes\/s, global: 0 bytes\/s, burst: 500 bytes\) exceeded while adding \d+ bytes for user rate/;

  it('refuse what comes too fast, over whichever protocol', async () => {
    const text = 'x'.repeat(300);
    assert.equal((await post('rate', '/v1/traces', JSON_TYPE, spansRequest([span(1, 1, text)]))).status, 200);
    const refused = await post('rate', '/v1/traces', JSON_TYPE, spansRequest([span(2, 2, text)]));
    assert.deepEqual([refused.status, refused.retryAfter], [429, '60']);
    assert.match(refused.text, words);
    await assert.rejects(otlpCall('rate', 'traces', spansRequest([span(2, 2, text)])), isRateLimited(words));
    const zipkin = [
      { traceId: '00000000000000a1', id: '00000000000000a1', name: text, timestamp: NOW * 1000 },
    ];
    const headers = [JSON_TYPE, { 'content-type': 'application/x-thrift' }] as const;
    const bodies = [JSON.stringify(zipkin), binary(thriftBatch(jaegerBatch(3n)))] as const;
    for (const [i, url] of ['/api/v2/spans', '/api/traces?format=jaeger.thrift'].entries()) {
      const answer = await post('rate', url, headers[i]!, bodies[i]!);
      assert.deepEqual([answer.status, answer.retryAfter], [429, '60'], url);
      assert.match(answer.text, words);
    }
    const jaeger = '/jaeger.api_v2.CollectorService/PostSpans';
    await assert.rejects(call('rate', jaeger, postSpans(jaegerBatch(3n))), isRateLimited(words));
    const large = await post('rate', '/v1/traces', JSON_TYPE, spansRequest([span(2, 2, 'x'.repeat(900))]));
    assert.equal(large.status, 413);
    assert.match(large.text, /RATE_LIMITED: batch size \(\d+ bytes\) exceeds ingestion limit/);
    assert.equal((await post('free', '/v1/traces', JSON_TYPE, spansRequest([span(9, 9, text)]))).status, 200);
  });

  it('refuse what makes a trace too large, and traces that are too many', async () => {
    const text = 'x'.repeat(150);
    const sent = [span(11, 1, text), span(11, 2, text), span(12, 3), span(11, 4), span(11, 5, text)];
    const answer = await post('traces', '/v1/traces', JSON_TYPE, spansRequest(sent));
    assert.equal(answer.status, 200);
    const { partialSuccess } = JSON.parse(answer.text);
    assert.equal(partialSuccess.rejectedSpans, '2');
    assert.match(
      partialSuccess.errorMessage,
      /TRACE_TOO_LARGE: max size of trace \(400\) exceeded while adding \d+ bytes to trace 0{30}11 for tenant traces/,
    );
    const more = spansRequest([span(13, 6), span(14, 7), span(13, 8)]);
    const live = JSON.parse((await post('traces', '/v1/traces', JSON_TYPE, more)).text).partialSuccess;
    assert.equal(live.rejectedSpans, '1');
    assert.match(live.errorMessage, /^LIVE_TRACES_EXCEEDED: max live traces exceeded for tenant traces/);
    const zipkin = JSON.stringify([{ traceId: '00000000000000b1', id: '00000000000000b1' }]);
    const alone = await post('traces', '/api/v2/spans', JSON_TYPE, zipkin);
    assert.deepEqual([alone.status, /^LIVE_TRACES_EXCEEDED/.test(alone.text)], [400, true]);
    const found = async (trace: string) =>
      (await ask('traces', `/api/v2/traces/${trace}`, { headers: { accept: 'application/json' } })).text;
    const ids = [...(await found(`${'0'.repeat(30)}11`)).matchAll(/"spanId":\s*"([^"]+)"/g)].map((m) => m[1]);
    assert.equal(new Set(ids).size, 2);
  });
});

describe('a number of requests', () => {
  it('is refused above it, in the manner of each protocol', async () => {
    for (let i = 0; i < 2; i++) assert.equal((await write('requests', named('a', 1))).status, 204);
    const words = /the tenant exceeded the request rate limit, set to 0\.01 requests\/s/;
    const cases: [url: string, headers: Record<string, string>, body: string | Uint8Array][] = [
      ['/api/v1/write', REMOTE_WRITE_HEADERS, remoteWriteBody([])],
      ['/v1/metrics', JSON_TYPE, gauges(['a'])],
      ['/api/v1/otlp/v1/metrics', JSON_TYPE, gauges(['a'])],
      ['/v1/logs', JSON_TYPE, logRecords('x')],
      ['/otlp/v1/logs', JSON_TYPE, logRecords('x')],
      ['/loki/api/v1/push', JSON_TYPE, lines(['x'])],
      ['/v1/traces', JSON_TYPE, spansRequest([span(21, 1)])],
      ['/api/v2/spans', JSON_TYPE, '[]'],
      ['/api/traces', { 'content-type': 'application/x-thrift' }, binary(thriftBatch(jaegerBatch(3n)))],
    ];
    for (const [url, headers, body] of cases) {
      const answer = await post('requests', url, headers, body);
      assert.deepEqual([answer.status, answer.retryAfter], [429, '60'], url);
      assert.match(answer.text, words, url);
    }
    await assert.rejects(otlpCall('requests', 'logs', logRecords('x')), isRateLimited(words));
    for (let i = 0; i < 3; i++) assert.equal((await ask('requests', '/api/v1/labels')).status, 200);
    for (const url of ['/api/v1/query?query=1', '/loki/api/v1/labels', '/api/v1/rules']) {
      const answer = await ask('requests', url);
      if (url === '/api/v1/rules' && answer.status === 200) continue;
      assert.deepEqual([answer.status, answer.retryAfter], [429, '60'], url);
    }
    assert.equal((await ask('requests', '/ready')).status, 200);
    assert.equal((await ask('free', '/api/v1/labels')).status, 200);
  });
});

describe('limits of queries', () => {
  const range = (query: string, hours: number, endHours = 0) =>
    ask(
      'queries',
      apiUrl('', '/api/v1/query_range', {
        ...{ query, step: '60' },
        start: String((NOW - (hours + endHours) * HOUR) / 1000),
        end: String((NOW - endHours * HOUR) / 1000),
      }),
    );
  const logRange = (query: string, hours: number, limit = 3) =>
    ask(
      'queries',
      apiUrl('', '/loki/api/v1/query_range', {
        ...{ query, limit: String(limit), step: '60' },
        start: String((NOW - hours * HOUR) / 1000),
        end: String(NOW / 1000 + 1),
      }),
    );

  before(async () => {
    for (const hours of [4, 1]) await write('queries', [{ __name__: 'm' }], NOW - hours * HOUR);
    await write('queries', named('many', 3));
    const values = ['a', 'b', 'c'].map((stream) => ({ stream: { stream }, values: [[`${NOW}000000`, 'x']] }));
    const old = { stream: { stream: 'old' }, values: [[`${NOW - 4 * HOUR}000000`, 'old']] };
    const body = JSON.stringify({ streams: [...values, old] });
    assert.equal((await post('queries', '/loki/api/v1/push', JSON_TYPE, body)).status, 204);
  });

  it('bound the range, and what is read of it', async () => {
    assert.equal((await range('m', 2)).status, 200);
    const long = await range('m', 2.5);
    assert.equal(long.status, 422);
    assert.match(
      long.text,
      /the query time range exceeds the limit \(query length: 2h30m0s, limit: 2h0m0s\)/,
    );
    assert.equal((await range('max_over_time(m[3h])', 1)).status, 422);
    const many = await range('many', 1);
    assert.match(many.text, /exceeded the maximum number of series \(limit: 2 series\)/);
    assert.match((await range('m[1m:1s]', 1)).text, /invalid expression type/);
    assert.match((await range('last_over_time(m[5m:1s])', 1)).text, /too many samples/);
    const logs = await logRange('{stream=~".+"}', 2.5);
    assert.equal(logs.status, 400);
    assert.match(
      logs.text,
      /^the query time range exceeds the limit \(query length: 2h30m1s, limit: 2h0m0s\)/,
    );
    assert.match(
      (await logRange('{stream=~".+"}', 1, 4)).text,
      /limit > max_entries_limit_per_query \(4 > 3\)/,
    );
    assert.equal((await logRange('{stream=~".+"}', 1)).status, 200);
    const series = await logRange('count_over_time({stream=~".+"}[5m])', 1);
    assert.match(series.text, /maximum number of series \(2\) reached for a single query/);
    assert.equal(
      (await ask('free', apiUrl('', '/api/v1/query_range', { query: 'm', start: 0, end: 9e5, step: 100 })))
        .status,
      200,
    );
  });

  it('hide what is older than the look-back', async () => {
    const at = async (hours: number) =>
      JSON.parse(
        (
          await ask(
            'queries',
            apiUrl('', '/api/v1/query', { query: 'm', time: String((NOW - hours * HOUR) / 1000) }),
          )
        ).text,
      ).data.result.length;
    assert.deepEqual([await at(1), await at(4)], [1, 0]);
    assert.equal(JSON.parse((await range('m', 0.1, 3.95)).text).data.result.length, 0);
    const labels = apiUrl('', '/loki/api/v1/label/stream/values', {
      start: '1',
      end: String(NOW / 1000 + 1),
    });
    assert.deepEqual(JSON.parse((await ask('queries', labels)).text).data, ['a', 'b', 'c']);
    const volume = apiUrl('', '/loki/api/v1/index/volume', {
      ...{ query: '{stream=~".+"}', limit: '10' },
      start: String((NOW - 5 * HOUR) / 1000),
      end: String((NOW - 3.5 * HOUR) / 1000),
    });
    assert.deepEqual(JSON.parse((await ask('queries', volume)).text).data.result, []);
  });
});

describe('a tenant that floods', () => {
  it("stops nobody else: the other's requests are all taken and answered", async () => {
    let flooding = true;
    const statuses = new Map<number, number>();
    const note = ({ status: code }: Answer) => statuses.set(code, (statuses.get(code) ?? 0) + 1);
    const writes = async (n: number) => {
      for (let i = 0; flooding; i++) note(await write('rate', named(`flood${n}`, 5), NOW + i));
    };
    const heavy = apiUrl('', '/api/v1/query_range', {
      ...{ query: 'count(count_over_time({__name__=~".+"}[1h]))', step: '10' },
      ...{ start: String(NOW / 1000 - 10_000), end: String(NOW / 1000) },
    });
    const reads = async () => {
      while (flooding) note(await ask('free', heavy));
    };
    const flood = [1, 2, 3, 4].map(writes).concat([1, 2, 3, 4, 5, 6, 7, 8].map(reads));
    try {
      for (let i = 0; i < 20; i++) {
        assert.equal((await write('quiet', named('q', 20), NOW + i)).status, 204);
        const line = JSON.stringify({
          streams: [{ stream: { q: 'q' }, values: [[`${NOW}${String(i).padStart(6, '0')}`, `line ${i}`]] }],
        });
        assert.equal((await post('quiet', '/loki/api/v1/push', JSON_TYPE, line)).status, 204);
        if (i % 10 === 0) assert.equal(await count('quiet', 'count(q)'), 20);
      }
    } finally {
      flooding = false;
      await Promise.all(flood);
    }
    assert.ok((statuses.get(429) ?? 0) > 0, 'the flood was refused');
    assert.equal(await count('quiet', 'sum(count_over_time(q[1h]))'), 20 * 20);
  });
});

describe('what is scraped and followed', () => {
  it('waits for its pace, or fails as a scrape', async () => {
    const own = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-limits-'));
    const logFile = path.join(own, 'app.log');
    fs.writeFileSync(logFile, `${'x'.repeat(40)}\n`.repeat(6));
    const text = `
global: {scrape_interval: 300ms, scrape_timeout: 300ms}
scrape_configs: [{job_name: small, static_configs: [{targets: ['${base.slice('http://'.length)}']}]}]
trilite:
  http: 127.0.0.1:0
  otlp_grpc: off
  self_scrape: false
  tail:
    scrape_configs: [{job_name: app, static_configs: [{targets: [localhost], labels: {job: app, __path__: '${logFile}'}}]}]
  limits:
    metrics: {ingestion_rate: 0.01, ingestion_burst_size: 10, max_label_value_length: 50}
    logs: {ingestion_rate: 300, ingestion_burst_size: 500}
`;
    const configFile = path.join(own, 'c.yml');
    fs.writeFileSync(configFile, text);
    const config = await loadConfig(parseCommandLine(['--config', configFile, ...FLAGS]), {});
    const other = await start(config, { openEngine: openLocalEngine, log: SILENT });
    other.begin();
    try {
      const at = `http://127.0.0.1:${other.http[0]!.port}`;
      const json = async (url: string) => (await fetch(at + url)).json() as Promise<{ data: never }>;
      await eventually(async () => {
        const { activeTargets } = (await json('/api/v1/targets')).data as {
          activeTargets: { health: string; lastError: string }[];
        };
        const { health, lastError } = activeTargets[0]!;
        assert.equal(health, 'down');
        assert.match(lastError, /exceeded the ingestion rate limit, set to 0\.01 items\/s/);
      });
      const values = async (query: string) => {
        const { result } = (await json(`/api/v1/query?query=${query}`)).data as {
          result: { value: [number, string] }[];
        };
        return result.map(({ value }) => value[1]);
      };
      await eventually(async () => assert.deepEqual(await values('up'), ['0']));
      assert.deepEqual(await values('count({__name__=~"trilite_.*"})'), []);
      const since = Date.now() - 60_000;
      await eventually(async () => {
        const url = `/loki/api/v1/query_range?query={job="app"}&start=${since}000000`;
        const { result } = (await json(url)).data as { result: { values: unknown[] }[] };
        assert.equal(
          result.reduce((n, { values: v }) => n + v.length, 0),
          6,
        );
      });
      fs.appendFileSync(logFile, `${'y'.repeat(40)}\n`.repeat(12));
      await eventually(async () => {
        const url = `/loki/api/v1/query_range?query={job="app"}|="y"&start=${since}000000`;
        const { result } = (await json(url)).data as { result: { values: unknown[] }[] };
        assert.equal(
          result.reduce((n, { values: v }) => n + v.length, 0),
          12,
        );
      });
    } finally {
      await other.stop();
      fs.rmSync(own, { recursive: true, force: true });
    }
  });
});

describe('limits that are taken in', () => {
  it('hold at once, and those that stay go on where they were', async () => {
    assert.equal((await write('rate', named('z', 1))).status, 429);
    fs.writeFileSync(
      file,
      CONFIG.replace('max_series: 100', 'max_series: 200').replace(
        'max_query_length: 2h',
        'max_query_length: 4h',
      ),
    );
    await running.reload('test');
    assert.equal((await write('rate', named('z', 1))).status, 429, 'the bucket is as empty as it was');
    assert.equal((await write('other', named('b', 11))).status, 204);
    fs.writeFileSync(file, CONFIG.replace('ingestion_burst_size: 5}', 'ingestion_burst_size: 6}'));
    await running.reload('test');
    assert.equal((await write('rate', named('z', 6))).status, 204, 'another limit begins anew');
    fs.writeFileSync(file, 'trilite: {multi_tenancy: true, self_scrape: false}\n');
    await running.reload('test');
    assert.equal((await write('rate', named('y', 60))).status, 204);
    assert.equal((await write('series', named('y', 60))).status, 204);
  });
});
