/** A Span of jaeger.thrift, with its references and logs. */

import { U64 } from '../../../base/u64.ts';
import type { JaegerSpan } from './span.ts';
import { THRIFT, type ThriftReader } from './thrift-reader.ts';
import { checkRequired, readStructs, type TagReader } from './thrift-structs.ts';

/** Fields of a span that are 64-bit numbers. */
const SPAN_NUMBERS: ReadonlySet<number> = new Set([1, 2, 3, 4, 8, 9]);

export class SpanReader {
  readonly #r: ThriftReader;
  readonly #tags: TagReader;
  /** Of the span that is read, µs. */
  readonly #duration = new U64();
  /** Of the log entry that is read. */
  readonly #time = new U64();

  constructor(r: ThriftReader, tags: TagReader) {
    this.#r = r;
    this.#tags = tags;
  }

  /** Reads a Span into `span`, which is cleared before. */
  read(span: JaegerSpan): void {
    const r = this.#r;
    span.clear();
    this.#duration.set(0, 0);
    let seen = 0;
    const outer = r.structBegin();
    while (r.nextField()) {
      const { fieldId: id, fieldType: type } = r;
      if (type === THRIFT.i64 && SPAN_NUMBERS.has(id)) this.#spanNumber(span, id);
      else if (type === THRIFT.string && id === 5) {
        r.binary();
        span.nameFrom = r.from;
        span.nameTo = r.to;
      } else if (type === THRIFT.list && (id === 6 || id === 10 || id === 11)) this.#spanList(span, id);
      else if (type === THRIFT.i32 && id === 7) r.i32();
      else {
        r.skip(type);
        continue;
      }
      seen |= 1 << id;
    }
    r.structEnd(outer);
    checkRequired(r, 'span', seen);
    // Both are read by now, whichever came first.
    span.end.set(span.start.low, span.start.high).add(this.#duration.low, this.#duration.high).times1000();
    span.start.times1000();
  }

  #spanNumber(span: JaegerSpan, id: number): void {
    const r = this.#r;
    r.i64();
    switch (id) {
      case 1:
        span.traceId[2] = r.high;
        span.traceId[3] = r.low;
        return;
      case 2:
        span.traceId[0] = r.high;
        span.traceId[1] = r.low;
        return;
      case 3:
        span.spanHigh = r.high;
        span.spanLow = r.low;
        return;
      case 4:
        span.parentHigh = r.high;
        span.parentLow = r.low;
        return;
      case 8:
        span.start.set(r.low, r.high);
        return;
      default:
        this.#duration.set(r.low, r.high);
    }
  }

  #spanList(span: JaegerSpan, id: number): void {
    if (id === 6) {
      span.references.length = 0;
      readStructs(this.#r, 'references', () => this.#reference(span));
    } else if (id === 10) {
      span.tags.clear();
      this.#tags.list('tags', span.tags);
    } else {
      span.logs.length = 0;
      span.fields.clear();
      readStructs(this.#r, 'logs', () => this.#log(span));
    }
  }

  #reference(span: JaegerSpan): void {
    const r = this.#r;
    const traceId: JaegerSpan['traceId'] = [0, 0, 0, 0];
    let kind = 0;
    let spanHigh = 0;
    let spanLow = 0;
    let seen = 0;
    const outer = r.structBegin();
    while (r.nextField()) {
      const { fieldId: id, fieldType: type } = r;
      if (id === 1 && type === THRIFT.i32) kind = r.i32();
      else if (id >= 2 && id <= 4 && type === THRIFT.i64) {
        r.i64();
        if (id === 2) [traceId[2], traceId[3]] = [r.high, r.low];
        else if (id === 3) [traceId[0], traceId[1]] = [r.high, r.low];
        else [spanHigh, spanLow] = [r.high, r.low];
      } else {
        r.skip(type);
        continue;
      }
      seen |= 1 << id;
    }
    r.structEnd(outer);
    checkRequired(r, 'reference', seen);
    span.references.push({ traceId, spanHigh, spanLow, kind });
  }

  #log(span: JaegerSpan): void {
    const r = this.#r;
    const time = this.#time.set(0, 0);
    let from = span.fields.count;
    let seen = 0;
    const outer = r.structBegin();
    while (r.nextField()) {
      const { fieldId: id, fieldType: type } = r;
      if (id === 1 && type === THRIFT.i64) {
        r.i64();
        time.set(r.low, r.high);
      } else if (id === 2 && type === THRIFT.list) {
        from = span.fields.count;
        this.#tags.list('fields', span.fields);
      } else {
        r.skip(type);
        continue;
      }
      seen |= 1 << id;
    }
    r.structEnd(outer);
    checkRequired(r, 'log', seen);
    time.times1000();
    span.logs.push({ low: time.low, high: time.high, from, to: span.fields.count });
  }
}
