/** What the export requests of the three signals have in common: paths, headers, and OTLP's partial success. */

import { ProtoReader } from '../base/protobuf.ts';
import type { BenchAnswer, BenchRequest, LoadOptions } from './workload.ts';

export type OtlpSignal = 'traces' | 'logs' | 'metrics';

const HTTP_PATH = { traces: '/v1/traces', logs: '/v1/logs', metrics: '/v1/metrics' } as const;
const GRPC_PATH = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
} as const;
const HEADERS = { 'content-type': 'application/x-protobuf' } as const;
const GRPC_HEADERS = {} as const;

export function exportRequest(
  signal: OtlpSignal,
  options: LoadOptions,
  body: Uint8Array,
  items: number,
  newestMs: number,
  shard?: number,
): BenchRequest {
  const grpc = options.transport === 'grpc';
  return {
    method: 'POST',
    path: grpc ? GRPC_PATH[signal] : HTTP_PATH[signal],
    headers: grpc ? GRPC_HEADERS : HEADERS,
    body,
    items,
    rawBytes: body.length,
    newestMs,
    kind: grpc ? 'otlp-grpc' : 'otlp',
    transport: grpc ? 'grpc' : 'http',
    ...(shard !== undefined && { shard }),
  };
}

/** Items of the request less those that the answer's `partial_success` says were rejected. */
export function acceptedItems(answer: BenchAnswer, request: BenchRequest): number {
  const r = new ProtoReader(answer.body);
  let rejected = 0;
  while (r.next()) {
    if (r.field !== 1) {
      r.skip();
      continue;
    }
    const outer = r.enter();
    while (r.next()) {
      if (r.field === 1) rejected = r.asInt64();
      else r.skip();
    }
    r.leave(outer);
  }
  return request.items - rejected;
}
