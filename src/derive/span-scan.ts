/**
 * One walk over a span's protobuf bytes that notes what metrics are made of: kind, status, name, times, the attributes
 * that somebody wants, and the bytes that the span has in Tempo's encoding. Nothing is allocated; ranges point into the
 * bytes. These were checked when they came (`ingest/decode`), so nothing is checked here.
 *
 * Encoders differ in the order of fields (the Collector's writes them backwards) and in whether zeros are written. Where a
 * part has just the bytes that Tempo counts, it is counted by its length; the few others go through `tempoSize`.
 */

import { viewOf } from '../base/same-bytes.ts';
import { readKeyValue } from './attribute-text.ts';
import { isPlainAttribute, isPlainEvent, isZero } from './plain-parts.ts';
import { tempoSize, varintBytes } from './span-size.ts';
import { maskBit, type WantedKeys } from './wanted-keys.ts';

// `(field << 3) | wire` of a span's fields: numbers of their own, which the build writes where they are used.
const TRACE_ID = 0x0a;
const SPAN_ID = 0x12;
const TRACE_STATE = 0x1a;
const PARENT = 0x22;
const NAME = 0x2a;
const SPAN_KIND = 0x30;
const START = 0x39;
const END = 0x41;
const ATTRIBUTE = 0x4a;
const DROPPED_ATTRIBUTES = 0x50;
const EVENT = 0x5a;
const DROPPED_EVENTS = 0x60;
const LINK = 0x6a;
const DROPPED_LINKS = 0x70;
const STATUS = 0x7a;
/** Flags have a tag of two bytes. */
const FLAGS_LOW = 0x85;
const FLAGS_HIGH = 0x01;
const FLAGS_FIELD = 16;
const TWO_32 = 4294967296;
/** An empty status: the original counts one that is not there. */
const NO_STATUS_BYTES = 2;

// Of OTLP's enums.
export const KIND_SERVER = 2;
export const KIND_CLIENT = 3;
export const KIND_PRODUCER = 4;
export const KIND_CONSUMER = 5;
export const STATUS_ERROR = 2;

export class SpanScan {
  readonly #wanted: WantedKeys;
  bytes: Uint8Array = new Uint8Array(0);
  /** Of `bytes`. */
  view = viewOf(this.bytes);
  kind = 0;
  status = 0;
  nameFrom = 0;
  nameTo = 0;
  messageFrom = 0;
  messageTo = 0;
  stateFrom = 0;
  stateTo = 0;
  spanIdAt = 0;
  /** Where the parent's id stands; -1 for none, which zeros mean too. */
  parentAt = -1;
  startLow = 0;
  startHigh = 0;
  endLow = 0;
  endHigh = 0;
  /** In Tempo's encoding. */
  sizeBytes = 0;
  /** Per wanted key the span in which it was found last, and the range of its first value. */
  readonly #foundIn: Uint32Array;
  readonly #valueFrom: Int32Array;
  readonly #valueTo: Int32Array;
  #span = 0;
  /** Of the wanted keys that this span has, by `maskBit`: where a bit is not set, no such key is there. */
  found = 0;
  /** Singular fields of this span that came already, by number. */
  #seen = 0;
  /** Behind the varint that was read last. */
  #next = 0;

  /** `wanted` is complete. */
  constructor(wanted: WantedKeys) {
    this.#wanted = wanted;
    this.#foundIn = new Uint32Array(wanted.size);
    this.#valueFrom = new Int32Array(wanted.size);
    this.#valueTo = new Int32Array(wanted.size);
  }

  has(key: number): boolean {
    return this.#foundIn[key] === this.#span;
  }

  /** The AnyValue of a key that the span has. */
  valueFrom(key: number): number {
    return this.#valueFrom[key]!;
  }

  valueTo(key: number): number {
    return this.#valueTo[key]!;
  }

  /** Duration in seconds; 0 where the span ends before it starts. */
  get seconds(): number {
    return secondsBetween(this.startLow, this.startHigh, this.endLow, this.endHigh);
  }

  get endMs(): number {
    return (this.endHigh * TWO_32 + this.endLow) / 1e6;
  }

  /** Spans that are scanned from now on lie in these bytes. */
  begin(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  #reset(): void {
    this.kind = 0;
    this.status = 0;
    this.nameFrom = this.nameTo = 0;
    this.messageFrom = this.messageTo = 0;
    this.stateFrom = this.stateTo = 0;
    this.parentAt = -1;
    this.startLow = this.startHigh = 0;
    this.endLow = this.endHigh = 0;
    this.#seen = 0;
    this.found = 0;
    this.#span = (this.#span + 1) >>> 0;
    if (this.#span === 0) {
      this.#foundIn.fill(0);
      this.#span = 1;
    }
  }

  scan(from: number, to: number): void {
    const { bytes } = this;
    this.#reset();
    let size = NO_STATUS_BYTES;
    let isPlain = true;
    let p = from;
    while (p < to) {
      const tag = bytes[p++]!;
      const field = tag >>> 3;
      if (tag === ATTRIBUTE || tag === EVENT || tag === LINK) {
        let n = bytes[p++]!;
        if (n >= 0x80) {
          n = this.#varint(p - 1);
          p = this.#next;
        }
        const end = p + n;
        const own =
          tag === ATTRIBUTE
            ? this.#attribute(p, end)
            : tag === EVENT
              ? this.#event(p, end)
              : tempoSize('Link', bytes, p, end);
        size += 1 + varintBytes(own, 0) + own;
        p = end;
        continue;
      }
      const at = tag < 0x80 ? this.#single(tag, p) : this.#longTag(p - 1);
      const number = tag < 0x80 ? field : FLAGS_FIELD;
      if ((this.#seen & (1 << number)) !== 0) isPlain = false;
      this.#seen |= 1 << number;
      size += this.#size;
      p = at;
    }
    // Of a field that comes again the last counts: not worth another case above.
    this.sizeBytes = isPlain ? size : tempoSize('Span', bytes, from, to);
  }

  /** Bytes that the field read last has in Tempo's encoding. */
  #size = 0;

  /** Reads the value at `p` of a field that occurs once; returns where it ends. */
  #single(tag: number, p: number): number {
    switch (tag) {
      case START:
        this.startLow = this.view.getUint32(p, true);
        this.startHigh = this.view.getUint32(p + 4, true);
        this.#size = (this.startLow | this.startHigh) === 0 ? 0 : 9;
        return p + 8;
      case END:
        this.endLow = this.view.getUint32(p, true);
        this.endHigh = this.view.getUint32(p + 4, true);
        this.#size = (this.endLow | this.endHigh) === 0 ? 0 : 9;
        return p + 8;
      case SPAN_KIND:
      case DROPPED_ATTRIBUTES:
      case DROPPED_EVENTS:
      case DROPPED_LINKS:
        return this.#number(tag, p);
      case TRACE_ID:
      case SPAN_ID:
      case TRACE_STATE:
      case PARENT:
      case NAME:
      case STATUS:
        return this.#text(tag, p);
      default:
        return this.#unknown(tag & 7, p);
    }
  }

  #number(tag: number, p: number): number {
    const { bytes } = this;
    let value = bytes[p]!;
    if (value < 0x80) {
      this.#next = p + 1;
      this.#size = value === 0 ? 0 : 2;
    } else {
      value = this.#varint(p);
      // Enums are signed, and negative ones take ten bytes.
      const high = tag === SPAN_KIND && value < 0 ? 0xffffffff : 0;
      this.#size = value === 0 ? 0 : 1 + varintBytes(value >>> 0, high);
    }
    if (tag === SPAN_KIND) this.kind = value;
    return this.#next;
  }

  #text(tag: number, start: number): number {
    const { bytes } = this;
    let p = start + 1;
    let n = bytes[start]!;
    if (n >= 0x80) {
      n = this.#varint(start);
      p = this.#next;
    }
    const end = p + n;
    this.#size = n === 0 ? 0 : n < 0x80 ? n + 2 : 1 + varintBytes(n, 0) + n;
    switch (tag) {
      case NAME:
        this.nameFrom = p;
        this.nameTo = end;
        break;
      case SPAN_ID:
        this.spanIdAt = p;
        break;
      case PARENT:
        this.parentAt = n === 0 || isZero(bytes, p, end) ? -1 : p;
        if (this.parentAt < 0) this.#size = 0;
        break;
      case TRACE_STATE:
        this.stateFrom = p;
        this.stateTo = end;
        break;
      case STATUS:
        this.#readStatus(p, end);
        break;
      default:
    }
    return end;
  }

  /** A status that comes again is merged, which this does too. */
  #readStatus(from: number, to: number): void {
    const { bytes } = this;
    for (let p = from; p < to; ) {
      const tag = bytes[p++]!;
      if (tag === 0x18) {
        this.status = this.#varint(p);
        p = this.#next;
      } else if (tag === 0x12) {
        const n = this.#varint(p);
        this.messageFrom = this.#next;
        p = this.messageTo = this.#next + n;
      } else if (tag < 0x80) p = this.#unknown(tag & 7, p);
      else p = this.#longTag(p - 1);
    }
    const n = this.messageTo - this.messageFrom;
    const message = n === 0 ? 0 : 1 + varintBytes(n, 0) + n;
    const code = this.status === 0 ? 0 : 1 + varintBytes(this.status >>> 0, this.status < 0 ? 0xffffffff : 0);
    const own = message + code;
    this.#size = 1 + varintBytes(own, 0) + own - NO_STATUS_BYTES;
  }

  /** A tag of two bytes and more at `p`: flags, or a field that nobody knows. */
  #longTag(p: number): number {
    const { bytes } = this;
    if (bytes[p] === FLAGS_LOW && bytes[p + 1] === FLAGS_HIGH) {
      this.#size = this.view.getUint32(p + 2, true) === 0 ? 0 : 6;
      return p + 6;
    }
    const wire = this.#varint(p) & 7;
    return this.#unknown(wire, this.#next);
  }

  #unknown(wire: number, p: number): number {
    this.#size = 0;
    if (wire === 1) return p + 8;
    if (wire === 5) return p + 4;
    const value = this.#varint(p);
    if (wire === 0) return this.#next;
    if (wire === 2) return this.#next + value;
    return this.#group(p);
  }

  /** Over a group's fields, up to behind its end. */
  #group(start: number): number {
    let p = start;
    for (;;) {
      const wire = this.#varint(p) & 7;
      p = this.#next;
      if (wire === 4) return p;
      p = this.#unknown(wire, p);
    }
  }

  /** Low 32 bits of the varint at `p`, signed; `#next` is behind it. */
  #varint(p: number): number {
    const { bytes } = this;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const b = bytes[p++]!;
      if (shift < 32) value |= (b & 0x7f) << shift;
      if (b < 0x80) break;
    }
    this.#next = p;
    return value;
  }

  // ------------------------------------------------------------------------------------------------ attributes

  /** Notes an attribute that is wanted; returns the bytes that it counts. */
  #attribute(from: number, to: number): number {
    const { bytes } = this;
    if (isPlainAttribute(bytes, from, to)) {
      // Key and value, or the other way round: both lengths are one byte or two.
      if (bytes[from] === 0x0a) {
        const keyTo = from + 2 + bytes[from + 1]!;
        this.#note(from + 2, keyTo, keyTo + (bytes[keyTo + 1]! < 0x80 ? 2 : 3), to);
      } else {
        const first = bytes[from + 1]!;
        const valueFrom = from + (first < 0x80 ? 2 : 3);
        const valueTo = valueFrom + (first < 0x80 ? first : (first & 0x7f) | (bytes[from + 2]! << 7));
        this.#note(valueTo + 2, to, valueFrom, valueTo);
      }
      return to - from;
    }
    const { key, valueFrom, valueTo } = readKeyValue(bytes, from, to);
    const utf8 = Buffer.from(key);
    const id = this.#wanted.find(utf8, 0, utf8.length);
    if (id >= 0) this.#keep(id, valueFrom, valueTo);
    return tempoSize('KeyValue', bytes, from, to);
  }

  #note(keyFrom: number, keyTo: number, valueFrom: number, valueTo: number): void {
    const id = this.#wanted.find(this.bytes, keyFrom, keyTo);
    if (id >= 0) this.#keep(id, valueFrom, valueTo);
  }

  #keep(id: number, from: number, to: number): void {
    if (this.#foundIn[id] === this.#span) return;
    this.#foundIn[id] = this.#span;
    this.found |= maskBit(id);
    this.#valueFrom[id] = from;
    this.#valueTo[id] = to;
  }

  #event(from: number, to: number): number {
    return isPlainEvent(this.bytes, from, to) ? to - from : tempoSize('Event', this.bytes, from, to);
  }
}

/** Between two 64-bit counts of nanoseconds; 0 where the second is not after the first. */
export function secondsBetween(startLow: number, startHigh: number, endLow: number, endHigh: number): number {
  const high = endHigh - startHigh;
  const low = endLow - startLow;
  if (high < 0 || (high === 0 && low < 0)) return 0;
  return (high * TWO_32 + low) / 1e9;
}
