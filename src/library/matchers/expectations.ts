/**
 * What a test may ask of a sink: the types of the matchers and assertions. There is nothing but types here, so that they are
 * the package's declarations as they stand (tools/build-matcher-types.ts).
 */

import type {
  AttributeValue,
  LogEntry,
  LogqlAnswer,
  PromqlAnswer,
  Span,
  SpanKind,
  SpanStatus,
  Trace,
  TraceqlAnswer,
  VectorItem,
} from '../../client/answer.ts';
import type { Duration, Questions } from '../sink.ts';

/** What Jest's, Vitest's and Jasmine's asymmetric matchers have in common. */
export interface AsymmetricMatcher {
  asymmetricMatch(actual: unknown): boolean;
  toAsymmetricMatcher?(): string;
}

/** `undefined` expects that there is none. */
export type Expected<T> = T | RegExp | AsymmetricMatcher | Predicate<T> | undefined;

/** Holds where it returns something that is true. A method's type, so that a test may say `(code: number) => …` of an attribute. */
export type Predicate<T> = { holds(actual: T): unknown }['holds'];

/** `'>= 3'`, `'< 0.5'`, `'!= 0'`. */
export type Comparison = `${'>' | '>=' | '<' | '<=' | '==' | '!='} ${number}`;

/** Both bounds inclusive. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export type ExpectedNumber = number | Comparison | Bounds | AsymmetricMatcher | ((actual: number) => unknown);

export type ExpectedAttributes = Readonly<Record<string, Expected<AttributeValue>>>;

/** Every key that is given must hold; a string in place of the whole is a name. */
export interface SpanExpectation {
  readonly name?: Expected<string>;
  /** The resource's `service.name`. */
  readonly service?: Expected<string>;
  readonly kind?: SpanKind | AsymmetricMatcher;
  readonly status?: SpanStatus | AsymmetricMatcher;
  readonly statusMessage?: Expected<string>;
  readonly attributes?: ExpectedAttributes;
  readonly resource?: ExpectedAttributes;
  /** Name of the instrumentation scope. */
  readonly scope?: Expected<string>;
  readonly durationMs?: ExpectedNumber;
  /** 32 hexadecimal digits. */
  readonly traceId?: Expected<string>;
  readonly spanId?: Expected<string>;
  /** `null` expects a root. */
  readonly parent?: SpanExpectation | string | null;
  /** One child at least is so; `null` expects that there is none. */
  readonly child?: SpanExpectation | string | null;
  /** Each is there; a string is a name. */
  readonly events?: readonly (EventExpectation | string)[];
  readonly links?: readonly LinkExpectation[];
}

export interface CountedSpans extends SpanExpectation {
  /** How many there are; one at least where it is not given. */
  readonly count?: ExpectedNumber;
}

export interface EventExpectation {
  readonly name?: Expected<string>;
  readonly attributes?: ExpectedAttributes;
}

export interface LinkExpectation {
  readonly traceId?: Expected<string>;
  readonly spanId?: Expected<string>;
  readonly attributes?: ExpectedAttributes;
}

/** A string is a name. */
export type TraceShape =
  | string
  | (SpanExpectation & {
      /** Each is a child of its own, in any order. */
      readonly children?: readonly TraceShape[];
    });

export interface ShapeOptions {
  /** The trace has these spans and no others, from its root. */
  readonly exact?: boolean;
}

export interface TraceOptions extends ShapeOptions {
  /** How many traces are so; one at least where it is not given. */
  readonly count?: ExpectedNumber;
}

/** Values of labels and structured metadata are texts; numbers and booleans are compared as theirs. */
export type ExpectedTexts = Readonly<Record<string, Expected<string> | number | boolean>>;

export interface LogExpectation {
  /** A string is contained in the line; anything else is asked of the whole of it. */
  readonly line?: Expected<string>;
  /** The label `service_name`. */
  readonly service?: Expected<string>;
  /** Of the stream. */
  readonly labels?: ExpectedTexts;
  /** `error`, `warn`, `info`, …: the level, however it was sent. */
  readonly severity?: Expected<string>;
  /** Structured metadata, by OTLP's names or Loki's (`http.route` is `http_route`). */
  readonly attributes?: ExpectedTexts;
  /** Another name of `attributes`. */
  readonly structuredMetadata?: ExpectedTexts;
  readonly traceId?: Expected<string>;
  readonly spanId?: Expected<string>;
}

export interface CountedLines extends LogExpectation {
  /** How many there are; one at least where it is not given. */
  readonly count?: ExpectedNumber;
}

export interface SeriesExpectation {
  /** The metric's, as Prometheus has it (`http_server_request_duration_seconds_count`), or as OpenTelemetry does (`http.server.requests`). */
  readonly name?: Expected<string>;
  /** Another word for `name`. */
  readonly metric?: Expected<string>;
  readonly labels?: ExpectedTexts;
  /** The newest sample's; of a native histogram its count. */
  readonly value?: ExpectedNumber;
}

export interface CountedSeries extends SeriesExpectation {
  /** How many there are; one at least where it is not given. */
  readonly count?: ExpectedNumber;
}

/** All must hold. */
export interface AnswerExpectation {
  /** How many series, lines or traces; one at least where it is not given. */
  readonly count?: ExpectedNumber;
  /** Of every series (the last, of a range). Not of lines and traces. */
  readonly value?: ExpectedNumber;
}

export interface CheckOptions {
  /** How long to wait for what is expected; 4 s where it is not given. */
  readonly timeout?: Duration;
  /** Of an absence: how long it must last. One look where it is not given. */
  readonly within?: Duration;
}

/** The matchers as a test calls them; `R` is what the framework returns. */
export interface SinkMatchers<R = Promise<void>> {
  /** A span at least is so, or as many as `count` says. A string is a name. */
  toHaveSpan(expected: CountedSpans | string, options?: CheckOptions): R;
  /** A trace has this tree of spans among others, or with `exact` this one alone. */
  toHaveTrace(shape: TraceShape, options?: CheckOptions & TraceOptions): R;
  /** A log line at least is so. A string or pattern is the line's. */
  toHaveLog(expected: CountedLines | string | RegExp, options?: CheckOptions): R;
  /** A series at least is so, by its newest sample. A string is a name. */
  toHaveSeries(expected: CountedSeries | string, options?: CheckOptions): R;
  /** Another name of `toHaveSeries`. */
  toHaveMetric(expected: CountedSeries | string, options?: CheckOptions): R;
  /** The query finds something, or what the options say. */
  toMatchPromql(query: string, options?: CheckOptions & AnswerExpectation): R;
  toMatchLogql(query: string, options?: CheckOptions & AnswerExpectation): R;
  toMatchTraceql(query: string, options?: CheckOptions & AnswerExpectation): R;
}

/** Of an absence: how long it must last. */
export type AbsenceOptions = Pick<CheckOptions, 'within'>;
/** How long to wait. */
export type PresenceOptions = Pick<CheckOptions, 'timeout'>;

/** The assertions for `node:test`. Each waits, rejects with an `AssertionError`, and resolves to what was found. */
export interface SinkAssertions {
  assertSpan(
    sink: Questions,
    expected: CountedSpans | string,
    options?: PresenceOptions,
  ): Promise<readonly Span[]>;
  assertNoSpan(sink: Questions, expected: CountedSpans | string, options?: AbsenceOptions): Promise<void>;
  assertTrace(
    sink: Questions,
    shape: TraceShape,
    options?: PresenceOptions & TraceOptions,
  ): Promise<readonly Trace[]>;
  assertNoTrace(sink: Questions, shape: TraceShape, options?: AbsenceOptions & TraceOptions): Promise<void>;
  assertLog(
    sink: Questions,
    expected: CountedLines | string | RegExp,
    options?: PresenceOptions,
  ): Promise<readonly LogEntry[]>;
  assertNoLog(
    sink: Questions,
    expected: CountedLines | string | RegExp,
    options?: AbsenceOptions,
  ): Promise<void>;
  assertSeries(
    sink: Questions,
    expected: CountedSeries | string,
    options?: PresenceOptions,
  ): Promise<readonly VectorItem[]>;
  assertNoSeries(sink: Questions, expected: CountedSeries | string, options?: AbsenceOptions): Promise<void>;
  assertPromql(
    sink: Questions,
    query: string,
    options?: PresenceOptions & AnswerExpectation,
  ): Promise<PromqlAnswer>;
  assertLogql(
    sink: Questions,
    query: string,
    options?: PresenceOptions & AnswerExpectation,
  ): Promise<LogqlAnswer>;
  assertTraceql(
    sink: Questions,
    query: string,
    options?: PresenceOptions & AnswerExpectation,
  ): Promise<TraceqlAnswer>;
}
