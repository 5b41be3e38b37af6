/**
 * `trilite.limits` but for its oldest keys: what a tenant may bring and ask for, and `tenants` with what differs for some. Keys
 * are those that Mimir, Loki and Tempo have in their overrides.
 */

import { TriliteError } from '../model/errors.ts';
import { parseTenant } from '../model/tenant.ts';
import type { MetricLimits, Pace, QueryLimits, RequestLimits, TraceLimits } from '../model/tenant-limits.ts';
import { readLogLimits } from './log-limits-section.ts';
import type { TenantLimits } from './settings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** The keys that `tenants` may have below a tenant. */
export const TENANT_LIMIT_KEYS: readonly (keyof TenantLimits)[] = [
  'logs',
  'metrics',
  'traces',
  'queries',
  'requests',
];

/** Names that mean the same here: the second is that of a cluster. */
const ALIASES: readonly (readonly [string, string])[] = [
  ['max_series', 'max_global_series_per_user'],
  ['max_series_per_metric', 'max_global_series_per_metric'],
];

const METRIC_KEYS: readonly string[] = [
  'ingestion_rate',
  'ingestion_burst_size',
  ...ALIASES.flat(),
  'max_label_names_per_series',
  'max_label_name_length',
  'max_label_value_length',
  'max_metadata_length',
];

const TRACE_KEYS: readonly string[] = [
  'ingestion_rate_limit_bytes',
  'ingestion_burst_size_bytes',
  'max_bytes_per_trace',
  'max_traces_per_user',
];

const QUERY_KEYS: readonly string[] = [
  'max_query_length',
  'max_query_lookback',
  'max_search_duration',
  'max_metrics_duration',
  'max_queries_in_flight',
  'max_outstanding_per_tenant',
  'query_timeout',
  'max_samples',
  'max_bytes',
  'max_fetched_series_per_query',
  'max_entries_limit_per_query',
  'max_query_series',
];

/** What is not given is as in `base`. */
export function readTenantLimits(fields: Fields, base: TenantLimits): TenantLimits {
  return {
    logs: fields.read('logs', (v) => readLogLimits(v, base.logs), base.logs),
    metrics: fields.read('metrics', (v) => readMetricLimits(v, base.metrics), base.metrics),
    traces: fields.read('traces', (v) => readTraceLimits(v, base.traces), base.traces),
    queries: fields.read('queries', (v) => readQueryLimits(v, base.queries), base.queries),
    requests: fields.read('requests', (v) => readRequestLimits(v, base.requests), base.requests),
  };
}

/** By tenant, whole: what a tenant's own section does not say is as in `base`. */
export function readTenants(node: YamlNode, base: TenantLimits): Readonly<Record<string, TenantLimits>> {
  const out: Record<string, TenantLimits> = {};
  for (const [tenant, value] of node.entries()) {
    checkTenant(node, tenant);
    out[tenant] = value ? readTenantLimits(value.fields(TENANT_LIMIT_KEYS), base) : base;
  }
  return out;
}

function checkTenant(node: YamlNode, tenant: string): void {
  try {
    if (parseTenant(tenant) === tenant) return;
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    node.fail(error.message);
  }
  node.fail(`expected the id of a tenant, got ${JSON.stringify(tenant)}`);
}

/**
 * A rate and its burst. A burst that is not given is a second's worth of a rate that is: a smaller one would refuse what the rate
 * allows.
 */
function readPace(
  fields: Fields,
  [rateKey, burstKey]: readonly [string, string],
  read: (value: YamlNode) => number,
  base: Pace,
): Pace {
  const perSecond = fields.read(rateKey, read, base.perSecond);
  const unsaid = fields.get(rateKey) ? Math.ceil(perSecond) : base.burst;
  const burst = fields.read(burstKey, read, unsaid);
  const given = fields.get(burstKey) ?? fields.get(rateKey);
  if (perSecond > 0 && burst < 1) given?.fail(`${burstKey} must be above 0 where ${rateKey} is`);
  return { perSecond, burst };
}

function readMetricLimits(node: YamlNode, base: MetricLimits): MetricLimits {
  const fields = node.fields(METRIC_KEYS);
  const count = (key: string, fallback: number) => fields.read(key, (v) => v.count(), fallback);
  const aliased = ([key, alias]: readonly [string, string], fallback: number) => {
    if (fields.get(key)) fields.get(alias)?.fail(`${key} and ${alias} are one limit`);
    return count(key, count(alias, fallback));
  };
  const rate = ['ingestion_rate', 'ingestion_burst_size'] as const;
  return {
    ingestion: readPace(fields, rate, (v) => v.number(), base.ingestion),
    seriesMax: aliased(ALIASES[0]!, base.seriesMax),
    seriesPerMetricMax: aliased(ALIASES[1]!, base.seriesPerMetricMax),
    labelNamesMax: count('max_label_names_per_series', base.labelNamesMax),
    labelNameMaxBytes: count('max_label_name_length', base.labelNameMaxBytes),
    labelValueMaxBytes: count('max_label_value_length', base.labelValueMaxBytes),
    helpMaxBytes: count('max_metadata_length', base.helpMaxBytes),
  };
}

function readTraceLimits(node: YamlNode, base: TraceLimits): TraceLimits {
  const fields = node.fields(TRACE_KEYS);
  const rate = ['ingestion_rate_limit_bytes', 'ingestion_burst_size_bytes'] as const;
  return {
    ingestion: readPace(fields, rate, (v) => v.sizeBytes(), base.ingestion),
    traceMaxBytes: fields.read('max_bytes_per_trace', (v) => v.sizeBytes(), base.traceMaxBytes),
    tracesMax: fields.read('max_traces_per_user', (v) => v.count(), base.tracesMax),
  };
}

function readQueryLimits(node: YamlNode, base: QueryLimits): QueryLimits {
  const fields = node.fields(QUERY_KEYS);
  const count = (key: string, fallback: number) => fields.read(key, (v) => v.count(), fallback);
  const duration = (key: string, fallback: number) => fields.read(key, (v) => v.anyDurationMs(), fallback);
  return {
    rangeMaxMs: duration('max_query_length', base.rangeMaxMs),
    lookbackMs: duration('max_query_lookback', base.lookbackMs),
    searchMaxMs: duration('max_search_duration', base.searchMaxMs),
    traceMetricsMaxMs: duration('max_metrics_duration', base.traceMetricsMaxMs),
    runningMax: count('max_queries_in_flight', base.runningMax),
    waitingMax: count('max_outstanding_per_tenant', base.waitingMax),
    timeoutMs: duration('query_timeout', base.timeoutMs),
    samplesMax: count('max_samples', base.samplesMax),
    bytesMax: fields.read('max_bytes', (v) => v.sizeBytes(), base.bytesMax),
    seriesMax: count('max_fetched_series_per_query', base.seriesMax),
    entriesMax: count('max_entries_limit_per_query', base.entriesMax),
    logSeriesMax: count('max_query_series', base.logSeriesMax),
  };
}

export function readRequestLimits(node: YamlNode, base: RequestLimits): RequestLimits {
  const fields = node.fields(['ingest', 'read']);
  const pace = (of: Pace) => (value: YamlNode) => {
    const keys = ['requests_per_second', 'request_burst'] as const;
    return readPace(value.fields(keys), keys, (v) => v.number(), of);
  };
  return {
    ingest: fields.read('ingest', pace(base.ingest), base.ingest),
    read: fields.read('read', pace(base.read), base.read),
  };
}
