/** Real faults against a running server: the doctor names the cause and what to do. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SILENT } from '../../src/base/log.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { loadConfig } from '../../src/config.ts';
import type { Report } from '../../src/doctor/diagnose.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { type Running, start } from '../../src/main.ts';
import { freePort } from '../support/free-port.ts';
import { getJson, postBody } from '../support/http-api.ts';
import { sendSpans } from '../support/otlp-spans.ts';
import { eventually } from '../support/poll.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../support/remote-write.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ANY = { host: '127.0.0.1', port: 0 };

const folder = mkdtempSync(join(tmpdir(), 'trilite-doctor-'));
let running: Running;
let base: string;
let page: Server;
let deadPort: number;

async function report(): Promise<Report> {
  return (await getJson<{ data: Report }>(base, '/api/v1/status/doctor')).data;
}

/** The finding of that id whose summary fits. */
async function finding(id: string, summary: RegExp) {
  const { findings } = await report();
  const found = findings.find((f) => f.id === id && summary.test(f.summary));
  assert.ok(
    found,
    `${id} in ${JSON.stringify(
      findings.map((f) => [f.id, f.summary]),
      undefined,
      1,
    )}`,
  );
  return found;
}

const post = (path: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>) =>
  fetch(base + path, { method: 'POST', headers, body });

before(async () => {
  deadPort = await freePort();
  page = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html', Date: 'Mon, 30 Nov 2020 12:00:00 GMT' });
    response.end('<html>Log in</html>');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const { port } = page.address() as AddressInfo;
  const file = join(folder, 'prometheus.yml');
  writeFileSync(
    file,
    `
global: {scrape_interval: 1s, scrape_timeout: 500ms}
scrape_configs:
  - {job_name: dead, static_configs: [{targets: ['127.0.0.1:${deadPort}']}]}
  - {job_name: page, static_configs: [{targets: ['127.0.0.1:${port}']}]}
  - job_name: dropped
    static_configs: [{targets: ['127.0.0.1:9']}]
    relabel_configs: [{source_labels: [__address__], regex: other, action: keep}]
  - {job_name: none, file_sd_configs: [{files: ['${folder}/nothing-*.json']}]}
trilite: {retention: {budget: 1KB}}
`,
  );
  const config = await loadConfig(parseCommandLine(['--config', file]), {});
  const own = { dataDir: join(folder, 'data'), http: [ANY], otlpGrpc: ANY };
  running = await start({ ...config, ...own }, { openEngine: openLocalEngine, log: SILENT });
  base = `http://127.0.0.1:${running.http[0]!.port}`;
  running.begin();
});

after(async () => {
  await running.stop();
  page.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the doctor of a running server', () => {
  it('names what a sender means that asks for the wrong path', async () => {
    await post('/api/v1/push', { 'content-type': 'application/x-protobuf', 'user-agent': 'Alloy/1.2' }, 'x');
    await post('/v1/traces/v1/traces', JSON_TYPE, '{}');
    const push = await finding(
      'refusals.wrong_path',
      /POST \/api\/v1\/push from .*Alloy\/1\.2.*remote-write/,
    );
    assert.match(push.remedy!, /\/api\/v1\/write/);
    const twice = await finding('refusals.wrong_path', /path of the signal twice/);
    assert.match(twice.remedy!, /OTEL_EXPORTER_OTLP_ENDPOINT/);
  });

  it('names a content type that a receiver does not take', async () => {
    assert.equal((await post('/v1/logs', { 'content-type': 'text/csv' }, 'a,b')).status, 415);
    const found = await finding('refusals.unsupported', /OTLP\/HTTP logs: 1 request/);
    assert.match(found.remedy!, /application\/x-protobuf or application\/json; it named text\/csv/);
    assert.equal(found.evidence.peer, '127.0.0.1');
  });

  it('names a doubled slash, a wrong method, TLS and HTTP at ports that do not speak it', async () => {
    await fetch(`${base}//v1/logs`, { method: 'POST', headers: JSON_TYPE, body: '{}', redirect: 'manual' });
    assert.equal((await fetch(`${base}/v1/traces`)).status, 405);
    const grpcPort = running.grpc!.port;
    const toGrpc = await fetch(`http://127.0.0.1:${grpcPort}/v1/traces`, { method: 'POST', body: '{}' });
    assert.equal(toGrpc.status, 400);
    assert.match(await toGrpc.text(), /takes gRPC alone/);
    for (const port of [grpcPort, running.http[0]!.port]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(Buffer.from([0x16, 3, 1, 0, 4, 1, 0, 0, 0]));
    }
    await finding('refusals.double_slash', /\/\/v1\/logs/);
    await finding('refusals.wrong_method', /GET \/v1\/traces/);
    await finding('refusals.http_on_grpc', new RegExp(`port ${grpcPort}`));
    await eventually(() => finding('refusals.tls_on_plain', new RegExp(`port ${grpcPort}`)));
    const tls = await eventually(() =>
      finding('refusals.tls_on_plain', new RegExp(`port ${running.http[0]!.port}`)),
    );
    assert.match(tls.remedy!, /insecure: true/);
  });

  it('names delta temporality and the key that takes it', async () => {
    const dataPoints = [{ timeUnixNano: `${Date.now()}000000`, asInt: '1' }];
    const metrics = [{ name: 'hits', sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints } }];
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    assert.equal((await post('/v1/metrics', JSON_TYPE, body)).status, 200);
    const found = await finding('refusals.delta', /hits/);
    assert.match(found.remedy!, /otlp: delta: cumulative/);
    await finding('arrivals.refused', /OTLP\/HTTP metrics: everything/);
  });

  it('names a clock that is ahead, with the series that came so', async () => {
    const soon = remoteWriteBody([{ labels: { __name__: 'ahead' }, samples: [[Date.now() + 120_000, 1]] }]);
    await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, soon);
    await finding('clocks.sender_ahead', /remote-write 1\.0: items come with times up to (2m|1m59s|1m58s)/);
    const far = remoteWriteBody([
      { labels: { __name__: 'far', a: 'b' }, samples: [[Date.now() + 3_600_000, 1]] },
    ]);
    assert.equal(
      (await post('/api/v1/write', REMOTE_WRITE_HEADERS, far as Uint8Array<ArrayBuffer>)).status,
      400,
    );
    const found = await finding(
      'refusals.too_far_in_future',
      /remote-write 1\.0: 1 sample from 127\.0\.0\.1/,
    );
    assert.equal(found.evidence.example, '{__name__="far", a="b"}');
    assert.match(found.remedy!, /timedatectl/);
  });

  it('names the second value of a sample, with its series', async () => {
    const at = Date.now();
    const twice = (value: number) =>
      remoteWriteBody([{ labels: { __name__: 'twice' }, samples: [[at, value]] }]) as Uint8Array<ArrayBuffer>;
    await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, twice(1));
    assert.equal((await post('/api/v1/write', REMOTE_WRITE_HEADERS, twice(2))).status, 400);
    const found = await finding('refusals.duplicate_timestamp', /remote-write/);
    assert.equal(found.evidence.example, '{__name__="twice"}');
    assert.match(found.remedy!, /external_labels/);
  });

  it('names targets that are dead, answer with a page, are dropped or are none', async () => {
    const dead = await eventually(() =>
      finding('targets.down', /nothing listens there: 127\.0\.0\.1:\d+ \(dead\)/),
    );
    assert.match(String(dead.evidence.error), /connection refused/);
    const html = await eventually(() => finding('targets.down', /\(an HTML page\?\).*\(page\)/));
    assert.match(html.remedy!, /metrics_path/);
    await finding('targets.all_dropped', /job dropped/);
    await finding('targets.none_found', /job none/);
    const clock = await finding('clocks.targets', /1 of 1 targets/);
    assert.match(String(clock.evidence.worst_clock), /behind/);
  });

  it('names traces without roots and services without names', async () => {
    const startMs = Date.now() - 120_000;
    const spans = Array.from({ length: 8 }, (_, i) => ({
      service: i < 4 ? 'unknown_service' : 'shop',
      traceId: `${i + 1}`.padStart(32, '0'),
      id: `${i + 1}`.padStart(16, '0'),
      ...(i >= 4 && { parent: 'ffffffffffffffff' }),
      name: 'op',
      startMs,
      durationMs: 5,
    }));
    await sendSpans(base, spans);
    const roots = await finding('traces.roots', /4 of the 8 newest traces have no root/);
    assert.match(roots.remedy!, /OTEL_PROPAGATORS/);
    await finding('traces.service', /4 of the 8 newest traces/);
  });

  it('names logs without a service, ids among labels, and trace ids that lead nowhere', async () => {
    const ns = () => `${Date.now()}000000`;
    const streams = Array.from({ length: 30 }, (_, i) => ({
      stream: { request: `${100_000 + i}` },
      values: [[ns(), `line ${i}`, { trace_id: `${i}`.padStart(32, 'a') }]],
    }));
    await postBody(`${base}/loki/api/v1/push`, JSON_TYPE, JSON.stringify({ streams }));
    const service = await finding('logs.service', /100% of the last hour's logs/);
    assert.match(service.remedy!, /service_name/);
    const label = await finding('logs.id_label', /label request looks like an id: 30 values/);
    assert.match(label.remedy!, /structured metadata/);
    await finding('logs.trace_ids', /of 10 trace ids .* 0 lead to a trace/);
  });

  it('names a metric with very many series', async () => {
    const series = Array.from({ length: 25_000 }, (_, i) => ({
      labels: { __name__: 'wide', user: `u${i}` },
      samples: [[Date.now(), 1]] as const,
    }));
    await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series));
    const metric = await finding('cardinality.metric', /wide has 25,000 series/);
    assert.match(metric.remedy!, /topk\(10, count by \(LABEL\) \(wide\)\)/);
    await finding('cardinality.label', /label user has 25,000 values/);
  });

  it('names a budget that is full, and questions that fail', async () => {
    await finding('disk.budget', /of its budget of 1\.0 KiB/);
    await fetch(`${base}/api/v1/query?query=sum(`, { headers: { 'user-agent': 'Grafana/12.1.0' } });
    const found = await finding('queries.failed', /\/api\/v1\/query fails.*Grafana\/12\.1\.0/);
    assert.equal(found.evidence.query, 'sum(');
    await finding('queries.grafana', /Grafana asks: prometheus/);
  });

  it('tells what arrives, receiver by receiver', async () => {
    const { arrivals, listeners, verdict } = await report();
    const of = (name: string) => arrivals.find((a) => a.receiver === name);
    assert.equal(of('remote_write')?.signal, 'metrics');
    assert.ok(of('remote_write')!.accepted_total >= 25_000);
    assert.ok(of('remote_write')!.per_second['1m'] > 0);
    assert.equal(of('otlp_http_traces')?.accepted_total, 8);
    assert.equal(verdict, 'problem');
    assert.ok(listeners.some((url) => url.startsWith('grpc://127.0.0.1:')));
  });

  it('leaves the newest logs and traces alone where it is told so', async () => {
    const answer = await getJson<{ data: Report }>(base, '/api/v1/status/doctor', { content: 'false' });
    assert.equal(
      answer.data.findings.some(({ group }) => group === 'traces' || group === 'logs'),
      false,
    );
  });

  it('tells nothing to a method that it does not have', async () => {
    const status = await new Promise((resolve) => {
      httpRequest(`${base}/api/v1/status/doctor`, { method: 'DELETE' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
    assert.equal(status, 405);
  });
});

it('does not look into what tenants have', async () => {
  const tenants = await start(
    {
      ...DEFAULT_CONFIG,
      dataDir: ':memory:',
      http: [ANY],
      otlpGrpc: undefined,
      selfScrape: false,
      multiTenancy: true,
    },
    { openEngine: openLocalEngine, log: SILENT },
  );
  try {
    const own = `http://127.0.0.1:${tenants.http[0]!.port}`;
    const unnamed = await fetch(`${own}/api/v1/write`, {
      method: 'POST',
      headers: REMOTE_WRITE_HEADERS,
      body: 'x',
    });
    assert.equal(unnamed.status, 401);
    const broken = { ...REMOTE_WRITE_HEADERS, 'x-scope-orgid': 'acme' };
    await fetch(`${own}/api/v1/write`, { method: 'POST', headers: broken, body: 'x' });
    const { data } = await getJson<{ data: Report }>(own, '/api/v1/status/doctor');
    const found = data.findings.find(({ id }) => id === 'refusals.unauthorized');
    assert.match(found?.remedy ?? '', /X-Scope-OrgID/);
    assert.match(
      data.findings.find(({ id }) => id === 'refusals.bad_data')?.summary ?? '',
      /of tenant "acme"/,
    );
    assert.equal(
      data.findings.some(({ group }) => group === 'logs' || group === 'traces'),
      false,
    );
    assert.equal(data.findings.find(({ id }) => id === 'disk.place')?.severity, 'warn');
  } finally {
    await tenants.stop();
  }
});
