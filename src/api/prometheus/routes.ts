/** Paths of Prometheus' API that a reader thread answers. */

import type { HttpMethod, Route } from '../route.ts';

const QUERY: readonly HttpMethod[] = ['GET', 'POST'];
const GET: readonly HttpMethod[] = ['GET'];
const POST: readonly HttpMethod[] = ['POST'];

export const PROMETHEUS_ROUTES: readonly Route[] = [
  { methods: QUERY, path: '/api/v1/query', service: 'prometheus.query' },
  { methods: QUERY, path: '/api/v1/query_range', service: 'prometheus.query_range' },
  { methods: QUERY, path: '/api/v1/query_exemplars', service: 'prometheus.query_exemplars' },
  { methods: QUERY, path: '/api/v1/format_query', service: 'prometheus.format_query', tenants: 'none' },
  { methods: QUERY, path: '/api/v1/parse_query', service: 'prometheus.parse_query', tenants: 'none' },
  { methods: QUERY, path: '/api/v1/series', service: 'prometheus.series' },
  { methods: QUERY, path: '/api/v1/labels', service: 'prometheus.labels' },
  // The original takes GET alone; Grafana's suggestions POST.
  { methods: QUERY, path: '/api/v1/label/:name/values', service: 'prometheus.label_values' },
  { methods: GET, path: '/api/v1/metadata', service: 'prometheus.metadata' },
  { methods: QUERY, path: '/api/v1/search/metric_names', service: 'prometheus.search_metric_names' },
  { methods: QUERY, path: '/api/v1/search/label_names', service: 'prometheus.search_label_names' },
  { methods: QUERY, path: '/api/v1/search/label_values', service: 'prometheus.search_label_values' },
  { methods: POST, path: '/api/v1/read', service: 'prometheus.read' },
  { methods: GET, path: '/federate', service: 'prometheus.federate' },
];
