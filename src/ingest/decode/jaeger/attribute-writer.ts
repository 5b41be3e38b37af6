/**
 * Attributes in OTLP's protobuf form, and the fields that they are made of. What is text in the request is copied as bytes;
 * how long an attribute will be is known before it is written, so that none is moved.
 */

import { isUtf8 } from 'node:buffer';
import { utf8Decode, utf8Encode } from '../../../base/bytes.ts';
import { WIRE } from '../../../base/protobuf.ts';
import type { ProtoWriter } from '../../../base/protobuf-writer.ts';
import { roleBit } from './status.ts';
import { ROLE, TAG, type Tags } from './tags.ts';

/** `(field << 3) | wire` of one byte. */
export function lengthTag(field: number): number {
  return field * 8 + WIRE.length;
}

const KEY = lengthTag(1);
const VALUE = lengthTag(2);
const ANY = {
  string: lengthTag(1),
  bool: 2 * 8 + WIRE.varint,
  int: 3 * 8 + WIRE.varint,
  double: 4 * 8 + WIRE.fixed64,
  bytes: lengthTag(7),
} as const;

/** What the two protocols' translations do differently. */
export interface Dialect {
  /** Whether `w3c.tracestate` leaves the tags for the trace state. */
  readonly movesTraceState: boolean;
  /** A tag type that is none, in words. */
  readonly unknownType: (type: number) => string;
}

export class AttributeWriter {
  readonly #buf: Uint8Array;
  readonly #view: DataView;
  protected readonly dialect: Dialect;
  /** What is written to. */
  out: ProtoWriter;

  constructor(buf: Uint8Array, dialect: Dialect, out: ProtoWriter) {
    this.#buf = buf;
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    this.dialect = dialect;
    this.out = out;
  }

  /** The text of the tag; empty where it has none. */
  text(tags: Tags, tag: number): string {
    if (tag < 0 || tags.type[tag] !== TAG.string) return '';
    return utf8Decode(this.#buf.subarray(tags.low[tag], tags.high[tag]));
  }

  /** Makes the tags `[from, to)` of equal keys one. */
  protected settle(tags: Tags, from: number, to: number): void {
    tags.settle(this.#buf, from, to);
  }

  protected fixed64(field: number, low: number, high: number): void {
    const { out } = this;
    out.u8(field);
    out.u32(low);
    out.u32(high);
  }

  /** The tag's text, where it has one. */
  protected textField(field: number, tags: Tags, tag: number): void {
    if (tag >= 0 && tags.type[tag] === TAG.string) this.lengthField(field, tags.low[tag]!, tags.high[tag]!);
  }

  /** The request's bytes as a string; none where they are none. */
  protected lengthField(field: number, from: number, to: number): void {
    if (to > from) this.#text(field, from, to, this.#mended(from, to));
  }

  /** `mended` in the place of the request's bytes, where it is there. */
  #text(field: number, from: number, to: number, mended: Uint8Array | undefined): void {
    if (mended) this.#piece(field, mended);
    else this.#range(field, from, to);
  }

  #range(field: number, from: number, to: number): void {
    const { out } = this;
    out.u8(field);
    out.varint(to - from);
    out.copy(this.#view, from, to - from);
  }

  #piece(field: number, piece: Uint8Array): void {
    this.out.u8(field);
    this.out.block(piece);
  }

  protected attributes(field: number, tags: Tags, from: number, to: number, taken: number): void {
    for (let i = from; i < to; i++) {
      const role = tags.role[i]!;
      if (tags.hidden[i] === 1 || (role !== ROLE.none && (taken & roleBit(role)) !== 0)) continue;
      this.attribute(field, tags, i);
    }
  }

  /** A KeyValue; its lengths are known before it is written. `key` stands for the tag's own. */
  protected attribute(field: number, tags: Tags, tag: number, key?: Uint8Array): void {
    const { out } = this;
    const low = tags.low[tag]!;
    const high = tags.high[tag]!;
    switch (tags.type[tag]) {
      case TAG.string: {
        const mended = this.#mended(low, high);
        this.#openAttribute(field, tags, tag, key, blockSize(mended ? mended.length : high - low));
        this.#text(ANY.string, low, high, mended);
        return;
      }
      case TAG.binary:
        this.#openAttribute(field, tags, tag, key, blockSize(high - low));
        this.#range(ANY.bytes, low, high);
        return;
      case TAG.bool:
        this.#openAttribute(field, tags, tag, key, 2);
        out.u8(ANY.bool);
        out.u8(low);
        return;
      case TAG.int:
        this.#openAttribute(field, tags, tag, key, 1 + varintSize(low, high));
        out.u8(ANY.int);
        this.#varint(low, high);
        return;
      case TAG.double:
        this.#openAttribute(field, tags, tag, key, 9);
        this.fixed64(ANY.double, low, high);
        return;
      default: {
        const text = utf8Encode(`<Unknown Jaeger TagType "${this.dialect.unknownType(low)}">`);
        this.#openAttribute(field, tags, tag, key, blockSize(text.length));
        this.#piece(ANY.string, text);
      }
    }
  }

  /** All of a KeyValue but the AnyValue's fields, which take `valueBytes`. */
  #openAttribute(
    field: number,
    tags: Tags,
    tag: number,
    key: Uint8Array | undefined,
    valueBytes: number,
  ): void {
    const from = tags.keyStart[tag]!;
    const to = tags.keyEnd[tag]!;
    const mended = key ?? this.#mended(from, to);
    this.#openLengths(field, mended ? mended.length : to - from, valueBytes);
    this.#text(KEY, from, to, mended);
    this.#openValue(valueBytes);
  }

  /** A KeyValue of texts that are not the request's. */
  protected textAttribute(field: number, key: Uint8Array, text: Uint8Array): void {
    this.#openLengths(field, key.length, blockSize(text.length));
    this.#piece(KEY, key);
    this.#openValue(blockSize(text.length));
    this.#piece(ANY.string, text);
  }

  #openLengths(field: number, keyBytes: number, valueBytes: number): void {
    this.out.u8(field);
    this.out.varint(blockSize(keyBytes) + blockSize(valueBytes));
  }

  #openValue(valueBytes: number): void {
    this.out.u8(VALUE);
    this.out.varint(valueBytes);
  }

  #varint(low: number, high: number): void {
    const { out } = this;
    while (high !== 0 || low > 0x7f) {
      out.u8((low & 0x7f) | 0x80);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    out.u8(low);
  }

  /** The request's bytes as UTF-8. */
  protected utf8(from: number, to: number): Uint8Array {
    return this.#mended(from, to) ?? this.#buf.subarray(from, to);
  }

  /** Undefined where the request's bytes are UTF-8, as OTLP's strings must be; else with U+FFFD for what is not. */
  #mended(from: number, to: number): Uint8Array | undefined {
    const buf = this.#buf;
    for (let i = from; i < to; i++) {
      if (buf[i]! < 0x80) continue;
      const piece = buf.subarray(from, to);
      return isUtf8(piece) ? undefined : utf8Encode(utf8Decode(piece));
    }
    return undefined;
  }
}

function varintSize(low: number, high: number): number {
  if (high !== 0) return Math.ceil((64 - Math.clz32(high)) / 7);
  return Math.max(1, Math.ceil((32 - Math.clz32(low)) / 7));
}

/** Of a field of one tag byte, a length and so many bytes. */
function blockSize(bytes: number): number {
  return 1 + varintSize(bytes, 0) + bytes;
}
