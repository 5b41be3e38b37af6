/**
 * TraceQL search: candidates from the columns, exact evaluation trace by trace, newest first, until the limit.
 * Objects are made only for what is returned.
 */

import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import type { TimeRange, TraceReader } from '../../storage/interface.ts';
import type { Pipeline } from '../lang/traceql/ast.ts';
import { hexOf, trimmedHex } from './ids.ts';
import { selectFor } from './known-trace.ts';
import { NewestFirst } from './newest-first.ts';
import { compilePipeline, moveTo, type Spanset } from './pipeline.ts';
import { readGroups } from './read-groups.ts';
import type { SpanCursor } from './read-value.ts';
import { MARGIN_MS } from './search-margin.ts';
import { readShown, type ShownAttributes, shownAttributes, showsName } from './shown-attributes.ts';
import { spanStartNs } from './span-times.ts';
import { serviceName, type TraceView } from './trace-view.ts';
import type { Value } from './value.ts';

export interface SearchRequest {
  readonly pipeline: Pipeline;
  /** Traces that overlap this range; the spans of a trace are not cut. Undefined: all. */
  readonly range: { readonly minMs: number; readonly maxMs: number } | undefined;
  readonly limit: number;
  readonly spansPerSpanset: number;
}

export interface FoundSpan {
  readonly spanId: string;
  /** '' where the query does not refer to it. */
  readonly name: string;
  readonly startNs: bigint;
  readonly durationNs: number;
  readonly attributes: readonly (readonly [name: string, value: Value])[];
}

export interface FoundSpanset {
  readonly spans: readonly FoundSpan[];
  readonly matched: number;
  readonly attributes: readonly (readonly [name: string, value: Value])[];
}

export interface ServiceStats {
  spanCount: number;
  errorCount: number;
}

export interface FoundTrace {
  /** Hexadecimal without leading zeros. */
  readonly traceId: string;
  /** '' where no root span was received. */
  readonly rootServiceName: string;
  readonly rootTraceName: string;
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly spansets: readonly FoundSpanset[];
  readonly serviceStats: ReadonlyMap<string, ServiceStats>;
}

export interface SearchResult {
  readonly traces: readonly FoundTrace[];
  readonly inspectedTraces: number;
}

/** All that storage has. */
export const EVER = { minMs: -8.64e15, maxMs: 8.64e15 } as const;

export async function searchTraces(
  reader: TraceReader,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchResult> {
  const traces: FoundTrace[] = [];
  let inspectedTraces = 0;
  for await (const update of searchUpdates(reader, request, signal, Number.POSITIVE_INFINITY)) {
    for (const trace of update.traces) traces.push(trace);
    inspectedTraces = update.inspectedTraces;
  }
  return { traces: byStart(traces), inspectedTraces };
}

/** A part of a search's result, and how far the search is. */
export interface SearchUpdate {
  /** Found since the update before, newest first. */
  readonly traces: readonly FoundTrace[];
  readonly inspectedTraces: number;
  /** Of the stored groups in question, those that were looked at; all of them in the last update. */
  readonly groupsSeen: number;
  readonly groupCount: number;
}

/** As `searchTraces`, in parts: about one every `everyMs` while it takes, and one at the end. */
export async function* searchUpdates(
  reader: TraceReader,
  request: SearchRequest,
  signal: AbortSignal,
  everyMs: number,
): AsyncGenerator<SearchUpdate, void> {
  const { range, limit } = request;
  const wide = range ? { minMs: range.minMs - MARGIN_MS, maxMs: range.maxMs + MARGIN_MS } : EVER;
  const cursor = await selectFor(reader, request.pipeline, wide, signal);
  try {
    const groups = await readGroups(cursor, signal);
    const pipeline = compilePipeline(request.pipeline);
    const shown = shownAttributes(request.pipeline);
    const span: SpanCursor = { group: groups[0]!, row: 0, view: undefined, index: 0 };
    const evaluate = (view: TraceView): FoundTrace | undefined => {
      if (range && !overlaps(view, range)) return undefined;
      const spansets = pipeline.run(view, span);
      return spansets.length === 0
        ? undefined
        : describeTrace(view, spansets, shown, request.spansPerSpanset, span);
    };
    const newest = new NewestFirst({
      reader,
      groups,
      passed: (group) => cursor.passed(group),
      requirement: pipeline.requirement,
      range,
      limit,
      evaluate,
      signal,
    });
    for await (const { found, groupsSeen } of newest.updates(everyMs)) {
      const traces = byStart([...found]);
      yield { traces, inspectedTraces: newest.inspected, groupsSeen, groupCount: groups.length };
    }
  } finally {
    cursor.close();
  }
}

/** To the nanosecond; candidates are found by milliseconds. */
function overlaps(view: TraceView, range: TimeRange): boolean {
  const ns = (ms: number) => (ms - view.baseMs) * 1e6;
  return view.startNs <= ns(range.maxMs) && view.endNs >= ns(range.minMs);
}

/** Newest first. */
export function byStart(traces: FoundTrace[]): FoundTrace[] {
  return traces.sort((a, b) => (a.startNs < b.startNs ? 1 : a.startNs > b.startNs ? -1 : 0));
}

/** What an answer has of a trace that a pipeline found something in. */
export function describeTrace(
  view: TraceView,
  spansets: readonly Spanset[],
  shown: ShownAttributes,
  spansPerSpanset: number,
  cursor: SpanCursor,
): FoundTrace {
  let startNs = spanStartNs(view.groups[0]!, view.rows[0]!);
  for (let i = 1; i < view.count; i++) {
    const at = spanStartNs(view.groups[i]!, view.rows[i]!);
    if (at < startNs) startNs = at;
  }
  return {
    traceId: trimmedHex(view.groups[0]!.traceIds(), view.rows[0]! * TRACE_ID_BYTES, TRACE_ID_BYTES),
    rootServiceName: view.rootServiceName,
    rootTraceName: view.rootName,
    startNs,
    durationMs: Math.floor(view.traceDurationNs / 1e6),
    spansets: spansets.map(({ spans, attributes }) => ({
      spans: spans.slice(0, spansPerSpanset).map((i) => {
        moveTo(cursor, view, i);
        return describeSpan(cursor, shown);
      }),
      matched: spans.length,
      attributes,
    })),
    serviceStats: statsOf(view),
  };
}

function describeSpan(cursor: SpanCursor, shown: ShownAttributes): FoundSpan {
  const { group, row } = cursor;
  const { indexes, strings } = group.names();
  return {
    spanId: hexOf(group.spanIds(), row * SPAN_ID_BYTES, SPAN_ID_BYTES),
    name: showsName(shown, cursor) ? strings[indexes[row]!]! : '',
    startNs: spanStartNs(group, row),
    durationNs: group.durationsNs()[row]!,
    attributes: readShown(shown, cursor),
  };
}

const STATUS_ERROR = 2;

function statsOf(view: TraceView): Map<string, ServiceStats> {
  const stats = new Map<string, ServiceStats>();
  for (let i = 0; i < view.count; i++) {
    const group = view.groups[i]!;
    const row = view.rows[i]!;
    const service = serviceName(group, row);
    let entry = stats.get(service);
    if (entry === undefined) stats.set(service, (entry = { spanCount: 0, errorCount: 0 }));
    entry.spanCount++;
    if (group.statusCodes()[row] === STATUS_ERROR) entry.errorCount++;
  }
  return stats;
}
