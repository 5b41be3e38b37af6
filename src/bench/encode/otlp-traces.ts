/** Spans in OTLP's protobuf. What is the same in every request of a shape is encoded once and copied. */

import { ProtoWriter } from '../../base/protobuf-writer.ts';
import type { ShapeSpan } from '../generate/cast.ts';
import type { TraceMaker } from '../generate/traces.ts';
import type { Random } from '../random.ts';
import { attribute, attributeBytes, fixedNanos, idWords, open, textField } from './otlp-writer.ts';

/** OTLP's numbers. */
const KIND = { internal: 1, server: 2, client: 3, publish: 4, consume: 5, database: 3, cache: 3 } as const;
const STATUS_ERROR = 2;
const ATTRIBUTES = 9;
const EVENTS = 11;
const STATUS = 15;
const FLAGS_TAG = 16 * 8 + 5;
/** Sampled; the parent's context is known (bit 8) and it is not remote. */
const FLAGS = 0x101;

/** So many that one of them has a handful of requests in a run of the default size. */
const USERS = 5000;
const IDS = 900_000;
const ERRORS: readonly (readonly [string, string])[] = [
  ['TimeoutError', 'deadline of 2000 ms exceeded while waiting for an answer'],
  ['ConnectionResetError', 'connection reset by peer'],
  ['ConstraintViolation', 'duplicate key value violates unique constraint'],
  ['IllegalStateException', 'order is not in a state that can be changed'],
];
const FAILED_CODES = [500, 500, 502, 503, 504];
const OK_CODES = [200, 200, 200, 200, 200, 201, 204, 304, 404];

export class SpanEncoder {
  readonly #names = new Map<ShapeSpan, Uint8Array>();
  readonly #statics = new Map<ShapeSpan, Uint8Array>();

  /** Writes span `i` of `trace`, which begins at `startMs`, as item of a scope (field 2). */
  write(out: ProtoWriter, trace: TraceMaker, i: number, startMs: number): void {
    const span = trace.shapeSpans[i]!;
    const failed = trace.failed[i] === 1;
    const begin = trace.beginNs[i]!;
    const end = begin + trace.durationNs[i]!;
    out.u8(2 * 8 + 2);
    const start = out.length;
    open(out, 1, 16);
    idWords(out, trace.traceId, 0, 4);
    open(out, 2, 8);
    idWords(out, trace.spanIds, 2 * i, 2);
    const parent = trace.parents[i]!;
    if (parent >= 0) {
      open(out, 4, 8);
      idWords(out, trace.spanIds, 2 * parent, 2);
    }
    out.bytes(this.#name(span));
    out.u8(7 * 8 + 1);
    fixedNanos(out, startMs, begin);
    out.u8(8 * 8 + 1);
    fixedNanos(out, startMs, end);
    out.bytes(this.#static(span));
    changingAttributes(out, span, failed, trace.random);
    if (failed) failure(out, startMs, end, trace.random);
    out.varint(FLAGS_TAG);
    out.u32(FLAGS);
    out.closeLength(start);
  }

  #name(span: ShapeSpan): Uint8Array {
    let bytes = this.#names.get(span);
    if (!bytes) {
      const out = new ProtoWriter(64);
      textField(out, 5, span.name);
      out.u8(6 * 8);
      out.u8(KIND[span.role]);
      bytes = out.take();
      this.#names.set(span, bytes);
    }
    return bytes;
  }

  #static(span: ShapeSpan): Uint8Array {
    let bytes = this.#statics.get(span);
    if (!bytes) {
      bytes = attributeBytes(ATTRIBUTES, span.attributes);
      this.#statics.set(span, bytes);
    }
    return bytes;
  }
}

/** The attributes that differ from request to request. */
function changingAttributes(out: ProtoWriter, span: ShapeSpan, failed: boolean, random: Random): void {
  switch (span.role) {
    case 'server':
      attribute(
        out,
        ATTRIBUTES,
        'http.target',
        span.route.replace('{id}', String(100_000 + random.int(IDS))),
      );
      attribute(out, ATTRIBUTES, 'http.status_code', random.pick(failed ? FAILED_CODES : OK_CODES));
      attribute(out, ATTRIBUTES, 'net.peer.ip', `10.${random.int(4)}.${random.int(64)}.${random.int(256)}`);
      if (span.parent < 0) attribute(out, ATTRIBUTES, 'enduser.id', `u-${random.int(USERS)}`);
      return;
    case 'client':
      attribute(out, ATTRIBUTES, 'http.status_code', random.pick(failed ? FAILED_CODES : OK_CODES));
      attribute(out, ATTRIBUTES, 'http.response_content_length', Math.floor(4000 * random.exponential()));
      return;
    case 'database':
      attribute(out, ATTRIBUTES, 'db.rows', Math.floor(6 * random.exponential()));
      attribute(out, ATTRIBUTES, 'net.peer.name', `db-${random.int(3)}.data.svc`);
      return;
    case 'cache':
      attribute(out, ATTRIBUTES, 'db.statement', `GET entity:${100_000 + random.int(IDS)}`);
      attribute(out, ATTRIBUTES, 'cache.hit', random.chance(0.8));
      return;
    case 'publish':
    case 'consume':
      attribute(out, ATTRIBUTES, 'messaging.kafka.partition', random.int(12));
      attribute(out, ATTRIBUTES, 'messaging.message_id', random.hex(16));
      return;
    default:
  }
}

/** An exception event and the error status. */
function failure(out: ProtoWriter, startMs: number, endNs: number, random: Random): void {
  const [type, message] = random.pick(ERRORS);
  out.u8(EVENTS * 8 + 2);
  const event = out.length;
  out.u8(8 + 1);
  fixedNanos(out, startMs, endNs);
  textField(out, 2, 'exception');
  attribute(out, 3, 'exception.type', type);
  attribute(out, 3, 'exception.message', message);
  out.closeLength(event);
  open(out, STATUS, message.length + (message.length > 127 ? 3 : 2) + 2);
  textField(out, 2, message);
  out.u8(3 * 8);
  out.u8(STATUS_ERROR);
}
