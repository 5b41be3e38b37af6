/** Random OTLP messages for property tests: plain objects as protobufjs takes them, their protobuf and their JSON. */

import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { OTLP_MESSAGES, type OtlpField, type OtlpMessage } from '../../../src/model/otlp-schema.ts';

const PROTO = fileURLToPath(new URL('../../../proto/', import.meta.url));

export const otlpRoot = new protobuf.Root().loadSync(
  ['common', 'traces', 'logs', 'metrics'].map((name) => `${PROTO}opentelemetry/${name}.proto`),
);

export type PlainMessage = Record<string, unknown>;

export function protoType(name: string): protobuf.Type {
  return otlpRoot.lookupType(`opentelemetry.${name}`);
}

export function encode(name: string, message: PlainMessage): Uint8Array {
  const type = protoType(name);
  return type.encode(type.fromObject(message)).finish();
}

/** `defaults`: fields that are absent have their default value. */
export function decode(name: string, bytes: Uint8Array, defaults = true): PlainMessage {
  const type = protoType(name);
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults });
}

/** Fields of which a message has one at most. */
const ONE_OF: Readonly<Record<string, readonly string[]>> = {
  AnyValue: [
    'stringValue',
    'boolValue',
    'intValue',
    'doubleValue',
    'arrayValue',
    'kvlistValue',
    'bytesValue',
  ],
  Metric: ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'],
  NumberDataPoint: ['asDouble', 'asInt'],
  Exemplar: ['asDouble', 'asInt'],
};

function idArbitrary(bytes: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: bytes, maxLength: bytes }).filter((id) => id.some((byte) => byte !== 0));
}

/** Mostly within an hour, so that columns look like real ones; sometimes anything. */
const nanos = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt(1767268800000000000n, 1767272400000000000n) },
  { weight: 1, arbitrary: fc.bigInt(0n, (1n << 64n) - 1n) },
);

function scalar(field: OtlpField): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'string':
      return fc.oneof(
        fc.constantFrom('', 'GET', 'http.method', 'größe', '😀', '\ufeffbom'),
        fc.string({ unit: 'grapheme', maxLength: 12 }),
      );
    case 'bytes':
      return fc.uint8Array({ maxLength: 9 });
    case 'traceId':
      return idArbitrary(16);
    case 'spanId':
      return idArbitrary(8);
    case 'bool':
      return fc.boolean();
    case 'double':
      return fc.oneof(fc.double(), fc.integer().map(Number), fc.constant(-0));
    case 'enum':
      return fc.constantFrom(...field.values!.values(), 77);
    case 'int32':
    case 'sint32':
      return fc.integer();
    case 'uint32':
    case 'fixed32':
      return fc.nat(0xffffffff);
    case 'int64':
    case 'sfixed64':
      return fc.oneof(fc.integer().map(BigInt), fc.bigInt(-(1n << 63n), (1n << 63n) - 1n)).map(String);
    case 'fixed64':
      return (field.name.endsWith('TimeUnixNano') ? nanos : fc.bigInt(0n, (1n << 64n) - 1n)).map(String);
    default:
      return fc.bigInt(0n, (1n << 64n) - 1n).map(String);
  }
}

/** A random message. `depth` bounds how deep values nest. */
export function messageArbitrary(name: string, depth = 2): fc.Arbitrary<PlainMessage> {
  return messageOf(OTLP_MESSAGES.get(name)!, depth);
}

function messageOf(message: OtlpMessage, depth: number): fc.Arbitrary<PlainMessage> {
  const one = ONE_OF[message.name] ?? [];
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const field of message.fields) {
    if (field.name === 'instrumentationLibrarySpans') continue;
    const deeper = message.name === 'AnyValue' ? depth - 1 : depth;
    if (field.message && deeper < 0) continue;
    const value = field.message ? messageOf(field.message, deeper) : scalar(field);
    model[field.name] = field.repeated ? fc.array(value, { maxLength: 3 }) : value;
    // Spans without ids are refused.
    if (message.name === 'Span' && (field.name === 'traceId' || field.name === 'spanId'))
      required.push(field.name);
  }
  return fc.tuple(fc.record(model, { requiredKeys: required }), fc.nat()).map(([plain, choice]) => {
    const present = one.filter((name) => name in plain);
    const chosen = present[choice % Math.max(1, present.length)];
    return Object.fromEntries(
      Object.entries(plain).filter(([name]) => !one.includes(name) || name === chosen),
    );
  });
}

/** The message in OTLP's JSON mapping; `variant` chooses among the spellings that it allows. */
export function toOtlpJson(name: string, plain: PlainMessage, variant: number): PlainMessage {
  const message = OTLP_MESSAGES.get(name)!;
  const out: PlainMessage = { unknownKey: { nested: [1, null, 'x'] } };
  for (const field of message.fields) {
    const value = plain[field.name];
    if (value === undefined) continue;
    const snake = field.name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
    const key = variant % 2 === 0 ? field.name : snake;
    const print = (item: unknown) => jsonValue(field, item, variant);
    out[key] = field.repeated ? (value as unknown[]).map(print) : print(value);
  }
  return out;
}

function jsonValue(field: OtlpField, value: unknown, variant: number): unknown {
  switch (field.kind) {
    case 'message':
      return toOtlpJson(field.message!.name, value as PlainMessage, variant);
    case 'bytes':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'traceId':
    case 'spanId': {
      const hex = Buffer.from(value as Uint8Array).toString('hex');
      return variant % 3 === 0 ? hex.toUpperCase() : hex;
    }
    case 'double':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : Object.is(value, -0)
          ? '-0'
          : String(value);
    case 'enum': {
      for (const [name, number] of field.values!) if (variant % 3 === 1 && number === value) return name;
      return value;
    }
    default:
      return value;
  }
}
