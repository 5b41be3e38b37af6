/**
 * Storage as a query may see it whose tenant has limits: what is older than the look-back is not there, and a query that would look
 * at more time, or read more series, than it may fails. Here every language passes, with all that its offsets, windows and
 * subqueries come to.
 */

import { formatGoDuration } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { DEFAULT_QUERY_SETTINGS, type QuerySettings } from '../model/query-settings.ts';
import { DEFAULT_TENANT } from '../model/tenant.ts';
import { type ByTenant, limitsOf, type QueryLimits, strictest } from '../model/tenant-limits.ts';
import { type Instant, TIME_MIN_MS } from '../model/time.ts';
import type {
  LabelQuery,
  LogReader,
  MetricReader,
  SeriesCursor,
  StorageReader,
  TimeRange,
  TraceReader,
} from '../storage/interface.ts';
import type { ServiceRequest } from './service.ts';
import { MARGIN_MS } from './traces/search-margin.ts';

const NS_PER_MS = 1e6;

/** A job of a reader, held to what its tenants may: how it evaluates, and the storage that it sees. */
export function limitedJob(
  service: string,
  { tenants = [DEFAULT_TENANT], nowMs }: ServiceRequest,
  settings: QuerySettings = DEFAULT_QUERY_SETTINGS,
  all: ByTenant<QueryLimits> | undefined,
): { readonly query: QuerySettings; readonly within: (storage: StorageReader) => StorageReader } {
  if (!all) return { query: settings, within: (storage) => storage };
  const limits = strictest(tenants.map((tenant) => limitsOf(all, tenant)));
  const { samplesMax, bytesMax, entriesMax, logSeriesMax } = limits;
  const query = {
    ...settings,
    ...(samplesMax > 0 && { samplesMax }),
    ...(bytesMax > 0 && { bytesMax }),
    ...(entriesMax > 0 && { entriesMax }),
    ...(logSeriesMax > 0 && { logSeriesMax }),
  };
  const job = { limits, service, nowMs, lookbackDeltaMs: query.lookbackMs };
  return { query, within: (storage) => (limitsReading(limits) ? limitedReader(storage, job) : storage) };
}

/** Whether any of the limits is for the reader to hold. */
function limitsReading(limits: QueryLimits): boolean {
  const { rangeMaxMs, lookbackMs, searchMaxMs, traceMetricsMaxMs, seriesMax } = limits;
  return rangeMaxMs + lookbackMs + searchMaxMs + traceMetricsMaxMs + seriesMax > 0;
}

export interface ReadingJob {
  readonly limits: QueryLimits;
  readonly service: string;
  readonly nowMs: number;
  /** How far instant selectors look back, which is not counted to a query's range. */
  readonly lookbackDeltaMs: number;
}

export function limitedReader(storage: StorageReader, job: ReadingJob): StorageReader {
  return {
    ...storage,
    metrics: limitedMetrics(storage.metrics, job),
    logs: limitedLogs(storage.logs, job),
    traces: limitedTraces(storage.traces, job),
  };
}

/** What is left of a range; undefined: nothing. */
function clamped<R extends TimeRange>(range: R, { limits, nowMs }: ReadingJob): R | undefined {
  if (limits.lookbackMs === 0) return range;
  const minMs = Math.max(range.minMs, nowMs - limits.lookbackMs);
  return minMs > range.maxMs ? undefined : { ...range, minMs };
}

/** In Mimir's and Loki's words. */
function checkRange(rangeMs: number, maxRangeMs: number, signal: 'metrics' | 'logs'): void {
  if (maxRangeMs === 0 || rangeMs <= maxRangeMs) return;
  const text = (ms: number) => formatGoDuration(Math.round(ms / 1000) * 1000 * NS_PER_MS);
  const lengths = `(query length: ${text(rangeMs)}, limit: ${text(maxRangeMs)})`;
  const message = `the query time range exceeds the limit ${lengths}`;
  if (signal === 'logs') throw new TriliteError('bad_data', message);
  throw new TriliteError('execution', `${message} (err-mimir-max-query-length)`);
}

type Labelled = Pick<MetricReader, 'series' | 'labelNames' | 'labelValues'>;

function limitedLabels(reader: Labelled, job: ReadingJob): Labelled {
  const within = async <Q extends LabelQuery, T>(query: Q, ask: (query: Q) => Promise<T[]>): Promise<T[]> => {
    const left = clamped(query, job);
    return left ? ask(left) : [];
  };
  return {
    series: (query) => within(query, (q) => reader.series(q)),
    labelNames: (query) => within(query, (q) => reader.labelNames(q)),
    labelValues: (name, query) => within(query, (q) => reader.labelValues(name, q)),
  };
}

function limitedMetrics(metrics: MetricReader, job: ReadingJob): MetricReader {
  const { rangeMaxMs, seriesMax } = job.limits;
  let series = 0;
  const count = () => {
    if (seriesMax === 0 || ++series <= seriesMax) return;
    const rule = `the query exceeded the maximum number of series (limit: ${seriesMax} series)`;
    throw new TriliteError('execution', `${rule} (err-mimir-max-series-per-query)`);
  };
  const counting = (cursor: SeriesCursor): SeriesCursor => ({
    nextBatch: () => cursor.nextBatch(),
    next: () => {
      const has = cursor.next();
      if (has) count();
      return has;
    },
    labels: () => cursor.labels(),
    read: (into) => cursor.read(into),
    close: () => cursor.close(),
  });
  return {
    select: async (query, signal) => {
      const left = clamped(query, job);
      if (!left) return NOTHING;
      checkRange(left.maxMs - left.minMs - job.lookbackDeltaMs, rangeMaxMs, 'metrics');
      const cursor = await metrics.select(left, signal);
      return seriesMax === 0 ? cursor : counting(cursor);
    },
    exemplars: async (query) => {
      const left = clamped(query, job);
      return left ? metrics.exemplars(left) : [];
    },
    metadata: () => metrics.metadata(),
    ...limitedLabels(metrics, job),
  };
}

function neverAsked(): never {
  throw new Error('BUG: asked of a cursor that is at nothing');
}

/** Where the range is older than what is seen. */
const NOTHING = {
  nextBatch: async () => false,
  next: () => false,
  narrow: () => {},
  labels: neverAsked,
  read: neverAsked,
  chunk: neverAsked,
  close: () => {},
};

function limitedLogs(logs: LogReader, job: ReadingJob): LogReader {
  const { rangeMaxMs, lookbackMs } = job.limits;
  const floorMs = lookbackMs === 0 ? Number.NEGATIVE_INFINITY : job.nowMs - lookbackMs;
  return {
    select: async (query, signal) => {
      const left = clamped(query, job);
      if (!left) return NOTHING;
      checkRange(left.maxMs - left.minMs, rangeMaxMs, 'logs');
      return logs.select(left, signal);
    },
    volume: async (query, sink, signal) => {
      const { edges } = query;
      const maxMs = edges.at(-1)!.ms;
      if (maxMs < floorMs) return;
      checkRange(maxMs - Math.max(floorMs, edges[0]!.ms), rangeMaxMs, 'logs');
      const raised = (edge: Instant): Instant => (edge.ms < floorMs ? { ms: floorMs, ns: 0 } : edge);
      await logs.volume(
        floorMs > edges[0]!.ms ? { ...query, edges: edges.map(raised) } : query,
        sink,
        signal,
      );
    },
    ...limitedLabels(logs, job),
  };
}

/** A trace by its ID has no range. One who names none searches as far back as he may. */
function limitedTraces(traces: TraceReader, { limits, service, nowMs }: ReadingJob): TraceReader {
  const maxRangeMs = service.includes('.metrics') ? limits.traceMetricsMaxMs : limits.searchMaxMs;
  return {
    trace: (id, signal) => traces.trace(id, signal),
    lookup: () => traces.lookup(),
    select: async (query, signal) => {
      if (maxRangeMs === 0) return traces.select(query, signal);
      if (query.minMs <= TIME_MIN_MS) {
        const { maxMs } = query;
        return traces.select({ minMs: Math.min(maxMs, nowMs) - maxRangeMs, maxMs }, signal);
      }
      // Searches look a little further than they are asked to.
      const [minMs, maxMs] = [query.minMs + MARGIN_MS, query.maxMs - MARGIN_MS];
      if (maxMs - minMs <= maxRangeMs) return traces.select(query, signal);
      const seconds = (ms: number) => Math.floor(ms / 1000);
      const received = `received start=${seconds(minMs)} end=${seconds(maxMs)}`;
      const limit = formatGoDuration(maxRangeMs * NS_PER_MS);
      throw new TriliteError('bad_data', `range specified by start and end exceeds ${limit}. ${received}`);
    },
  };
}
