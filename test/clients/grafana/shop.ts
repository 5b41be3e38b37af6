/**
 * Data as an application brings it by OTLP: traces of two services, every fourth with an error; their logs, logfmt of the one and
 * JSON of the other; counters, classic and native histograms with exemplars. All of it lies in the ten minutes before a moment.
 */

import { postBody } from '../../support/http-api.ts';

export const TRACES = 36;
/** One trace in so many has an error. */
const ERROR_EVERY = 4;
export const ERRORS = TRACES / ERROR_EVERY;
const TRACE_EVERY_MS = 15_000;
const SAMPLES = 20;
const SAMPLE_EVERY_MS = 15_000;

type Attributes = Readonly<Record<string, string | number>>;

const keyValues = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

const resource = (service: string) => ({
  attributes: keyValues({
    'service.name': service,
    'service.version': '1.4',
    'k8s.pod.name': `${service}-0`,
  }),
});

const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`;

export const traceId = (n: number): string => (n + 1).toString(16).padStart(2, '0').repeat(16);
const spanId = (n: number, part: number): string => (n * 4 + part + 1).toString(16).padStart(16, '0');
const isError = (n: number): boolean => n % ERROR_EVERY === 0;
const durationMs = (n: number): number => 100 + 10 * n;
const startMs = (nowMs: number, n: number): number => nowMs - 60_000 - n * TRACE_EVERY_MS;

const EXCEPTION = {
  'exception.type': 'PaymentError',
  'exception.message': 'payment refused',
  'exception.stacktrace': 'PaymentError: payment refused\n    at charge (pay.ts:10:5)',
};

function spansOf(nowMs: number, service: string): object[] {
  const out: object[] = [];
  for (let n = 0; n < TRACES; n++) {
    const start = startMs(nowMs, n);
    const span = (
      part: number,
      name: string,
      kind: number,
      offset: number,
      lasts: number,
      more: object = {},
    ) => ({
      traceId: traceId(n),
      spanId: spanId(n, part),
      ...(part > 0 && { parentSpanId: spanId(n, part - 1) }),
      name,
      kind,
      startTimeUnixNano: nanoseconds(start + offset),
      endTimeUnixNano: nanoseconds(start + offset + lasts),
      ...(isError(n) && kind === 2 && { status: { code: 2, message: 'payment refused' } }),
      ...more,
    });
    const lasts = durationMs(n);
    const events = [
      { timeUnixNano: nanoseconds(start + 20), name: 'exception', attributes: keyValues(EXCEPTION) },
    ];
    const status = { 'http.response.status_code': isError(n) ? 500 : 200 };
    if (service === 'frontend') {
      const attributes = keyValues({ 'http.route': '/buy', ...status });
      out.push(span(0, 'GET /buy', 2, 0, lasts, { attributes }), span(1, 'POST', 3, 5, lasts - 10));
    } else {
      const attributes = keyValues({ 'http.route': '/charge', ...status });
      out.push(span(2, 'POST /charge', 2, 10, lasts - 20, { attributes, ...(isError(n) && { events }) }));
      out.push(span(3, 'SELECT orders', 3, 20, 30, { attributes: keyValues({ 'db.system': 'postgresql' }) }));
    }
  }
  return out;
}

export function traces(nowMs: number): object {
  const resourceSpans = ['frontend', 'checkout'].map((service) => ({
    resource: resource(service),
    scopeSpans: [{ scope: { name: 'io.shop.http', version: '1.0' }, spans: spansOf(nowMs, service) }],
  }));
  return { resourceSpans };
}

export function logs(nowMs: number): object {
  const record = (n: number, service: string) => {
    const failed = isError(n) && service === 'checkout';
    const body =
      service === 'frontend'
        ? `level=info msg="GET /buy" status=${isError(n) ? 500 : 200} duration=${durationMs(n)}ms size=${n + 1}KB`
        : JSON.stringify({
            level: failed ? 'error' : 'info',
            msg: failed ? 'payment refused' : 'payment taken',
            user: `u${n % 3}`,
            nested: { code: n % 2 },
          });
    return {
      timeUnixNano: nanoseconds(startMs(nowMs, n) + 20),
      severityText: failed ? 'ERROR' : 'INFO',
      severityNumber: failed ? 17 : 9,
      body: { stringValue: body },
      traceId: traceId(n),
      spanId: spanId(n, service === 'frontend' ? 0 : 2),
    };
  };
  const resourceLogs = ['frontend', 'checkout'].map((service) => ({
    resource: resource(service),
    scopeLogs: [{ logRecords: Array.from({ length: TRACES }, (_, n) => record(TRACES - 1 - n, service)) }],
  }));
  return { resourceLogs };
}

/** `orders_total`, `queue_length`, `latency_seconds` and the native histogram `size`, all of `checkout`. */
export function metrics(nowMs: number): object {
  const at = (i: number) => nanoseconds(nowMs - (SAMPLES - i) * SAMPLE_EVERY_MS);
  const steps = Array.from({ length: SAMPLES }, (_, i) => i + 1);
  const start = { startTimeUnixNano: at(0) };
  const attributes = keyValues({ 'http.route': '/buy' });
  const exemplars = (i: number) =>
    i === SAMPLES
      ? [{ timeUnixNano: at(i - 1), asDouble: 0.3, traceId: traceId(0), spanId: spanId(0, 2) }]
      : [];
  const counts = (i: number) => [i, 2 * i, 3 * i].map(String);
  const point = (i: number) => ({ ...start, timeUnixNano: at(i), exemplars: exemplars(i) });
  const total = (i: number) => ({ ...point(i), count: String(6 * i), sum: i });
  const cumulative = { aggregationTemporality: 2 };
  return {
    resourceMetrics: [
      {
        resource: resource('checkout'),
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'orders',
                description: 'Orders taken.',
                sum: {
                  ...cumulative,
                  isMonotonic: true,
                  dataPoints: steps.map((i) => ({ ...point(i), attributes, asInt: String(i) })),
                },
              },
              {
                name: 'queue.length',
                gauge: { dataPoints: steps.map((i) => ({ ...point(i), asInt: String(i % 7) })) },
              },
              {
                name: 'latency',
                unit: 's',
                description: 'How long it took.',
                histogram: {
                  ...cumulative,
                  dataPoints: steps.map((i) => ({
                    ...total(i),
                    bucketCounts: counts(i),
                    explicitBounds: [0.1, 1],
                  })),
                },
              },
              {
                name: 'size',
                exponentialHistogram: {
                  ...cumulative,
                  dataPoints: steps.map((i) => ({
                    ...total(i),
                    scale: 1,
                    positive: { offset: 0, bucketCounts: counts(i) },
                  })),
                },
              },
            ],
          },
        ],
      },
    ],
  };
}

/** Sends all of it to a server. */
export async function openShop(base: string, nowMs: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await postBody(`${base}/v1/traces`, headers, JSON.stringify(traces(nowMs)));
  await postBody(`${base}/v1/logs`, headers, JSON.stringify(logs(nowMs)));
  await postBody(`${base}/v1/metrics`, headers, JSON.stringify(metrics(nowMs)));
}
