/**
 * Rate, errors and durations of services, in PromQL on the metrics that are derived from spans. A request is a span that its
 * service was called by: of kind server or consumer. `by` are labels that are kept.
 */

const REQUESTS = 'service=~"$service",span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"';
const FAILED = `${REQUESTS},status_code="STATUS_CODE_ERROR"`;
const CALLS = 'traces_spanmetrics_calls_total';
const LATENCY = 'traces_spanmetrics_latency';
/** What rates are computed over: the least that Grafana says is safe. */
export const WINDOW = '[$__rate_interval]';

/** Requests per second. */
export function requestRate(by: string): string {
  return `sum by (${by}) (rate(${CALLS}{${REQUESTS}}${WINDOW}))`;
}

/** Failed requests per second; 0 where none fails. */
export function errorRate(by: string): string {
  return `(sum by (${by}) (rate(${CALLS}{${FAILED}}${WINDOW})) or 0 * ${requestRate(by)})`;
}

/** Failed requests of all, 0 to 1; nothing where there are none. */
export function errorRatio(by: string): string {
  return `${errorRate(by)} / (${requestRate(by)} > 0)`;
}

/** Seconds that a share of the requests stays below. */
export function latencyQuantile(quantile: number, by: string): string {
  const labels = by === '' ? 'le' : `${by}, le`;
  return `histogram_quantile(${quantile}, sum by (${labels}) (rate(${LATENCY}_bucket{${REQUESTS}}${WINDOW})))`;
}

/** Requests that ended, per bucket of their duration. */
export const LATENCY_BUCKETS = `sum by (le) (increase(${LATENCY}_bucket{${REQUESTS}}${WINDOW}))`;

/** Requests at work at a time, on average: seconds of work per second (Little's law). */
export function concurrency(by: string): string {
  return `sum by (${by}) (rate(${LATENCY}_sum{${REQUESTS}}${WINDOW}))`;
}

/** Jobs are called after services, with the namespace in front where they have one. */
const OF_SERVICE = 'job=~"(.+/)?$service"';

/** Processors in use, as client libraries of Prometheus or of OpenTelemetry tell it. */
export const CPU =
  `sum by (job) (rate(process_cpu_seconds_total{${OF_SERVICE}}${WINDOW}))` +
  ` or sum by (job) (rate(process_cpu_time_seconds_total{${OF_SERVICE}}${WINDOW}))`;

/** Bytes of memory, likewise. */
export const MEMORY =
  `sum by (job) (process_resident_memory_bytes{${OF_SERVICE}})` +
  ` or sum by (job) (process_memory_usage_bytes{${OF_SERVICE}})`;

/** HTTP requests under way, as OpenTelemetry's instrumentation of servers tells it. */
export const ACTIVE_REQUESTS = `sum by (job) (http_server_active_requests{${OF_SERVICE}})`;

/** Alerts of the services; those without a service concern all. */
export const FIRING = 'count(ALERTS{alertstate="firing",service=~"$service|"}) or vector(0)';

/** From here on a share of errors is a warning, and an alarm. */
export const ERROR_RATIO_THRESHOLDS = [
  [0.01, 'yellow'],
  [0.05, 'red'],
] as const;

/** Seconds, likewise. */
export const LATENCY_THRESHOLDS = [
  [0.5, 'yellow'],
  [2, 'red'],
] as const;
