/** TraceQL searches, metrics and traces by their ids, over the spans of the OTLP workload. */

import { expectedTraces } from './count-spans.ts';
import { serviceName } from './generate/cast.ts';
import { OTLP_TRACES } from './otlp-traces-workload.ts';
import { type BenchQuery, type DataRange, queryWorkload } from './query-set.ts';
import { type LoadOptions, RUN_LABEL } from './workload.ts';

const STEPS = 60;
/** Matches of a search; answers of this size say nothing about how many more there are. */
const LIMIT = '200';
const TRACES_BY_ID = 10;
const UNKNOWN_ID = '0123456789abcdef0123456789abcdef';
/** Times of spans reach beyond their trace's begin. */
const MARGIN_SECONDS = 60;

/** `$run` becomes the run's condition, `$entry` the name of a service that takes requests from outside. */
const SEARCHES: readonly (readonly [label: string, query: string])[] = [
  ['errors', '{ $run && status = error }'],
  ['one service', '{ $run && resource.service.name = "$entry" && kind = server }'],
  ['slow', '{ $run && duration > 2s }'],
  ['status code', '{ $run && span.http.status_code >= 502 }'],
  ['rare attribute', '{ $run && span.enduser.id = "u-777" }'],
  ['name by regex', '{ $run && name =~ "DELETE /api/v1/(orders|carts).*" && status = error }'],
  ['either', '{ $run && (span.db.system = "mysql" || span.messaging.system = "kafka") && status = error }'],
  ['descendant', '{ $run && kind = server } >> { span.db.system = "redis" && status = error }'],
  ['child', '{ $run && span.http.method = "POST" } > { kind = client && status = error }'],
  ['sibling', '{ $run && span.db.system = "redis" } ~ { status = error }'],
  ['count of spans', '{ $run && span.db.system = "postgresql" } | count() > 2'],
  ['average duration', '{ $run } | avg(duration) > 1s'],
  ['root of a failure', '{ $run && rootServiceName = "$entry" && status = error }'],
];
const METRICS: readonly (readonly [label: string, query: string])[] = [
  ['metrics: rate by service', '{ $run } | rate() by (resource.service.name)'],
  [
    'metrics: p99 by service',
    '{ $run && kind = server } | quantile_over_time(duration, .99) by (resource.service.name)',
  ],
];

function queries(range: DataRange, options: LoadOptions): BenchQuery[] {
  const start = Math.floor(range.fromMs / 1000) - MARGIN_SECONDS;
  const end = Math.ceil(range.toMs / 1000) + MARGIN_SECONDS;
  const times = { start: String(start), end: String(end) };
  const condition = `resource.${RUN_LABEL} = "${range.run}"`;
  const fill = (query: string) => query.replaceAll('$run', condition).replaceAll('$entry', serviceName(0));
  const items = Number.isFinite(options.items) ? options.items : OTLP_TRACES.defaults.items;
  return [
    ...SEARCHES.map(([label, query]) => ({
      label,
      path: '/api/search',
      parameters: { q: fill(query), limit: LIMIT, spss: '3', ...times },
    })),
    ...METRICS.map(([label, query]) => ({
      label,
      path: '/api/metrics/query_range',
      parameters: { q: fill(query), step: `${Math.ceil((end - start) / STEPS)}s`, ...times },
    })),
    ...expectedTraces(options, items, TRACES_BY_ID).map(({ id }) => ({
      label: 'trace by id',
      path: `/api/traces/${id}`,
      parameters: {},
    })),
    {
      label: 'trace by id, unknown',
      path: `/api/v2/traces/${UNKNOWN_ID}`,
      parameters: {},
    },
    {
      label: 'values of a tag',
      path: '/api/v2/search/tag/resource.service.name/values',
      parameters: times,
    },
  ];
}

interface TempoAnswer {
  readonly traces?: readonly unknown[];
  readonly series?: readonly unknown[];
  readonly tagValues?: readonly unknown[];
  readonly trace?: object;
  readonly batches?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly unknown[] }[];
  }[];
}

function size(json: unknown): number {
  const { traces, series, tagValues, batches } = json as TempoAnswer;
  const list = traces ?? series ?? tagValues;
  if (list) return list.length;
  let spans = 0;
  for (const { scopeSpans = [] } of batches ?? [])
    for (const scope of scopeSpans) spans += scope.spans?.length ?? 0;
  return spans;
}

export const QUERIES_TRACEQL = queryWorkload({
  name: 'queries-traceql',
  language: 'TraceQL',
  kind: 'tempo',
  data: OTLP_TRACES,
  defaults: { series: 20, items: 200_000 },
  queries,
  size,
});
