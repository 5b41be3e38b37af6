/**
 * A whole trace in OTLP's own JSON mapping, as the third API has it: ids in hexadecimal, enums as numbers, 64-bit
 * integers as texts; zero values are left out, scope, resource and status are always there.
 */

import type { AnyValue } from '../../model/attributes.ts';
import { hexOf, isZero } from '../../query/traces/ids.ts';
import type { DecodedTrace } from './decoded-trace.ts';
import type { Attribute, EventFields, LinkFields, SpanFields } from './span-fields.ts';

/** The ResourceSpans of the trace, one text each. */
export function printResourceSpans(trace: DecodedTrace): string[] {
  return trace.map(({ resource, scopes }) =>
    JSON.stringify({
      resource: ownerJson(resource),
      scopeSpans: scopes.map(({ scope, spans }) => ({
        scope: { name: scope.name || undefined, version: scope.version || undefined, ...ownerJson(scope) },
        spans: spans.map(spanJson),
      })),
    }),
  );
}

/** What resources, scopes, spans, events and links have alike. */
function ownerJson(owner: { readonly attributes: readonly Attribute[]; readonly droppedAttributes: number }) {
  return {
    attributes: listJson(owner.attributes, keyValueJson),
    droppedAttributesCount: owner.droppedAttributes || undefined,
  };
}

function listJson<T>(list: readonly T[], json: (item: T) => unknown): unknown[] | undefined {
  return list.length === 0 ? undefined : list.map(json);
}

function spanJson(span: SpanFields): unknown {
  return {
    traceId: idJson(span.traceId),
    spanId: idJson(span.spanId),
    traceState: span.traceState || undefined,
    parentSpanId: idJson(span.parentId),
    flags: span.flags || undefined,
    name: span.name || undefined,
    kind: span.kind || undefined,
    startTimeUnixNano: nanosJson(span.startNs),
    endTimeUnixNano: nanosJson(span.endNs),
    ...ownerJson(span),
    events: listJson(span.events, eventJson),
    droppedEventsCount: span.droppedEvents || undefined,
    links: listJson(span.links, linkJson),
    droppedLinksCount: span.droppedLinks || undefined,
    status: { message: span.statusMessage || undefined, code: span.statusCode || undefined },
  };
}

function eventJson(event: EventFields): unknown {
  return { timeUnixNano: nanosJson(event.timeNs), name: event.name || undefined, ...ownerJson(event) };
}

function linkJson(link: LinkFields): unknown {
  return {
    traceId: idJson(link.traceId),
    spanId: idJson(link.spanId),
    traceState: link.traceState || undefined,
    ...ownerJson(link),
    flags: link.flags || undefined,
  };
}

function idJson(id: Uint8Array): string | undefined {
  return isZero(id, 0, id.length) ? undefined : hexOf(id, 0, id.length);
}

function nanosJson(ns: bigint): string | undefined {
  return ns === 0n ? undefined : String(ns);
}

function keyValueJson([key, value]: Attribute): unknown {
  return { key: key || undefined, value: valueJson(value) };
}

function valueJson(value: AnyValue): unknown {
  switch (value.type) {
    case 'empty':
      return {};
    case 'string':
      return { stringValue: value.value };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: String(value.value) };
    case 'double':
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytes':
      return { bytesValue: Buffer.from(value.value).toString('base64') };
    case 'array':
      return { arrayValue: { values: listJson(value.values, valueJson) } };
    default:
      return { kvlistValue: { values: listJson(value.entries, keyValueJson) } };
  }
}
