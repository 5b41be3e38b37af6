/**
 * From Jaeger to OTLP: writes resources and spans as OTLP's protobuf messages, by the rules of the OpenTelemetry
 * collector, which Tempo uses. Texts are copied from the request to the message as bytes.
 */

import { utf8Encode } from '../../../base/bytes.ts';
import { WIRE } from '../../../base/protobuf.ts';
import { AttributeWriter, lengthTag } from './attribute-writer.ts';
import { type JaegerProcess, type JaegerSpan, REFERENCE, type TraceIdWords } from './span.ts';
import { KIND, roleBit, STATUS, statusOf } from './status.ts';
import { ROLE, type Tags } from './tags.ts';

const SPAN = {
  traceId: lengthTag(1),
  spanId: lengthTag(2),
  traceState: lengthTag(3),
  parentSpanId: lengthTag(4),
  name: lengthTag(5),
  kind: 6 * 8 + WIRE.varint,
  start: 7 * 8 + WIRE.fixed64,
  end: 8 * 8 + WIRE.fixed64,
  attributes: lengthTag(9),
  events: lengthTag(11),
  links: lengthTag(13),
  status: lengthTag(15),
} as const;
const EVENT = { time: 8 + WIRE.fixed64, name: lengthTag(2), attributes: lengthTag(3) } as const;
const LINK = { traceId: lengthTag(1), spanId: lengthTag(2), attributes: lengthTag(4) } as const;
const STATUS_MESSAGE = lengthTag(2);
const STATUS_CODE = 3 * 8 + WIRE.varint;
const RESOURCE_ATTRIBUTES = lengthTag(1);

const KINDS = new Map<string, number>([
  ['internal', KIND.internal],
  ['server', KIND.server],
  ['client', KIND.client],
  ['producer', KIND.producer],
  ['consumer', KIND.consumer],
]);

const SERVICE_NAME = utf8Encode('service.name');
const HOST_NAME = utf8Encode('host.name');
const EXPORTER_VERSION = utf8Encode('opencensus.exporterversion');
const REF_TYPE = utf8Encode('opentracing.ref_type');
const CHILD_OF = utf8Encode('child_of');
const FOLLOWS_FROM = utf8Encode('follows_from');

export class OtlpWriter extends AttributeWriter {
  // ------------------------------------------------------------------------------------------------ messages

  /** The fields of a Resource. */
  resource({ nameFrom, nameTo, tags }: JaegerProcess): void {
    const { count } = tags;
    this.settle(tags, 0, count);
    const has = (role: number) => tags.find(role, 0, count) >= 0;
    if (nameTo > nameFrom && !has(ROLE.serviceName)) {
      this.textAttribute(RESOURCE_ATTRIBUTES, SERVICE_NAME, this.utf8(nameFrom, nameTo));
    }
    for (let i = 0; i < count; i++) {
      if (tags.hidden[i] === 1) continue;
      if (tags.role[i] === ROLE.hostname && !has(ROLE.hostName)) {
        this.attribute(RESOURCE_ATTRIBUTES, tags, i, HOST_NAME);
      } else if (tags.role[i] === ROLE.jaegerVersion && !has(ROLE.exporterVersion)) {
        const version = utf8Encode(`Jaeger-${this.text(tags, i)}`);
        this.textAttribute(RESOURCE_ATTRIBUTES, EXPORTER_VERSION, version);
      } else this.attribute(RESOURCE_ATTRIBUTES, tags, i);
    }
  }

  /** The fields of a Span. */
  span(span: JaegerSpan): void {
    const { out } = this;
    const { tags } = span;
    const { count } = tags;
    this.settle(tags, 0, count);
    span.findParent();
    const kindTag = tags.find(ROLE.spanKind, 0, count);
    const kind = KINDS.get(this.text(tags, kindTag)) ?? KIND.unspecified;
    const status = statusOf(tags, kind, (tag) => this.text(tags, tag));
    let taken = status.taken | roleBit(ROLE.spanKind);
    this.#traceId(SPAN.traceId, span.traceId);
    this.#spanId(SPAN.spanId, span.spanHigh, span.spanLow);
    if (this.dialect.movesTraceState) {
      taken |= roleBit(ROLE.traceState);
      this.textField(SPAN.traceState, tags, tags.find(ROLE.traceState, 0, count));
    }
    if (span.parentHigh !== 0 || span.parentLow !== 0) {
      this.#spanId(SPAN.parentSpanId, span.parentHigh, span.parentLow);
    }
    this.lengthField(SPAN.name, span.nameFrom, span.nameTo);
    if (kind !== KIND.unspecified) {
      out.u8(SPAN.kind);
      out.u8(kind);
    }
    this.fixed64(SPAN.start, span.start.low, span.start.high);
    this.fixed64(SPAN.end, span.end.low, span.end.high);
    this.attributes(SPAN.attributes, tags, 0, count, taken);
    this.#events(span);
    this.#links(span);
    if (status.code !== STATUS.unset || status.message >= 0) this.#status(tags, status.code, status.message);
  }

  #status(tags: Tags, code: number, message: number): void {
    const { out } = this;
    out.u8(SPAN.status);
    const start = out.length;
    this.textField(STATUS_MESSAGE, tags, message);
    if (code !== STATUS.unset) {
      out.u8(STATUS_CODE);
      out.u8(code);
    }
    out.closeLength(start);
  }

  #events({ logs, fields }: JaegerSpan): void {
    const { out } = this;
    for (const { low, high, from, to } of logs) {
      this.settle(fields, from, to);
      out.u8(SPAN.events);
      const start = out.length;
      this.fixed64(EVENT.time, low, high);
      this.textField(EVENT.name, fields, fields.find(ROLE.event, from, to));
      this.attributes(EVENT.attributes, fields, from, to, roleBit(ROLE.event));
      out.closeLength(start);
    }
  }

  /** Every reference but the one that the parent is. */
  #links({ references, parentHigh, parentLow }: JaegerSpan): void {
    const { out } = this;
    for (const { traceId, spanHigh, spanLow, kind } of references) {
      const isChild = kind === REFERENCE.childOf;
      if (isChild && spanHigh === parentHigh && spanLow === parentLow) continue;
      out.u8(SPAN.links);
      const start = out.length;
      this.#traceId(LINK.traceId, traceId);
      this.#spanId(LINK.spanId, spanHigh, spanLow);
      this.textAttribute(LINK.attributes, REF_TYPE, isChild ? CHILD_OF : FOLLOWS_FROM);
      out.closeLength(start);
    }
  }

  // -------------------------------------------------------------------------------------------------- fields

  #traceId(field: number, words: TraceIdWords): void {
    const { out } = this;
    out.u8(field);
    out.u8(16);
    for (const word of words) out.u32(bigEndian(word));
  }

  #spanId(field: number, high: number, low: number): void {
    const { out } = this;
    out.u8(field);
    out.u8(8);
    out.u32(bigEndian(high));
    out.u32(bigEndian(low));
  }
}

/** So that a little-endian write of it has the bytes in order. */
function bigEndian(word: number): number {
  return ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24)) >>> 0;
}
