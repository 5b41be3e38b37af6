/**
 * Jaeger's spans in protobuf (api_v2): a PostSpansRequest as the collector's gRPC service takes it. It is written anew as
 * an OTLP request as it is read, and that is decoded as any other.
 *
 *     PostSpansRequest  1 batch        Batch    1 spans  2 process     Process  1 service_name  2 tags
 *     Span      1 trace_id  2 span_id  3 operation_name  4 references  5 flags  6 start_time  7 duration  8 tags
 *               9 logs  10 process
 *     KeyValue  1 key  2 v_type  3 v_str  4 v_bool  5 v_int64  6 v_float64  7 v_binary
 *     Log       1 timestamp  2 fields
 *     SpanRef   1 trace_id  2 span_id  3 ref_type
 *
 * A span may have a process of its own, and names its scope in tags; OTLP has both around the spans. So spans are
 * gathered in groups of one process and one scope.
 */

import { utf8Encode } from '../../../base/bytes.ts';
import { WIRE } from '../../../base/protobuf.ts';
import { ProtoWriter } from '../../../base/protobuf-writer.ts';
import type { SpanBatch } from '../../../model/batch.ts';
import { asBadData } from '../bad-data.ts';
import { decodeOtlpTraces } from '../otlp-traces.ts';
import { OtlpWriter } from './otlp-writer.ts';
import { ProtoSpanReader } from './proto-span.ts';
import { JaegerProcess, JaegerSpan } from './span.ts';
import { ROLE } from './tags.ts';

const BAD_PROTO = 'invalid Jaeger protobuf';
/** What OTLP's exporters to Jaeger write where there was no resource. */
const NO_RESOURCE = utf8Encode('OTLPResourceNoServiceName');

const DIALECT = { movesTraceState: true, unknownType: String };

/** Spans of one resource and scope, as they go into ScopeSpans. */
interface Group {
  readonly resource: Uint8Array;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly spans: ProtoWriter;
}

/**
 * Decodes a PostSpansRequest. Throws `TriliteError` (`bad_data`): it cannot be read, or a span has no ids; nothing of it is
 * to be stored then.
 */
export function decodePostSpans(body: Uint8Array): SpanBatch {
  return decodeOtlpTraces(asBadData(BAD_PROTO, () => new RequestReader(body).request()));
}

class RequestReader {
  readonly #r: ProtoSpanReader;
  readonly #writer: OtlpWriter;
  readonly #span = new JaegerSpan();
  /** Of the span that is read. */
  readonly #own = new JaegerProcess();
  /** Of the batch. */
  readonly #process = new JaegerProcess();
  /** By resource and scope; the resource as the text of its bytes. */
  readonly #groups = new Map<string, Group>();
  #batchResource: Uint8Array = new Uint8Array(0);
  /** The group of the batch's process that has no scope, which is mostly the only one. */
  #plain: Group | undefined;

  constructor(body: Uint8Array) {
    this.#r = new ProtoSpanReader(body);
    this.#writer = new OtlpWriter(body, DIALECT, new ProtoWriter());
  }

  /** The request in OTLP. The batch's process, which may stand behind its spans, is read first. */
  request(): Uint8Array {
    const r = this.#r;
    this.#batches(() => {
      if (r.field === 2) r.process(this.#process);
      else r.skip();
    });
    this.#batchResource = this.#resource(this.#process);
    r.seek(0, r.buf.length);
    this.#batches(() => {
      if (r.field === 1) this.#readSpan();
      else r.skip();
    });
    return this.#assembled();
  }

  /** Walks the fields of the batch; one in pieces is one. */
  #batches(field: () => void): void {
    const r = this.#r;
    while (r.next()) {
      if (r.field !== 1) {
        r.skip();
        continue;
      }
      const outer = r.enter();
      while (r.next()) field();
      r.leave(outer);
    }
  }

  #resource(process: JaegerProcess): Uint8Array {
    const name = this.#r.buf.subarray(process.nameFrom, process.nameTo);
    if (name.length === NO_RESOURCE.length && name.every((byte, i) => byte === NO_RESOURCE[i])) {
      return new Uint8Array(0);
    }
    this.#writer.out = new ProtoWriter();
    this.#writer.resource(process);
    return this.#writer.out.view();
  }

  #readSpan(): void {
    const span = this.#span;
    const hasOwn = this.#r.span(span, this.#own);
    if (span.isBlank) return;
    const { spans } = this.#groupOf(span, hasOwn);
    this.#writer.out = spans;
    spans.tag(2, WIRE.length);
    const start = spans.length;
    this.#writer.span(span);
    spans.closeLength(start);
  }

  /** Takes the scope's tags off the span; a version counts beside a name alone. */
  #groupOf(span: JaegerSpan, hasOwn: boolean): Group {
    const { tags } = span;
    const scope = tags.take(ROLE.scopeName, 0, tags.count);
    if (!hasOwn && scope < 0) {
      this.#plain ??= this.#group(this.#batchResource, '', '');
      return this.#plain;
    }
    const resource = hasOwn ? this.#resource(this.#own) : this.#batchResource;
    if (scope < 0) return this.#group(resource, '', '');
    const version = tags.take(ROLE.scopeVersion, 0, tags.count);
    return this.#group(resource, this.#writer.text(tags, scope), this.#writer.text(tags, version));
  }

  #group(resource: Uint8Array, scopeName: string, scopeVersion: string): Group {
    const bytes = Buffer.from(resource.buffer, resource.byteOffset, resource.length).toString('latin1');
    const key = JSON.stringify([scopeName, scopeVersion, bytes]);
    let group = this.#groups.get(key);
    if (!group) {
      group = { resource, scopeName, scopeVersion, spans: new ProtoWriter() };
      this.#groups.set(key, group);
    }
    return group;
  }

  /** ResourceSpans { Resource, ScopeSpans { InstrumentationScope, spans } } for each group. */
  #assembled(): Uint8Array {
    const groups = [...this.#groups.values()];
    const out = new ProtoWriter(
      groups.reduce((n, { resource, spans }) => n + resource.length + spans.length, 64),
    );
    for (const { resource, scopeName, scopeVersion, spans } of groups) {
      out.tag(1, WIRE.length);
      const start = out.length;
      out.bytesField(1, resource);
      out.tag(2, WIRE.length);
      const scopeSpans = out.length;
      if (scopeName !== '' || scopeVersion !== '') {
        out.tag(1, WIRE.length);
        const scope = out.length;
        if (scopeName !== '') out.bytesField(1, utf8Encode(scopeName));
        if (scopeVersion !== '') out.bytesField(2, utf8Encode(scopeVersion));
        out.closeLength(scope);
      }
      out.bytes(spans.view());
      out.closeLength(scopeSpans);
      out.closeLength(start);
    }
    return out.view();
  }
}
