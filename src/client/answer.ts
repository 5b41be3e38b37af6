/**
 * What a server answers to questions in the three languages, as people want to read it: numbers are numbers, times of samples
 * milliseconds, times of lines and spans nanoseconds in a bigint, ids hexadecimal, attributes plain values.
 */

/** Names to values. */
export type LabelSet = Readonly<Record<string, string>>;

/** A value of an attribute; integers beyond what a number holds exactly are bigints, bytes are base64. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type AttributeSet = Readonly<Record<string, AttributeValue>>;

/** A value at a time in ms since the epoch. */
export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

/** A native histogram at a time; buckets ascend, bounds as the server prints them. */
export interface HistogramPoint {
  readonly timeMs: number;
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly {
    readonly lower: number;
    readonly upper: number;
    readonly lowerInclusive: boolean;
    readonly upperInclusive: boolean;
    readonly count: number;
  }[];
}

/** One series of an instant vector: a value, or a native histogram. */
export interface VectorItem {
  readonly labels: LabelSet;
  readonly timeMs: number;
  /** NaN where the sample is a histogram. */
  readonly value: number;
  readonly histogram?: HistogramPoint;
}

/** One series of a matrix. */
export interface Series {
  readonly labels: LabelSet;
  readonly points: readonly Point[];
  readonly histograms: readonly HistogramPoint[];
}

interface Told {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export type PromqlAnswer = Told &
  (
    | { readonly kind: 'vector'; readonly samples: readonly VectorItem[] }
    | { readonly kind: 'matrix'; readonly series: readonly Series[] }
    | { readonly kind: 'scalar'; readonly timeMs: number; readonly value: number }
    | { readonly kind: 'string'; readonly timeMs: number; readonly text: string }
  );

/** A log line with all that is known of it. */
export interface LogEntry {
  readonly timeNs: bigint;
  readonly line: string;
  /** Of its stream. */
  readonly labels: LabelSet;
  readonly structuredMetadata: LabelSet;
  /** What the query's parsers found. */
  readonly parsed: LabelSet;
}

export type LogqlAnswer =
  | { readonly kind: 'entries'; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'vector'; readonly samples: readonly VectorItem[] }
  | { readonly kind: 'matrix'; readonly series: readonly Series[] }
  | { readonly kind: 'scalar'; readonly timeMs: number; readonly value: number };

/** A span as a search shows it: with the attributes that the query asked about. */
export interface FoundSpan {
  readonly spanId: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly durationNs: bigint;
  readonly attributes: AttributeSet;
}

/** Spans of a trace that matched together; `spans` are the first of them. */
export interface FoundSpanSet {
  readonly matched: number;
  readonly spans: readonly FoundSpan[];
  readonly attributes: AttributeSet;
}

export interface FoundTrace {
  /** 32 digits. */
  readonly traceId: string;
  readonly rootServiceName: string;
  readonly rootTraceName: string;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly spanSets: readonly FoundSpanSet[];
  readonly services: Readonly<Record<string, { readonly spans: number; readonly errors: number }>>;
}

export type TraceqlAnswer =
  | { readonly kind: 'traces'; readonly traces: readonly FoundTrace[] }
  | { readonly kind: 'matrix'; readonly series: readonly Series[] };

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';

export interface SpanEvent {
  readonly timeNs: bigint;
  readonly name: string;
  readonly attributes: AttributeSet;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: AttributeSet;
}

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: AttributeSet;
  readonly resource: AttributeSet;
  readonly scope: { readonly name: string; readonly version: string };
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

export interface Trace {
  readonly traceId: string;
  /** By their start, then by their id. */
  readonly spans: readonly Span[];
}
