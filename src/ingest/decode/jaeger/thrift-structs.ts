/**
 * Structs of jaeger.thrift that others are made of: what every one of them must have, lists of them, and tags.
 */

import { TAG, type Tags } from './tags.ts';
import { THRIFT, type ThriftReader } from './thrift-reader.ts';

/** Names of required fields; the bit `1 << id` tells that a field was there. */
const REQUIRED = {
  batch: { 1: 'process', 2: 'spans' },
  process: { 1: 'serviceName' },
  span: {
    1: 'traceIdLow',
    2: 'traceIdHigh',
    3: 'spanId',
    4: 'parentSpanId',
    5: 'operationName',
    7: 'flags',
    8: 'startTime',
    9: 'duration',
  },
  tag: { 1: 'key', 2: 'vType' },
  log: { 1: 'timestamp', 2: 'fields' },
  reference: { 1: 'refType', 2: 'traceIdLow', 3: 'traceIdHigh', 4: 'spanId' },
} as const satisfies Record<string, Record<number, string>>;

export type StructName = keyof typeof REQUIRED;

function maskOf(fields: Readonly<Record<number, string>>): number {
  return Object.keys(fields).reduce((mask, id) => mask | (1 << Number(id)), 0);
}

const MASKS = Object.fromEntries(
  Object.entries(REQUIRED).map(([name, fields]) => [name, maskOf(fields)]),
) as Readonly<Record<StructName, number>>;

/** Types of a tag's fields, by id. */
const VALUE_TYPES: readonly number[] = [
  THRIFT.stop,
  THRIFT.string,
  THRIFT.i32,
  THRIFT.string,
  THRIFT.double,
  THRIFT.bool,
  THRIFT.i64,
  THRIFT.string,
];
/** By `vType`. */
const TAG_TYPES: readonly number[] = [TAG.string, TAG.double, TAG.bool, TAG.int, TAG.binary];

/** Throws where a required field of the struct is not among those that were seen, a bit for each id. */
export function checkRequired(r: ThriftReader, struct: StructName, seen: number): void {
  if ((seen & MASKS[struct]) === MASKS[struct]) return;
  const missing = Object.entries(REQUIRED[struct]).find(([id]) => (seen & (1 << Number(id))) === 0)!;
  r.fail(`a ${struct} without ${missing[1]}`);
}

/** Reads a list of structs, one after the other. */
export function readStructs(r: ThriftReader, what: string, read: () => void): void {
  r.listBegin();
  const { listSize, listType } = r;
  if (listSize > 0 && listType !== THRIFT.struct) r.fail(`${what} of thrift type ${listType}`);
  for (let i = 0; i < listSize; i++) read();
}

export class TagReader {
  readonly #r: ThriftReader;
  /** Of the tag that is read: two halves for each type. */
  readonly #values = new Uint32Array(2 * TAG_TYPES.length);

  constructor(r: ThriftReader) {
    this.#r = r;
  }

  /** Reads a list of tags. */
  list(what: string, into: Tags): void {
    readStructs(this.#r, what, () => this.#tag(into));
  }

  /** A tag's value is that of the field its type names; zero or empty where that is not there. */
  #tag(into: Tags): void {
    const r = this.#r;
    const v = this.#values;
    v.fill(0);
    let keyFrom = 0;
    let keyTo = 0;
    let vType = 0;
    let seen = 0;
    const outer = r.structBegin();
    while (r.nextField()) {
      const { fieldId: id, fieldType: type } = r;
      if (id === 1 && type === THRIFT.string) {
        r.binary();
        keyFrom = r.from;
        keyTo = r.to;
      } else if (id === 2 && type === THRIFT.i32) vType = r.i32();
      else if (id >= 3 && id <= 7 && type === VALUE_TYPES[id]) this.#value(id, v);
      else {
        r.skip(type);
        continue;
      }
      seen |= 1 << id;
    }
    r.structEnd(outer);
    checkRequired(r, 'tag', seen);
    const at = 2 * vType;
    const known = TAG_TYPES[vType];
    if (known === undefined) into.add(r.buf, keyFrom, keyTo, TAG.unknown, vType, 0);
    else into.add(r.buf, keyFrom, keyTo, known, v[at]!, v[at + 1]!);
  }

  /** Field `3 + vType` has that type's value. */
  #value(id: number, v: Uint32Array): void {
    const r = this.#r;
    const at = 2 * (id - 3);
    if (id === 5) v[at] = r.bool() ? 1 : 0;
    else if (id === 3 || id === 7) {
      r.binary();
      v[at] = r.from;
      v[at + 1] = r.to;
    } else {
      if (id === 4) r.double();
      else r.i64();
      v[at] = r.low;
      v[at + 1] = r.high;
    }
  }
}
