/**
 * A whole trace in Jaeger's JSON: spans that refer to processes (`p1`, `p2`, …), times in whole microseconds. What OTLP
 * has as fields and Jaeger has not becomes tags: kind, status, scope, trace state.
 */

import { SPAN_KIND_WORDS } from '../../model/span.ts';
import { hexOf, isZero } from '../../query/traces/ids.ts';
import type { WholeTrace } from '../../query/traces/trace-proto.ts';
import { SERVICE_NAME_KEY, serviceOf } from './service-names.ts';
import {
  type Attribute,
  decodeResource,
  decodeScope,
  decodeSpan,
  type LinkFields,
  type ScopeFields,
  type SpanFields,
} from './span-fields.ts';
import { stringTag, type Tag, tagOf } from './tag-values.ts';

const STATUS_OK = 1;
const STATUS_ERROR = 2;
/** The flags of W3C's trace context; Jaeger's `sampled` is the same bit. */
const TRACE_FLAGS_MASK = 0xff;
const HIGH_HALF_BYTES = 8;

interface PlacedSpan {
  readonly span: SpanFields;
  readonly scope: ScopeFields;
  /** Index in the trace's resources. */
  readonly resource: number;
}

/**
 * The text of one element of `data`. The trace has a span at least. Spans stand by their starts and processes in the
 * order in which spans need them, so that a trace looks the same wherever its parts were found.
 */
export function printTrace(trace: WholeTrace): string {
  const placed: PlacedSpan[] = [];
  trace.resources.forEach(({ scopes }, resource) => {
    for (const { scope, spans } of scopes) {
      const scopeFields = decodeScope(scope);
      for (const span of spans) placed.push({ span: decodeSpan(span), scope: scopeFields, resource });
    }
  });
  placed.sort(byStart);
  const processIds = new Map<number, string>();
  for (const { resource } of placed) {
    if (!processIds.has(resource)) processIds.set(resource, `p${processIds.size + 1}`);
  }
  const processes: Record<string, unknown> = {};
  for (const [resource, processId] of processIds) {
    processes[processId] = processJson(decodeResource(trace.resources[resource]!.resource));
  }
  return JSON.stringify({
    traceID: traceIdText(placed[0]!.span.traceId),
    spans: placed.map(({ span, scope, resource }) => spanJson(span, scope, processIds.get(resource)!)),
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
  return isZero(id, 0, HIGH_HALF_BYTES)
    ? hexOf(id, HIGH_HALF_BYTES, id.length - HIGH_HALF_BYTES)
    : hexOf(id, 0, id.length);
}

function processJson(attributes: readonly Attribute[]): unknown {
  let serviceName: string | undefined;
  const tags: Tag[] = [];
  for (const [key, value] of attributes) {
    if (key === SERVICE_NAME_KEY && value.type === 'string') serviceName ??= value.value;
    else tags.push(tagOf(key, value));
  }
  return { serviceName: serviceOf(serviceName), tags };
}

function spanJson(span: SpanFields, scope: ScopeFields, processID: string): unknown {
  return {
    traceID: traceIdText(span.traceId),
    spanID: hexOf(span.spanId, 0, span.spanId.length),
    flags: span.flags & TRACE_FLAGS_MASK,
    operationName: span.name,
    references: references(span),
    startTime: micros(span.startNs),
    duration: span.endNs > span.startNs ? micros(span.endNs - span.startNs) : 0,
    tags: [
      ...scopeTags(scope),
      ...span.attributes.map(([key, value]) => tagOf(key, value)),
      ...ownTags(span),
    ],
    logs: span.events.map((event) => ({ timestamp: micros(event.timeNs), fields: logFields(event) })),
    processID,
    warnings: null,
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
  readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: string;
  readonly spanID: string;
}

function references(span: SpanFields): Reference[] {
  const out: Reference[] = [];
  if (!isZero(span.parentId, 0, span.parentId.length)) {
    out.push(reference('CHILD_OF', span.traceId, span.parentId));
  }
  for (const link of span.links) {
    // A reference to no trace leads nowhere.
    if (isZero(link.traceId, 0, link.traceId.length)) continue;
    out.push(reference(linkType(link), link.traceId, link.spanId));
  }
  return out;
}

function reference(refType: Reference['refType'], traceId: Uint8Array, spanId: Uint8Array): Reference {
  return { refType, traceID: traceIdText(traceId), spanID: hexOf(spanId, 0, spanId.length) };
}

function linkType(link: LinkFields): Reference['refType'] {
  const isChild = link.attributes.some(
    ([key, value]) => key === 'opentracing.ref_type' && value.type === 'string' && value.value === 'child_of',
  );
  return isChild ? 'CHILD_OF' : 'FOLLOWS_FROM';
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
