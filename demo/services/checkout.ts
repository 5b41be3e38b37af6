/**
 * Takes orders: looks the price up, keeps the order in its database, has it paid. `POST /orders`, `GET /metrics`.
 *
 * - traces by OTLP over HTTP; the database has spans made by hand, as a driver without instrumentation would need
 * - metrics by prom-client in OpenMetrics, with exemplars: Trilite scrapes them
 * - logs as JSON lines in a file that Trilite follows
 */

import './telemetry.ts';
import { randomUUID } from 'node:crypto';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { FileLogger } from './file-logger.ts';
import { type Answer, HttpError, postJson, serve } from './http.ts';
import { traceIds } from './logger.ts';
import { type Orders, openOrders } from './orders.ts';

const PAYMENTS = process.env.PAYMENTS_URL ?? 'http://127.0.0.1:8082';
/** A shopper who waits longer is gone: the charge is given up. */
const PAYMENT_TIMEOUT_MS = 2000;

const logger = new FileLogger(process.env.LOG_FILE ?? 'checkout.log');

const registry = new Registry();
// Exemplars are in OpenMetrics alone. The declaration of the parameter knows but the older format.
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
const registers = [registry];
collectDefaultMetrics({ register: registry });
const orders = new Counter({
  name: 'checkout_orders_total',
  help: 'Orders, by how they ended.',
  labelNames: ['outcome'],
  registers,
});
const duration = new Histogram({
  name: 'checkout_duration_seconds',
  help: 'From order to answer.',
  labelNames: ['outcome'],
  buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5],
  enableExemplars: true,
  registers,
});
const build = new Gauge({
  name: 'checkout_build_info',
  help: 'What is deployed.',
  labelNames: ['version'],
  registers,
});
build.set({ version: process.env.SERVICE_VERSION ?? 'unknown' }, 1);

const database: Orders = openOrders();
const tracer = trace.getTracer('checkout');

/** A statement with a span of its own. */
function query<T>(operation: string, table: string, text: string, run: () => T): T {
  const options = {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'sqlite',
      'db.namespace': 'orders-db',
      'db.operation.name': operation,
      'db.collection.name': table,
      'db.query.text': text,
    },
  };
  return tracer.startActiveSpan(`${operation} ${table}`, options, (span) => {
    try {
      return run();
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

async function order(body: unknown): Promise<Answer> {
  const { product, quantity } = body as { product: string; quantity: number };
  const price = query('SELECT', 'products', database.priceText, () => database.price(product));
  if (price === undefined) throw new HttpError(404, `no product ${product}`);
  const orderId = randomUUID().slice(0, 8);
  trace.getActiveSpan()?.setAttribute('order.id', orderId);
  query('INSERT', 'orders', database.addText, () => database.add(orderId, product, quantity));
  const charge = { orderId, amount: price * quantity };
  const payment = await postJson(`${PAYMENTS}/charge`, charge, PAYMENT_TIMEOUT_MS);
  const outcome = payment.status < 300 ? 'paid' : payment.status < 500 ? 'declined' : 'failed';
  query('UPDATE', 'orders', database.endText, () => database.end(orderId, outcome));
  if (outcome === 'paid') {
    logger.log('info', 'order paid', { order: orderId, product, quantity, amount: charge.amount });
    return { status: 201, body: { orderId } };
  }
  const reason = (payment.body as { error?: string }).error ?? 'unknown';
  if (outcome === 'failed') throw new HttpError(502, `payments answered ${payment.status}: ${reason}`);
  logger.log('warn', 'payment declined', { order: orderId, reason });
  return { status: 402, body: { error: reason } };
}

/** Counts and times an order. The exemplar is what leads from a bucket of the histogram to a trace. */
async function measured(body: unknown): Promise<Answer> {
  const start = performance.now();
  let outcome = 'failed';
  try {
    const answer = await order(body);
    outcome = answer.status < 300 ? 'paid' : 'declined';
    return answer;
  } finally {
    orders.inc({ outcome });
    const value = (performance.now() - start) / 1000;
    // The declaration wants exemplars to have the labels of the series.
    duration.observe({ labels: { outcome }, value, exemplarLabels: traceIds() } as never);
  }
}

const metricsPage = async () => ({
  status: 200,
  body: await registry.metrics(),
  contentType: registry.contentType,
});

serve({ 'POST /orders': measured, 'GET /metrics': metricsPage }, logger);
