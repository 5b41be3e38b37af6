/**
 * Questions to a server in the three languages, and their answers in plain shapes. What tests, commands and assertions ask goes
 * through here, over the public APIs: what is true for them is true for Grafana.
 */

import { type ErrorKind, TriliteError } from '../model/errors.ts';
import type { LogEntry, LogqlAnswer, PromqlAnswer, Trace, TraceqlAnswer } from './answer.ts';
import {
  type MatrixJson,
  type PairJson,
  readFloat,
  readMatrix,
  readPoint,
  readVector,
  type VectorJson,
} from './read-metrics.ts';
import {
  readSearch,
  readTrace,
  readTraceMetrics,
  readTraceNumbers,
  type SearchJson,
  type TraceJson,
  type TraceMetricsJson,
  type TraceNumbersJson,
} from './read-traces.ts';
import type { Question, Transport } from './transport.ts';

/** What goes with any question. */
export interface Asking {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** At one moment; the server's now where none is given. */
export interface AtMoment extends Asking {
  readonly timeMs?: number | undefined;
}

/** Both bounds inclusive; the API's own defaults where they are not given. */
export interface OverRange extends Asking {
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** At most so many lines or traces. */
  readonly limit?: number | undefined;
}

export interface OverSteps extends OverRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface OverLines extends OverRange {
  readonly direction?: 'forward' | 'backward' | undefined;
}

export interface OverTraces extends OverRange {
  /** Spans of each span set that are listed. */
  readonly spansPerSet?: number | undefined;
}

type Params = (readonly [string, string])[];

const STATUS_KINDS: Readonly<Record<number, ErrorKind>> = {
  400: 'bad_data',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  422: 'execution',
  429: 'rate_limited',
  499: 'canceled',
  503: 'overloaded',
  504: 'timeout',
};

/** Every method rejects with `TriliteError` in the server's words, or with `UnreachableError`. */
export class Client {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  promql(query: string, { timeMs, ...asking }: AtMoment = {}): Promise<PromqlAnswer> {
    const params: Params = [['query', query]];
    if (timeMs !== undefined) params.push(['time', String(timeMs / 1000)]);
    return this.#promql('/api/v1/query', params, asking);
  }

  promqlRange(query: string, { startMs, endMs, stepMs, ...asking }: OverSteps): Promise<PromqlAnswer> {
    const params: Params = [
      ['query', query],
      ['start', String(startMs / 1000)],
      ['end', String(endMs / 1000)],
      ['step', String(stepMs / 1000)],
    ];
    return this.#promql('/api/v1/query_range', params, asking);
  }

  async #promql(path: string, params: Params, asking: Asking): Promise<PromqlAnswer> {
    const { data, warnings = [], infos = [] } = await this.json<PromqlJson>({ path, params, ...asking });
    return { ...readData(data), warnings, infos } as PromqlAnswer;
  }

  /** Lines in the order of `direction`, over all streams; or a metric query at the range's end. */
  async logql(
    query: string,
    { timeMs, limit, direction, ...asking }: AtMoment & OverLines = {},
  ): Promise<LogqlAnswer> {
    const { startMs, endMs, ...rest } = asking;
    const isRange = startMs !== undefined || endMs !== undefined;
    const params: Params = [['query', query]];
    push(params, 'time', nanoseconds(timeMs));
    push(params, 'start', nanoseconds(startMs));
    push(params, 'end', nanoseconds(endMs));
    push(params, 'limit', limit);
    push(params, 'direction', direction);
    return this.#logql(isRange ? '/loki/api/v1/query_range' : '/loki/api/v1/query', params, rest, direction);
  }

  /** Of a metric query. */
  logqlRange(query: string, { startMs, endMs, stepMs, limit, ...asking }: OverSteps): Promise<LogqlAnswer> {
    const params: Params = [['query', query]];
    push(params, 'start', nanoseconds(startMs));
    push(params, 'end', nanoseconds(endMs));
    push(params, 'step', stepMs / 1000);
    push(params, 'limit', limit);
    return this.#logql('/loki/api/v1/query_range', params, asking, undefined);
  }

  async #logql(
    path: string,
    params: Params,
    asking: Asking,
    direction: OverLines['direction'],
  ): Promise<LogqlAnswer> {
    const headers = { ...asking.headers, 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
    return readLogql(await this.json<LogqlJson>({ path, params, ...asking, headers }), direction);
  }

  /** Traces that a query selects, newest first. */
  async traces(query: string, { startMs, endMs, limit, spansPerSet, ...asking }: OverTraces = {}) {
    const params: Params = [['q', query]];
    push(params, 'start', startMs === undefined ? undefined : Math.floor(startMs / 1000));
    push(params, 'end', endMs === undefined ? undefined : Math.ceil(endMs / 1000));
    push(params, 'limit', limit);
    push(params, 'spss', spansPerSet);
    return readSearch(await this.json<SearchJson>({ path: '/api/search', params, ...asking }));
  }

  /** Series of a metrics query over spans. */
  async traceMetrics(
    query: string,
    { startMs, endMs, stepMs, ...asking }: OverRange & { readonly stepMs?: number } = {},
  ) {
    const params: Params = [['q', query]];
    push(params, 'start', startMs === undefined ? undefined : Math.floor(startMs / 1000));
    push(params, 'end', endMs === undefined ? undefined : Math.ceil(endMs / 1000));
    push(params, 'step', stepMs === undefined ? undefined : `${stepMs}ms`);
    const path = '/api/metrics/query_range';
    return readTraceMetrics(await this.json<TraceMetricsJson>({ path, params, ...asking }));
  }

  /** A number for each series of a metrics query over spans, over the whole range. */
  async traceMetricsOver(query: string, { startMs, endMs, ...asking }: OverRange = {}) {
    const params: Params = [['q', query]];
    push(params, 'start', startMs === undefined ? undefined : Math.floor(startMs / 1000));
    push(params, 'end', endMs === undefined ? undefined : Math.ceil(endMs / 1000));
    const path = '/api/metrics/query';
    return readTraceNumbers(await this.json<TraceNumbersJson>({ path, params, ...asking }));
  }

  /** Either of the two, as the query is. */
  async traceql(
    query: string,
    range: OverTraces & { readonly stepMs?: number } = {},
  ): Promise<TraceqlAnswer> {
    if (await isTraceMetrics(query)) return { kind: 'matrix', series: await this.traceMetrics(query, range) };
    return { kind: 'traces', traces: await this.traces(query, range) };
  }

  /** The whole trace; undefined where there is none of the id. */
  async trace(id: string, asking: Asking = {}): Promise<Trace | undefined> {
    const path = `/api/v2/traces/${encodeURIComponent(id)}`;
    return readTrace(await this.json<TraceJson>({ path, ...asking }));
  }

  /** A GET of JSON. */
  async json<T>(question: Question): Promise<T> {
    const headers = { Accept: 'application/json', ...question.headers };
    const { status, body } = await this.#transport.ask({ ...question, headers });
    const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
    if (status >= 300) throw new TriliteError(STATUS_KINDS[status] ?? 'internal', messageOf(status, text));
    return JSON.parse(text) as T;
  }

  close(): void {
    this.#transport.close();
  }
}

interface PromqlJson {
  readonly data: DataJson;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

type DataJson =
  | { readonly resultType: 'vector'; readonly result: readonly VectorJson[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixJson[] }
  | { readonly resultType: 'scalar' | 'string'; readonly result: PairJson };

export interface LogqlJson {
  readonly data: DataJson | { readonly resultType: 'streams'; readonly result: readonly StreamJson[] };
}

type LabelsJson = Readonly<Record<string, string>>;

interface StreamJson {
  readonly stream: LabelsJson;
  readonly values: readonly (readonly [
    ns: string,
    line: string,
    categories?: { readonly structuredMetadata?: LabelsJson; readonly parsed?: LabelsJson },
  ])[];
}

function readData(data: DataJson) {
  switch (data.resultType) {
    case 'vector':
      return { kind: 'vector', samples: readVector(data.result) };
    case 'matrix':
      return { kind: 'matrix', series: readMatrix(data.result) };
    case 'scalar':
      return { kind: 'scalar', timeMs: readPoint(data.result).timeMs, value: readFloat(data.result[1]) };
    case 'string':
      return { kind: 'string', timeMs: Math.round(data.result[0] * 1000), text: data.result[1] };
  }
}

/** An answer in Loki's form. */
export function readLogql({ data }: LogqlJson, direction: OverLines['direction']): LogqlAnswer {
  if (data.resultType === 'streams') return { kind: 'entries', entries: readStreams(data.result, direction) };
  return readData(data) as LogqlAnswer;
}

/** The server has a direction within each stream; here it is over all of them. */
function readStreams(
  streams: readonly StreamJson[],
  direction: OverLines['direction'] = 'backward',
): LogEntry[] {
  const entries = streams.flatMap(({ stream, values }) =>
    values.map(
      ([ns, line, categories]): LogEntry => ({
        timeNs: BigInt(ns),
        line,
        labels: stream,
        structuredMetadata: categories?.structuredMetadata ?? {},
        parsed: categories?.parsed ?? {},
      }),
    ),
  );
  const sign = direction === 'forward' ? 1 : -1;
  return entries.sort((a, b) => (a.timeNs === b.timeNs ? 0 : a.timeNs < b.timeNs ? -sign : sign));
}

/** Whether a TraceQL query makes series rather than traces. One that does not parse makes neither: the server says why. */
export async function isTraceMetrics(query: string): Promise<boolean> {
  const { parseQuery } = await import('../query/lang/traceql/parser.ts');
  try {
    return parseQuery(query).kind === 'metrics';
  } catch {
    return false;
  }
}

function push(params: Params, name: string, value: string | number | undefined): void {
  if (value !== undefined) params.push([name, String(value)]);
}

/** Exact: milliseconds may have decimals. */
function nanoseconds(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  const whole = Math.floor(ms);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)));
}

/** What the server says, in either of its forms. */
function messageOf(status: number, text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    const told = error ?? message;
    if (typeof told === 'string' && told !== '') return told;
  } catch {
    // Plain text.
  }
  return text.trim() || `the server answered ${status}`;
}
