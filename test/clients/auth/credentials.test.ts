/**
 * Real clients that say who they are, each in its own way: OpenTelemetry's exporters over HTTP and gRPC, Prometheus that sends,
 * reads and scrapes with a password, a sender of logs with a token; and Grafana's header to read it all back. Without
 * credentials none of them gets anywhere.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { freePort } from '../../support/free-port.ts';
import { basic } from '../../support/guarded-server.ts';
import { getJson, postBody } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import {
  PROMETHEUS,
  PROMETHEUS_MISSING,
  type Prometheus,
  runPrometheus,
} from '../prometheus/run-prometheus.ts';

const sdkRequire = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-node'));
const { BasicTracerProvider, SimpleSpanProcessor } = sdkRequire('@opentelemetry/sdk-trace-base');
const { resourceFromAttributes } = sdkRequire('@opentelemetry/resources');

const CONFIG = `trilite:
  auth:
    users:
      - { username: grafana, password_hash: "${bcrypt.hashSync('graf', 6)}", scopes: [read] }
      - { username: prometheus, password: prom, scopes: [ingest, read] }
    tokens:
      - { name: otel, token: tok, scopes: [ingest] }
`;
const GRAFANA = { authorization: basic('grafana', 'graf') };
const HEADERS_VARIABLE = 'OTEL_EXPORTER_OTLP_HEADERS';

describe('clients with credentials', { timeout: 200_000 }, () => {
  let own: TemporaryServer;

  before(async () => {
    own = await temporaryServer(CONFIG);
  });
  after(() => own?.dispose());

  /** Sends a span of a service of that name; resolves with what the exporter complained of. */
  async function exportSpan(
    flavour: 'http' | 'proto' | 'grpc',
    service: string,
    headers: string,
  ): Promise<string> {
    const { OTLPTraceExporter } = sdkRequire(`@opentelemetry/exporter-trace-otlp-${flavour}`);
    process.env[HEADERS_VARIABLE] = headers;
    const url = flavour === 'grpc' ? `http://${own.server.grpc}` : `${own.server.base}/v1/traces`;
    const exporter = new OTLPTraceExporter({ url });
    delete process.env[HEADERS_VARIABLE];
    let complaint = '';
    const send = exporter.export.bind(exporter);
    exporter.export = (spans: unknown, done: (result: { error?: Error }) => void) =>
      send(spans, (result: { error?: Error }) => {
        complaint = result.error ? `${(result.error as { code?: number }).code} ${result.error.message}` : '';
        done(result);
      });
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': service }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    provider.getTracer('test').startSpan('op').end();
    await provider.forceFlush().catch(() => {});
    await provider.shutdown().catch(() => {});
    return complaint;
  }

  async function tracesOf(service: string): Promise<number> {
    const q = `{resource.service.name="${service}"}`;
    const { traces } = await getJson<{ traces: unknown[] }>(own.server.base, '/api/search', { q }, GRAFANA);
    return traces.length;
  }

  for (const flavour of ['http', 'proto', 'grpc'] as const) {
    test(`OpenTelemetry's exporter (${flavour})`, async () => {
      assert.equal(await exportSpan(flavour, `good-${flavour}`, 'Authorization=Bearer%20tok'), '');
      assert.equal(await tracesOf(`good-${flavour}`), 1);
      assert.match(await exportSpan(flavour, `bad-${flavour}`, 'Authorization=Bearer%20x'), /^(401|16) /);
      assert.match(await exportSpan(flavour, `bad-${flavour}`, ''), /^(401|16) /);
      const reader = `Authorization=${encodeURIComponent(GRAFANA.authorization)}`;
      assert.match(await exportSpan(flavour, `bad-${flavour}`, reader), /^(403|7) /);
      assert.equal(await tracesOf(`bad-${flavour}`), 0);
    });
  }

  test('a sender of logs with a token', async () => {
    const streams = [{ stream: { app: 'x' }, values: [[`${Date.now()}000000`, 'a line']] }];
    const url = `${own.server.base}/loki/api/v1/push`;
    const type = { 'content-type': 'application/json' };
    await postBody(url, { ...type, authorization: 'Bearer tok' }, JSON.stringify({ streams }));
    const refused = await fetch(url, { method: 'POST', headers: type, body: JSON.stringify({ streams }) });
    assert.equal(refused.status, 401);
    const { data } = await getJson<{ data: string[] }>(own.server.base, '/loki/api/v1/labels', {}, GRAFANA);
    assert.ok(data.includes('app'));
  });

  test('Prometheus that sends, reads and scrapes', {
    skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
  }, async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-auth-prometheus-'));
    let prometheus: Prometheus | undefined;
    try {
      const passwordFile = path.join(dir, 'password');
      fs.writeFileSync(passwordFile, 'prom\n');
      const port = await freePort();
      const auth = { basic_auth: { username: 'prometheus', password_file: passwordFile } };
      const target = new URL(own.server.base).host;
      const config = {
        global: { scrape_interval: '1s', scrape_timeout: '1s' },
        scrape_configs: [
          { job_name: 'with', static_configs: [{ targets: [target] }], ...auth },
          { job_name: 'without', static_configs: [{ targets: [target] }] },
        ],
        remote_write: [
          { url: `${own.server.base}/api/v1/write`, queue_config: { batch_send_deadline: '200ms' }, ...auth },
        ],
        remote_read: [{ url: `${own.server.base}/api/v1/read`, read_recent: true, ...auth }],
      };
      prometheus = await runPrometheus({ dir, port, config: JSON.stringify(config), flags: [] });
      const form = new URLSearchParams({ query: 'up' });
      await eventually(async () => {
        const answer = await fetch(`${own.server.base}/api/v1/query`, {
          method: 'POST',
          headers: GRAFANA,
          body: form,
        });
        const { data } = (await answer.json()) as {
          data: { result: { metric: { job: string }; value: [number, string] }[] };
        };
        const up = Object.fromEntries(data.result.map(({ metric, value }) => [metric.job, value[1]]));
        assert.deepEqual(up, { with: '1', without: '0' });
      }, 60_000);
      // What only Trilite has comes by remote read.
      const point = { asDouble: 1, timeUnixNano: `${Date.now()}000000` };
      const metrics = [{ name: 'only_here', gauge: { dataPoints: [point] } }];
      const type = { 'content-type': 'application/json', authorization: 'Bearer tok' };
      const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
      await postBody(`${own.server.base}/v1/metrics`, type, body);
      const query = 'only_here';
      await eventually(async () => {
        const { data } = await getJson<{ data: { result: unknown[] } }>(prometheus!.base, '/api/v1/query', {
          query,
        });
        assert.equal(data.result.length, 1);
      });
    } finally {
      await prometheus?.program.stop('SIGKILL');
      fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
