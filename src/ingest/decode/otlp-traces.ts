/**
 * OTLP traces: an export request in protobuf to a `SpanBatch`, which is slices of the body: no span is decoded,
 * only checked, and its ids and times are copied to columns.
 *
 * Protobuf lets a message that should occur once occur again, meaning that the two merge; the bytes of the merged
 * message are those of the pieces one after the other. A resource or scope in pieces is put together so in a tail
 * behind the body.
 */

import { ByteWriter } from '../../base/bytes.ts';
import { WIRE } from '../../base/protobuf.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import { asBadData } from './bad-data.ts';
import { BAD_OTLP, checkPlan, OtlpChecker } from './otlp-check.ts';

const REQUEST = checkPlan('TracesData');
const RESOURCE_SPANS = checkPlan('ResourceSpans');
const SCOPE_SPANS = checkPlan('ScopeSpans');
const RESOURCE = checkPlan('Resource');
const SCOPE = checkPlan('InstrumentationScope');
const SPAN = checkPlan('Span');

/** Message depth of resource, scope and span in the request. */
const RESOURCE_DEPTH = 2;
const SCOPE_DEPTH = 3;

function lengthTag(field: number): number {
  return field * 8 + WIRE.length;
}

/** `(field << 3) | wire` of the fields that the scan reads. */
const TAG = {
  resourceSpans: lengthTag(1),
  resource: lengthTag(1),
  scopeSpans: lengthTag(2),
  oldScopeSpans: lengthTag(1000),
  scope: lengthTag(1),
  spans: lengthTag(2),
  traceId: lengthTag(1),
  spanId: lengthTag(2),
  start: 7 * 8 + WIRE.fixed64,
  end: 8 * 8 + WIRE.fixed64,
} as const;

/**
 * Decodes the body of an export request. The batch points into `body` (or into a copy of it where messages were
 * merged). Throws `TriliteError` (`bad_data`): the body is malformed, or a span's ids are not valid; nothing of the
 * request is to be stored then.
 */
export function decodeOtlpTraces(body: Uint8Array): SpanBatch {
  return asBadData(BAD_OTLP, () => new Scan(body).run());
}

/** Start and end offsets of messages, growing. */
class Ranges {
  start = new Uint32Array(16);
  end = new Uint32Array(16);
  count = 0;

  add(start: number, end: number): number {
    if (this.count === this.start.length) {
      this.start = grown(this.start);
      this.end = grown(this.end);
    }
    this.start[this.count] = start;
    this.end[this.count] = end;
    return this.count++;
  }
}

function grown<T extends Uint32Array | Float64Array | Uint8Array>(array: T): T {
  const next = new (array.constructor as new (length: number) => T)(array.length * 2);
  next.set(array);
  return next;
}

class Scan {
  readonly #body: Uint8Array;
  readonly #reader: OtlpChecker;
  readonly #tail = new ByteWriter(0);
  readonly #resources = new Ranges();
  readonly #scopes = new Ranges();
  readonly #spans = new Ranges();
  #spanResource = new Uint32Array(64);
  #spanScope = new Uint32Array(64);
  #traceIds = new Uint8Array(64 * TRACE_ID_BYTES);
  #startMs = new Float64Array(64);
  #endMs = new Float64Array(64);

  constructor(body: Uint8Array) {
    this.#body = body;
    this.#reader = new OtlpChecker(body);
  }

  run(): SpanBatch {
    const r = this.#reader;
    while (r.pos < r.end) {
      const tag = r.tag();
      if (tag !== TAG.resourceSpans) {
        r.value(REQUEST, tag, 0);
        continue;
      }
      r.range();
      const { from, to, end } = r;
      r.seek(from, to);
      this.#resourceSpans();
      r.seek(to, end);
    }
    const n = this.#spans.count;
    return {
      bytes: this.#bytes(),
      resourceCount: this.#resources.count,
      resourceStart: this.#resources.start,
      resourceEnd: this.#resources.end,
      scopeCount: this.#scopes.count,
      scopeStart: this.#scopes.start,
      scopeEnd: this.#scopes.end,
      spanCount: n,
      spanStart: this.#spans.start,
      spanEnd: this.#spans.end,
      spanResource: this.#spanResource,
      spanScope: this.#spanScope,
      traceIds: this.#traceIds.subarray(0, n * TRACE_ID_BYTES),
      startMs: this.#startMs,
      endMs: this.#endMs,
    };
  }

  #bytes(): Uint8Array {
    if (this.#tail.length === 0) return this.#body;
    const bytes = new Uint8Array(this.#body.length + this.#tail.length);
    bytes.set(this.#body);
    bytes.set(this.#tail.view(), this.#body.length);
    return bytes;
  }

  /** Appends `bytes[from, to)` to the message that `ranges` has as `index`; `from` = `to` = 0 there means none yet. */
  #merge(ranges: Ranges, index: number, from: number, to: number): void {
    const start = ranges.start[index]!;
    const end = ranges.end[index]!;
    if (end === start) {
      ranges.start[index] = from;
      ranges.end[index] = to;
      return;
    }
    const tail = this.#tail;
    const base = this.#body.length;
    const at = tail.length;
    const first =
      start < base ? this.#body.subarray(start, end) : tail.view().slice(start - base, end - base);
    tail.bytes(first);
    tail.bytes(this.#body.subarray(from, to));
    ranges.start[index] = base + at;
    ranges.end[index] = base + tail.length;
  }

  #resourceSpans(): void {
    const r = this.#reader;
    const resource = this.#resources.add(0, 0);
    const { end } = r;
    while (r.pos < end) {
      const tag = r.tag();
      if (tag === TAG.resource) {
        r.range();
        const { from, to } = r;
        r.pos = from;
        r.message(RESOURCE, to, RESOURCE_DEPTH);
        this.#merge(this.#resources, resource, from, to);
      } else if (tag === TAG.scopeSpans || tag === TAG.oldScopeSpans) {
        r.range();
        const { from, to } = r;
        r.seek(from, to);
        this.#scopeSpans(resource);
        r.seek(to, end);
      } else {
        r.value(RESOURCE_SPANS, tag, 1);
      }
    }
  }

  #scopeSpans(resource: number): void {
    const r = this.#reader;
    const scope = this.#scopes.add(0, 0);
    const { end } = r;
    while (r.pos < end) {
      const tag = r.tag();
      if (tag === TAG.scope) {
        r.range();
        const { from, to } = r;
        r.pos = from;
        r.message(SCOPE, to, SCOPE_DEPTH);
        this.#merge(this.#scopes, scope, from, to);
      } else if (tag === TAG.spans) {
        r.range();
        const { from, to } = r;
        r.seek(from, to);
        this.#span(resource, scope);
        r.seek(to, end);
      } else {
        r.value(SCOPE_SPANS, tag, 2);
      }
    }
  }

  /** One span: checks every field, copies trace id and times. */
  #span(resource: number, scope: number): void {
    const r = this.#reader;
    const { pos: start, end } = r;
    let traceAt = 0;
    let traceBytes = 0;
    let spanAt = 0;
    let spanBytes = 0;
    let startMs = 0;
    let endMs = 0;
    while (r.pos < end) {
      const tag = r.tag();
      switch (tag) {
        case TAG.traceId:
          r.range();
          traceAt = r.from;
          traceBytes = r.to - r.from;
          break;
        case TAG.spanId:
          r.range();
          spanAt = r.from;
          spanBytes = r.to - r.from;
          break;
        case TAG.start:
          r.fixed64();
          startMs = floorMs(r.low, r.high);
          break;
        case TAG.end:
          r.fixed64();
          endMs = ceilMs(r.low, r.high);
          break;
        default:
          r.value(SPAN, tag, SCOPE_DEPTH);
      }
    }
    if (traceBytes !== TRACE_ID_BYTES || isZero(r.buf, traceAt, traceBytes)) {
      const bits = isZero(r.buf, traceAt, traceBytes) ? 0 : traceBytes * 8;
      throw new TriliteError('bad_data', `trace ids must be 128 bit, received ${bits} bits`);
    }
    if (spanBytes !== SPAN_ID_BYTES || isZero(r.buf, spanAt, spanBytes)) {
      const bits = isZero(r.buf, spanAt, spanBytes) ? 0 : spanBytes * 8;
      throw new TriliteError('bad_data', `span ids must be 64 bit and not all zero, received ${bits} bits`);
    }
    this.#add(resource, scope, start, end, traceAt, startMs, endMs);
  }

  #add(
    resource: number,
    scope: number,
    start: number,
    end: number,
    traceAt: number,
    startMs: number,
    endMs: number,
  ): void {
    const i = this.#spans.add(start, end);
    if (i === this.#spanResource.length) {
      this.#spanResource = grown(this.#spanResource);
      this.#spanScope = grown(this.#spanScope);
      this.#traceIds = grown(this.#traceIds);
      this.#startMs = grown(this.#startMs);
      this.#endMs = grown(this.#endMs);
    }
    this.#spanResource[i] = resource;
    this.#spanScope[i] = scope;
    this.#traceIds.set(this.#body.subarray(traceAt, traceAt + TRACE_ID_BYTES), i * TRACE_ID_BYTES);
    this.#startMs[i] = startMs;
    this.#endMs[i] = Math.max(startMs, endMs);
  }
}

function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] !== 0) return false;
  return true;
}

// 2^32 ns are 4294 ms and 967296 ns: so split, every product below stays under 2^53 and the division is exact.
const HIGH_MS = 4294;
const HIGH_REST_NS = 967296;

/** Floor of a 64-bit count of nanoseconds in milliseconds. */
function floorMs(low: number, high: number): number {
  return high * HIGH_MS + Math.floor((high * HIGH_REST_NS + low) / 1e6);
}

function ceilMs(low: number, high: number): number {
  return high * HIGH_MS + Math.ceil((high * HIGH_REST_NS + low) / 1e6);
}
