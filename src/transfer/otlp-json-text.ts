/**
 * An OTLP message in protobuf as OTLP's JSON, driven by the table of its fields: ids are hex, 64-bit integers strings, enums
 * numbers, zeros of plain fields left out as in protobuf itself. What `ingest/decode/otlp-json.ts` reads, written.
 */

import { ProtoReader } from '../base/protobuf.ts';
import type { OtlpField, OtlpMessage } from '../model/otlp-schema.ts';

/** The message as one line of JSON, without a newline. Throws `ByteError` where the bytes are not of the message. */
export function otlpJsonText(message: OtlpMessage, bytes: Uint8Array): string {
  const r = new ProtoReader(bytes);
  return messageText(message, r);
}

function messageText(message: OtlpMessage, r: ProtoReader): string {
  /** By field, in the order in which they are first met. */
  const values = new Map<OtlpField, string[]>();
  while (r.next()) {
    const field = message.byNumber[r.field];
    if (!field) {
      r.skip();
      continue;
    }
    const list = values.get(field) ?? [];
    if (!values.has(field)) values.set(field, list);
    if (!field.repeated) list.length = 0;
    list.push(valueText(field, r));
  }
  let text = '';
  for (const [{ name, repeated }, list] of values) {
    const value = repeated ? `[${list.join(',')}]` : list[0];
    text += `${text === '' ? '' : ','}"${name}":${value}`;
  }
  return `{${text}}`;
}

function valueText(field: OtlpField, r: ProtoReader): string {
  switch (field.kind) {
    case 'message': {
      const outer = r.enter();
      const text = messageText(field.message!, r);
      r.leave(outer);
      return text;
    }
    case 'string':
      return JSON.stringify(r.text());
    case 'bytes':
      return `"${Buffer.from(r.bytes()).toString('base64')}"`;
    case 'traceId':
    case 'spanId':
      return `"${Buffer.from(r.bytes()).toString('hex')}"`;
    default:
      return numberText(field, r);
  }
}

function numberText({ kind }: OtlpField, r: ProtoReader): string {
  switch (kind) {
    case 'bool':
      r.varint64();
      return r.low === 0 && r.high === 0 ? 'false' : 'true';
    case 'double':
      return doubleText(r.double());
    case 'fixed64':
    case 'sfixed64':
      r.fixed64();
      return `"${integer(r, kind === 'sfixed64')}"`;
    case 'int64':
    case 'uint64':
      r.varint64();
      return `"${integer(r, kind === 'int64')}"`;
    case 'fixed32':
      return String(r.fixed32());
    case 'sint32':
      return String(r.zigzag());
    case 'uint32':
      return String(r.uint32());
    default:
      r.varint64();
      return String(r.low | 0);
  }
}

function integer({ low, high }: ProtoReader, signed: boolean): bigint {
  const value = (BigInt(high) << 32n) | BigInt(low);
  return signed ? BigInt.asIntN(64, value) : value;
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return '"NaN"';
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  return Object.is(value, -0) ? '-0' : String(value);
}
