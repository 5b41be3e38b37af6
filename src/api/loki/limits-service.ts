/** What Grafana's drill-down asks about limits and patterns. */

import { ENTRIES_MAX, QUERY_SERIES_MAX } from '../../query/logs/query-limits.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import { jsonValue, plainError } from './answer.ts';

export async function drilldownLimitsService(request: ServiceRequest): Promise<ServiceAnswer> {
  if ((request.headers['x-scope-orgid'] ?? '') === '') return plainError(401, 'no org id');
  // Loaded when asked: this runs on the front, which has no use for the query engine otherwise.
  return jsonValue({
    limits: {
      discover_log_levels: true,
      discover_service_name: [],
      log_level_fields: [],
      max_entries_limit_per_query: ENTRIES_MAX,
      max_line_size_truncate: false,
      max_query_bytes_read: '0B',
      max_query_length: '0s',
      max_query_lookback: '0s',
      max_query_range: '0s',
      max_query_series: QUERY_SERIES_MAX,
      metric_aggregation_enabled: false,
      otlp_config: {},
      pattern_persistence_enabled: false,
      query_timeout: '1m',
      retention_period: '0s',
      retention_stream: [],
      volume_enabled: true,
      volume_max_series: 1000,
    },
    pattern_ingester_enabled: true,
    version: '',
    maxDetectedFields: 1000,
    maxDetectedValues: 1000,
    maxLinesPerCall: 5000,
  });
}
