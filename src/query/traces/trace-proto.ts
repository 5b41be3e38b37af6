/**
 * A whole trace from the groups that hold it, and its protobuf bodies: tempopb.Trace for `/api/traces/{id}`,
 * TraceByIDResponse for `/api/v2/traces/{id}`. Spans of equal resource and scope are put together, whichever group
 * they come from; a span that was sent twice appears once. Resource, scope and status are always written, also empty
 * ones: readers take a missing one for a broken answer.
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { canonicalKey } from '../../model/canonical.ts';
import { OTLP_MESSAGES } from '../../model/otlp-schema.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import { spansOf } from '../../model/spans-of.ts';
import { separateSharedIds } from './shared-ids.ts';

const RESOURCE = OTLP_MESSAGES.get('Resource')!;
const SCOPE = OTLP_MESSAGES.get('InstrumentationScope')!;
const SPAN = OTLP_MESSAGES.get('Span')!;

/** Some rows of a group (ascending): a trace, or the part of it that is wanted. */
export interface TraceRows {
  readonly group: SpanGroup;
  readonly rows: Uint32Array;
}

/** The number of trace `id` (16 bytes) within the group, or -1. */
export function traceNumber(group: SpanGroup, id: Uint8Array): number {
  const starts = group.traceStarts();
  const ids = group.traceIds();
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareAt(ids, starts[middle]! * TRACE_ID_BYTES, id);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

function compareAt(ids: Uint8Array, at: number, id: Uint8Array): number {
  for (let k = 0; k < TRACE_ID_BYTES; k++) {
    const order = ids[at + k]! - id[k]!;
    if (order !== 0) return order;
  }
  return 0;
}

/** The rows of trace `id` (16 bytes) in the group; empty where it has none. */
export function rowsOfTrace(group: SpanGroup, id: Uint8Array): Uint32Array {
  const trace = traceNumber(group, id);
  if (trace < 0) return new Uint32Array(0);
  const starts = group.traceStarts();
  const first = starts[trace]!;
  return Uint32Array.from({ length: starts[trace + 1]! - first }, (_, i) => first + i);
}

/** The parts of trace `id` in the groups: what `assembleTrace` takes. */
export function partsOfTrace(groups: Iterable<SpanGroup>, id: Uint8Array): TraceRows[] {
  const parts: TraceRows[] = [];
  for (const group of groups) {
    const rows = rowsOfTrace(group, id);
    if (rows.length > 0) parts.push({ group, rows });
  }
  return parts;
}

/** OTLP messages (`spansOf`) by resource and scope, in the order in which they were first met. */
export interface WholeTrace {
  readonly resources: readonly {
    readonly resource: Uint8Array;
    readonly scopes: readonly { readonly scope: Uint8Array; readonly spans: readonly Uint8Array[] }[];
  }[];
  readonly spanCount: number;
}

interface ScopeSpans {
  readonly scope: Uint8Array;
  /** Index among all spans, by canonical key: equal spans are one. */
  readonly spans: Map<string, number>;
}

interface ResourceSpans {
  readonly resource: Uint8Array;
  readonly scopes: Map<string, ScopeSpans>;
}

/**
 * Puts the parts together. Client and server halves that share a span id get ids of their own (`shared-ids.ts`). With
 * `isWanted` only some spans are in the answer; their ids are those that they have in the whole trace.
 */
export function assembleTrace(parts: readonly TraceRows[], isWanted?: IsWanted): WholeTrace {
  return gatherTrace(parts, separateSharedIds, isWanted);
}

/** The same with the ids that were sent. */
export function assembleRawTrace(parts: readonly TraceRows[]): WholeTrace {
  return gatherTrace(parts, (spans) => spans);
}

type IsWanted = (group: SpanGroup, row: number) => boolean;

function gatherTrace(
  parts: readonly TraceRows[],
  renumber: (spans: readonly Uint8Array[]) => readonly Uint8Array[],
  isWanted: IsWanted = () => true,
): WholeTrace {
  const resources = new Map<string, ResourceSpans>();
  const all: Uint8Array[] = [];
  const wanted: boolean[] = [];
  for (const { group, rows } of parts) {
    const batch = spansOf(group, rows);
    const { bytes } = batch;
    const resourceAt = Array.from({ length: batch.resourceCount }, (_, r) => {
      const resource = bytes.subarray(batch.resourceStart[r]!, batch.resourceEnd[r]!);
      const key = canonicalKey(RESOURCE, resource);
      return entry(resources, key, () => ({ resource, scopes: new Map<string, ScopeSpans>() }));
    });
    const scopes = Array.from({ length: batch.scopeCount }, (_, s) =>
      bytes.subarray(batch.scopeStart[s]!, batch.scopeEnd[s]!),
    );
    const scopeKeys = scopes.map((scope) => canonicalKey(SCOPE, scope));
    for (let i = 0; i < batch.spanCount; i++) {
      const scope = batch.spanScope[i]!;
      const span = bytes.subarray(batch.spanStart[i]!, batch.spanEnd[i]!);
      const { spans } = entry(resourceAt[batch.spanResource[i]!]!.scopes, scopeKeys[scope]!, () => ({
        scope: scopes[scope]!,
        spans: new Map<string, number>(),
      }));
      // Within a group no span is there twice.
      const key = parts.length === 1 ? String(i) : canonicalKey(SPAN, span);
      if (spans.has(key)) continue;
      spans.set(key, all.length);
      all.push(span);
      wanted.push(isWanted(group, rows[i]!));
    }
  }
  const spans = renumber(all);
  const shown = Array.from(resources.values(), ({ resource, scopes }) => ({
    resource,
    scopes: Array.from(scopes.values(), ({ scope, spans: indexes }) => ({
      scope,
      spans: [...indexes.values()].filter((i) => wanted[i]).map((i) => spans[i]!),
    })).filter((scope) => scope.spans.length > 0),
  })).filter(({ scopes }) => scopes.length > 0);
  return { spanCount: wanted.filter(Boolean).length, resources: shown };
}

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function writeTrace(out: ProtoWriter, trace: WholeTrace): void {
  for (const { resource, scopes } of trace.resources) {
    out.tag(1, WIRE.length);
    const resourceSpans = out.length;
    out.bytesField(1, resource);
    for (const { scope, spans } of scopes) {
      out.tag(2, WIRE.length);
      const scopeSpans = out.length;
      out.bytesField(1, scope);
      for (const span of spans) out.bytesField(2, span);
      out.closeLength(scopeSpans);
    }
    out.closeLength(resourceSpans);
  }
}

/** Body of `/api/traces/{id}` as `application/protobuf`: tempopb.Trace, which is OTLP's TracesData. */
export function printTraceV1Proto(trace: WholeTrace): Uint8Array {
  const out = new ProtoWriter(4096);
  writeTrace(out, trace);
  return out.take();
}

/** What `/api/v2/traces/{id}` says beside the trace. */
export interface TraceAnswer {
  readonly inspectedBytes?: number;
  /** Why the trace is not whole; undefined where it is. */
  readonly partial?: string;
}

/** Body of `/api/v2/traces/{id}` as `application/protobuf`: 1 trace, 2 metrics, 3 status, 4 message. */
export function printTraceV2Proto(trace: WholeTrace, answer: TraceAnswer = {}): Uint8Array {
  const out = new ProtoWriter(4096);
  out.tag(1, WIRE.length);
  const traceStart = out.length;
  writeTrace(out, trace);
  out.closeLength(traceStart);
  out.tag(2, WIRE.length);
  const metricsStart = out.length;
  out.uint32Field(1, answer.inspectedBytes ?? 0);
  out.closeLength(metricsStart);
  if (answer.partial !== undefined) {
    out.uint32Field(3, 1);
    if (answer.partial !== '') out.bytesField(4, Buffer.from(answer.partial));
  }
  return out.take();
}
