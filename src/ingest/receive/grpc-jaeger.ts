/**
 * Jaeger's gRPC services for clients: spans, and sampling strategies (keep every trace).
 *
 *     SamplingStrategyResponse  1 strategyType (0: probabilistic)  2 ProbabilisticSamplingStrategy { 1 samplingRate }
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { UnaryCall } from './grpc.ts';
import { takeJaeger } from './jaeger.ts';
import { NO_BODY, type ReceiverParts, timeOf } from './wire.ts';

const POST_SPANS = '/jaeger.api_v2.CollectorService/PostSpans';
const GET_STRATEGY = '/jaeger.api_v2.SamplingManager/GetSamplingStrategy';
const RECEIVER = 'jaeger_grpc';

export function jaegerCalls(parts: ReceiverParts): UnaryCall[] {
  const strategy = everyTrace();
  return [
    {
      access: 'ingest',
      tenants: 'named',
      path: POST_SPANS,
      receiver: RECEIVER,
      answer: async (body, tenants) => {
        await takeJaeger('postSpans', body, RECEIVER, timeOf(parts), parts, tenants);
        return NO_BODY;
      },
    },
    {
      // Of those who bring spans; it is the same for all.
      access: 'ingest',
      tenants: 'none',
      path: GET_STRATEGY,
      receiver: 'jaeger_grpc_sampling',
      answer: async () => strategy,
    },
  ];
}

function everyTrace(): Uint8Array {
  const out = new ProtoWriter();
  out.tag(2, WIRE.length);
  const start = out.length;
  out.tag(1, WIRE.fixed64);
  out.f64(1);
  out.closeLength(start);
  return out.take();
}
