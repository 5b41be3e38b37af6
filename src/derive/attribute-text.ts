/**
 * Attribute values as label values: the text that Tempo makes of an AnyValue. Mostly it is a string, which is taken
 * as the bytes that stand there.
 */

import { utf8Encode } from '../base/bytes.ts';
import { ProtoReader } from '../base/protobuf.ts';
import { formatPlain } from '../model/float-format.ts';

const TAG = { string: 10, bool: 16, int: 24, double: 33, array: 42, list: 50 } as const;
const ITEM = 10;
const KEY = 10;
const VALUE = 18;

/** A value's text, as a range of bytes; overwritten by the next `read`. */
export class AttributeText {
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;

  get isEmpty(): boolean {
    return this.from === this.to;
  }

  /** Reads the AnyValue `bytes[from, to)`. */
  read(bytes: Uint8Array, from: number, to: number): void {
    // Fast path: one string, its length one byte.
    if (
      to - from >= 2 &&
      bytes[from] === TAG.string &&
      bytes[from + 1] === to - from - 2 &&
      to - from < 130
    ) {
      this.bytes = bytes;
      this.from = from + 2;
      this.to = to;
      return;
    }
    this.bytes = utf8Encode(anyValueText(bytes, from, to));
    this.from = 0;
    this.to = this.bytes.length;
  }
}

/** Nothing for bytes, as in the original; elements of lists stand side by side. */
export function anyValueText(bytes: Uint8Array, from: number, to: number): string {
  const r = new ProtoReader(bytes, from, to);
  let text = '';
  while (r.pos < r.end) {
    switch (r.tag()) {
      case TAG.string:
        text = r.text();
        break;
      case TAG.bool:
        text = r.varint() === 0 ? 'false' : 'true';
        break;
      case TAG.int:
        r.varint64();
        text = ((BigInt(r.high | 0) << 32n) | BigInt(r.low)).toString();
        break;
      case TAG.double:
        text = formatPlain(r.double());
        break;
      case TAG.array:
        r.range();
        text = arrayText(bytes, r.from, r.to);
        break;
      case TAG.list:
        r.range();
        text = listText(bytes, r.from, r.to);
        break;
      default:
        r.skip();
        text = '';
    }
  }
  return text;
}

function arrayText(bytes: Uint8Array, from: number, to: number): string {
  const r = new ProtoReader(bytes, from, to);
  let text = '[';
  while (r.pos < r.end) {
    if (r.tag() !== ITEM) {
      r.skip();
      continue;
    }
    r.range();
    text += anyValueText(bytes, r.from, r.to);
  }
  return `${text}]`;
}

function listText(bytes: Uint8Array, from: number, to: number): string {
  const r = new ProtoReader(bytes, from, to);
  let text = '{';
  while (r.pos < r.end) {
    if (r.tag() !== ITEM) {
      r.skip();
      continue;
    }
    r.range();
    const { key, valueFrom, valueTo } = readKeyValue(bytes, r.from, r.to);
    text += `${key}:${anyValueText(bytes, valueFrom, valueTo)}`;
  }
  return `${text}}`;
}

/** The value's range is empty where there is none. */
export function readKeyValue(
  bytes: Uint8Array,
  from: number,
  to: number,
): { readonly key: string; readonly valueFrom: number; readonly valueTo: number } {
  const r = new ProtoReader(bytes, from, to);
  let key = '';
  let valueFrom = from;
  let valueTo = from;
  while (r.pos < r.end) {
    const tag = r.tag();
    if (tag === KEY) key = r.text();
    else if (tag === VALUE) {
      r.range();
      valueFrom = r.from;
      valueTo = r.to;
    } else r.skip();
  }
  return { key, valueFrom, valueTo };
}

/** What a filter compares with: of another type than the one asked for a value reads as that type's zero. */
export interface TypedValue {
  readonly string: string;
  readonly int: number;
  readonly float: number;
  readonly bool: boolean;
}

export function readTyped(bytes: Uint8Array, from: number, to: number): TypedValue {
  const r = new ProtoReader(bytes, from, to);
  const none: TypedValue = { string: '', int: 0, float: 0, bool: false };
  let value = none;
  while (r.pos < r.end) {
    const tag = r.tag();
    if (tag === TAG.string) value = { ...none, string: r.text() };
    else if (tag === TAG.bool) value = { ...none, bool: r.varint() !== 0 };
    else if (tag === TAG.int) value = { ...none, int: r.int64() };
    else if (tag === TAG.double) value = { ...none, float: r.double() };
    else {
      r.skip();
      value = none;
    }
  }
  return value;
}
