/**
 * An instrumented application on OpenTelemetry's Node SDK, run as a process of its own. It tells the story that
 * `story.ts` expects, exports it by the protocol that the usual environment variables name, and prints what it made
 * up on the way (ids, times) as one line of JSON.
 */

import { createRequire } from 'node:module';
import { context, metrics, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeSDK, logs as sdkLogs, metrics as sdkMetrics } from '@opentelemetry/sdk-node';
import type { Report } from './story.ts';

/** Exporters and the logs API are those that the SDK brings, from where it finds them. */
const sdkRequire = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-node'));
const { logs } = sdkRequire('@opentelemetry/api-logs');

const PACKAGES: Readonly<Record<string, string>> = {
  grpc: 'grpc',
  'http/protobuf': 'proto',
  'http/json': 'http',
};
const flavour = PACKAGES[process.env.OTEL_EXPORTER_OTLP_PROTOCOL ?? '']!;

const exporters = {
  trace: sdkRequire(`@opentelemetry/exporter-trace-otlp-${flavour}`).OTLPTraceExporter,
  metric: sdkRequire(`@opentelemetry/exporter-metrics-otlp-${flavour}`).OTLPMetricExporter,
  log: sdkRequire(`@opentelemetry/exporter-logs-otlp-${flavour}`).OTLPLogExporter,
};

/** Times of the exported metrics by name, as they went over the wire. */
const metricTimes: Record<string, string> = {};

function recordTimes(exporter: sdkMetrics.PushMetricExporter): sdkMetrics.PushMetricExporter {
  const send = exporter.export.bind(exporter);
  exporter.export = (batch, done) => {
    for (const { metrics: list } of batch.scopeMetrics) {
      for (const { descriptor, dataPoints } of list) {
        const [seconds, ns] = dataPoints[0]!.endTime;
        metricTimes[descriptor.name] = String(BigInt(seconds) * 1_000_000_000n + BigInt(ns));
      }
    }
    send(batch, done);
  };
  return exporter;
}

const { AggregationType } = sdkMetrics;
const sdk = new NodeSDK({
  traceExporter: new exporters.trace(),
  logRecordProcessors: [new sdkLogs.BatchLogRecordProcessor({ exporter: new exporters.log() })],
  metricReaders: [
    new sdkMetrics.PeriodicExportingMetricReader({
      exporter: recordTimes(new exporters.metric()),
      exportIntervalMillis: 3_600_000,
    }),
  ],
  views: [
    { instrumentName: 'shop.payload', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
    {
      instrumentName: 'shop.latency',
      aggregation: {
        type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        options: { boundaries: [10, 100, 1000] },
      },
    },
  ],
});

const startSeconds = Math.floor(Date.now() / 1000) - 60;
/** A time with a nanosecond part, `ms` after the story began. */
const at = (ms: number): [number, number] => [
  startSeconds + Math.floor(ms / 1000),
  (ms % 1000) * 1_000_000 + 123_456,
];

function tellMetrics(): void {
  const meter = metrics.getMeter('shop.meter', '1.2.3');
  const orders = meter.createCounter('shop.orders', { unit: '{order}', description: 'Orders taken.' });
  orders.add(3, { 'payment.method': 'card' });
  orders.add(4, { 'payment.method': 'card' });
  orders.add(5, { 'payment.method': 'cash' });
  const queue = meter.createUpDownCounter('shop.queue.length', { unit: '1' });
  queue.add(10);
  queue.add(-4);
  meter.createGauge('shop.temperature', { unit: 'Cel' }).record(21.5, { room: 'a', floor: 2, heated: true });
  const latency = meter.createHistogram('shop.latency', { unit: 'ms' });
  for (const ms of [5, 10, 50, 500, 5000]) latency.record(ms, { route: '/buy' });
  const payload = meter.createHistogram('shop.payload', { unit: 'By' });
  for (const bytes of [0, 1, 2, 4, 1000]) payload.record(bytes);
  const cpu = meter.createObservableCounter('shop.cpu', { unit: 's' });
  cpu.addCallback((result) => result.observe(12.25, { mode: 'user' }));
  const memory = meter.createObservableGauge('shop.memory', { unit: 'By' });
  memory.addCallback((result) => result.observe(123_456_789));
}

function tellTraces(): Report {
  const tracer = trace.getTracer('shop.tracer', '2.0');
  const other = tracer.startSpan('nightly', { kind: SpanKind.PRODUCER, startTime: at(0) });
  other.end(at(5));
  const root = tracer.startSpan('POST /buy', {
    kind: SpanKind.SERVER,
    startTime: at(1000),
    attributes: {
      'cart.id': 'c-17',
      'cart.items': 3,
      'cart.total': 19.5,
      'cart.gift': true,
      'cart.skus': ['a', 'b'],
      'cart.counts': [1, 2],
      'cart.weights': [0.5, 2.25],
      'cart.flags': [true, false],
    },
  });
  root.addEvent('cart.loaded', { 'cache.hit': false, size: 2 }, at(1010));
  const inside = trace.setSpan(context.active(), root);
  const charge = tracer.startSpan(
    'charge',
    {
      kind: SpanKind.CLIENT,
      startTime: at(1020),
      links: [{ context: other.spanContext(), attributes: { reason: 'retry' } }],
    },
    inside,
  );
  charge.setStatus({ code: SpanStatusCode.ERROR, message: 'card declined' });
  charge.end(at(1120));
  const audit = tracer.startSpan('audit', { startTime: at(1130) }, inside);
  audit.setStatus({ code: SpanStatusCode.OK });
  audit.end(at(1140));
  tellLogs(root);
  root.end(at(1250));
  const id = (span: Span) => span.spanContext().spanId;
  return {
    startNs: String(BigInt(startSeconds) * 1_000_000_000n),
    traceId: root.spanContext().traceId,
    traceFlags: root.spanContext().traceFlags,
    spanIds: { 'POST /buy': id(root), charge: id(charge), audit: id(audit) },
    linked: { traceId: other.spanContext().traceId, spanId: id(other) },
    metricTimes,
  };
}

function tellLogs(span: Span): void {
  const logger = logs.getLogger('shop.logger', '0.3');
  logger.emit({
    timestamp: at(2000),
    severityNumber: 9,
    severityText: 'INFO',
    body: 'order accepted',
    attributes: { 'order.id': 17, customer: 'ada', ratio: 0.5, vip: true, items: ['a', 'b'] },
    context: trace.setSpan(context.active(), span),
  });
  logger.emit({
    timestamp: at(3000),
    severityNumber: 17,
    severityText: 'ERROR',
    body: { event: 'failed', code: 7 },
  });
  logger.emit({ timestamp: at(4000), body: 'größe "x"\n\tline two ✓' });
}

sdk.start();
const report = tellTraces();
tellMetrics();
await sdk.shutdown();
process.stdout.write(`${JSON.stringify(report)}\n`);
