/**
 * OTLP span, resource and scope messages as objects, for the spans that an answer shows. The messages come from storage
 * and were checked when they came in. What answers put right (`stored-form.ts`, `adjust.ts`) they change in place.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { type AnyValue, decodeAnyValue, int64 } from '../../model/attributes.ts';

export type Attribute = readonly [key: string, value: AnyValue];

export interface EventFields {
  timeNs: bigint;
  name: string;
  attributes: Attribute[];
  droppedAttributes: number;
}

export interface LinkFields {
  traceId: Uint8Array;
  spanId: Uint8Array;
  traceState: string;
  attributes: Attribute[];
  droppedAttributes: number;
  flags: number;
}

export interface SpanFields {
  traceId: Uint8Array;
  spanId: Uint8Array;
  /** Empty where there is no parent. */
  parentId: Uint8Array;
  traceState: string;
  name: string;
  kind: number;
  /** Since 1970. */
  startNs: bigint;
  endNs: bigint;
  attributes: Attribute[];
  droppedAttributes: number;
  events: EventFields[];
  droppedEvents: number;
  links: LinkFields[];
  droppedLinks: number;
  statusCode: number;
  statusMessage: string;
  flags: number;
}

export interface ScopeFields {
  name: string;
  version: string;
  attributes: Attribute[];
  droppedAttributes: number;
}

export interface ResourceFields {
  attributes: Attribute[];
  droppedAttributes: number;
}

const NO_BYTES = new Uint8Array(0);
const EMPTY: AnyValue = { type: 'empty' };

// A byte order mark in a value is part of it.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Calls `read` with the tag of each field; what it does not take (false) is skipped. */
function fields(message: Uint8Array, read: (tag: number, r: ProtoReader) => boolean): void {
  const r = new ProtoReader(message);
  while (r.pos < r.end) if (!read(r.tag(), r)) r.skip();
}

function text(r: ProtoReader): string {
  return utf8.decode(r.bytes());
}

function nanos(r: ProtoReader): bigint {
  r.fixed64();
  return BigInt.asUintN(64, int64(r.low, r.high));
}

function attribute(message: Uint8Array): Attribute {
  let key = '';
  let value = EMPTY;
  fields(message, (tag, r) => {
    if (tag === 10) key = text(r);
    else if (tag === 18) value = decodeAnyValue(r.bytes());
    else return false;
    return true;
  });
  return [key, value];
}

export function decodeResource(message: Uint8Array): ResourceFields {
  const resource: ResourceFields = { attributes: [], droppedAttributes: 0 };
  fields(message, (tag, r) => {
    if (tag === 10) resource.attributes.push(attribute(r.bytes()));
    else if (tag === 16) resource.droppedAttributes = r.uint32();
    else return false;
    return true;
  });
  return resource;
}

export function decodeScope(message: Uint8Array): ScopeFields {
  const scope: ScopeFields = { name: '', version: '', attributes: [], droppedAttributes: 0 };
  fields(message, (tag, r) => {
    if (tag === 10) scope.name = text(r);
    else if (tag === 18) scope.version = text(r);
    else if (tag === 26) scope.attributes.push(attribute(r.bytes()));
    else if (tag === 32) scope.droppedAttributes = r.uint32();
    else return false;
    return true;
  });
  return scope;
}

function decodeEvent(message: Uint8Array): EventFields {
  const event: EventFields = { timeNs: 0n, name: '', attributes: [], droppedAttributes: 0 };
  fields(message, (tag, r) => {
    if (tag === 9) event.timeNs = nanos(r);
    else if (tag === 18) event.name = text(r);
    else if (tag === 26) event.attributes.push(attribute(r.bytes()));
    else if (tag === 32) event.droppedAttributes = r.uint32();
    else return false;
    return true;
  });
  return event;
}

function decodeLink(message: Uint8Array): LinkFields {
  const link: LinkFields = {
    traceId: NO_BYTES,
    spanId: NO_BYTES,
    traceState: '',
    attributes: [],
    droppedAttributes: 0,
    flags: 0,
  };
  fields(message, (tag, r) => {
    if (tag === 10) link.traceId = r.bytes();
    else if (tag === 18) link.spanId = r.bytes();
    else if (tag === 26) link.traceState = text(r);
    else if (tag === 34) link.attributes.push(attribute(r.bytes()));
    else if (tag === 40) link.droppedAttributes = r.uint32();
    else if (tag === 53) link.flags = r.fixed32();
    else return false;
    return true;
  });
  return link;
}

function decodeStatus(message: Uint8Array, span: SpanFields): void {
  fields(message, (tag, r) => {
    if (tag === 18) span.statusMessage = text(r);
    else if (tag === 24) span.statusCode = r.uint32() | 0;
    else return false;
    return true;
  });
}

export function decodeSpan(message: Uint8Array): SpanFields {
  const span: SpanFields = {
    traceId: NO_BYTES,
    spanId: NO_BYTES,
    parentId: NO_BYTES,
    traceState: '',
    name: '',
    kind: 0,
    startNs: 0n,
    endNs: 0n,
    attributes: [],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
    flags: 0,
  };
  fields(message, (tag, r) => readSpanField(span, tag, r));
  return span;
}

function readSpanField(span: SpanFields, tag: number, r: ProtoReader): boolean {
  switch (tag) {
    case 10:
      span.traceId = r.bytes();
      return true;
    case 18:
      span.spanId = r.bytes();
      return true;
    case 26:
      span.traceState = text(r);
      return true;
    case 34:
      span.parentId = r.bytes();
      return true;
    case 42:
      span.name = text(r);
      return true;
    case 48:
      span.kind = r.uint32() | 0;
      return true;
    case 57:
      span.startNs = nanos(r);
      return true;
    case 65:
      span.endNs = nanos(r);
      return true;
    case 74:
      span.attributes.push(attribute(r.bytes()));
      return true;
    case 80:
      span.droppedAttributes = r.uint32();
      return true;
    case 90:
      span.events.push(decodeEvent(r.bytes()));
      return true;
    case 96:
      span.droppedEvents = r.uint32();
      return true;
    case 106:
      span.links.push(decodeLink(r.bytes()));
      return true;
    case 112:
      span.droppedLinks = r.uint32();
      return true;
    case 122:
      decodeStatus(r.bytes(), span);
      return true;
    case 133:
      span.flags = r.fixed32();
      return true;
    default:
      return false;
  }
}
