/** The environment variables by which OpenTelemetry SDKs find the sink and send soon. */

import type { Endpoints, Environment, EnvironmentOptions } from './sink.ts';

/** How long SDKs keep what they have before they send it: a test waits for it. */
const EXPORT_DELAY_MS = 50;
const METRIC_INTERVAL_MS = 200;

export function environmentFor(
  endpoints: Pick<Endpoints, 'otlpHttp' | 'otlpGrpc'>,
  { protocol = 'http/protobuf', service, resource = {} }: EnvironmentOptions = {},
): Environment {
  const attributes = Object.entries(resource).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return {
    OTEL_SDK_DISABLED: 'false',
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? endpoints.otlpGrpc : endpoints.otlpHttp,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_INSECURE: 'true',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: String(EXPORT_DELAY_MS),
    OTEL_BLRP_SCHEDULE_DELAY: String(EXPORT_DELAY_MS),
    OTEL_METRIC_EXPORT_INTERVAL: String(METRIC_INTERVAL_MS),
    // No longer than the interval: SDKs refuse another.
    OTEL_METRIC_EXPORT_TIMEOUT: String(METRIC_INTERVAL_MS),
    ...(service !== undefined && { OTEL_SERVICE_NAME: service }),
    ...(attributes.length > 0 && { OTEL_RESOURCE_ATTRIBUTES: attributes.join(',') }),
  };
}
