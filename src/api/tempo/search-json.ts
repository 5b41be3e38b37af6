/**
 * Search answers in proto JSON: 64-bit integers as strings, zero values left out. Grafana decodes strictly, so no
 * key may be here that the original does not have.
 */

import { formatGoDuration } from '../../model/duration.ts';
import type { FoundSpan, FoundSpanset, FoundTrace, SearchResult } from '../../query/traces/search.ts';
import type { Value } from '../../query/traces/value.ts';

/** Stands for the service of a root that has not come. */
export const NO_ROOT = '<root span not yet received>';

/** An OTLP AnyValue. Durations, status and kind are texts. */
export function anyValueJson(value: Value): unknown {
  switch (value.type) {
    case 'int':
      return { intValue: String(value.exact ?? value.value) };
    case 'float':
      return { doubleValue: Number.isFinite(value.value) ? value.value : doubleWord(value.value) };
    case 'bool':
      return { boolValue: value.value };
    case 'duration':
      return { stringValue: formatGoDuration(value.value) };
    case 'many':
      return { arrayValue: { values: value.values.map(anyValueJson) } };
    case 'opaque':
      return {};
    default:
      return { stringValue: value.value };
  }
}

/** A double field: left out where it is zero. */
export function doubleJson(value: number): number | string | undefined {
  if (value === 0) return undefined;
  return Number.isFinite(value) ? value : doubleWord(value);
}

function doubleWord(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

type Attributes = readonly (readonly [name: string, value: Value])[];

function attributesJson(attributes: Attributes): unknown[] | undefined {
  if (attributes.length === 0) return undefined;
  return attributes.map(([key, value]) => ({ key, value: anyValueJson(value) }));
}

function spanJson(span: FoundSpan): unknown {
  return {
    spanID: span.spanId,
    name: span.name === '' ? undefined : span.name,
    startTimeUnixNano: String(span.startNs),
    durationNanos: span.durationNs === 0 ? undefined : String(span.durationNs),
    attributes: attributesJson(span.attributes),
  };
}

function spansetJson(spanset: FoundSpanset): unknown {
  return {
    spans: spanset.spans.map(spanJson),
    matched: spanset.matched,
    attributes: attributesJson(spanset.attributes),
  };
}

function traceJson(trace: FoundTrace, legacy: boolean): unknown {
  const head = {
    traceID: trace.traceId,
    rootServiceName: trace.rootServiceName || NO_ROOT,
    rootTraceName: trace.rootTraceName || undefined,
    startTimeUnixNano: String(trace.startNs),
    durationMs: trace.durationMs || undefined,
  };
  if (legacy) return head;
  const spanSets = trace.spansets.map(spansetJson);
  const serviceStats: Record<string, unknown> = {};
  for (const [service, { spanCount, errorCount }] of trace.serviceStats) {
    serviceStats[service] = { spanCount, errorCount: errorCount || undefined };
  }
  return { ...head, spanSet: spanSets[0], spanSets, serviceStats };
}

/** An answer of `/api/search`, to be printed. */
export function searchJson(result: SearchResult, legacy: boolean): unknown {
  return {
    traces: result.traces.map((trace) => traceJson(trace, legacy)),
    metrics: { inspectedTraces: result.inspectedTraces || undefined, completedJobs: 1, totalJobs: 1 },
  };
}
