/**
 * What shoppers see: `GET /products`, `POST /buy`. Every purchase begins a trace here.
 *
 * - traces by OTLP over HTTP
 * - metrics by OTLP over HTTP: the instrumentation's `http.server.request.duration`, and two of the shop's own
 * - logs by Loki's push API
 */

// Before anything else: what is instrumented must not have been used yet.
import './telemetry.ts';
import { metrics, trace } from '@opentelemetry/api';
import { type Answer, HttpError, postJson, serve } from './http.ts';
import { LokiLogger } from './loki-logger.ts';

const CHECKOUT = process.env.CHECKOUT_URL ?? 'http://127.0.0.1:8081';
/** Longer than checkout waits for the payment, so that its reason is what a shopper is told. */
const CHECKOUT_TIMEOUT_MS = 5000;

const logger = new LokiLogger(process.env.LOKI_URL ?? 'http://127.0.0.1:3100', {
  service_name: 'storefront',
  job: 'storefront',
});

const meter = metrics.getMeter('storefront');
const purchases = meter.createCounter('shop.purchases', {
  unit: '{purchase}',
  description: 'Purchases that were tried, by how they ended.',
});
const basketValue = meter.createHistogram('shop.basket.value', {
  unit: 'EUR',
  description: 'What was in the basket.',
  advice: { explicitBucketBoundaries: [10, 20, 50, 100, 200, 500] },
});

const PRODUCTS = [
  { id: 'kettle', price: 39.9 },
  { id: 'teapot', price: 64 },
  { id: 'cup', price: 8.5 },
  { id: 'whisk', price: 17.25 },
  { id: 'matcha', price: 29 },
] as const;

interface Basket {
  readonly product: string;
  readonly quantity: number;
}

function basketOf(body: unknown): Basket {
  const { product, quantity = 1 } = (body ?? {}) as Partial<Basket>;
  if (!PRODUCTS.some(({ id }) => id === product)) throw new HttpError(400, 'there is no such product');
  if (!Number.isInteger(quantity) || quantity < 1) throw new HttpError(400, 'quantity is a number from 1 on');
  return { product: product!, quantity };
}

async function buy(body: unknown): Promise<Answer> {
  const { product, quantity } = basketOf(body);
  const value = PRODUCTS.find(({ id }) => id === product)!.price * quantity;
  const span = trace.getActiveSpan();
  span?.setAttributes({ 'shop.product': product, 'shop.quantity': quantity });
  basketValue.record(value, { product });
  const checkout = await postJson(`${CHECKOUT}/orders`, { product, quantity }, CHECKOUT_TIMEOUT_MS);
  const answer = checkout.body as { orderId?: string; error?: string };
  const outcome = checkout.status < 300 ? 'bought' : checkout.status < 500 ? 'declined' : 'failed';
  purchases.add(1, { outcome });
  const traceId = span?.spanContext().traceId;
  if (outcome === 'bought') {
    logger.log('info', 'order placed', { product, quantity, value, order: answer.orderId ?? '' });
    return { status: 201, body: { orderId: answer.orderId, traceId } };
  }
  const reason = answer.error ?? 'unknown';
  logger.log(outcome === 'declined' ? 'warn' : 'error', 'order not placed', { product, quantity, reason });
  return { status: outcome === 'declined' ? checkout.status : 502, body: { error: reason, traceId } };
}

serve({ 'GET /products': async () => ({ status: 200, body: PRODUCTS }), 'POST /buy': buy }, logger);
