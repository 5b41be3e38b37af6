/**
 * Zipkin's spans to an OTLP export request in protobuf, which then goes the way of all spans. The mapping is that of
 * OpenTelemetry's collector, which Tempo uses (docs/compat/zipkin.md):
 *
 *   service name ─▶ resource    otel.library.* ─▶ scope    tags, endpoints ─▶ attributes    annotations ─▶ events
 *
 * Spans of one service make one resource, in the order in which they come; its attributes are those of the first span.
 */

import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { type PackedAttributes, type PackedValue, unpackEvent, unpackLink } from './zipkin-packed.ts';
import { RESOURCE_TAGS } from './zipkin-resource-tags.ts';
import type { ZipkinEndpoint, ZipkinSpan } from './zipkin-span.ts';

const TAG = {
  libraryName: 'otel.library.name',
  libraryVersion: 'otel.library.version',
  serviceNameSource: 'otlp.service.name.source',
  link: 'otlp.link.',
  traceState: 'w3c.tracestate',
  kind: 'span.kind',
  statusCode: 'otel.status_code',
  statusDescription: 'otel.status_description',
  error: 'error',
} as const;

/** Says that a start of 0 means that none was told. */
const START_ABSENT = 'otel.zipkin.absentField.startTime';

const KINDS: ReadonlyMap<string, number> = new Map([
  ['INTERNAL', 1],
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
]);

const STATUS_ERROR = 2;
/**
 * Spellings of exporters; any other is as none. The specification's `OK` is among those, as in the collector; its `ERROR`
 * is not, since some exporters say by that alone that a span has failed.
 */
const STATUS_CODES: ReadonlyMap<string, number> = new Map([
  ['STATUS_CODE_OK', 1],
  ['Ok', 1],
  ['STATUS_CODE_ERROR', STATUS_ERROR],
  ['Error', STATUS_ERROR],
  ['ERROR', STATUS_ERROR],
]);

const ENDPOINT_KEYS = {
  local: { address: 'network.local.address', port: 'net.host.port' },
  remote: { address: 'network.peer.address', port: 'net.peer.port' },
} as const;
const PEER_NAME = 'service.peer.name';

/** A service's resource, and its spans by scope. */
interface Service {
  readonly resource: Uint8Array;
  readonly scopes: Map<string, ScopeSpans>;
}

interface ScopeSpans {
  readonly scope: Uint8Array;
  /** Fields `spans` of a ScopeSpans message. */
  readonly spans: ProtoWriter;
}

type Attributes = Map<string, PackedValue>;

/** Bytes that a scope's spans begin with: a request may have many scopes of a span each. */
const SPANS_CAPACITY_BYTES = 512;

export class ZipkinToOtlp {
  readonly #services = new Map<string, Service>();

  add(span: ZipkinSpan): void {
    const { tags } = span;
    const service = this.#service(span);
    for (const key of tags.keys()) if (RESOURCE_TAGS.has(key)) tags.delete(key);
    const { spans } = scopeOf(service, tags);
    spans.tag(2, WIRE.length);
    const start = spans.length;
    writeSpan(spans, span);
    spans.closeLength(start);
  }

  /** The request. */
  take(): Uint8Array {
    const out = new ProtoWriter(1024);
    for (const { resource, scopes } of this.#services.values()) {
      out.tag(1, WIRE.length);
      const start = out.length;
      out.bytesField(1, resource);
      for (const { scope, spans } of scopes.values()) {
        out.tag(2, WIRE.length);
        const inner = out.length;
        out.bytesField(1, scope);
        out.bytes(spans.view());
        out.closeLength(inner);
      }
      out.closeLength(start);
    }
    return out.take();
  }

  /** The span's service; the first span of it says what its resource is. */
  #service({ local, tags }: ZipkinSpan): Service {
    const source = tags.get(TAG.serviceNameSource);
    tags.delete(TAG.serviceNameSource);
    const known = this.#services.get(local.serviceName);
    if (known) return known;
    const attributes: Attributes = new Map();
    if (local.serviceName !== '') attributes.set(source || 'service.name', local.serviceName);
    for (const [key, value] of tags) if (RESOURCE_TAGS.has(key)) attributes.set(key, value);
    const resource = new ProtoWriter();
    writeAttributes(resource, 1, attributes);
    const service = { resource: resource.take(), scopes: new Map<string, ScopeSpans>() };
    this.#services.set(local.serviceName, service);
    return service;
  }
}

/** Takes name and version of the library out of the tags; a version without a name says nothing. */
function scopeOf({ scopes }: Service, tags: Map<string, string>): ScopeSpans {
  const name = tags.get(TAG.libraryName) ?? '';
  const version = name === '' ? '' : (tags.get(TAG.libraryVersion) ?? '');
  tags.delete(TAG.libraryName);
  tags.delete(TAG.libraryVersion);
  const key = `${name}\0${version}`;
  const known = scopes.get(key);
  if (known) return known;
  const scope = new ProtoWriter(64);
  writeText(scope, 1, name);
  writeText(scope, 2, version);
  const spans = { scope: scope.take(), spans: new ProtoWriter(SPANS_CAPACITY_BYTES) };
  scopes.set(key, spans);
  return spans;
}

function writeSpan(out: ProtoWriter, span: ZipkinSpan): void {
  const { tags } = span;
  out.bytesField(1, Buffer.from(span.traceId, 'hex'));
  out.bytesField(2, Buffer.from(span.id, 'hex'));
  writeText(out, 3, taken(tags, TAG.traceState) ?? '');
  if (span.parentId !== '' && span.parentId !== span.id) out.bytesField(4, Buffer.from(span.parentId, 'hex'));
  writeText(out, 5, span.name);
  out.uint32Field(6, kindOf(span));
  const startNs = span.timestampUs * 1000n;
  writeTime(out, 7, startNs);
  writeTime(out, 8, startNs + span.durationUs * 1000n);
  const status = takenStatus(tags);
  const links = takenLinks(tags);
  writeAttributes(out, 9, attributesOf(span));
  for (const { timestampUs, value } of span.annotations) {
    const event = unpackEvent(value);
    out.tag(11, WIRE.length);
    const start = out.length;
    writeTime(out, 1, timestampUs * 1000n);
    writeText(out, 2, event.name);
    writePacked(out, 3, event);
    out.closeLength(start);
  }
  for (const link of links) {
    out.tag(13, WIRE.length);
    const start = out.length;
    if (link.traceId !== '') out.bytesField(1, Buffer.from(link.traceId, 'hex'));
    if (link.spanId !== '') out.bytesField(2, Buffer.from(link.spanId, 'hex'));
    writeText(out, 3, link.traceState);
    writePacked(out, 4, link);
    out.closeLength(start);
  }
  out.tag(15, WIRE.length);
  const start = out.length;
  writeText(out, 2, status.message);
  out.uint32Field(3, status.code);
  out.closeLength(start);
}

function taken(tags: Map<string, string>, key: string): string | undefined {
  const value = tags.get(key);
  tags.delete(key);
  return value;
}

/** Zipkin has no word for an internal span: exporters say that, and what Zipkin does not know, in a tag. */
function kindOf({ kind, tags }: ZipkinSpan): number {
  const known = KINDS.get(kind);
  if (known !== undefined) return known;
  return KINDS.get(taken(tags, TAG.kind)?.toUpperCase() ?? '') ?? 0;
}

function takenStatus(tags: Map<string, string>): { readonly code: number; readonly message: string } {
  const named = taken(tags, TAG.statusCode);
  const code = STATUS_CODES.get(named ?? '') ?? 0;
  const message = named === undefined ? '' : (taken(tags, TAG.statusDescription) ?? '');
  const error = tags.get(TAG.error);
  if (error === undefined) return { code, message };
  // Any value means an error; one that says more than that is kept.
  if (error === 'true') tags.delete(TAG.error);
  return { code: STATUS_ERROR, message };
}

function takenLinks(tags: Map<string, string>) {
  const links = [];
  for (let i = 0; ; i++) {
    const text = tags.get(TAG.link + i);
    if (text === undefined) return links;
    const link = unpackLink(text);
    if (!link) continue;
    links.push(link);
    tags.delete(TAG.link + i);
  }
}

/** What is left of the tags, and the endpoints. */
function attributesOf({ tags, local, remote, timestampUs }: ZipkinSpan): Attributes {
  const attributes: Attributes = tags;
  addEndpoint(attributes, ENDPOINT_KEYS.local, local);
  if (remote.serviceName !== '') attributes.set(PEER_NAME, remote.serviceName);
  addEndpoint(attributes, ENDPOINT_KEYS.remote, remote);
  if (timestampUs === 0n) attributes.set(START_ABSENT, true);
  return attributes;
}

function addEndpoint(
  attributes: Attributes,
  keys: { readonly address: string; readonly port: string },
  { address, port }: ZipkinEndpoint,
): void {
  if (address !== '') attributes.set(keys.address, address);
  if (port > 0) attributes.set(keys.port, BigInt(port));
}

function writePacked(out: ProtoWriter, field: number, { attributes, dropped }: PackedAttributes): void {
  writeAttributes(out, field, attributes);
  out.uint32Field(field + 1, dropped);
}

/** KeyValue messages as the repeated field. */
function writeAttributes(
  out: ProtoWriter,
  field: number,
  attributes: Iterable<readonly [string, PackedValue]>,
): void {
  for (const [key, value] of attributes) {
    out.tag(field, WIRE.length);
    const start = out.length;
    writeText(out, 1, key);
    out.tag(2, WIRE.length);
    const inner = out.length;
    writeValue(out, value);
    out.closeLength(inner);
    out.closeLength(start);
  }
}

/** The contents of an AnyValue message. */
function writeValue(out: ProtoWriter, value: PackedValue): void {
  switch (typeof value) {
    case 'string':
      out.tag(1, WIRE.length);
      out.text(value);
      return;
    case 'boolean':
      out.tag(2, WIRE.varint);
      out.u8(value ? 1 : 0);
      return;
    case 'bigint':
      out.tag(3, WIRE.varint);
      out.varint64(value);
      return;
    default:
      out.tag(4, WIRE.fixed64);
      out.f64(value);
  }
}

function writeText(out: ProtoWriter, field: number, text: string): void {
  if (text === '') return;
  out.tag(field, WIRE.length);
  out.text(text);
}

function writeTime(out: ProtoWriter, field: number, ns: bigint): void {
  out.tag(field, WIRE.fixed64);
  out.fixed64(ns);
}
