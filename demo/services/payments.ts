/**
 * Charges cards, over a card network that is somebody else's and has its moods: it declines some, drops a few, and is
 * slow for a while every minute. `POST /charge`.
 *
 * - traces, metrics and logs by OTLP over gRPC
 */

import './telemetry.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { CardNetwork } from './card-network.ts';
import { type Answer, HttpError, serve } from './http.ts';
import { OtlpLogger } from './otlp-logger.ts';

const logger = new OtlpLogger();
const tracer = trace.getTracer('payments');
const meter = metrics.getMeter('payments');
const charges = meter.createCounter('payments.charges', {
  unit: '{charge}',
  description: 'Charges, by how they ended.',
});
const networkDuration = meter.createHistogram('payments.card_network.duration', {
  unit: 's',
  description: 'How long the card network took.',
  advice: { explicitBucketBoundaries: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5] },
});

const network = new CardNetwork(Number(process.env.DEMO_PACE ?? 1), (slow) =>
  logger.log(slow ? 'warn' : 'info', slow ? 'card network is slow' : 'card network has recovered'),
);

/** Asks the card network, as a span that names it: the service graph shows it although it sends no spans. */
async function authorize(amount: number): Promise<'charged' | 'declined'> {
  const { latencyMs, verdict } = network.next();
  const options = {
    kind: SpanKind.CLIENT,
    attributes: { 'peer.service': 'card-network', 'payment.amount': amount },
  };
  return tracer.startActiveSpan('authorize card', options, async (span) => {
    try {
      await sleep(latencyMs);
      if (verdict === 'dropped') throw new HttpError(503, 'the card network dropped the connection');
      span.setAttribute('payment.verdict', verdict);
      return verdict;
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      networkDuration.record(latencyMs / 1000);
      span.end();
    }
  });
}

async function charge(body: unknown): Promise<Answer> {
  const { orderId, amount } = body as { orderId: string; amount: number };
  let outcome = 'failed';
  try {
    outcome = await authorize(amount);
  } finally {
    charges.add(1, { outcome });
  }
  if (outcome === 'declined') {
    logger.log('warn', 'card declined', { 'order.id': orderId, amount });
    return { status: 402, body: { error: 'card declined' } };
  }
  logger.log('info', 'card charged', { 'order.id': orderId, amount });
  return { status: 200, body: { charged: amount } };
}

serve({ 'POST /charge': charge }, logger);
