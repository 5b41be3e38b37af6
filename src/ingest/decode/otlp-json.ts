/**
 * OTLP's JSON mapping: a JSON export request to the same request in protobuf, in one pass over the text, without
 * objects. It differs from protobuf's stock mapping: ids are hex, enums may be names or numbers. 64-bit integers may
 * be strings or numbers, keys lowerCamel or snake_case; unknown keys are skipped at any depth, `null` is absent.
 *
 * A message's length stands before it, so its bytes are written first and moved up by the length's own size
 * afterwards: one `copyWithin` per level.
 */

import { ByteError } from '../../base/bytes.ts';
import { WIRE } from '../../base/protobuf.ts';
import { ProtoWriter } from '../../base/protobuf-writer.ts';
import { TriliteError } from '../../model/errors.ts';
import {
  OTLP_DEPTH_MAX,
  OTLP_REQUEST,
  type OtlpField,
  type OtlpMessage,
  type OtlpSignal,
  type ScalarKind,
} from '../../model/otlp-schema.ts';
import { JsonScanner } from './json-scanner.ts';

/** A level of messages is up to two levels of JSON: an array and an object in it. */
const JSON_DEPTH_MAX = 2 * OTLP_DEPTH_MAX;

/**
 * The request as protobuf. Throws `TriliteError` (`bad_data`) with the path (`resourceSpans[0].scopeSpans[1]…`) and
 * the reason where the text is not JSON or a value does not fit its field.
 */
export function otlpJsonToProtobuf(signal: OtlpSignal, body: Uint8Array): Uint8Array {
  const converter = new Converter(body);
  return converter.run(OTLP_REQUEST[signal]);
}

class Converter {
  readonly #json: JsonScanner;
  readonly #out: ProtoWriter;
  /** Names of fields and indexes of elements from the root to the value at hand. */
  readonly #path: (string | number)[] = [];

  constructor(body: Uint8Array) {
    this.#json = new JsonScanner(body, JSON_DEPTH_MAX);
    this.#out = new ProtoWriter(Math.max(256, body.length >>> 1));
  }

  run(root: OtlpMessage): Uint8Array {
    try {
      this.#message(root);
      this.#json.finish();
    } catch (error) {
      if (!(error instanceof ByteError)) throw error;
      const path = this.#pathText();
      const where = path === '' ? '' : `${path}: `;
      throw new TriliteError('bad_data', `invalid OTLP JSON: ${where}${error.message}`);
    }
    return this.#out.take();
  }

  #pathText(): string {
    let text = '';
    for (const part of this.#path) {
      if (typeof part === 'number') text += `[${part}]`;
      else text += text === '' ? part : `.${part}`;
    }
    return text;
  }

  /** The members of a message; the caller has written tag and room for the length. */
  #message(message: OtlpMessage): void {
    const json = this.#json;
    if (json.next() !== 'object') json.fail('expected an object');
    json.open('object');
    for (let first = true; ; first = false) {
      const key = json.key(first);
      if (key === undefined) return;
      const field = message.byName.get(key);
      if (field === undefined) {
        json.skip();
        continue;
      }
      this.#path.push(key);
      if (json.next() === 'null') json.null();
      else if (field.repeated) this.#repeated(field);
      else this.#value(field);
      this.#path.pop();
    }
  }

  #repeated(field: OtlpField): void {
    const json = this.#json;
    if (json.next() !== 'array') json.fail('expected an array');
    json.open('array');
    this.#path.push(0);
    const last = this.#path.length - 1;
    for (let i = 0; json.element(i === 0); i++) {
      this.#path[last] = i;
      if (json.next() === 'null') json.null();
      else this.#value(field);
    }
    this.#path.pop();
  }

  #value(field: OtlpField): void {
    if (field.kind !== 'message') {
      this.#scalar(field, field.kind);
      return;
    }
    const out = this.#out;
    out.tag(field.number, WIRE.length);
    const start = out.length;
    this.#message(field.message!);
    out.closeLength(start);
  }

  #scalar(field: OtlpField, kind: ScalarKind): void {
    const json = this.#json;
    const out = this.#out;
    switch (kind) {
      case 'string':
      case 'bytes':
      case 'traceId':
      case 'spanId':
        out.tag(field.number, WIRE.length);
        out.block(this.#bytesOf(kind));
        return;
      case 'double':
        out.tag(field.number, WIRE.fixed64);
        out.f64(this.#double());
        return;
      case 'bool':
        if (json.next() !== 'boolean') json.fail('expected true or false');
        out.tag(field.number, WIRE.varint);
        out.u8(json.boolean() ? 1 : 0);
        return;
      case 'enum':
        out.tag(field.number, WIRE.varint);
        out.varint64(this.#enum(field.values!));
        return;
      default:
        this.#integer(field.number, kind);
    }
  }

  #bytesOf(kind: 'string' | 'bytes' | 'traceId' | 'spanId'): Uint8Array {
    const json = this.#json;
    if (json.next() !== 'string') json.fail('expected a string');
    const start = json.pos;
    if (kind === 'string') return json.stringBytes();
    const text = json.string();
    if (kind === 'bytes') {
      if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) json.fail('expected base64', start);
      return Buffer.from(text, 'base64');
    }
    const digits = kind === 'traceId' ? 32 : 16;
    if (text !== '' && (text.length !== digits || !/^[0-9a-fA-F]+$/.test(text))) {
      json.fail(`expected ${digits} hex digits`, start);
    }
    return Buffer.from(text, 'hex');
  }

  #double(): number {
    const json = this.#json;
    const token = json.next();
    const start = json.pos;
    if (token === 'number') return Number(json.number());
    if (token !== 'string') json.fail('expected a number');
    const text = json.string();
    if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text);
    if (!DECIMAL.test(text)) json.fail('expected a number', start);
    return Number(text);
  }

  #enum(values: ReadonlyMap<string, number>): bigint {
    const json = this.#json;
    if (json.next() === 'string') {
      const start = json.pos;
      const text = json.string();
      const value = values.get(text);
      if (value !== undefined) return BigInt(value);
      return checkRange(json, integerOf(json, text, start), 'int32', start);
    }
    return this.#integerValue('int32');
  }

  #integerValue(kind: keyof typeof RANGES): bigint {
    const json = this.#json;
    const token = json.next();
    const start = json.pos;
    if (token !== 'number' && token !== 'string') json.fail('expected an integer');
    const text = token === 'number' ? json.number() : json.string();
    return checkRange(json, integerOf(json, text, start), kind, start);
  }

  #integer(number: number, kind: keyof typeof RANGES): void {
    const value = this.#integerValue(kind);
    const out = this.#out;
    switch (kind) {
      case 'fixed64':
      case 'sfixed64':
        out.tag(number, WIRE.fixed64);
        out.fixed64(value);
        return;
      case 'fixed32':
        out.tag(number, WIRE.fixed32);
        out.u32(Number(value));
        return;
      default:
        out.tag(number, WIRE.varint);
        out.varint64(kind === 'sint32' ? (value << 1n) ^ (value >> 63n) : value);
    }
  }
}

const DECIMAL = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const UINT64 = { min: 0n, max: (1n << 64n) - 1n };
const INT64 = { min: -(1n << 63n), max: (1n << 63n) - 1n };
const UINT32 = { min: 0n, max: (1n << 32n) - 1n };
const INT32 = { min: -(1n << 31n), max: (1n << 31n) - 1n };

const RANGES = {
  int32: INT32,
  sint32: INT32,
  uint32: UINT32,
  fixed32: UINT32,
  int64: INT64,
  sfixed64: INT64,
  uint64: UINT64,
  fixed64: UINT64,
} as const;

/** An integer from its text: digits, or another spelling of an integral number (`1e3`, `2.0`) within float precision. */
function integerOf(json: JsonScanner, text: string, offset: number): bigint {
  if (/^-?[0-9]{1,20}$/.test(text)) return BigInt(text);
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isInteger(value)) json.fail('expected an integer', offset);
  return BigInt(value);
}

function checkRange(json: JsonScanner, value: bigint, kind: keyof typeof RANGES, offset: number): bigint {
  const { min, max } = RANGES[kind];
  if (value < min || value > max) json.fail(`integer out of range for ${kind}`, offset);
  return value;
}
