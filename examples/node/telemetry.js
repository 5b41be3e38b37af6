/** OpenTelemetry's SDK for all three signals, as a service sets it up: where to send comes from the usual variables. */

import { NodeSDK } from '@opentelemetry/sdk-node';

/** `OTEL_*_EXPORTER` and `OTEL_EXPORTER_OTLP_ENDPOINT` say what is sent and where. Resolves to a function that ends it. */
export function startTelemetry(service) {
  const sdk = new NodeSDK({ serviceName: service });
  sdk.start();
  return () => sdk.shutdown();
}
