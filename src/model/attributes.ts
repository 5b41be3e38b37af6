/**
 * Attribute values that are not plain scalars: OTLP's AnyValue messages, decoded when a query or an answer needs
 * them. The messages were checked when they came in, so decoding does not fail on stored data.
 */

import { ProtoReader } from '../base/protobuf.ts';

export type AnyValue =
  | { readonly type: 'empty' }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'array'; readonly values: readonly AnyValue[] }
  | { readonly type: 'kvlist'; readonly entries: readonly (readonly [key: string, value: AnyValue])[] };

const EMPTY: AnyValue = { type: 'empty' };

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tags of AnyValue's members, and of the one repeated field of ArrayValue and KeyValueList. */
export const ANY_VALUE_TAG = {
  string: 10,
  bool: 16,
  int: 24,
  double: 33,
  array: 42,
  kvlist: 50,
  bytes: 58,
} as const;
const TAG_VALUES = 10;
const TAG_KEY = 10;
const TAG_VALUE = 18;

/** Decodes an AnyValue message. Of several members the last counts; throws `ByteError` where it is malformed. */
export function decodeAnyValue(message: Uint8Array): AnyValue {
  return anyValue(new ProtoReader(message));
}

function text(r: ProtoReader): string {
  return utf8.decode(r.bytes());
}

function anyValue(r: ProtoReader): AnyValue {
  let value = EMPTY;
  while (r.pos < r.end) {
    switch (r.tag()) {
      case ANY_VALUE_TAG.string:
        value = { type: 'string', value: text(r) };
        break;
      case ANY_VALUE_TAG.bool:
        r.varint64();
        value = { type: 'bool', value: (r.low | r.high) !== 0 };
        break;
      case ANY_VALUE_TAG.int:
        r.varint64();
        value = { type: 'int', value: int64(r.low, r.high) };
        break;
      case ANY_VALUE_TAG.double:
        value = { type: 'double', value: r.double() };
        break;
      case ANY_VALUE_TAG.array: {
        const before = value.type === 'array' ? value.values : [];
        value = { type: 'array', values: [...before, ...nested(r, arrayValues)] };
        break;
      }
      case ANY_VALUE_TAG.kvlist: {
        const before = value.type === 'kvlist' ? value.entries : [];
        value = { type: 'kvlist', entries: [...before, ...nested(r, keyValues)] };
        break;
      }
      case ANY_VALUE_TAG.bytes:
        value = { type: 'bytes', value: new Uint8Array(r.bytes()) };
        break;
      default:
        r.skip();
    }
  }
  return value;
}

/** Reads the message at the cursor with `read` and goes on behind it. */
function nested<T>(r: ProtoReader, read: (r: ProtoReader) => T): T {
  r.range();
  const { to, end } = r;
  r.seek(r.from, to);
  const value = read(r);
  r.seek(to, end);
  return value;
}

function arrayValues(r: ProtoReader): AnyValue[] {
  const values: AnyValue[] = [];
  while (r.pos < r.end) {
    if (r.tag() === TAG_VALUES) values.push(nested(r, anyValue));
    else r.skip();
  }
  return values;
}

function keyValues(r: ProtoReader): [string, AnyValue][] {
  const entries: [string, AnyValue][] = [];
  while (r.pos < r.end) {
    if (r.tag() === TAG_VALUES) entries.push(nested(r, keyValue));
    else r.skip();
  }
  return entries;
}

function keyValue(r: ProtoReader): [string, AnyValue] {
  let key = '';
  let value = EMPTY;
  while (r.pos < r.end) {
    switch (r.tag()) {
      case TAG_KEY:
        key = text(r);
        break;
      case TAG_VALUE:
        value = nested(r, anyValue);
        break;
      default:
        r.skip();
    }
  }
  return [key, value];
}

/** A signed 64-bit integer from its halves. */
export function int64(low: number, high: number): bigint {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
}
