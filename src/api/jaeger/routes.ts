/**
 * Jaeger's query API. Its paths collide with Tempo's, so every listener has it under a prefix; the listener of
 * `--jaeger-http` puts the prefix before the API's own paths.
 */

import type { Route } from '../route.ts';
import type { HttpHandler } from '../server.ts';

const JAEGER_PREFIX = '/jaeger';

export const JAEGER_ROUTES: readonly Route[] = [
  get('/api/services', 'jaeger.services'),
  get('/api/services/:service/operations', 'jaeger.operationNames'),
  get('/api/operations', 'jaeger.operations'),
  get('/api/traces', 'jaeger.search'),
  get('/api/traces/:id', 'jaeger.trace'),
  get('/api/dependencies', 'jaeger.dependencies'),
  post('/api/archive/:id', 'jaeger.archive'),
  // Shows what the request brings.
  { ...post('/api/transform', 'jaeger.transform'), tenants: 'none' },
  get('/api/metrics/latencies', 'jaeger.latencies'),
  get('/api/metrics/calls', 'jaeger.rates'),
  get('/api/metrics/errors', 'jaeger.rates'),
  get('/api/v3/services', 'jaeger.servicesV3'),
  get('/api/v3/operations', 'jaeger.operationsV3'),
  get('/api/v3/traces', 'jaeger.searchV3'),
  get('/api/v3/traces/:id', 'jaeger.traceV3'),
  get('/api/v3/trace-summaries', 'jaeger.summariesV3'),
];

function get(path: string, service: string): Route {
  return { methods: ['GET'], path: JAEGER_PREFIX + path, service };
}

function post(path: string, service: string): Route {
  return { methods: ['POST'], path: JAEGER_PREFIX + path, service };
}

/** The paths that are Jaeger's, and on its own listener nobody else's; `/api/v1` and `/api/v2` are not among them. */
const OWN_PATH =
  /^\/api\/(services|operations|traces|dependencies|archive|transform|metrics\/(latencies|calls|errors)|v3)(?=[/?]|$)/;

/**
 * Serves Jaeger's API at its own paths. What is not of that API (readiness, metrics, the web page and the APIs that it
 * calls) stays where it is.
 */
export function atOwnPaths(handler: HttpHandler): HttpHandler {
  return (request, response) => {
    if (OWN_PATH.test(request.url ?? '')) request.url = JAEGER_PREFIX + request.url;
    handler(request, response);
  };
}
