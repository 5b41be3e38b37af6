/** Paths of Prometheus' API that a reader thread answers. */

import type { HttpMethod, Route, ServiceRoute } from '../route.ts';

const QUERY: readonly HttpMethod[] = ['GET', 'POST'];
const GET: readonly HttpMethod[] = ['GET'];
const POST: readonly HttpMethod[] = ['POST'];

export const PROMETHEUS_ROUTES: readonly Route[] = [
  read(QUERY, '/api/v1/query', 'prometheus.query'),
  read(QUERY, '/api/v1/query_range', 'prometheus.query_range'),
  read(QUERY, '/api/v1/query_exemplars', 'prometheus.query_exemplars'),
  // These look at the text of a query alone.
  { ...read(QUERY, '/api/v1/format_query', 'prometheus.format_query'), tenants: 'none' },
  { ...read(QUERY, '/api/v1/parse_query', 'prometheus.parse_query'), tenants: 'none' },
  read(QUERY, '/api/v1/series', 'prometheus.series'),
  read(QUERY, '/api/v1/labels', 'prometheus.labels'),
  // The original takes GET alone; Grafana's suggestions POST.
  read(QUERY, '/api/v1/label/:name/values', 'prometheus.label_values'),
  read(GET, '/api/v1/metadata', 'prometheus.metadata'),
  read(QUERY, '/api/v1/search/metric_names', 'prometheus.search_metric_names'),
  read(QUERY, '/api/v1/search/label_names', 'prometheus.search_label_names'),
  read(QUERY, '/api/v1/search/label_values', 'prometheus.search_label_values'),
  read(POST, '/api/v1/read', 'prometheus.read'),
  read(GET, '/federate', 'prometheus.federate'),
];

/** POST is as good as GET: clients send long queries so. */
function read(methods: readonly HttpMethod[], path: string, service: string): ServiceRoute {
  return { access: 'read', methods, path, service };
}
