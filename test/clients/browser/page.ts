/**
 * What runs in the browser: an application of another origin than the server's that sends spans with OpenTelemetry's SDK,
 * a beacon, a Loki push and Zipkin's spans, reads a refusal, and tells its own server what became of all that.
 */

import { SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';
import type { Told } from './told.ts';

/** What a page has and Node has not. */
interface Page {
  readonly location: { readonly search: string };
  readonly navigator: { sendBeacon(url: string, body: Blob): boolean };
}

const { location, navigator } = globalThis as unknown as Page;
const base = new URLSearchParams(location.search).get('server')!;

/** Status and text of the answer, or the browser's words where it shows none. */
async function post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<string> {
  try {
    const answer = await fetch(base + path, { method: 'POST', body, headers });
    return `${answer.status} ${await answer.text()}`.trim();
  } catch (error) {
    return (error as Error).name;
  }
}

async function exportSpan(): Promise<string> {
  const exporter = new OTLPTraceExporter({
    url: `${base}/v1/traces`,
    headers: { 'X-Extra': 'yes' },
    timeoutMillis: 5000,
  });
  const provider = new WebTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  const span = provider.getTracer('page').startSpan('click', { kind: SpanKind.CLIENT });
  span.end();
  // Where nothing can be sent it fails; what came of it is looked at elsewhere.
  await provider.shutdown().catch(() => {});
  return span.spanContext().traceId;
}

function hex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** As pages send when they are left: with the credentials that they have. */
function sendBeacon(): string {
  const traceId = hex(16);
  const now = `${Date.now()}000000`;
  const span = { traceId, spanId: hex(8), name: 'leave', startTimeUnixNano: now, endTimeUnixNano: now };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  navigator.sendBeacon(`${base}/v1/traces`, new Blob([body], { type: 'application/json' }));
  return traceId;
}

const json = { 'Content-Type': 'application/json' };
const streams = [{ stream: { app: 'page' }, values: [[`${Date.now()}000000`, 'clicked']] }];
const zipkinId = hex(16);
const told: Told = {
  exported: await exportSpan(),
  beacon: sendBeacon(),
  loki: await post('/loki/api/v1/push', JSON.stringify({ streams }), json),
  zipkinId,
  zipkin: await post(
    '/api/v2/spans',
    JSON.stringify([{ traceId: zipkinId, id: '1', timestamp: Date.now() * 1000 }]),
    json,
  ),
  refused: await post('/v1/logs', '{', json),
};
await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
