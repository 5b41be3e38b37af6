/**
 * How many bytes a message has in the one encoding that Tempo counts, whatever encoding came: fields without a value
 * are left out, numbers are as short as they can be, unknown fields do not count, and what the OpenTelemetry Collector
 * always writes (the value of an attribute, the status of a span) is there. This is the careful way, for messages that
 * `span-scan.ts` finds unlike that.
 */

import { ProtoReader, WIRE } from '../base/protobuf.ts';
import { OTLP_MESSAGES, type OtlpField, type OtlpMessage } from '../model/otlp-schema.ts';

/** Fields up to this have tags of one byte. */
const SHORT_TAG_MAX = 15;
/** Of these messages one field at most is there, and counts whatever its value. */
const ONE_OF = 'AnyValue';
/** Written always. */
const ALWAYS: Readonly<Record<string, number>> = { KeyValue: 2, Span: 15 };

/** Of the unsigned number with these halves. */
export function varintBytes(low: number, high: number): number {
  if (high === 0) {
    if (low < 0x80) return 1;
    return low < 0x4000 ? 2 : low < 0x200000 ? 3 : low < 0x10000000 ? 4 : 5;
  }
  return Math.ceil((64 - Math.clz32(high)) / 7);
}

/** A length-delimited field with so many bytes, its tag and length included. */
function delimited(tagBytes: number, length: number): number {
  return tagBytes + varintBytes(length, 0) + length;
}

/** Bytes of the message `bytes[from, to)`, which must be well formed, in Tempo's encoding. */
export function tempoSize(name: string, bytes: Uint8Array, from: number, to: number): number {
  return messageSize(OTLP_MESSAGES.get(name)!, bytes, from, to);
}

function messageSize(message: OtlpMessage, bytes: Uint8Array, from: number, to: number): number {
  const r = new ProtoReader(bytes, from, to);
  /** By field number; a field that comes again counts as it came last. */
  const single = new Map<number, number>();
  const pieces = new Map<number, Uint8Array>();
  let repeated = 0;
  const isOneOf = message.name === ONE_OF;
  while (r.pos < r.end) {
    r.tag();
    const field = message.byNumber[r.field];
    if (!field) {
      r.skip();
      continue;
    }
    if (isOneOf) {
      single.clear();
      pieces.clear();
    }
    if (field.message && !field.repeated) {
      r.range();
      pieces.set(field.number, joined(pieces.get(field.number), bytes.subarray(r.from, r.to)));
    } else {
      const size = valueSize(field, r, isOneOf);
      if (field.repeated) repeated += size;
      else single.set(field.number, size);
    }
  }
  const always = ALWAYS[message.name];
  if (always !== undefined && !pieces.has(always)) pieces.set(always, new Uint8Array(0));
  let size = repeated;
  for (const n of single.values()) size += n;
  for (const [number, piece] of pieces) {
    size += delimited(1, messageSize(message.byNumber[number]!.message!, piece, 0, piece.length));
  }
  return size;
}

function joined(a: Uint8Array | undefined, b: Uint8Array): Uint8Array {
  return a ? Buffer.concat([a, b]) : b;
}

/** Of a value, with its tag; `counts`: also where it is the default. */
function valueSize(field: OtlpField, r: ProtoReader, counts: boolean): number {
  const tagBytes = field.number <= SHORT_TAG_MAX ? 1 : 2;
  if (field.message) {
    r.range();
    return delimited(tagBytes, messageSize(field.message, r.buf, r.from, r.to));
  }
  if (r.wire === WIRE.length) {
    r.range();
    let length = r.to - r.from;
    const isId = field.kind === 'traceId' || field.kind === 'spanId';
    if (isId && r.buf.subarray(r.from, r.to).every((b) => b === 0)) length = 0;
    return length > 0 || counts ? delimited(tagBytes, length) : 0;
  }
  if (r.wire === WIRE.fixed32) return r.fixed32() !== 0 || counts ? tagBytes + 4 : 0;
  if (r.wire === WIRE.fixed64) {
    r.fixed64();
    return r.low !== 0 || r.high !== 0 || counts ? tagBytes + 8 : 0;
  }
  r.varint64();
  if (r.low === 0 && r.high === 0 && !counts) return 0;
  if (field.kind === 'bool') return tagBytes + 1;
  const isWide = field.kind === 'int64' || field.kind === 'uint64';
  // Negative enums are sign-extended.
  const high = isWide ? r.high : field.kind === 'enum' && (r.low | 0) < 0 ? 0xffffffff : 0;
  return tagBytes + varintBytes(r.low, high);
}
