/**
 * OpenTelemetry for one of the services. What is sent where is said by the usual variables (`OTEL_SERVICE_NAME`,
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_PROTOCOL`, `OTEL_METRICS_EXPORTER` …), which `../run.ts` sets for
 * each; a service of yours needs no more code than this.
 */

import { createRequire } from 'node:module';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK({
  instrumentations: [
    // Being scraped is no business of the shop's.
    new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => request.url === '/metrics' }),
  ],
});
sdk.start();
// The instrumentation goes into a module when it is required. `import` alone does not tell it, but gives out the same
// object: a service that says `http.request` has the instrumented one. (Packages from npm that are imported need
// `node --import @opentelemetry/instrumentation/hook.mjs`, a loader that shows every import to the instrumentations.)
createRequire(import.meta.url)('node:http');

/** Sends what is still to be sent. */
export async function stopTelemetry(): Promise<void> {
  await sdk.shutdown();
}
