/** Search answers as protobuf: `tempopb.SearchResponse`, with the same content as in JSON (`search-json.ts`). */

import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { FoundSpan, FoundSpanset, FoundTrace, ServiceStats } from '../../../query/traces/search.ts';
import { NO_ROOT } from '../search-json.ts';
import { MessageList, nested, type Progress, searchMetrics, textField } from './message-list.ts';
import { keyValue } from './value-message.ts';

/** 1 traces, 2 metrics, in messages of at most `maxBytes`. `legacy` traces have no spans. */
export function searchMessages(
  traces: readonly FoundTrace[],
  legacy: boolean,
  progress: Progress,
  maxBytes = Number.POSITIVE_INFINITY,
): Uint8Array[] {
  const list = new MessageList(searchMetrics(progress), maxBytes);
  for (const trace of traces) list.add(1, traceMessage(trace, legacy));
  return list.take();
}

/** TraceSearchMetadata; field 6 is the first span set, for old clients. */
function traceMessage(trace: FoundTrace, legacy: boolean): Uint8Array {
  const out = new ProtoWriter(512);
  textField(out, 1, trace.traceId);
  textField(out, 2, trace.rootServiceName || NO_ROOT);
  textField(out, 3, trace.rootTraceName);
  uint64Field(out, 4, trace.startNs);
  out.uint32Field(5, trace.durationMs);
  if (legacy) return out.take();
  if (trace.spansets[0]) spansetField(out, 6, trace.spansets[0]);
  for (const spanset of trace.spansets) spansetField(out, 7, spanset);
  for (const [service, stats] of trace.serviceStats) statsField(out, service, stats);
  return out.take();
}

function uint64Field(out: ProtoWriter, field: number, value: bigint): void {
  if (value === 0n) return;
  out.tag(field, WIRE.varint);
  out.varint64(value);
}

/** SpanSet: 1 spans, 2 matched, 3 attributes. */
function spansetField(out: ProtoWriter, field: number, { spans, matched, attributes }: FoundSpanset): void {
  nested(out, field, () => {
    for (const span of spans) nested(out, 1, () => spanFields(out, span));
    out.uint32Field(2, matched);
    for (const [key, value] of attributes) keyValue(out, 3, key, value);
  });
}

/** Span: 1 spanID, 2 name, 3 startTimeUnixNano, 4 durationNanos, 5 attributes. */
function spanFields(out: ProtoWriter, span: FoundSpan): void {
  textField(out, 1, span.spanId);
  textField(out, 2, span.name);
  uint64Field(out, 3, span.startNs);
  uint64Field(out, 4, BigInt(span.durationNs));
  for (const [key, value] of span.attributes) keyValue(out, 5, key, value);
}

/** An entry of a map in field 8: 1 service, 2 {1 spanCount, 2 errorCount}. */
function statsField(out: ProtoWriter, service: string, { spanCount, errorCount }: ServiceStats): void {
  nested(out, 8, () => {
    textField(out, 1, service);
    nested(out, 2, () => {
      out.uint32Field(1, spanCount);
      out.uint32Field(2, errorCount);
    });
  });
}
