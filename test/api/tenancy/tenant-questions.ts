/**
 * What a tenant may ask, by the routes of every API: each has its questions here, or says why there are none. A route that
 * is not in the table fails the test that goes through it.
 */

import { T } from './tenant-data.ts';

export interface Question {
  readonly path: string;
  readonly params?: readonly (readonly [string, string])[];
}

/** `operator`, `none`: as the route says of itself. `changes`: sent, not asked (`tenant-data.ts`). `refusal`: says no, whoever asks. */
export type Known = readonly Question[] | 'operator' | 'none' | 'changes' | 'refusal';

const S = T / 1000;
const RANGE = [
  ['start', String(S - 60)],
  ['end', String(S + 60)],
] as const;
const NS_RANGE = [
  ['start', `${BigInt(T - 60_000)}000000`],
  ['end', `${BigInt(T + 60_000)}000000`],
] as const;

const SELECTORS = [
  '{__name__=~".+"}',
  '{__name__=~".+", __tenant_id__="a"}',
  '{__name__=~".+",__tenant_id__!="b"}',
  'm',
];
const STREAMS = ['{app=~".+"}', '{app="x", env!="a"}', '{app=~".+", __tenant_id__=~"a|b|fake"}'];
const TRACEQL = [
  '{}',
  '{ resource.__tenant_id__ = "a" || .original___tenant_id__ = "b" }',
  '{ kind = client } >> { kind = server }',
  '{ .n > 1 } | select(resource.service.name) | by(name)',
];

type Param = readonly [string, string];
const each = (path: string, list: readonly string[], name: string, ...more: readonly Param[]): Question[] =>
  list.map((value) => ({ path, params: [[name, value], ...more] }));
const plain = (path: string, ...params: readonly Param[]): Question[] => [{ path, params }];

const TIME: Param = ['time', String(S)];
const IDS = ['a', 'b', 'c', 'd'].map((c) => c.repeat(32));
const JAEGER_RANGE: readonly Param[] = [
  ['start', String((T - 60_000) * 1000)],
  ['end', String((T + 60_000) * 1000)],
];
const V3_RANGE: readonly Param[] = [
  ['query.start_time_min', new Date(T - 60_000).toISOString()],
  ['query.start_time_max', new Date(T + 60_000).toISOString()],
];
const TAGS = ['name', 'service.name', 'resource.service.name', 'n', '.__tenant_id__', 'http.route'];

const PROMETHEUS: Readonly<Record<string, Known>> = {
  '/api/v1/query': [
    ...each('/api/v1/query', SELECTORS, 'query', TIME),
    ...each(
      '/api/v1/query',
      ['sum by (job, __tenant_id__) (m)', 'absent(up)', 'count({job=~".+"})'],
      'query',
      TIME,
    ),
  ],
  '/api/v1/query_range': each('/api/v1/query_range', SELECTORS, 'query', ...RANGE, ['step', '15']),
  '/api/v1/query_exemplars': each('/api/v1/query_exemplars', SELECTORS, 'query', ...RANGE),
  '/api/v1/format_query': 'none',
  '/api/v1/parse_query': 'none',
  '/api/v1/series': each('/api/v1/series', SELECTORS, 'match[]', ...RANGE),
  '/api/v1/labels': [...plain('/api/v1/labels'), ...each('/api/v1/labels', SELECTORS, 'match[]', ...RANGE)],
  '/api/v1/label/:name/values': [
    ...['job', '__name__', '__tenant_id__', 'original___tenant_id__'].flatMap((name) =>
      plain(`/api/v1/label/${name}/values`),
    ),
    ...plain('/api/v1/label/job/values', ['limit', '1'], ...RANGE),
  ],
  '/api/v1/metadata': [
    ...plain('/api/v1/metadata'),
    ...plain('/api/v1/metadata', ['metric', 'm_seconds_total']),
  ],
  '/api/v1/search/metric_names': plain('/api/v1/search/metric_names', ['search', 'm']),
  '/api/v1/search/label_names': plain('/api/v1/search/label_names'),
  '/api/v1/search/label_values': plain('/api/v1/search/label_values', ['label', 'job']),
  // Its body is protobuf; the querier behind it is that of the queries.
  '/api/v1/read': plain('/api/v1/read'),
  // A POST whose tools ask the endpoints above for the tenants of its header (test/mcp).
  '/mcp': [],
  '/api/v1/trilite/snapshot': 'operator',
  '/api/v1/trilite/backup': 'operator',
  '/api/v1/trilite/operator': 'operator',
  '/api/v1/trilite/export/metrics': plain('/api/v1/trilite/export/metrics'),
  '/api/v1/trilite/export/logs': plain('/api/v1/trilite/export/logs'),
  '/api/v1/trilite/export/traces': plain('/api/v1/trilite/export/traces'),
  '/federate': each('/federate', SELECTORS, 'match[]'),
  '/api/v1/admin/tsdb/delete_series': 'changes',
  '/api/v1/admin/tsdb/clean_tombstones': 'operator',
  '/api/v1/admin/tsdb/snapshot': 'operator',
  '/api/v1/targets': 'operator',
  '/api/v1/targets/metadata': 'operator',
  '/api/v1/targets/relabel_steps': 'operator',
  '/api/v1/scrape_pools': 'operator',
  '/api/v1/scrape_pools/config': 'operator',
  '/api/v1/status/buildinfo': 'none',
  '/api/v1/status/runtimeinfo': 'operator',
  '/api/v1/status/config': 'operator',
  '/api/v1/status/flags': 'operator',
  '/api/v1/status/walreplay': 'none',
  '/api/v1/status/tsdb': plain('/api/v1/status/tsdb', ['limit', '100']),
  '/api/v1/status/tsdb/blocks': 'operator',
  '/api/v1/status/self_metrics': 'operator',
  '/api/v1/rules': plain('/api/v1/rules'),
  '/api/v1/alerts': plain('/api/v1/alerts'),
  '/api/v1/alertmanagers': 'operator',
  '/api/v1/features': 'none',
  '/api/v1/notifications': 'none',
  '/api/v1/notifications/live': 'none',
};

const LOKI_LINES: readonly Param[] = [...NS_RANGE, ['limit', '1000'], ['direction', 'forward']];
const loki = (name: string, ...params: readonly Param[]) =>
  each(`/loki/api/v1/${name}`, STREAMS, 'query', ...NS_RANGE, ...params);

const LOKI: Readonly<Record<string, Known>> = {
  '/loki/api/v1/query': each(
    '/loki/api/v1/query',
    STREAMS.map((s) => `sum by (app, __tenant_id__) (count_over_time(${s}[2m]))`),
    'query',
    TIME,
  ),
  '/loki/api/v1/query_range': [
    ...each('/loki/api/v1/query_range', STREAMS, 'query', ...LOKI_LINES),
    ...each(
      '/loki/api/v1/query_range',
      STREAMS.map((s) => `${s} | json | logfmt`),
      'query',
      ...LOKI_LINES,
    ),
  ],
  '/loki/api/v1/format_query': 'none',
  '/loki/api/v1/labels': plain('/loki/api/v1/labels', ...NS_RANGE),
  '/loki/api/v1/label': plain('/loki/api/v1/label', ...NS_RANGE),
  '/loki/api/v1/label/:name/values': ['app', 'env', 'service_name', '__tenant_id__'].flatMap((name) =>
    plain(`/loki/api/v1/label/${name}/values`, ...NS_RANGE),
  ),
  '/loki/api/v1/series': each('/loki/api/v1/series', STREAMS, 'match[]', ...NS_RANGE),
  '/loki/api/v1/index/stats': loki('index/stats'),
  '/loki/api/v1/index/volume': loki('index/volume'),
  '/loki/api/v1/index/volume_range': loki('index/volume_range', ['step', '60']),
  '/loki/api/v1/detected_labels': plain('/loki/api/v1/detected_labels', ...NS_RANGE),
  '/loki/api/v1/detected_fields': loki('detected_fields'),
  '/loki/api/v1/detected_field/:name/values': each(
    '/loki/api/v1/detected_field/k/values',
    STREAMS,
    'query',
    ...NS_RANGE,
  ),
  '/loki/api/v1/patterns': loki('patterns'),
  '/loki/api/v1/tail': 'refusal',
  '/api/prom/tail': 'refusal',
  '/api/prom/query': each('/api/prom/query', STREAMS, 'query', ...LOKI_LINES),
  '/api/prom/label': plain('/api/prom/label', ...NS_RANGE),
  '/api/prom/label/:name/values': plain('/api/prom/label/app/values', ...NS_RANGE),
  '/api/prom/series': each('/api/prom/series', STREAMS, 'match[]', ...NS_RANGE),
  '/loki/api/v1/status/buildinfo': 'none',
  '/loki/api/v1/drilldown-limits': plain('/loki/api/v1/drilldown-limits'),
  '/loki/api/v1/rules': plain('/loki/api/v1/rules'),
  '/loki/api/v1/rules/:namespace': ['x', 'a'].flatMap((n) => plain(`/loki/api/v1/rules/${n}`)),
  '/loki/api/v1/rules/:namespace/:group': ['x', 'a'].flatMap((n) => plain(`/loki/api/v1/rules/${n}/group`)),
  '/api/prom/rules': plain('/api/prom/rules'),
  '/api/prom/rules/:namespace': plain('/api/prom/rules/y'),
  '/api/prom/rules/:namespace/:group': plain('/api/prom/rules/y/group'),
  '/prometheus/api/v1/rules': plain('/prometheus/api/v1/rules'),
  '/prometheus/api/v1/alerts': plain('/prometheus/api/v1/alerts'),
  '/loki/api/v1/delete': plain('/loki/api/v1/delete'),
};

const TEMPO: Readonly<Record<string, Known>> = {
  '/api/search': each('/api/search', TRACEQL, 'q', ...RANGE, ['limit', '1000'], ['spss', '1000']),
  '/api/search/tags': plain('/api/search/tags'),
  '/api/v2/search/tags': [
    ...plain('/api/v2/search/tags'),
    ...each('/api/v2/search/tags', TRACEQL.slice(0, 2), 'q'),
  ],
  '/api/search/tag/:name/values': TAGS.flatMap((t) => plain(`/api/search/tag/${t}/values`)),
  '/api/v2/search/tag/:name/values': TAGS.flatMap((t) =>
    each(`/api/v2/search/tag/${t}/values`, ['', '{ kind = client }'], 'q'),
  ),
  '/api/traces/:id': IDS.flatMap((id) => plain(`/api/traces/${id}`)),
  '/api/v2/traces/:id': IDS.flatMap((id) => plain(`/api/v2/traces/${id}`)),
  '/api/metrics/query_range': each(
    '/api/metrics/query_range',
    [
      '{} | rate() by (resource.service.name)',
      '{} | compare({ kind = client })',
      '{} | quantile_over_time(duration, .5)',
    ],
    'q',
    ...RANGE,
    ['step', '30'],
  ),
  '/api/metrics/query': each(
    '/api/metrics/query',
    ['{} | count_over_time() by (.__tenant_id__)'],
    'q',
    ...RANGE,
  ),
  '/api/echo': 'none',
  '/api/status/buildinfo': 'none',
  '/status': 'operator',
  '/status/version': 'none',
  '/status/services': 'none',
  '/status/endpoints': 'none',
  '/status/config': 'operator',
  '/status/runtime_config': 'none',
  '/api/overrides': 'refusal',
  // What is not POSTed there; spans are.
  '/api/traces': 'none',
};

/** Each side of a join is the tenant's own. */
const ACROSS: Readonly<Record<string, Known>> = {
  '/api/v1/trilite/logs': [
    ...each('/api/v1/trilite/logs', TRACEQL, 'traceql', ...LOKI_LINES),
    ...each('/api/v1/trilite/logs', TRACEQL, 'traceql', ['by', 'service'], ...LOKI_LINES),
    ...each(
      '/api/v1/trilite/logs',
      STREAMS.map((s) => `sum by (app, __tenant_id__) (count_over_time(${s}[3m]))`),
      'logql',
      ['traceql', '{}'],
      ...LOKI_LINES,
    ),
  ],
  '/api/v1/trilite/traces': [
    ...each('/api/v1/trilite/traces', STREAMS, 'logql', ['limit', '1000'], ...NS_RANGE),
    ...each('/api/v1/trilite/traces', SELECTORS, 'promql', ['limit', '1000'], ...NS_RANGE),
  ],
  '/api/v1/trilite/metrics': IDS.flatMap((id) => [
    ...plain('/api/v1/trilite/metrics', ['trace', id]),
    ...plain('/api/v1/trilite/metrics', ['trace', id], ['promql', 'count by (job, __tenant_id__) (m)']),
  ]),
};

const JAEGER: Readonly<Record<string, Known>> = {
  '/jaeger/api/services': plain('/jaeger/api/services'),
  '/jaeger/api/services/:service/operations': ['x', 'y'].flatMap((s) =>
    plain(`/jaeger/api/services/${s}/operations`),
  ),
  '/jaeger/api/operations': each('/jaeger/api/operations', ['x', 'y'], 'service'),
  '/jaeger/api/traces': each('/jaeger/api/traces', ['x', 'y', 'a'], 'service', ...JAEGER_RANGE),
  '/jaeger/api/traces/:id': IDS.flatMap((id) => plain(`/jaeger/api/traces/${id}`)),
  '/jaeger/api/dependencies': plain('/jaeger/api/dependencies', ['endTs', String(T)], ['lookback', '120000']),
  '/jaeger/api/archive/:id': 'refusal',
  '/jaeger/api/transform': 'none',
  '/jaeger/api/metrics/latencies': plain(
    '/jaeger/api/metrics/latencies',
    ['service', 'x'],
    ['quantile', '0.5'],
  ),
  '/jaeger/api/metrics/calls': plain('/jaeger/api/metrics/calls', ['service', 'x']),
  '/jaeger/api/metrics/errors': plain('/jaeger/api/metrics/errors', ['service', 'x']),
  '/jaeger/api/v3/services': plain('/jaeger/api/v3/services'),
  '/jaeger/api/v3/operations': each('/jaeger/api/v3/operations', ['x', 'y'], 'service'),
  '/jaeger/api/v3/traces': each('/jaeger/api/v3/traces', ['x', 'y'], 'query.service_name', ...V3_RANGE),
  '/jaeger/api/v3/traces/:id': IDS.flatMap((id) => plain(`/jaeger/api/v3/traces/${id}`)),
  '/jaeger/api/v3/trace-summaries': each(
    '/jaeger/api/v3/trace-summaries',
    ['x', 'y'],
    'query.service_name',
    ...V3_RANGE,
  ),
};

const ALERTMANAGER: Readonly<Record<string, Known>> = {
  '/api/v2/status': 'none',
  '/api/v2/receivers': 'none',
  '/api/v2/alerts': plain('/api/v2/alerts'),
  '/api/v2/alerts/groups': plain('/api/v2/alerts/groups'),
  '/api/v2/silences': plain('/api/v2/silences'),
  '/api/v2/silence/:id': plain('/api/v2/silence/00000000-0000-4000-8000-000000000000'),
  '/api/v1/trilite/alertmanager/route': plain('/api/v1/trilite/alertmanager/route?label=job%3Dx'),
  '/api/v1/trilite/notifications': plain('/api/v1/trilite/notifications'),
};

const FRONT: Readonly<Record<string, Known>> = {
  '/ready': 'none',
  '/-/ready': 'none',
  '/-/healthy': 'none',
  '/-/reload': 'operator',
  '/-/quit': 'operator',
  '/-/flush': 'operator',
  '/flush': 'operator',
  '/metrics': 'operator',
  '/ui/:name': 'none',
  '/api/sampling': 'none',
  '/sampling': 'none',
};

export const KNOWN_ROUTES: Readonly<Record<string, Known>> = {
  ...PROMETHEUS,
  ...LOKI,
  ...TEMPO,
  ...ACROSS,
  ...JAEGER,
  ...ALERTMANAGER,
  ...FRONT,
};
