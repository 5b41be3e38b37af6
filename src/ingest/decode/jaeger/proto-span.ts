/**
 * Messages of Jaeger's api_v2 model, read in place into what the translation reads. Wire types, lengths of ids and ranges
 * of times are checked; unknown fields are stepped over. A process in pieces is one.
 */

import { ProtoReader, WIRE } from '../../../base/protobuf.ts';
import { U64 } from '../../../base/u64.ts';
import type { JaegerProcess, JaegerSpan } from './span.ts';
import { TAG, type Tags } from './tags.ts';

/** By `v_type`. */
const TAG_TYPES: readonly number[] = [TAG.string, TAG.bool, TAG.int, TAG.double, TAG.binary];
/** Wire types of a KeyValue's values, by field. */
const VALUE_WIRES: readonly number[] = [
  WIRE.length,
  WIRE.length,
  WIRE.varint,
  WIRE.length,
  WIRE.varint,
  WIRE.varint,
  WIRE.fixed64,
  WIRE.length,
];

/** Seconds of a Timestamp lie within the years 1 to 9999, those of a Duration within 10000 years. */
const TIMESTAMP_SECONDS_MIN = -62_135_596_800;
const TIMESTAMP_SECONDS_MAX = 253_402_300_799;
const DURATION_SECONDS_MAX = 315_576_000_000;
const SECOND_NS = 1e9;

export class ProtoSpanReader extends ProtoReader {
  readonly #words = new DataView(this.buf.buffer, this.buf.byteOffset, this.buf.byteLength);
  readonly #time = new U64();
  /** Of the tag that is read: two halves for each type. */
  readonly #values = new Uint32Array(2 * TAG_TYPES.length);
  #seconds = 0;
  #nanos = 0;

  /** Reads a Process, whose tag was just read, into `into`. */
  process(into: JaegerProcess): void {
    const outer = this.enter();
    while (this.next()) {
      if (this.field === 1) {
        this.#piece();
        into.nameFrom = this.from;
        into.nameTo = this.to;
      } else if (this.field === 2) this.#tag(into.tags);
      else this.skip();
    }
    this.leave(outer);
  }

  /** Reads a Span, whose tag was just read, into `span`, and its process into `process`; true where it has one. */
  span(span: JaegerSpan, process: JaegerProcess): boolean {
    span.clear();
    process.clear();
    let hasProcess = false;
    let seconds = 0;
    let nanos = 0;
    const outer = this.enter();
    while (this.next()) {
      switch (this.field) {
        case 1:
          this.#traceId(span.traceId);
          break;
        case 2:
          this.#spanId();
          span.spanHigh = this.high;
          span.spanLow = this.low;
          break;
        case 3:
          this.#piece();
          span.nameFrom = this.from;
          span.nameTo = this.to;
          break;
        case 4:
          this.#reference(span);
          break;
        case 6:
          this.#timestamp(span.start);
          break;
        case 7:
          this.#duration();
          seconds = this.#seconds;
          nanos = this.#nanos;
          break;
        case 8:
          this.#tag(span.tags);
          break;
        case 9:
          this.#log(span);
          break;
        case 10:
          this.process(process);
          hasProcess = true;
          break;
        default:
          this.skip();
      }
    }
    this.leave(outer);
    const length = nanosOf(this.#time, seconds, nanos);
    span.end.set(span.start.low, span.start.high).add(length.low, length.high);
    return hasProcess;
  }

  #piece(): void {
    this.expect(WIRE.length);
    this.range();
  }

  /** 16 bytes, or 8 of a short one; zero where there are none, which is refused where a span has it. */
  #traceId(into: JaegerSpan['traceId']): void {
    this.#piece();
    const bytes = this.to - this.from;
    if (bytes !== 16 && bytes !== 8) this.fail(`a trace id of ${bytes} bytes`);
    into.fill(0);
    for (let i = 0; i < bytes / 4; i++) into[4 - bytes / 4 + i] = this.#words.getUint32(this.from + 4 * i);
  }

  /** Leaves it in `high` and `low`. */
  #spanId(): void {
    this.#piece();
    if (this.to - this.from !== 8) this.fail(`a span id of ${this.to - this.from} bytes`);
    this.high = this.#words.getUint32(this.from);
    this.low = this.#words.getUint32(this.from + 4);
  }

  #reference(span: JaegerSpan): void {
    const traceId: JaegerSpan['traceId'] = [0, 0, 0, 0];
    let spanHigh = 0;
    let spanLow = 0;
    let kind = 0;
    const outer = this.enter();
    while (this.next()) {
      if (this.field === 1) this.#traceId(traceId);
      else if (this.field === 2) {
        this.#spanId();
        spanHigh = this.high;
        spanLow = this.low;
      } else if (this.field === 3) kind = this.asInt64();
      else this.skip();
    }
    this.leave(outer);
    span.references.push({ traceId, spanHigh, spanLow, kind });
  }

  #log(span: JaegerSpan): void {
    const time = new U64();
    const from = span.fields.count;
    const outer = this.enter();
    while (this.next()) {
      if (this.field === 1) this.#timestamp(time);
      else if (this.field === 2) this.#tag(span.fields);
      else this.skip();
    }
    this.leave(outer);
    span.logs.push({ low: time.low, high: time.high, from, to: span.fields.count });
  }

  /** A KeyValue; its value is that of the field its type names, zero or empty where that is not there. */
  #tag(into: Tags): void {
    const v = this.#values;
    v.fill(0);
    let keyFrom = 0;
    let keyTo = 0;
    let vType = 0;
    const outer = this.enter();
    while (this.next()) {
      const { field } = this;
      if (field < 1 || field > 7) {
        this.skip();
        continue;
      }
      this.expect(VALUE_WIRES[field]!);
      if (field === 1) {
        this.range();
        keyFrom = this.from;
        keyTo = this.to;
      } else if (field === 2) vType = this.int64();
      else this.#value(field, v);
    }
    this.leave(outer);
    const known = TAG_TYPES[vType];
    if (known === undefined) into.add(this.buf, keyFrom, keyTo, TAG.unknown, vType, 0);
    else into.add(this.buf, keyFrom, keyTo, known, v[2 * vType]!, v[2 * vType + 1]!);
  }

  /** Field `3 + v_type` has that type's value. */
  #value(field: number, v: Uint32Array): void {
    const at = 2 * (field - 3);
    if (field === 3 || field === 7) {
      this.range();
      v[at] = this.from;
      v[at + 1] = this.to;
      return;
    }
    if (field === 6) this.fixed64();
    else this.varint64();
    const isTrue = (this.low | this.high) !== 0;
    v[at] = field === 4 ? Number(isTrue) : this.low;
    v[at + 1] = field === 4 ? 0 : this.high;
  }

  #timestamp(into: U64): void {
    this.#secondsAndNanos();
    const { field } = this;
    const isWithin = this.#seconds >= TIMESTAMP_SECONDS_MIN && this.#seconds <= TIMESTAMP_SECONDS_MAX;
    if (!isWithin || this.#nanos < 0 || this.#nanos >= SECOND_NS) this.fail(`field ${field}: not a time`);
    const ns = nanosOf(this.#time, this.#seconds, this.#nanos);
    into.set(ns.low, ns.high);
  }

  #duration(): void {
    this.#secondsAndNanos();
    const isWithin = Math.abs(this.#seconds) <= DURATION_SECONDS_MAX && Math.abs(this.#nanos) < SECOND_NS;
    if (!isWithin || this.#seconds * this.#nanos < 0) this.fail('not a duration');
  }

  /** Timestamp and Duration: 1 seconds, 2 nanos. */
  #secondsAndNanos(): void {
    this.#seconds = 0;
    this.#nanos = 0;
    const outer = this.enter();
    while (this.next()) {
      if (this.field === 1) this.#seconds = this.asInt64();
      else if (this.field === 2) this.#nanos = this.asInt64();
      else this.skip();
    }
    this.leave(outer);
  }
}

/** Nanoseconds modulo 2^64. */
function nanosOf(into: U64, seconds: number, nanos: number): U64 {
  into.setNumber(seconds).times1000().times1000().times1000();
  return into.add(nanos >>> 0, nanos < 0 ? 0xffffffff : 0);
}
