/** What receivers are to a reader: the names in metrics, in words, with their signal and where they listen. */

import type { Signal } from './snapshot.ts';

export interface ReceiverWords {
  readonly words: string;
  readonly signal: Signal;
  /** Where it takes data; undefined: from nobody outside. */
  readonly path: string | undefined;
  /** What it takes. */
  readonly takes: string;
}

const OTLP_TYPES = 'Content-Type application/x-protobuf or application/json';

const RECEIVERS: Readonly<Record<string, ReceiverWords>> = {
  remote_write: receiver('remote-write 1.0', 'metrics', '/api/v1/write', 'snappy-compressed protobuf'),
  remote_write_2: receiver('remote-write 2.0', 'metrics', '/api/v1/write', 'snappy-compressed protobuf'),
  prometheus_otlp: receiver(
    "OTLP metrics on Prometheus' path",
    'metrics',
    '/api/v1/otlp/v1/metrics',
    OTLP_TYPES,
  ),
  loki_push: receiver(
    'Loki push',
    'logs',
    '/loki/api/v1/push',
    'JSON (Content-Type application/json) or snappy-compressed protobuf',
  ),
  loki_otlp: receiver("OTLP logs on Loki's path", 'logs', '/otlp/v1/logs', OTLP_TYPES),
  otlp_http_metrics: receiver('OTLP/HTTP metrics', 'metrics', '/v1/metrics', OTLP_TYPES),
  otlp_http_logs: receiver('OTLP/HTTP logs', 'logs', '/v1/logs', OTLP_TYPES),
  otlp_http_traces: receiver('OTLP/HTTP traces', 'traces', '/v1/traces', OTLP_TYPES),
  otlp_grpc_metrics: receiver('OTLP/gRPC metrics', 'metrics', 'gRPC', 'protobuf'),
  otlp_grpc_logs: receiver('OTLP/gRPC logs', 'logs', 'gRPC', 'protobuf'),
  otlp_grpc_traces: receiver('OTLP/gRPC traces', 'traces', 'gRPC', 'protobuf'),
  zipkin: receiver('Zipkin', 'traces', '/api/v2/spans', 'JSON or protobuf of version 2'),
  jaeger_http: receiver('Jaeger Thrift/HTTP', 'traces', '/api/traces', 'Content-Type application/x-thrift'),
  jaeger_udp: receiver('Jaeger UDP', 'traces', 'datagrams', 'Thrift, compact or binary'),
  jaeger_grpc: receiver('Jaeger gRPC', 'traces', 'gRPC', 'protobuf'),
  scrape: receiver('scraping', 'metrics', undefined, ''),
  rules: receiver('rules', 'metrics', undefined, ''),
  metrics_generator: receiver('metrics from spans', 'metrics', undefined, ''),
  tail: receiver('followed files', 'logs', undefined, ''),
};

function receiver(words: string, signal: Signal, path: string | undefined, takes: string): ReceiverWords {
  return { words, signal, path, takes };
}

/** A name that is not known is shown as it is. */
export function receiverWords(name: string): ReceiverWords {
  return RECEIVERS[name] ?? receiver(name, 'traces', undefined, '');
}
