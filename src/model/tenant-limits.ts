/**
 * What a tenant may bring and ask for; where tenants are not told apart, what all may together. Plain data, under the names
 * that Mimir, Loki and Tempo have for it in the configuration. 0 is no limit, and so is everything by default: who runs this
 * server for himself is not in his own way.
 */

/** So many a second, so many at once after a while without any. */
export interface Pace {
  readonly perSecond: number;
  readonly burst: number;
}

const NO_PACE: Pace = { perSecond: 0, burst: 0 };

export interface MetricLimits {
  /** Samples, native histograms included. */
  readonly ingestion: Pace;
  /** Series in memory: those of which something came in the last hour or so. */
  readonly seriesMax: number;
  /** Of these, with one name. */
  readonly seriesPerMetricMax: number;
  /** Labels of a series, its name included. */
  readonly labelNamesMax: number;
  readonly labelNameMaxBytes: number;
  readonly labelValueMaxBytes: number;
  /** Help of a metric family; a longer one is cut. */
  readonly helpMaxBytes: number;
}

export const NO_METRIC_LIMITS: MetricLimits = {
  ingestion: NO_PACE,
  seriesMax: 0,
  seriesPerMetricMax: 0,
  labelNamesMax: 0,
  labelNameMaxBytes: 0,
  labelValueMaxBytes: 0,
  helpMaxBytes: 0,
};

export interface TraceLimits {
  /** Bytes of spans in OTLP's protobuf. */
  readonly ingestion: Pace;
  /** Bytes of one trace, counted until nothing has come of it for a minute or two. */
  readonly traceMaxBytes: number;
  /** Traces of which something came in the last minute or two. */
  readonly tracesMax: number;
}

export const NO_TRACE_LIMITS: TraceLimits = { ingestion: NO_PACE, traceMaxBytes: 0, tracesMax: 0 };

/** Times in ms. */
export interface QueryLimits {
  /** How much time a query may look at, of metrics and logs. */
  readonly rangeMaxMs: number;
  /** What is older than this is not seen. */
  readonly lookbackMs: number;
  /** How much time a search for traces, and one for metrics of traces, may look at. */
  readonly searchMaxMs: number;
  readonly traceMetricsMaxMs: number;
  /** Queries that run at the same time; others wait, … */
  readonly runningMax: number;
  /** … and so many may. */
  readonly waitingMax: number;
  /** Deadline; 0: as for all. */
  readonly timeoutMs: number;
  /** Samples and bytes that a PromQL query may hold at a time; 0: as for all. */
  readonly samplesMax: number;
  readonly bytesMax: number;
  /** Series that a query may read of metrics. */
  readonly seriesMax: number;
  /** Lines of an answer, and series of one to a metric query of logs; 0: as for all. */
  readonly entriesMax: number;
  readonly logSeriesMax: number;
}

export const NO_QUERY_LIMITS: QueryLimits = {
  rangeMaxMs: 0,
  lookbackMs: 0,
  searchMaxMs: 0,
  traceMetricsMaxMs: 0,
  runningMax: 0,
  waitingMax: 0,
  timeoutMs: 0,
  samplesMax: 0,
  bytesMax: 0,
  seriesMax: 0,
  entriesMax: 0,
  logSeriesMax: 0,
};

/** Requests of whatever size, by what they do. */
export interface RequestLimits {
  readonly ingest: Pace;
  readonly read: Pace;
}

export const NO_REQUEST_LIMITS: RequestLimits = { ingest: NO_PACE, read: NO_PACE };

/** Limits of one kind: those of whoever has none of his own, and by tenant. */
export interface ByTenant<Limits> {
  readonly defaults: Limits;
  readonly tenants: Readonly<Record<string, Limits>>;
}

export function limitsOf<Limits>({ defaults, tenants }: ByTenant<Limits>, tenant: string): Limits {
  return Object.hasOwn(tenants, tenant) ? tenants[tenant]! : defaults;
}

/** Those of a query over several tenants: of each limit that any of them has, the smallest. */
export function strictest(all: readonly QueryLimits[]): QueryLimits {
  const [first = NO_QUERY_LIMITS, ...others] = all;
  if (others.length === 0) return first;
  const out: Record<string, number> = {};
  for (const key of Object.keys(first) as (keyof QueryLimits)[]) {
    const set = all.map((limits) => limits[key]).filter((limit) => limit > 0);
    out[key] = set.length === 0 ? 0 : Math.min(...set);
  }
  return out as unknown as QueryLimits;
}

/** Whether any of them limits anything. */
export function isAnySet(limits: object): boolean {
  return Object.values(limits).some((value) => (typeof value === 'object' ? isAnySet(value) : value !== 0));
}
