/**
 * What a small shop sends by OTLP: `gateway` calls `orders`, which asks a database, with errors, slow requests and
 * exceptions; lines of both with the ids of their traces; runtime metrics. A wave is one moment of it, in JSON. The same for
 * the same number, but for the times.
 */

import { postBody } from '../support/http-api.ts';

const INTERNAL_SERVER = 2;
const CLIENT = 3;
const ERROR = 2;
const MS = 1_000_000n;

export const SERVICES = ['gateway', 'orders'] as const;
type Service = (typeof SERVICES)[number];

interface Wave {
  readonly traces: unknown;
  readonly logs: unknown;
  readonly metrics: unknown;
  /** Of a trace that is in it, whole. */
  readonly traceId: string;
  readonly spanId: string;
}

type Plain = string | number | boolean;

function value(plain: Plain): Readonly<Record<string, Plain>> {
  if (typeof plain === 'string') return { stringValue: plain };
  if (typeof plain === 'boolean') return { boolValue: plain };
  return Number.isInteger(plain) ? { intValue: String(plain) } : { doubleValue: plain };
}

function attributes(of: Readonly<Record<string, Plain>>) {
  return Object.entries(of).map(([key, plain]) => ({ key, value: value(plain) }));
}

function resource(service: Service) {
  const names = { 'service.name': service, 'service.namespace': 'shop', 'service.version': '1.2.3' };
  return { attributes: attributes({ ...names, 'service.instance.id': `${service}-1` }) };
}

/** An id with so many hexadecimal digits, another for each place of each request of each wave. */
function id(digits: number, ...numbers: readonly number[]): string {
  const text = numbers.map((n) => (n + 1).toString(16).padStart(4, '0')).join('');
  return text.padStart(digits, 'a').slice(-digits);
}

/** Requests in a wave; every fourth fails, every fifth is slow. */
const REQUESTS = 20;
const EXCEPTION = {
  'exception.type': 'PaymentError',
  'exception.message': 'card declined',
  'exception.stacktrace': 'PaymentError: card declined\n    at charge (pay.ts:10:5)',
};

interface Kept {
  readonly spans: Record<Service, unknown[]>;
  readonly logs: Record<Service, unknown[]>;
}

function addRequest(kept: Kept, wave: number, i: number, endNs: bigint): { traceId: string; spanId: string } {
  const traceId = id(32, wave, i, 0);
  const [outer, call, inner, query] = [1, 2, 3, 4].map((n) => id(16, wave, i, n)) as [
    string,
    string,
    string,
    string,
  ];
  const isFailed = i % 4 === 0;
  const length = BigInt(i % 5 === 0 ? 1200 + 40 * i : 20 + 15 * i) * MS;
  const startNs = endNs - length;
  const span = (
    spanId: string,
    parentSpanId: string,
    name: string,
    kind: number,
    margin: bigint,
    more = {},
  ) => ({
    traceId,
    spanId,
    ...(parentSpanId !== '' && { parentSpanId }),
    name,
    kind,
    startTimeUnixNano: String(startNs + margin * MS),
    endTimeUnixNano: String(endNs - margin * MS),
    ...more,
  });
  const outcome = isFailed
    ? {
        status: { code: ERROR, message: 'card declined' },
        events: [
          { timeUnixNano: String(endNs - 4n * MS), name: 'exception', attributes: attributes(EXCEPTION) },
        ],
      }
    : {};
  const http = { attributes: attributes({ 'http.request.method': 'POST', 'http.route': '/orders' }) };
  kept.spans.gateway.push(span(outer, '', 'POST /orders', INTERNAL_SERVER, 0n, { ...http, ...outcome }));
  kept.spans.gateway.push(span(call, outer, 'POST', CLIENT, 2n, outcome));
  kept.spans.orders.push(span(inner, call, 'create order', INTERNAL_SERVER, 3n, outcome));
  const db = { attributes: attributes({ 'db.system': 'postgresql', 'db.name': 'shop' }) };
  kept.spans.orders.push(span(query, inner, 'INSERT orders', CLIENT, 5n, db));
  const line = (service: Service, spanId: string, text: string) =>
    kept.logs[service].push({
      timeUnixNano: String(endNs),
      severityNumber: isFailed ? 17 : 9,
      severityText: isFailed ? 'ERROR' : 'INFO',
      body: { stringValue: text },
      traceId,
      spanId,
    });
  const level = isFailed ? 'error' : 'info';
  line(
    'gateway',
    outer,
    `level=${level} msg="POST /orders" status=${isFailed ? 502 : 201} traceID=${traceId}`,
  );
  const said = { level, msg: isFailed ? 'card declined' : 'order kept', order: wave * REQUESTS + i };
  line('orders', inner, JSON.stringify({ ...said, trace_id: traceId }));
  return { traceId, spanId: outer };
}

function metricsOf(wave: number, nowNs: bigint) {
  const timeUnixNano = String(nowNs);
  const startTimeUnixNano = String(nowNs - BigInt(wave + 1) * 1000n * MS);
  const point = (asDouble: number) => [{ timeUnixNano, startTimeUnixNano, asDouble }];
  const sum = (name: string, unit: string, isMonotonic: boolean, asDouble: number) => ({
    name,
    unit,
    sum: { aggregationTemporality: 2, isMonotonic, dataPoints: point(asDouble) },
  });
  return [
    sum('process.cpu.time', 's', true, (wave + 1) * 0.2),
    sum('process.memory.usage', 'By', false, 5e7 + wave),
    sum('http.server.active_requests', '{request}', false, 1 + (wave % 3)),
  ];
}

/** `wave` counts from 0; all of it ends at `nowMs`. */
export function waveOf(wave: number, nowMs: number): Wave {
  const nowNs = BigInt(nowMs) * MS;
  const kept: Kept = { spans: { gateway: [], orders: [] }, logs: { gateway: [], orders: [] } };
  const ids = Array.from({ length: REQUESTS }, (_, i) => addRequest(kept, wave, i, nowNs - BigInt(i) * MS));
  const scope = { name: 'shop', version: '1' };
  return {
    traces: {
      resourceSpans: SERVICES.map((s) => ({
        resource: resource(s),
        scopeSpans: [{ scope, spans: kept.spans[s] }],
      })),
    },
    logs: {
      resourceLogs: SERVICES.map((s) => ({
        resource: resource(s),
        scopeLogs: [{ scope, logRecords: kept.logs[s] }],
      })),
    },
    metrics: {
      resourceMetrics: SERVICES.map((s) => ({
        resource: resource(s),
        scopeMetrics: [{ scope, metrics: metricsOf(wave, nowNs) }],
      })),
    },
    ...ids[0]!,
  };
}

/** `base` takes OTLP over HTTP. */
export async function sendWave(base: string, wave: Wave): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    await postBody(`${base}/v1/${signal}`, headers, JSON.stringify(wave[signal]));
  }
}
