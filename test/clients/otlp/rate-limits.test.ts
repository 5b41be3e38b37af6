/** OpenTelemetry's SDK for Node sends faster than it may: what it takes for sent is stored, once, and nothing else. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as HttpExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { type MadeSpan, spansRequest } from '../../support/otlp-spans.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const CONFIG = `
scrape_configs: []
trilite:
  multi_tenancy: true
  limits: {traces: {ingestion_rate_limit_bytes: 2000, ingestion_burst_size_bytes: 4000}}
`;

function madeSpans(): ReadableSpan[] {
  const kept = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] });
  const tracer = provider.getTracer('limits');
  for (let i = 0; i < 10; i++) tracer.startSpan(`op${i}`, { attributes: { text: 'x'.repeat(100) } }).end();
  return kept.getFinishedSpans();
}

describe('OpenTelemetry SDK above a rate', { timeout: 60_000 }, () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer(CONFIG);
  });
  after(() => own?.dispose());

  const refusals = async () => {
    const text = await (await fetch(`${own.server.base}/metrics`)).text();
    const found = [
      ...text.matchAll(/^trilite_receiver_failed_requests_total\{.*reason="rate_limited".*\} (\d+)$/gm),
    ];
    return found.reduce((n, [, count]) => n + Number(count), 0);
  };

  /** Resolves with the exporter's error. */
  async function send(tenant: string, exporter: SpanExporter): Promise<Error | undefined> {
    // The bucket is emptied first.
    const filler: MadeSpan = {
      ...{
        service: 'filler',
        traceId: 'f'.repeat(32),
        id: 'f'.repeat(16),
        name: 'filler',
        startMs: Date.now(),
      },
      attributes: { text: 'x'.repeat(3700) },
    };
    const headers = { 'content-type': 'application/json', 'X-Scope-OrgID': tenant };
    const body = spansRequest([filler]);
    const first = await fetch(`${own.server.base}/v1/traces`, { method: 'POST', headers, body });
    assert.equal(first.status, 200, await first.text());
    const before = await refusals();
    const spans = madeSpans();
    const { error } = await new Promise<{ error?: Error | undefined }>((resolve) =>
      exporter.export(spans, resolve),
    );
    assert.ok((await refusals()) > before, 'it was refused at first');
    for (const span of spans) {
      const url = `${own.server.base}/api/v2/traces/${span.spanContext().traceId}`;
      const answer = await fetch(url, { headers: { ...headers, accept: 'application/json' } });
      const text = await answer.text();
      assert.equal([...text.matchAll(/"spanId"/g)].length, error ? 0 : 1, text);
    }
    await exporter.shutdown();
    return error;
  }

  test('over HTTP it waits as long as it is asked to', async () => {
    const headers = { 'X-Scope-OrgID': 'http' };
    const error = await send('http', new HttpExporter({ url: `${own.server.base}/v1/traces`, headers }));
    assert.equal(error, undefined);
  });

  test('over gRPC this one never tries again, and nothing of what it gives up is stored', async () => {
    const metadata = new Metadata();
    metadata.set('x-scope-orgid', 'grpc');
    const error = await send('grpc', new GrpcExporter({ url: `http://${own.server.grpc}`, metadata }));
    assert.match(error?.message ?? '', /^8 RESOURCE_EXHAUSTED: RATE_LIMITED: ingestion rate limit/);
  });
});
