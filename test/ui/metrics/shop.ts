/** A small shop's hour of metrics, with a log line and a span of it: what the tests of the metrics view look at. */

import { postBody } from '../../support/http-api.ts';
import {
  REMOTE_WRITE_HEADERS,
  remoteWriteBody,
  type WriteHistogram,
  type WriteSeries,
} from '../../support/remote-write.ts';

const STEP_MS = 15_000;
const HOUR_MS = 3_600_000;
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const JSON_HEADERS = { 'content-type': 'application/json' };

/** Samples every 15 seconds of the hour before `endMs`; the value by the number of the sample. */
function samples<T>(endMs: number, value: (i: number) => T): [number, T][] {
  const first = Math.ceil((endMs - HOUR_MS) / STEP_MS) * STEP_MS;
  const count = Math.floor((endMs - first) / STEP_MS) + 1;
  return Array.from({ length: count }, (_, i) => [first + i * STEP_MS, value(i)]);
}

function series(labels: Record<string, string>, endMs: number, value: (i: number) => number): WriteSeries {
  return { labels, samples: samples(endMs, value) };
}

function nativeHistogram(i: number): WriteHistogram {
  const counts = [4, 9, 14, 8, 3].map(
    (count, at) => count * (i + 1) + (at === 2 ? Math.round(i * Math.sin(i / 20)) : 0),
  );
  return {
    float: false,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: 12.5 * (i + 1),
    schema: 0,
    zeroThreshold: 0.001,
    zeroCount: 0,
    negativeSpans: [],
    negativeCounts: [],
    positiveSpans: [{ offset: -2, length: counts.length }],
    positiveCounts: counts,
    resetHint: 0,
    customValues: [],
  };
}

const BOUNDS = ['0.05', '0.1', '0.25', '0.5', '1', '+Inf'];

export function shopSeries(endMs: number): WriteSeries[] {
  const requests = ['200', '404', '500'].flatMap((code, c) =>
    ['cart-0', 'cart-1'].map((instance, n) =>
      series(
        { __name__: 'http_requests_total', job: 'shop/cart', instance, code },
        endMs,
        (i) => Math.round((i * 40 + 300 * Math.sin(i / 25 + n)) / (c * c * 4 + 1)) + 400,
      ),
    ),
  );
  const buckets = BOUNDS.map((le, b) =>
    series(
      { __name__: 'checkout_seconds_bucket', job: 'shop/cart', le },
      endMs,
      (i) => (b + 1) * 7 * i + Math.round((b + 1) * 30 * (1 + Math.sin(i / 30))),
    ),
  );
  return [
    ...requests,
    ...buckets,
    series(
      { __name__: 'memory_bytes', job: 'shop/cart', instance: 'cart-0' },
      endMs,
      (i) => 2e8 + 5e7 * Math.sin(i / 17),
    ),
    series({ __name__: 'memory.utf8', 'host.name': 'a"b' }, endMs, (i) => i),
    {
      labels: { __name__: 'payload_size', job: 'shop/cart' },
      samples: samples(endMs, nativeHistogram),
    },
  ];
}

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'cart' } }] };

/** A histogram of OTLP, with help and an exemplar that names the trace. */
function otlpMetrics(nowMs: number): string {
  const timeUnixNano = `${nowMs}000000`;
  const point = (atMs: number, count: number) => ({
    startTimeUnixNano: `${nowMs - HOUR_MS}000000`,
    timeUnixNano: `${atMs}000000`,
    count: String(count),
    sum: count * 0.2,
    bucketCounts: [count - 2, 1, 1].map(String),
    explicitBounds: [0.1, 1],
    attributes: [{ key: 'http.route', value: { stringValue: '/checkout' } }],
    exemplars: [{ timeUnixNano, asDouble: 0.42, traceId: TRACE_ID, spanId: 'b7ad6b7169203331' }],
  });
  const metric = {
    name: 'http.server.request.duration',
    description: 'How long requests take',
    unit: 's',
    histogram: { aggregationTemporality: 2, dataPoints: [point(nowMs - 60_000, 10), point(nowMs, 30)] },
  };
  return JSON.stringify({
    resourceMetrics: [{ resource, scopeMetrics: [{ scope: {}, metrics: [metric] }] }],
  });
}

function otlpTraces(nowMs: number): string {
  const span = {
    traceId: TRACE_ID,
    spanId: 'b7ad6b7169203331',
    name: 'POST /checkout',
    kind: 2,
    startTimeUnixNano: `${nowMs - 420}000000`,
    endTimeUnixNano: `${nowMs}000000`,
    status: {},
  };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: [span] }] }] });
}

export async function pushShop(base: string, nowMs: number): Promise<void> {
  await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(shopSeries(nowMs)));
  await postBody(`${base}/v1/metrics`, JSON_HEADERS, otlpMetrics(nowMs));
  await postBody(`${base}/v1/traces`, JSON_HEADERS, otlpTraces(nowMs));
  const stream = { stream: { service_name: 'cart' }, values: [[`${nowMs}000000`, 'checked out']] };
  await postBody(`${base}/loki/api/v1/push`, JSON_HEADERS, JSON.stringify({ streams: [stream] }));
}
