/** LogQL as people who look for something ask it, over the lines of the Loki push workload (JSON lines). */

import { NEEDLE } from './generate/log-lines.ts';
import { LOKI_PUSH_PROTO } from './loki-push-workloads.ts';
import { type BenchQuery, type DataRange, queryWorkload } from './query-set.ts';
import { RUN_LABEL } from './workload.ts';

const STEPS = 60;
const LIMIT = '1000';
/** `$run` becomes the run's matcher. */
const LINE_QUERIES: readonly (readonly [label: string, query: string])[] = [
  ['needle', `{$run} |= "${NEEDLE}"`],
  ['needle that is not there', '{$run} |= "no such words in any line"'],
  ['newest errors', '{$run,level="error"}'],
  ['json and a label filter', '{$run} | json | status >= 500'],
  ['one user', '{$run} |= "\\"u-4242\\"" | json | user_id="u-4242"'],
  ['regex', '{$run} |~ "user_id\\":\\"u-42[0-9]{2}\\""'],
  ['without words', '{$run,level="warn"} != "slow query" !~ "retry.+upstream"'],
  ['reformatted', '{$run,level="error"} | json | line_format "{{.status}} {{.msg}} {{.path}}"'],
  ['one service', '{$run,service="cart-api"} |= "order"'],
];
const METRIC_QUERIES: readonly (readonly [label: string, query: string])[] = [
  ['count of all', 'sum(count_over_time({$run}[1m]))'],
  ['rate by level', 'sum by (level) (rate({$run}[1m]))'],
  ['needle over time', `sum(count_over_time({$run} |= "${NEEDLE}" [1m]))`],
  ['json: count by status', 'sum by (status) (count_over_time({$run,level="info"} | json [1m]))'],
  [
    'p99 of a field',
    'quantile_over_time(0.99, {$run,level="info"} | json | unwrap duration_ms [1m]) by (service)',
  ],
  ['topk services with errors', 'topk(5, sum by (service) (rate({$run,level="error"}[5m])))'],
  ['bytes by namespace', 'sum by (namespace) (bytes_rate({$run}[1m]))'],
];

function queries(range: DataRange): BenchQuery[] {
  const run = `${RUN_LABEL}="${range.run}"`;
  const start = `${range.fromMs}000000`;
  const end = `${range.toMs}000000`;
  const step = Math.max(1, Math.round((range.toMs - range.fromMs) / STEPS / 1000));
  const shared = { start, end };
  return [
    ...LINE_QUERIES.map(([label, query]) => ({
      label,
      path: '/loki/api/v1/query_range',
      parameters: { query: query.replaceAll('$run', run), limit: LIMIT, ...shared },
    })),
    ...METRIC_QUERIES.map(([label, query]) => ({
      label,
      path: '/loki/api/v1/query_range',
      parameters: { query: query.replaceAll('$run', run), step: `${step}s`, ...shared },
    })),
    {
      label: 'values of a label',
      path: '/loki/api/v1/label/pod/values',
      parameters: { query: `{${run}}`, ...shared },
    },
  ];
}

interface LokiAnswer {
  readonly data:
    | readonly unknown[]
    | { readonly resultType: string; readonly result: readonly { readonly values: readonly unknown[] }[] };
}

export const QUERIES_LOGQL = queryWorkload({
  name: 'queries-logql',
  language: 'LogQL',
  kind: 'loki',
  data: LOKI_PUSH_PROTO,
  defaults: { series: 96, items: 500_000 },
  queries,
  size: (json) => {
    const { data } = json as LokiAnswer;
    if (!('result' in data)) return data.length;
    if (data.resultType !== 'streams') return data.result.length;
    return data.result.reduce((sum, { values }) => sum + values.length, 0);
  },
});
