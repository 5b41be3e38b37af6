/** Tempo's JSON: what a search found, numbers out of spans, a whole trace. */

import type {
  FoundSpanSet,
  FoundTrace,
  LabelSet,
  Series,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  SpanStatus,
  Trace,
} from './answer.ts';
import { attributeSet, attributeValue, idFromBase64, type KeyValueJson } from './attribute-value.ts';

const TRACE_ID_DIGITS = 32;

interface FoundSpanJson {
  readonly spanID: string;
  readonly name?: string;
  readonly startTimeUnixNano?: string;
  readonly durationNanos?: string;
  readonly attributes?: readonly KeyValueJson[];
}

interface SpanSetJson {
  readonly matched?: number;
  readonly spans?: readonly FoundSpanJson[];
  readonly attributes?: readonly KeyValueJson[];
}

export interface SearchJson {
  readonly traces?: readonly {
    readonly traceID: string;
    readonly rootServiceName?: string;
    readonly rootTraceName?: string;
    readonly startTimeUnixNano?: string;
    readonly durationMs?: number;
    readonly spanSets?: readonly SpanSetJson[];
    readonly serviceStats?: Readonly<Record<string, { spanCount?: number; errorCount?: number }>>;
  }[];
}

export function readSearch({ traces = [] }: SearchJson): readonly FoundTrace[] {
  return traces.map((trace) => ({
    traceId: trace.traceID.padStart(TRACE_ID_DIGITS, '0'),
    rootServiceName: trace.rootServiceName ?? '',
    rootTraceName: trace.rootTraceName ?? '',
    startNs: BigInt(trace.startTimeUnixNano ?? 0),
    durationMs: trace.durationMs ?? 0,
    spanSets: (trace.spanSets ?? []).map(readSpanSet),
    services: Object.fromEntries(
      Object.entries(trace.serviceStats ?? {}).map(([name, { spanCount = 0, errorCount = 0 }]) => [
        name,
        { spans: spanCount, errors: errorCount },
      ]),
    ),
  }));
}

function readSpanSet({ matched = 0, spans = [], attributes }: SpanSetJson): FoundSpanSet {
  return {
    matched,
    attributes: attributeSet(attributes),
    spans: spans.map((span) => ({
      spanId: span.spanID,
      name: span.name ?? '',
      startNs: BigInt(span.startTimeUnixNano ?? 0),
      durationNs: BigInt(span.durationNanos ?? 0),
      attributes: attributeSet(span.attributes),
    })),
  };
}

export interface TraceMetricsJson {
  readonly series?: readonly {
    readonly labels?: readonly KeyValueJson[];
    readonly samples?: readonly { readonly timestampMs: string; readonly value?: number | string }[];
  }[];
}

export function readTraceMetrics({ series = [] }: TraceMetricsJson): readonly Series[] {
  return series.map(({ labels = [], samples = [] }) => ({
    labels: readLabels(labels),
    points: samples.map(({ timestampMs, value = 0 }) => ({
      timeMs: Number(timestampMs),
      value: Number(value),
    })),
    histograms: [],
  }));
}

export interface TraceNumbersJson {
  readonly series?: readonly {
    readonly labels?: readonly KeyValueJson[];
    readonly value?: number | string;
  }[];
}

export interface LabelledNumber {
  readonly labels: LabelSet;
  readonly value: number;
}

export function readTraceNumbers({ series = [] }: TraceNumbersJson): readonly LabelledNumber[] {
  return series.map(({ labels = [], value = 0 }) => ({ labels: readLabels(labels), value: Number(value) }));
}

function readLabels(pairs: readonly KeyValueJson[]): LabelSet {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, String(attributeValue(value))]));
}

interface SpanJson {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly KeyValueJson[];
  readonly events?: readonly {
    readonly timeUnixNano?: string;
    readonly name?: string;
    readonly attributes?: readonly KeyValueJson[];
  }[];
  readonly links?: readonly {
    readonly traceId?: string;
    readonly spanId?: string;
    readonly attributes?: readonly KeyValueJson[];
  }[];
  readonly status?: { readonly code?: string; readonly message?: string };
}

export interface TraceJson {
  readonly trace?: {
    readonly resourceSpans?: readonly {
      readonly resource?: { readonly attributes?: readonly KeyValueJson[] };
      readonly scopeSpans?: readonly {
        readonly scope?: { readonly name?: string; readonly version?: string };
        readonly spans?: readonly SpanJson[];
      }[];
    }[];
  };
}

/** Undefined where the answer has no spans: there is no such trace. */
export function readTrace({ trace }: TraceJson): Trace | undefined {
  const spans: Span[] = [];
  for (const { resource, scopeSpans = [] } of trace?.resourceSpans ?? []) {
    const resourceAttributes = attributeSet(resource?.attributes);
    for (const { scope, spans: own = [] } of scopeSpans) {
      const told = { name: scope?.name ?? '', version: scope?.version ?? '' };
      spans.push(...own.map((span) => readSpan(span, resourceAttributes, told)));
    }
  }
  const [first] = spans;
  if (!first) return undefined;
  return { traceId: first.traceId, spans: spans.sort(byStart) };
}

function readSpan(span: SpanJson, resource: Span['resource'], scope: Span['scope']): Span {
  return {
    traceId: idFromBase64(span.traceId),
    spanId: idFromBase64(span.spanId),
    parentSpanId: idFromBase64(span.parentSpanId),
    name: span.name ?? '',
    kind: wordOf(span.kind, 'SPAN_KIND_', 'unspecified') as SpanKind,
    status: wordOf(span.status?.code, 'STATUS_CODE_', 'unset') as SpanStatus,
    statusMessage: span.status?.message ?? '',
    startNs: BigInt(span.startTimeUnixNano ?? 0),
    endNs: BigInt(span.endTimeUnixNano ?? 0),
    attributes: attributeSet(span.attributes),
    resource,
    scope,
    events: (span.events ?? []).map(
      (event): SpanEvent => ({
        timeNs: BigInt(event.timeUnixNano ?? 0),
        name: event.name ?? '',
        attributes: attributeSet(event.attributes),
      }),
    ),
    links: (span.links ?? []).map(
      (link): SpanLink => ({
        traceId: idFromBase64(link.traceId),
        spanId: idFromBase64(link.spanId),
        attributes: attributeSet(link.attributes),
      }),
    ),
  };
}

function wordOf(code: string | undefined, prefix: string, absent: string): string {
  return code?.startsWith(prefix) ? code.slice(prefix.length).toLowerCase() : absent;
}

function byStart(a: Span, b: Span): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  return a.spanId < b.spanId ? -1 : Number(a.spanId > b.spanId);
}
