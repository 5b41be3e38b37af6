/**
 * A whole trace in the JSON of Jaeger's first API: spans that refer to processes (`p1`, `p2`, …), times in whole
 * microseconds. What OTLP has as fields and Jaeger has not becomes tags: kind, status, scope, trace state.
 */

import { SPAN_KIND_WORDS } from '../../model/span.ts';
import { hexOf, isZero } from '../../query/traces/ids.ts';
import { attributeOf, type DecodedTrace, type PlacedSpan, placedSpans } from './decoded-trace.ts';
import { SERVICE_NAME_KEY } from './service-names.ts';
import type { Attribute, LinkFields, ResourceFields, ScopeFields, SpanFields } from './span-fields.ts';
import { stringTag, type Tag, tagOf } from './tag-values.ts';
import { WARNINGS_KEY, warningsOf } from './warnings.ts';

const STATUS_OK = 1;
const STATUS_ERROR = 2;
/** The flags of W3C's trace context; Jaeger's `sampled` is the same bit. */
const TRACE_FLAGS_MASK = 0xff;
const HIGH_HALF_BYTES = 8;
/** Of a resource that says nothing at all: the collector's word, which only what was not stored can still have. */
const NO_RESOURCE = 'OTLPResourceNoServiceName';

/**
 * The text of one element of `data`. The trace has a span at least. Spans stand by their starts and processes in the
 * order in which spans need them, so that a trace looks the same wherever its parts were found.
 */
export function printTrace(trace: DecodedTrace): string {
  return printSpans([...placedSpans(trace)].sort(byStart));
}

/** The same for spans of one trace in the order in which they are given. */
export function printSpans(placed: readonly PlacedSpan[]): string {
  const byText = new Map<string, string>();
  const byResource = new Map<ResourceFields, string>();
  const processes: Record<string, unknown> = {};
  for (const { resource } of placed) {
    if (byResource.has(resource)) continue;
    const process = processJson(resource.attributes);
    const text = JSON.stringify(process);
    let id = byText.get(text);
    if (id === undefined) {
      byText.set(text, (id = `p${byText.size + 1}`));
      processes[id] = process;
    }
    byResource.set(resource, id);
  }
  return JSON.stringify({
    traceID: traceIdText(placed[0]!.span.traceId),
    spans: placed.map(({ span, scope, resource }) => spanJson(span, scope, byResource.get(resource)!)),
    processes,
    warnings: null,
  });
}

function byStart({ span: a }: PlacedSpan, { span: b }: PlacedSpan): number {
  if (a.startNs !== b.startNs) return a.startNs < b.startNs ? -1 : 1;
  return Buffer.compare(a.spanId, b.spanId);
}

/** 32 digits, or 16 where the upper half is zero. */
export function traceIdText(id: Uint8Array): string {
  if (id.length === 0) return '0'.repeat(2 * HIGH_HALF_BYTES);
  return isZero(id, 0, HIGH_HALF_BYTES)
    ? hexOf(id, HIGH_HALF_BYTES, id.length - HIGH_HALF_BYTES)
    : hexOf(id, 0, id.length);
}

function spanIdText(id: Uint8Array): string {
  return hexOf(id, 0, id.length).padStart(2 * HIGH_HALF_BYTES, '0');
}

function processJson(attributes: readonly Attribute[]): unknown {
  if (attributes.length === 0) return { serviceName: NO_RESOURCE, tags: [] };
  const service = attributeOf(attributes, SERVICE_NAME_KEY);
  const tags = attributes
    .filter(([key]) => key !== SERVICE_NAME_KEY)
    .map(([key, value]) => tagOf(key, value));
  return { serviceName: service?.type === 'string' ? service.value : '', tags };
}

function spanJson(span: SpanFields, scope: ScopeFields, processID: string): unknown {
  const attributes = span.attributes.filter(([key]) => key !== WARNINGS_KEY);
  return {
    traceID: traceIdText(span.traceId),
    spanID: spanIdText(span.spanId),
    flags: span.flags & TRACE_FLAGS_MASK,
    operationName: span.name,
    references: references(span),
    startTime: micros(span.startNs),
    duration: span.endNs > span.startNs ? micros(span.endNs - span.startNs) : 0,
    tags: [...scopeTags(scope), ...attributes.map(([key, value]) => tagOf(key, value)), ...ownTags(span)],
    logs: span.events.map((event) => ({ timestamp: micros(event.timeNs), fields: logFields(event) })),
    processID,
    warnings: warningsOf(span),
  };
}

function micros(ns: bigint): number {
  return Number(ns / 1000n);
}

/** The name of an event is its field `event`, unless an attribute has taken that key. */
function logFields({ name, attributes }: SpanFields['events'][number]): Tag[] {
  const fields = attributes.map(([key, value]) => tagOf(key, value));
  const taken = attributes.some(([key]) => key === 'event');
  return name === '' || taken ? fields : [stringTag('event', name), ...fields];
}

interface Reference {
  refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: string;
  readonly spanID: string;
}

/** The parent first. A link to it says of which kind that reference is. */
function references(span: SpanFields): Reference[] {
  const out: Reference[] = [];
  const parent = isZero(span.parentId, 0, span.parentId.length)
    ? undefined
    : reference('CHILD_OF', span.traceId, span.parentId);
  if (parent !== undefined) out.push(parent);
  for (const link of span.links) {
    const linked = reference(linkType(link), link.traceId, link.spanId);
    if (parent && linked.traceID === parent.traceID && linked.spanID === parent.spanID) {
      parent.refType = linked.refType;
    } else out.push(linked);
  }
  return out;
}

function reference(refType: Reference['refType'], traceId: Uint8Array, spanId: Uint8Array): Reference {
  return { refType, traceID: traceIdText(traceId), spanID: spanIdText(spanId) };
}

function linkType(link: LinkFields): Reference['refType'] {
  const type = attributeOf(link.attributes, 'opentracing.ref_type');
  return type?.type === 'string' && type.value === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM';
}

function scopeTags({ name, version }: ScopeFields): Tag[] {
  const tags: Tag[] = [];
  if (name !== '') tags.push(stringTag('otel.scope.name', name));
  if (version !== '') tags.push(stringTag('otel.scope.version', version));
  return tags;
}

/** Tags for fields of the span; `DERIVED_TAGS` of the search (`tag-match.ts`) finds spans by the same. */
function ownTags(span: SpanFields): Tag[] {
  const tags: Tag[] = [];
  const kind = span.kind > 0 ? SPAN_KIND_WORDS[span.kind] : undefined;
  if (kind !== undefined) tags.push(stringTag('span.kind', kind));
  if (span.statusCode === STATUS_OK) tags.push(stringTag('otel.status_code', 'OK'));
  if (span.statusCode === STATUS_ERROR) {
    tags.push(stringTag('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true });
  }
  if (span.statusMessage !== '') tags.push(stringTag('otel.status_description', span.statusMessage));
  if (span.traceState !== '') tags.push(stringTag('w3c.tracestate', span.traceState));
  return tags;
}
