/** The three services: what is run, where it listens, and by which way each sends its telemetry. */

import { join } from 'node:path';
import type { ChildSpec } from './child.ts';

const SERVICES = join(import.meta.dirname, 'services');
const VERSION = '1.4.2';
/** OpenTelemetry's defaults are 5 s for spans, 60 s for metrics: here something shall be seen soon. */
const SPAN_DELAY_MS = 1000;
const METRICS_INTERVAL_MS = 2000;

export interface ShopPlaces {
  readonly storefront: number;
  readonly checkout: number;
  readonly payments: number;
  /** Base URLs: one of Trilite's HTTP addresses, and its gRPC one. */
  readonly http: string;
  readonly grpc: string;
  /** A folder for the log that is a file. */
  readonly dir: string;
}

/** The variables that OpenTelemetry's SDKs know. */
function telemetryOf(service: string, places: ShopPlaces, protocol: 'grpc' | 'http/protobuf') {
  return {
    OTEL_SERVICE_NAME: service,
    OTEL_RESOURCE_ATTRIBUTES: `service.version=${VERSION},service.instance.id=${service}-1,deployment.environment.name=demo`,
    OTEL_NODE_RESOURCE_DETECTORS: 'env',
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? places.grpc : places.http,
    OTEL_BSP_SCHEDULE_DELAY: String(SPAN_DELAY_MS),
    OTEL_BLRP_SCHEDULE_DELAY: String(SPAN_DELAY_MS),
    OTEL_METRIC_EXPORT_INTERVAL: String(METRICS_INTERVAL_MS),
    OTEL_METRIC_EXPORT_TIMEOUT: String(METRICS_INTERVAL_MS),
  };
}

const local = (port: number) => `http://127.0.0.1:${port}`;

export function shopServices(places: ShopPlaces, pace: number): readonly ChildSpec[] {
  const service = (name: string, port: number, env: Readonly<Record<string, string>>): ChildSpec => ({
    name,
    command: process.execPath,
    // What Node has of SQLite is still called experimental.
    args: ['--disable-warning=ExperimentalWarning', join(SERVICES, `${name}.ts`)],
    env: { PORT: String(port), SERVICE_VERSION: VERSION, ...env },
  });
  return [
    service('payments', places.payments, {
      ...telemetryOf('payments', places, 'grpc'),
      DEMO_PACE: String(pace),
    }),
    service('checkout', places.checkout, {
      ...telemetryOf('checkout', places, 'http/protobuf'),
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      PAYMENTS_URL: local(places.payments),
      LOG_FILE: join(places.dir, 'checkout.log'),
    }),
    service('storefront', places.storefront, {
      ...telemetryOf('storefront', places, 'http/protobuf'),
      OTEL_LOGS_EXPORTER: 'none',
      CHECKOUT_URL: local(places.checkout),
      LOKI_URL: places.http,
    }),
  ];
}
