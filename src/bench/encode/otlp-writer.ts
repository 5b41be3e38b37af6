/**
 * What the three signals of OTLP have in common on the wire: attributes, resources and times. Export requests of all
 * three nest alike, `1 resource… { 1 resource, 2 scope… { 1 scope, 2 items } }`, so that one builder puts them together.
 *
 * Strings are ASCII throughout: a string's length is then its size.
 */

import { ProtoWriter } from '../../base/protobuf-writer.ts';

const TWO_12 = 4096;
const TWO_20 = 1_048_576;
const TWO_32 = 4294967296;
const NS_PER_MS = 1_000_000;

export type AttributeValue = string | number | boolean;
export type Attributes = readonly (readonly [string, AttributeValue])[];

/** Eight bytes, little-endian: `ms` milliseconds and `ns` nanoseconds, which may exceed a millisecond. */
export function fixedNanos(out: ProtoWriter, ms: number, ns: number): void {
  ms += Math.floor(ns / NS_PER_MS);
  ns %= NS_PER_MS;
  // ms * 1e6 does not fit a double's 53 bits: split so that every product does.
  const upper = Math.floor(ms / TWO_20) * NS_PER_MS;
  const rest = (upper % TWO_12) * TWO_20 + (ms % TWO_20) * NS_PER_MS + ns;
  out.u32(rest % TWO_32);
  out.u32(Math.floor(upper / TWO_12) + Math.floor(rest / TWO_32));
}

/** Big-endian words, as ids are read. */
export function idWords(out: ProtoWriter, words: Uint32Array, from: number, count: number): void {
  for (let i = from; i < from + count; i++) {
    const word = words[i]!;
    out.u8(word >>> 24);
    out.u8((word >>> 16) & 0xff);
    out.u8((word >>> 8) & 0xff);
    out.u8(word & 0xff);
  }
}

/** Bytes that `varint` takes for the value. */
export function varintSize(value: number): number {
  let size = 1;
  for (; value > 0x7f; value = Math.floor(value / 128)) size++;
  return size;
}

/** `tag, length` of a nested message of `size` bytes. `field` is below 16, as all of OTLP's that are used here. */
export function open(out: ProtoWriter, field: number, size: number): void {
  out.u8(field * 8 + 2);
  out.varint(size);
}

/** A string field. */
export function textField(out: ProtoWriter, field: number, text: string): void {
  out.u8(field * 8 + 2);
  out.text(text);
}

/** One `KeyValue` as field `field`. A number is an int64 where it is whole and not negative, else a double. */
export function attribute(out: ProtoWriter, field: number, key: string, value: AttributeValue): void {
  let any: number;
  if (typeof value === 'string') any = 1 + varintSize(value.length) + value.length;
  else if (typeof value === 'boolean') any = 2;
  else any = isPlainInt(value) ? 1 + varintSize(value) : 9;
  open(out, field, 1 + varintSize(key.length) + key.length + 1 + varintSize(any) + any);
  textField(out, 1, key);
  open(out, 2, any);
  if (typeof value === 'string') textField(out, 1, value);
  else if (typeof value === 'boolean') {
    out.u8(2 * 8);
    out.u8(value ? 1 : 0);
  } else if (isPlainInt(value)) {
    out.u8(3 * 8);
    out.varint(value);
  } else {
    out.u8(4 * 8 + 1);
    out.f64(value);
  }
}

function isPlainInt(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Attributes one after the other, for prepared pieces. */
export function attributeBytes(field: number, attributes: Attributes): Uint8Array {
  const out = new ProtoWriter(256);
  for (const [key, value] of attributes) attribute(out, field, key, value);
  return out.take();
}

/** Gathers items by resource and puts the export request together. */
export class ResourceGroups {
  readonly #heads: readonly Uint8Array[];
  readonly #scopes: readonly Uint8Array[];
  readonly #items: (ProtoWriter | undefined)[] = [];
  readonly #touched: number[] = [];

  /** Resource `i` has `resources[i]` as attributes and one instrumentation scope named `scopes[i]`. */
  constructor(resources: readonly Attributes[], scopes: readonly string[]) {
    this.#heads = resources.map((attributes) => {
      const out = new ProtoWriter(256);
      const inner = attributeBytes(1, attributes);
      open(out, 1, inner.length);
      out.bytes(inner);
      return out.take();
    });
    this.#scopes = scopes.map((name) => {
      const out = new ProtoWriter(64);
      open(out, 1, name.length + 2);
      textField(out, 1, name);
      return out.take();
    });
  }

  /** Where the resource's next item goes, tag and length included. */
  of(resource: number): ProtoWriter {
    const writer = (this.#items[resource] ??= new ProtoWriter(4096));
    if (writer.length === 0) this.#touched.push(resource);
    return writer;
  }

  /** The request with all items since the last call; resources stand in the order of their first item. */
  take(): Uint8Array<ArrayBuffer> {
    const out = new ProtoWriter(65_536);
    for (const resource of this.#touched) {
      const head = this.#heads[resource]!;
      const scope = this.#scopes[resource]!;
      const items = this.#items[resource]!;
      const scopeSize = scope.length + items.length;
      open(out, 1, head.length + 1 + varintSize(scopeSize) + scopeSize);
      out.bytes(head);
      open(out, 2, scopeSize);
      out.bytes(scope);
      out.bytes(items.view());
      items.length = 0;
    }
    this.#touched.length = 0;
    return out.take();
  }
}
