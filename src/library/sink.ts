/**
 * What a test has in its hands: a whole Trilite in its own process. `Sink` is all of it, `Questions` the part that reads,
 * which a view since a mark has too.
 */

import type {
  AttributeSet,
  LabelSet,
  LogqlAnswer,
  PromqlAnswer,
  SpanKind,
  SpanStatus,
  Trace,
  TraceqlAnswer,
} from '../client/answer.ts';

/** A moment: milliseconds since the epoch, a `Date`, or RFC 3339 (`2026-01-01T00:00:00Z`). */
export type Moment = number | Date | string;

/** Milliseconds, or Prometheus' notation (`500ms`, `5m`, `1h30m`). */
export type Duration = number | string;

/** A question in one of the languages; a plain text is PromQL, `trace` is the id of one. */
export type Query =
  | string
  | { readonly promql: string }
  | { readonly logql: string }
  | { readonly traceql: string }
  | { readonly trace: string };

/** What a question of the type `Q` is answered with. */
export type AnswerTo<Q extends Query> = Q extends string | { readonly promql: string }
  ? PromqlAnswer
  : Q extends { readonly logql: string }
    ? LogqlAnswer
    : Q extends { readonly traceql: string }
      ? TraceqlAnswer
      : Trace;

/** `3`, `'>= 3'`, `'!= 0'`: one of `==`, `!=`, `<`, `<=`, `>`, `>=` and a number. */
export type Comparison = number | string;

/**
 * What an answer must be like.
 *
 * - a number or a comparison: of each value where the answer has values (there must be one), of how many there are where it
 *   has lines, traces or spans;
 * - `count`: how many series, lines, traces or spans there are, whatever the query;
 * - `value`: each value, of a range each last one;
 * - a function: holds unless it throws or returns false (or resolves to it), so that assertions may stand in it.
 */
export type Expectation<A> =
  | Comparison
  | { readonly count: Comparison }
  | { readonly value: Comparison }
  | ((answer: A) => unknown);

export interface InstantOptions {
  /** The sink's now where it is not given. */
  readonly at?: Moment;
}

/** Both bounds inclusive; everything there is where they are not given. */
export interface RangeOptions {
  readonly from?: Moment;
  readonly to?: Moment;
}

export interface StepOptions extends RangeOptions {
  /** Such that there are 250 steps at most, of a second at least, where it is not given. */
  readonly step?: Duration;
}

export interface LogOptions extends StepOptions {
  /** Lines that come at most; 5000 where it is not given. */
  readonly limit?: number;
  /** `forward`, the oldest first, where it is not given. */
  readonly direction?: 'forward' | 'backward';
}

export interface TraceOptions extends StepOptions {
  /** Traces that come at most; 1000 where it is not given. */
  readonly limit?: number;
  /** Spans that are listed of each span set; 100 where it is not given. */
  readonly spansPerSet?: number;
}

export interface WaitOptions {
  /** 5 s where it is not given. Of the machine's time, also while the clock is held. */
  readonly timeout?: Duration;
  readonly signal?: AbortSignal;
}

export interface AbsentOptions {
  /** How long it must stay away; 500 ms where it is not given. Of the machine's time, also while the clock is held. */
  readonly within?: Duration;
  readonly signal?: AbortSignal;
}

/**
 * Questions. All reject with an `Error` in the server's words where a query is wrong.
 */
export interface Questions {
  /** A PromQL query at a moment. */
  promql(query: string, options?: InstantOptions): Promise<PromqlAnswer>;
  /** A PromQL query over a range: from the first sample there is to the last. */
  promqlRange(query: string, options?: StepOptions): Promise<PromqlAnswer>;
  /** A LogQL query: lines of all time; a metric query has its value at the sink's now, or over a range where one is given. */
  logql(query: string, options?: LogOptions): Promise<LogqlAnswer>;
  /** A TraceQL query over all time. */
  traceql(query: string, options?: TraceOptions): Promise<TraceqlAnswer>;
  /** The whole trace by its id (hexadecimal); undefined where there is none. */
  trace(id: string): Promise<Trace | undefined>;
  /**
   * Resolves to the answer as soon as the expectation holds (where none is given: something is there). Looks again when
   * something arrives, not at intervals. Rejects with `ExpectationError` when the time is over.
   */
  waitFor<const Q extends Query>(
    query: Q,
    expectation?: Expectation<AnswerTo<Q>>,
    options?: WaitOptions,
  ): Promise<AnswerTo<Q>>;
  /** Resolves when nothing has matched for the whole time; rejects with `ExpectationError` as soon as something does. */
  expectAbsent(query: Query, options?: AbsentOptions): Promise<void>;
  /** What is there, by name. */
  inventory(): Promise<Inventory>;
}

/** Names of what is stored, each list sorted. */
export interface Inventory {
  readonly metrics: readonly string[];
  /** Label sets of log streams. */
  readonly streams: readonly LabelSet[];
  /** Services that have spans. */
  readonly services: readonly string[];
  /** Names of spans. */
  readonly spans: readonly string[];
}

/** An expectation that did not hold in time, or did where it must not. */
export interface ExpectationFailure extends Error {
  readonly name: 'ExpectationError';
  readonly query: Query;
  /** The last answer there was; undefined where there was none. */
  readonly answer: PromqlAnswer | LogqlAnswer | TraceqlAnswer | Trace | undefined;
}

/** Where each protocol is reached: base URLs as clients are given them, without a slash at the end. */
export interface Endpoints {
  /** The API of Prometheus, e.g. a data source of Grafana. */
  readonly prometheus: string;
  readonly loki: string;
  readonly tempo: string;
  readonly jaeger: string;
  readonly alertmanager: string;
  /** The web page. */
  readonly ui: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` over HTTP; each signal has its `/v1/…` below it. */
  readonly otlpHttp: string;
  /** `OTEL_EXPORTER_OTLP_ENDPOINT` over gRPC. */
  readonly otlpGrpc: string;
  /** `/api/v1/write`, whole. */
  readonly remoteWrite: string;
  /** `/loki/api/v1/push`, whole. */
  readonly lokiPush: string;
  /** `/api/v2/spans`, whole. */
  readonly zipkin: string;
}

/** Environment variables for a process or an SDK under test. */
export type Environment = Readonly<Record<string, string>>;

export interface EnvironmentOptions {
  /** `http/protobuf` where it is not given. */
  readonly protocol?: 'http/protobuf' | 'http/json' | 'grpc';
  /** `OTEL_SERVICE_NAME`; none where it is not given. */
  readonly service?: string;
  /** `OTEL_RESOURCE_ATTRIBUTES`, beside the service. */
  readonly resource?: Readonly<Record<string, string>>;
}

/** A log line to store. */
export interface LogToPush {
  readonly line: string;
  /** The sink's now where it is not given; nanoseconds as a bigint. */
  readonly time?: Moment | bigint;
  /** The label `service_name`. */
  readonly service?: string;
  /** Further labels of its stream. */
  readonly labels?: LabelSet;
  /** Structured metadata. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /** The label `level`, e.g. `error`. */
  readonly level?: string;
  /** Structured metadata `trace_id` and `span_id`. */
  readonly traceId?: string;
  readonly spanId?: string;
}

/** A span to store. Ids are made up where they are not given; children get their parent's trace, service and start. */
export interface SpanToPush {
  readonly name: string;
  /** `service.name` of its resource; `test` where neither it nor a parent says. */
  readonly service?: string;
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** 16 hexadecimal digits. */
  readonly spanId?: string;
  readonly parentSpanId?: string;
  /** `internal` where it is not given. */
  readonly kind?: SpanKind;
  readonly status?: SpanStatus;
  readonly statusMessage?: string;
  /** So that the span ends at the sink's now where it is not given; nanoseconds as a bigint. */
  readonly start?: Moment | bigint;
  /** 1 ms where it is not given. */
  readonly duration?: Duration;
  readonly attributes?: AttributeSet;
  readonly resource?: AttributeSet;
  readonly scope?: { readonly name?: string; readonly version?: string };
  readonly events?: readonly {
    readonly name: string;
    /** The span's start where it is not given. */
    readonly time?: Moment | bigint;
    readonly attributes?: AttributeSet;
  }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: AttributeSet;
  }[];
  readonly children?: readonly SpanToPush[];
}

export interface ToPush {
  readonly logs?: readonly LogToPush[];
  readonly spans?: readonly SpanToPush[];
}

/** What was stored by `push`: the ids of the spans, each before its children. */
export interface Pushed {
  readonly spans: readonly { readonly name: string; readonly traceId: string; readonly spanId: string }[];
}

export interface LoadOptions {
  /** When the first sample of each series is; such that the last of all is at the sink's now where it is not given. */
  readonly start?: Moment;
  /** Between samples, where the text has no `load` line; 1 minute where it is not given. */
  readonly interval?: Duration;
}

/**
 * The sink's time: what queries, rules and scrapes call now. It is the machine's until it is held.
 */
export interface SinkClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Stops the time, at a moment or where it is. */
  hold(at?: Moment): void;
  /** Moves a time that is held. Resolves when what was due in between (rules, scrapes) has run. */
  advance(by: Duration): Promise<void>;
  /** The machine's time again. */
  release(): void;
}

/** A point in what has arrived: text, good for as long as the sink runs. */
export type Mark = string;

/** A Trilite that runs in this process. */
export interface Sink extends Questions, AsyncDisposable {
  readonly endpoints: Endpoints;
  /** What `envFor()` gives: OTLP over HTTP, exported at once. */
  readonly env: Environment;
  /** The variables by which OpenTelemetry SDKs send everything here, soon. */
  envFor(options?: EnvironmentOptions): Environment;
  readonly clock: SinkClock;
  /** The data directory; undefined where everything is in memory. */
  readonly dataDir: string | undefined;

  /** A mark after everything that has arrived so far. */
  mark(): Promise<Mark>;
  /** The same questions, of what arrived after the mark alone. */
  since(mark: Mark): Questions;

  /**
   * Stores series in promtool's notation, one a line: `http_requests_total{code="200"} 0+10x30`. Blocks under `load 1m` say
   * their interval themselves. Resolves when they can be queried.
   */
  load(series: string, options?: LoadOptions): Promise<void>;
  /** Stores logs and spans. Resolves when they can be queried. */
  push(what: ToPush): Promise<Pushed>;

  /** Forgets all data, and the marks. */
  reset(): Promise<void>;
  /** Copies everything into a database file that `trilite serve` and the tools for incidents open. */
  snapshot(file: string): Promise<void>;
  /** Ends it and frees all that it has. Twice is once. */
  stop(): Promise<void>;
}
