/** PromQL as dashboards and alerts ask it, over the series of the remote-write workload. */

import { type BenchQuery, type DataRange, queryWorkload } from './query-set.ts';
import { REMOTE_WRITE_1 } from './remote-write-workloads.ts';
import { RUN_LABEL } from './workload.ts';

const STEPS = 200;
/** Labels and expressions; `$run` becomes the run's matcher. Asked over the whole of the data. */
const RANGE_QUERIES: readonly (readonly [label: string, query: string])[] = [
  ['rate by job', 'sum by (job) (rate(http_requests_total{$run}[5m]))'],
  ['rate by path and status', 'sum by (path, status) (rate(http_requests_total{$run}[5m]))'],
  [
    'error ratio',
    'sum(rate(http_requests_total{$run,status=~"5.."}[5m])) / sum(rate(http_requests_total{$run}[5m]))',
  ],
  [
    'p99 by job',
    'histogram_quantile(0.99, sum by (le, job) (rate(http_request_duration_seconds_bucket{$run}[5m])))',
  ],
  [
    'p50 by instance',
    'histogram_quantile(0.5, sum by (le, instance) (rate(rpc_server_duration_seconds_bucket{$run}[5m])))',
  ],
  ['topk receivers', 'topk(10, rate(node_network_receive_bytes_total{$run}[5m]))'],
  ['cpu busy', '1 - avg by (instance) (rate(node_cpu_seconds_total{$run,mode="idle"}[5m]))'],
  ['memory at most', 'max by (pod) (max_over_time(container_memory_working_set_bytes{$run}[10m]))'],
  ['regex selector', 'sum by (job, mode) (rate(node_cpu_seconds_total{$run,mode=~"user|sys.*|io.+"}[5m]))'],
  ['used share', 'sum by (job) (db_connections_active{$run}) / sum by (job) (db_connections_max{$run})'],
  ['quantile across', 'quantile by (job) (0.95, go_goroutines{$run})'],
  [
    'against earlier',
    'sum(rate(app_jobs_processed_total{$run}[5m])) - sum(rate(app_jobs_processed_total{$run}[5m] offset 10m))',
  ],
  [
    'join',
    'sum by (job) (rate(http_requests_total{$run}[5m])) / on (job) group_left () sum by (job) (go_goroutines{$run})',
  ],
  ['regex over many names', 'count by (job) ({__name__=~"node_.*|container_.*",$run})'],
  ['subquery', 'max_over_time(sum by (job) (rate(http_requests_total{$run}[1m]))[10m:1m])'],
  ['one instance', 'node_load1{$run,instance="10.0.0.7:9100"}'],
  ['many series', 'app_queue_depth{$run} > 5'],
];
const INSTANT_QUERIES: readonly (readonly [label: string, query: string])[] = [
  ['instant: series per name', 'count by (__name__) ({$run})'],
  ['instant: peak of 30m', 'max_over_time(sum(rate(http_requests_total{$run}[1m]))[30m:1m])'],
  ['instant: increase by pod', 'sort_desc(sum by (pod) (increase(http_requests_total{$run}[30m])))'],
];

function queries(range: DataRange): BenchQuery[] {
  const run = `${RUN_LABEL}="${range.run}"`;
  const step = Math.max(1, Math.round((range.toMs - range.fromMs) / STEPS / 1000));
  const start = String(Math.floor(range.fromMs / 1000));
  const end = String(Math.floor(range.toMs / 1000));
  // Caches of answers would be asked the same question again and again.
  const shared = { nocache: '1' };
  return [
    ...RANGE_QUERIES.map(([label, query]) => ({
      label,
      path: '/api/v1/query_range',
      parameters: { query: query.replaceAll('$run', run), start, end, step: `${step}s`, ...shared },
    })),
    ...INSTANT_QUERIES.map(([label, query]) => ({
      label,
      path: '/api/v1/query',
      parameters: { query: query.replaceAll('$run', run), time: end, ...shared },
    })),
    {
      label: 'values of a label',
      path: '/api/v1/label/pod/values',
      parameters: { 'match[]': `{${run}}`, start, end },
    },
  ];
}

type PrometheusAnswer = { readonly data: readonly unknown[] | { readonly result: readonly unknown[] } };

export const QUERIES_PROMQL = queryWorkload({
  name: 'queries-promql',
  language: 'PromQL',
  kind: 'prometheus',
  data: REMOTE_WRITE_1,
  defaults: { series: 6000, items: 1_200_000 },
  queries,
  size: (json) => {
    const { data } = json as PrometheusAnswer;
    return 'result' in data ? data.result.length : data.length;
  },
});
