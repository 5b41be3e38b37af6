/**
 * OTLP's JSON as a client holds it in a file, to the objects that answers are printed of. Unlike what is received it is
 * not stored, so it is taken leniently: what has another type than the field counts as absent, unknown keys are skipped.
 */

import type { AnyValue } from '../../model/attributes.ts';
import { TriliteError } from '../../model/errors.ts';
import type { DecodedTrace } from './decoded-trace.ts';
import type { Attribute, EventFields, LinkFields, SpanFields } from './span-fields.ts';

type Json = Readonly<Record<string, unknown>>;

/** The ResourceSpans of the document, of any number of traces. Throws `bad_data` where it is not JSON. */
export function readOtlpDocument(text: string): DecodedTrace {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new TriliteError('bad_data', `cannot unmarshal OTLP : ${(error as Error).message}`);
  }
  return list(object(document).resourceSpans).map((resourceSpans) => ({
    resource: attributesOf(object(resourceSpans.resource)),
    scopes: list(resourceSpans.scopeSpans).map(({ scope, spans }) => {
      const fields = object(scope);
      return {
        scope: { name: textOf(fields.name), version: textOf(fields.version), ...attributesOf(fields) },
        spans: list(spans).map(spanOf),
      };
    }),
  }));
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return Number(typeof value === 'number' || typeof value === 'string' ? value : 0) || 0;
}

/** 64-bit integers are texts, but may be numbers. */
function bigOf(value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : 0n;
}

function idOf(value: unknown): Uint8Array {
  return Uint8Array.from(Buffer.from(textOf(value), 'hex'));
}

function attributesOf(owner: Json): { attributes: Attribute[]; droppedAttributes: number } {
  return {
    attributes: list(owner.attributes).map(attributeOf),
    droppedAttributes: numberOf(owner.droppedAttributesCount),
  };
}

function attributeOf({ key, value }: Json): Attribute {
  return [textOf(key), anyValueOf(object(value))];
}

function anyValueOf(value: Json): AnyValue {
  if (value.stringValue !== undefined) return { type: 'string', value: textOf(value.stringValue) };
  if (value.boolValue !== undefined) return { type: 'bool', value: value.boolValue === true };
  if (value.intValue !== undefined) return { type: 'int', value: BigInt.asIntN(64, bigOf(value.intValue)) };
  if (value.doubleValue !== undefined) return { type: 'double', value: Number(value.doubleValue) };
  if (value.bytesValue !== undefined) {
    return { type: 'bytes', value: Uint8Array.from(Buffer.from(textOf(value.bytesValue), 'base64')) };
  }
  if (value.arrayValue !== undefined) {
    return { type: 'array', values: list(object(value.arrayValue).values).map(anyValueOf) };
  }
  if (value.kvlistValue !== undefined) {
    return { type: 'kvlist', entries: list(object(value.kvlistValue).values).map(attributeOf) };
  }
  return { type: 'empty' };
}

function spanOf(span: Json): SpanFields {
  const status = object(span.status);
  return {
    traceId: idOf(span.traceId),
    spanId: idOf(span.spanId),
    parentId: idOf(span.parentSpanId),
    traceState: textOf(span.traceState),
    name: textOf(span.name),
    kind: numberOf(span.kind),
    startNs: bigOf(span.startTimeUnixNano),
    endNs: bigOf(span.endTimeUnixNano),
    ...attributesOf(span),
    events: list(span.events).map(eventOf),
    droppedEvents: numberOf(span.droppedEventsCount),
    links: list(span.links).map(linkOf),
    droppedLinks: numberOf(span.droppedLinksCount),
    statusCode: numberOf(status.code),
    statusMessage: textOf(status.message),
    flags: numberOf(span.flags),
  };
}

function eventOf(event: Json): EventFields {
  return { timeNs: bigOf(event.timeUnixNano), name: textOf(event.name), ...attributesOf(event) };
}

function linkOf(link: Json): LinkFields {
  return {
    traceId: idOf(link.traceId),
    spanId: idOf(link.spanId),
    traceState: textOf(link.traceState),
    ...attributesOf(link),
    flags: numberOf(link.flags),
  };
}
