/** What is asked of a stack while it runs: rules that are evaluated every minute, panels that refresh every 30 seconds. */

import type { TargetUrlKind } from './target.ts';
import { type BenchRequest, RUN_LABEL } from './workload.ts';

export const RULES_EVERY_SECONDS = 60;
export const PANELS_EVERY_SECONDS = 30;
/** A panel shows this much of the past. */
const PANEL_SECONDS = 900;
const PANEL_STEPS = 60;
const MS_PER_SECOND = 1000;

/** `$run` becomes the run's matcher. */
const RULES: readonly string[] = [
  'sum by (job) (rate(http_requests_total{$run}[5m]))',
  'sum by (instance) (rate(http_requests_total{$run}[5m]))',
  'sum by (job, status) (rate(http_requests_total{$run}[5m]))',
  'sum by (job) (rate(http_requests_total{$run,status=~"5.."}[5m])) / sum by (job) (rate(http_requests_total{$run}[5m]))',
  'histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket{$run}[5m])))',
  'histogram_quantile(0.9, sum by (le, instance) (rate(http_request_duration_seconds_bucket{$run}[5m])))',
  'histogram_quantile(0.99, sum by (le) (rate(rpc_server_duration_seconds_bucket{$run}[5m])))',
  'avg by (instance) (rate(node_cpu_seconds_total{$run,mode="idle"}[5m]))',
  '1 - avg(rate(node_cpu_seconds_total{$run,mode="idle"}[5m]))',
  'sum by (instance) (container_memory_working_set_bytes{$run})',
  'max by (pod) (container_memory_working_set_bytes{$run})',
  'sum by (job) (app_queue_depth{$run})',
  'max(app_queue_oldest_seconds{$run}) > 30',
  'sum by (queue) (rate(app_jobs_failed_total{$run}[5m]))',
  'sum(rate(app_jobs_processed_total{$run}[5m]))',
  'sum by (job) (db_connections_active{$run}) / sum by (job) (db_connections_max{$run})',
  'sum(rate(node_network_receive_bytes_total{$run}[5m]))',
  'sum(rate(node_network_transmit_bytes_total{$run}[5m]))',
  'min by (instance) (node_filesystem_avail_bytes{$run} / node_filesystem_size_bytes{$run})',
  'sum(increase(kube_pod_container_status_restarts_total{$run}[15m])) > 5',
];

type Panel = readonly [kind: TargetUrlKind, query: string];

const PANELS: readonly Panel[] = [
  ['prometheus', 'sum by (status) (rate(http_requests_total{$run}[5m]))'],
  ['prometheus', 'topk(5, sum by (instance) (rate(http_requests_total{$run}[5m])))'],
  [
    'prometheus',
    'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{$run}[5m])))',
  ],
  ['prometheus', '1 - avg by (job) (rate(node_cpu_seconds_total{$run,mode="idle"}[5m]))'],
  ['prometheus', 'sum by (job) (container_memory_working_set_bytes{$run})'],
  ['prometheus', 'sum by (job) (go_goroutines{$run})'],
  ['prometheus', 'sum(rate(node_network_receive_bytes_total{$run}[5m]))'],
  ['loki', 'sum by (level) (count_over_time({$run}[1m]))'],
  ['loki', 'topk(5, sum by (service) (count_over_time({$run,level="error"}[5m])))'],
  ['loki', 'sum(rate({$run} |= "timeout" [1m]))'],
  ['loki', '{$run,level="error"}'],
  ['loki', '{$run,level="error"} | json | status >= 503'],
  ['tempo', '{ $run && status = error }'],
  ['tempo', '{ $run && kind = server && duration > 1s }'],
  ['tempo', '{ $run && status = error } | rate()'],
];

const NO_BODY = new Uint8Array(0);

function question(
  kind: TargetUrlKind,
  label: string,
  path: string,
  parameters: Record<string, string>,
): BenchRequest {
  return {
    method: 'GET',
    path: `${path}?${new URLSearchParams(parameters)}`,
    headers: {},
    body: NO_BODY,
    items: 1,
    newestMs: 0,
    kind,
    transport: 'http',
    label,
  };
}

/** All rules at `nowMs`, as instant queries. */
export function ruleRequests(run: string, nowMs: number): BenchRequest[] {
  const matcher = `${RUN_LABEL}="${run}"`;
  return RULES.map((rule) =>
    question('prometheus', rule, '/api/v1/query', {
      query: rule.replaceAll('$run', matcher),
      time: (nowMs / MS_PER_SECOND).toFixed(3),
    }),
  );
}

/** All panels of a dashboard that shows the last quarter of an hour before `nowMs`. */
export function panelRequests(run: string, nowMs: number): BenchRequest[] {
  const end = Math.floor(nowMs / MS_PER_SECOND);
  const start = end - PANEL_SECONDS;
  const step = `${PANEL_SECONDS / PANEL_STEPS}s`;
  return PANELS.map(([kind, query]) => {
    if (kind === 'tempo') {
      const q = query.replaceAll('$run', `resource.${RUN_LABEL} = "${run}"`);
      const times = { start: String(start), end: String(end) };
      const isMetrics = query.includes('rate()');
      return isMetrics
        ? question(kind, query, '/api/metrics/query_range', { q, step, ...times })
        : question(kind, query, '/api/search', { q, limit: '20', ...times });
    }
    const text = query.replaceAll('$run', `${RUN_LABEL}="${run}"`);
    if (kind === 'prometheus') {
      const parameters = { query: text, start: String(start), end: String(end), step };
      return question(kind, query, '/api/v1/query_range', parameters);
    }
    const parameters = {
      query: text,
      start: `${start}000000000`,
      end: `${end}000000000`,
      step,
      limit: '100',
    };
    return question(kind, query, '/loki/api/v1/query_range', parameters);
  });
}
