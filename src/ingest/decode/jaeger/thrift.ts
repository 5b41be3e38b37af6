/**
 * Jaeger's spans in Thrift (jaeger.thrift, agent.thrift): a Batch as the collector's HTTP endpoint takes it, or in the
 * `emitBatch` call that a client sends to the agent in a datagram. The batch is written anew as an OTLP request as it is
 * read, and that is decoded as any other.
 *
 *     Batch    1 process  2 spans
 *     Process  1 serviceName  2 tags
 *     Span     1 traceIdLow  2 traceIdHigh  3 spanId  4 parentSpanId  5 operationName  6 references  7 flags
 *              8 startTime  9 duration (both µs)  10 tags  11 logs
 *     Tag      1 key  2 vType  3 vStr  4 vDouble  5 vBool  6 vLong  7 vBinary
 *     Log      1 timestamp (µs)  2 fields
 *     SpanRef  1 refType  2 traceIdLow  3 traceIdHigh  4 spanId
 *
 * As for every reader of Thrift, a field of another type than these have is unknown, and a field that is required and
 * not there makes the whole unreadable.
 */

import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { SpanBatch } from '../../../model/batch.ts';
import { TriliteError } from '../../../model/errors.ts';
import { asBadData } from '../bad-data.ts';
import { decodeOtlpTraces } from '../otlp-traces.ts';
import { OtlpWriter } from './otlp-writer.ts';
import { JaegerProcess, JaegerSpan } from './span.ts';
import { ThriftBinaryReader } from './thrift-binary.ts';
import { COMPACT_PROTOCOL_ID, ThriftCompactReader } from './thrift-compact.ts';
import { THRIFT, THRIFT_CALL, THRIFT_ONEWAY, type ThriftReader } from './thrift-reader.ts';
import { SpanReader } from './thrift-span.ts';
import { checkRequired, readStructs, TagReader } from './thrift-structs.ts';

const BAD_THRIFT = 'invalid Jaeger thrift';
/** The one call of the agent's that brings spans of this kind. */
const EMIT_BATCH = 'emitBatch';

const DIALECT = { movesTraceState: false, unknownType: () => '<UNSET>' };

/**
 * Decodes a Batch in the binary protocol, the collector's body. Throws `TriliteError` (`bad_data`): it cannot be read, or
 * a span has no ids; nothing of it is to be stored then.
 */
export function decodeJaegerThrift(body: Uint8Array): SpanBatch {
  const request = asBadData(BAD_THRIFT, () => new BatchReader(new ThriftBinaryReader(body)).batch());
  return decodeOtlpTraces(request);
}

/** Decodes a datagram to the agent: a call of `emitBatch` in either protocol, which its first byte tells. Throws as above. */
export function decodeEmitBatch(datagram: Uint8Array): SpanBatch {
  const request = asBadData(BAD_THRIFT, () => {
    const isCompact = datagram[0] === COMPACT_PROTOCOL_ID;
    const reader = isCompact ? new ThriftCompactReader(datagram) : new ThriftBinaryReader(datagram);
    return emittedBatch(reader);
  });
  return decodeOtlpTraces(request);
}

function emittedBatch(r: ThriftReader): Uint8Array {
  r.message();
  const { messageType } = r;
  // Some clients name the service too: Agent::emitBatch.
  const name = r.text().split('::').at(-1)!;
  if (name !== EMIT_BATCH) {
    throw new TriliteError('bad_data', `unknown call ${JSON.stringify(name)}, expected ${EMIT_BATCH}`);
  }
  if (messageType !== THRIFT_ONEWAY && messageType !== THRIFT_CALL) r.fail(`message of kind ${messageType}`);
  const outer = r.structBegin();
  while (r.nextField()) {
    if (r.fieldId === 1 && r.fieldType === THRIFT.struct) return new BatchReader(r).batch();
    r.skip(r.fieldType);
  }
  r.structEnd(outer);
  return r.fail(`${EMIT_BATCH} without a batch`);
}

class BatchReader {
  readonly #r: ThriftReader;
  readonly #out: ProtoWriter;
  readonly #writer: OtlpWriter;
  readonly #tags: TagReader;
  readonly #spanReader: SpanReader;
  readonly #span = new JaegerSpan();
  readonly #process = new JaegerProcess();

  constructor(r: ThriftReader) {
    this.#r = r;
    this.#tags = new TagReader(r);
    this.#spanReader = new SpanReader(r, this.#tags);
    this.#out = new ProtoWriter(r.buf.length + r.buf.length / 2);
    this.#writer = new OtlpWriter(r.buf, DIALECT, this.#out);
  }

  /** The Batch as an OTLP request: ResourceSpans { ScopeSpans { spans }, Resource }. */
  batch(): Uint8Array {
    const r = this.#r;
    const out = this.#out;
    out.tag(1, WIRE.length);
    const start = out.length;
    let seen = 0;
    const outer = r.structBegin();
    while (r.nextField()) {
      const { fieldId: id, fieldType: type } = r;
      if (id === 1 && type === THRIFT.struct) this.#readProcess();
      else if (id === 2 && type === THRIFT.list) {
        out.length = start;
        this.#spans();
      } else {
        r.skip(type);
        continue;
      }
      seen |= 1 << id;
    }
    r.structEnd(outer);
    checkRequired(r, 'batch', seen);
    out.tag(1, WIRE.length);
    const resource = out.length;
    this.#writer.resource(this.#process);
    out.closeLength(resource);
    out.closeLength(start);
    return out.view();
  }

  #readProcess(): void {
    const r = this.#r;
    const process = this.#process;
    process.clear();
    let seen = 0;
    const outer = r.structBegin();
    while (r.nextField()) {
      const { fieldId: id, fieldType: type } = r;
      if (id === 1 && type === THRIFT.string) {
        r.binary();
        process.nameFrom = r.from;
        process.nameTo = r.to;
      } else if (id === 2 && type === THRIFT.list) {
        process.tags.clear();
        this.#tags.list('tags', process.tags);
      } else {
        r.skip(type);
        continue;
      }
      seen |= 1 << id;
    }
    r.structEnd(outer);
    checkRequired(r, 'process', seen);
  }

  #spans(): void {
    const out = this.#out;
    out.tag(2, WIRE.length);
    const start = out.length;
    readStructs(this.#r, 'spans', () => {
      this.#spanReader.read(this.#span);
      if (this.#span.isBlank) return;
      out.tag(2, WIRE.length);
      const span = out.length;
      this.#writer.span(this.#span);
      out.closeLength(span);
    });
    out.closeLength(start);
  }
}
