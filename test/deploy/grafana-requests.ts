/**
 * The requests that Grafana makes for a panel's queries, with variables put in as its data sources do it: into PromQL a
 * regular expression `(a|b)`, into LogQL and TraceQL `a|b`. What comes back is checked for the type that the request asked for,
 * and counted.
 */

import assert from 'node:assert/strict';
import type { Target } from '../../deploy/dashboards/json-model.ts';
import { getJson } from '../support/http-api.ts';
import { type Message, StreamingClient } from '../support/streaming-client.ts';

export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Chosen values by variable; a text for what is typed, or for `All`. */
export type Chosen = Readonly<Record<string, string | readonly string[]>>;

/** Grafana's step for a panel of usual width over the range, and the scrape interval of the data source. */
const STEP_SECONDS = 15;
const SCRAPE_SECONDS = 15;
/** Grafana does not let steps be smaller than that. */
const RATE_INTERVAL = `${Math.max(4 * SCRAPE_SECONDS, STEP_SECONDS + SCRAPE_SECONDS) / 60}m0s`;

type Language = 'promql' | 'logql' | 'traceql';

function escaped(value: string, language: Language): string {
  if (language === 'traceql') return value;
  const regex = value.replace(/[\\^$*+?.()|[\]{}/]/g, String.raw`\$&`);
  return regex.replaceAll('\\', '\\\\');
}

function chosenText(value: string | readonly string[], language: Language): string {
  if (typeof value === 'string') return value;
  const texts = value.map((v) => escaped(v, language));
  if (texts.length === 1) return texts[0]!;
  return language === 'promql' ? `(${texts.join('|')})` : texts.join('|');
}

/** Throws for a variable that is neither Grafana's own nor chosen. */
export function substituted(
  text: string,
  language: Language,
  chosen: Chosen,
  { fromMs, toMs }: Range,
  isInstant = false,
): string {
  const rangeSeconds = Math.round((toMs - fromMs) / 1000);
  const own: Readonly<Record<string, string>> = {
    __rate_interval: RATE_INTERVAL,
    __interval: `${STEP_SECONDS}s`,
    __interval_ms: String(STEP_SECONDS * 1000),
    __range: `${rangeSeconds}s`,
    __range_s: String(rangeSeconds),
    __auto: isInstant ? `${rangeSeconds}s` : `${STEP_SECONDS}s`,
  };
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => {
    const name = (braced ?? bare) as string;
    if (name in own) return own[name]!;
    assert.ok(name in chosen, `${text} has $${name}, which is no variable`);
    return chosenText(chosen[name]!, language);
  });
}

/** How many series, lines or traces came. */
export type Found = number;

interface PrometheusAnswer {
  readonly status: string;
  readonly data: { readonly resultType: string; readonly result: readonly unknown[] };
}

async function postForm<T>(url: string, form: Readonly<Record<string, string | number>>): Promise<T> {
  const body = new URLSearchParams(Object.entries(form).map(([k, v]): [string, string] => [k, String(v)]));
  const answer = await fetch(url, { method: 'POST', body });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${url} ${body} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** Aligned down to the step, as Grafana does. */
function steps({ fromMs, toMs }: Range): { start: number; end: number; step: number } {
  const aligned = (ms: number) => Math.floor(ms / 1000 / STEP_SECONDS) * STEP_SECONDS;
  return { start: aligned(fromMs), end: aligned(toMs) + STEP_SECONDS, step: STEP_SECONDS };
}

export async function promQuery(
  base: string,
  query: string,
  range: Range,
  isInstant: boolean,
): Promise<Found> {
  const path = isInstant ? '/api/v1/query' : '/api/v1/query_range';
  const times = isInstant ? { time: range.toMs / 1000 } : steps(range);
  const { status, data } = await postForm<PrometheusAnswer>(base + path, { query, ...times });
  assert.equal(status, 'success');
  assert.ok((isInstant ? ['vector', 'scalar'] : ['matrix']).includes(data.resultType), data.resultType);
  return data.result.length;
}

async function exemplars(base: string, query: string, range: Range): Promise<Found> {
  const { start, end } = steps(range);
  const { data } = await postForm<{ data: readonly { exemplars: readonly unknown[] }[] }>(
    `${base}/api/v1/query_exemplars`,
    { query, start, end },
  );
  return data.flatMap((series) => series.exemplars).length;
}

export async function logQuery(
  base: string,
  query: string,
  { fromMs, toMs }: Range,
  isInstant: boolean,
  limit: number | undefined,
): Promise<Found> {
  const headers = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
  const most = limit === undefined ? {} : { limit };
  const times = isInstant
    ? { time: `${toMs}000000` }
    : { start: `${fromMs}000000`, end: `${toMs}000000`, step: `${STEP_SECONDS * 1000}ms` };
  const path = `/loki/api/v1/${isInstant ? 'query' : 'query_range'}`;
  const parameters = { query, direction: 'backward', ...times, ...most };
  const { data } = await getJson<PrometheusAnswer>(base, path, parameters, headers);
  // A query that begins with its selector is one of lines.
  const type = query.trimStart().startsWith('{') ? 'streams' : isInstant ? 'vector' : 'matrix';
  assert.equal(data.resultType, type, query);
  if (type !== 'streams') return data.result.length;
  return (data.result as readonly { values: readonly unknown[] }[]).flatMap(({ values }) => values).length;
}

/** What Grafana takes for a metrics query, by its pipeline. */
const TRACE_METRICS = /\|\s*(rate|count_over_time|\w+_over_time|compare)\s*\(/;

/** A streamed answer's items under `key`: of a search what has been found since the message before, of metrics all each time. */
async function streamed(base: string, method: string, request: Message, key: string): Promise<Message[]> {
  const client = new StreamingClient(new URL(base).host);
  try {
    const { code, details, messages } = await client.call(method, request);
    assert.equal(code, 0, `${method} ${JSON.stringify(request)}: ${details}`);
    const items = messages.map((message) => (message[key] ?? []) as Message[]);
    return method === 'Search' ? items.flat() : (items.at(-1) ?? []);
  } finally {
    client.close();
  }
}

/** Over HTTP and, as with streaming, over gRPC on the same port: both must find the same. */
async function traceSearch(
  base: string,
  q: string,
  start: number,
  end: number,
  target: Target,
): Promise<Found> {
  const { limit, spss } = target as unknown as { limit: number; spss: number };
  const parameters = { q, limit, spss, start, end };
  const { traces = [] } = await getJson<{ traces?: Message[] }>(base, '/api/search', parameters);
  const request = { Query: q, Limit: limit, SpansPerSpanSet: spss, start, end };
  const ids = (of: Message[]) => [...new Set(of.map(({ traceID }) => traceID as string))].sort();
  assert.deepEqual(ids(await streamed(base, 'Search', request, 'traces')), ids(traces), q);
  return traces.length;
}

export async function traceQuery(
  base: string,
  q: string,
  { fromMs, toMs }: Range,
  target: Target,
): Promise<Found> {
  const start = Math.floor(fromMs / 1000);
  const end = Math.floor(toMs / 1000);
  if (!TRACE_METRICS.test(q)) return traceSearch(base, q, start, end, target);
  const isInstant = target.metricsQueryType === 'instant';
  const path = `/api/metrics/${isInstant ? 'query' : 'query_range'}`;
  const { series = [] } = await getJson<{ series?: Message[] }>(base, path, { q, start, end });
  const request = { query: q, start: `${start}000000000`, end: `${end}000000000` };
  const method = isInstant ? 'MetricsQueryInstant' : 'MetricsQueryRange';
  assert.equal((await streamed(base, method, request, 'series')).length, series.length, q);
  return series.length;
}

const GRAPH_METRICS = ['server_seconds_sum', 'total', 'failed_total', 'server_seconds_bucket'].map(
  (name) => `traces_service_graph_request_${name}`,
);

/** Tempo's data source asks Prometheus'; the edges are what `…_total` has. */
async function serviceGraph(base: string, filter: string, range: Range): Promise<Found> {
  const seconds = Math.round((range.toMs - range.fromMs) / 1000);
  const selectors = (metric: string) => filter.split(' OR ').map((selector) => `${metric}${selector}`);
  let edges = 0;
  for (const metric of GRAPH_METRICS) {
    const rates = selectors(metric).map((m) => `sum by (client, server) (rate(${m}[${seconds}s]))`);
    const groups = selectors(metric).map((m) => `group by (client, connection_type, server) (${m})`);
    const found = await promQuery(base, rates.join(' OR '), range, true);
    await promQuery(base, groups.join(' OR '), range, true);
    if (metric.endsWith('request_total')) edges = found;
  }
  const operations = `topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[${seconds}s])) by (span_name))`;
  await promQuery(base, operations, range, true);
  return edges;
}

/** Runs all that Grafana asks for a target. With exemplars it must have some, or it counts as empty. */
export async function runTarget(base: string, target: Target, chosen: Chosen, range: Range): Promise<Found> {
  const { uid } = target.datasource;
  if (uid === 'prometheus') {
    const expr = substituted(target.expr as string, 'promql', chosen, range);
    const found = await promQuery(base, expr, range, target.instant === true);
    if (target.exemplar !== true || found === 0) return found;
    return exemplars(base, expr, range);
  }
  if (uid === 'loki') {
    const isInstant = target.queryType === 'instant';
    const expr = substituted(target.expr as string, 'logql', chosen, range, isInstant);
    return logQuery(base, expr, range, isInstant, target.maxLines as number | undefined);
  }
  assert.equal(uid, 'tempo');
  if (target.queryType === 'serviceMap') {
    return serviceGraph(base, substituted(target.serviceMapQuery as string, 'promql', chosen, range), range);
  }
  return traceQuery(base, substituted(target.query as string, 'traceql', chosen, range), range, target);
}
