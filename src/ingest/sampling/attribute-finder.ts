/** Finds an attribute by its key in the bytes of a resource or span, without decoding the others. */

import { utf8Encode } from '../../base/bytes.ts';
import { type ProtoReader, WIRE } from '../../base/protobuf.ts';
import type { HeldBatch } from './held-batch.ts';

const lengthTag = (field: number) => field * 8 + WIRE.length;
const RESOURCE_ATTRIBUTES = lengthTag(1);
const SPAN_ATTRIBUTES = lengthTag(9);
const KEY = lengthTag(1);
const VALUE = lengthTag(2);
/** Fields of AnyValue that a policy can ask for. */
const STRING = lengthTag(1);
const BOOLEAN = 2 * 8 + WIRE.varint;
const INT = 3 * 8 + WIRE.varint;
/** Its highest field: of those the last one counts. */
const VALUE_FIELD_MAX = 8;

export class AttributeFinder {
  readonly #key: Uint8Array;
  #reader: ProtoReader | undefined;
  /** Tag of the value's field, 0 for an empty value. */
  #tag = 0;
  #from = 0;
  #to = 0;
  #low = 0;
  #high = 0;

  constructor(key: string) {
    this.#key = utf8Encode(key);
  }

  /** Looks in the resource of a span; what is found is asked for until the next look. */
  inResource(held: HeldBatch, span: number): boolean {
    const { batch } = held;
    const resource = batch.spanResource[span]!;
    const [start, end] = [batch.resourceStart[resource]!, batch.resourceEnd[resource]!];
    return this.#find(held.reader, start, end, RESOURCE_ATTRIBUTES);
  }

  inSpan({ batch, reader }: HeldBatch, span: number): boolean {
    return this.#find(reader, batch.spanStart[span]!, batch.spanEnd[span]!, SPAN_ATTRIBUTES);
  }

  /** The value in UTF-8, a character for each byte; empty where it is no string. */
  latin1(): string {
    if (this.#tag !== STRING) return '';
    const { buf } = this.#reader!;
    return Buffer.from(buf.buffer, buf.byteOffset, buf.byteLength).toString('latin1', this.#from, this.#to);
  }

  /** 0 where it is no whole number. */
  int(): bigint {
    if (this.#tag !== INT) return 0n;
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }

  /** False where it is no boolean. */
  boolean(): boolean {
    return this.#tag === BOOLEAN && (this.#low | this.#high) !== 0;
  }

  /** The first attribute of that key. */
  #find(reader: ProtoReader, start: number, end: number, attributes: number): boolean {
    this.#reader = reader;
    reader.seek(start, end);
    while (reader.pos < reader.end) {
      if (reader.tag() !== attributes) {
        reader.skip();
        continue;
      }
      const outer = reader.enter();
      const isWanted = this.#keyValue(reader);
      reader.leave(outer);
      if (isWanted) return true;
    }
    return false;
  }

  #keyValue(reader: ProtoReader): boolean {
    let isWanted = this.#key.length === 0;
    this.#tag = 0;
    while (reader.pos < reader.end) {
      switch (reader.tag()) {
        case KEY:
          reader.range();
          isWanted = this.#isKey(reader);
          break;
        case VALUE: {
          const outer = reader.enter();
          this.#value(reader);
          reader.leave(outer);
          break;
        }
        default:
          reader.skip();
      }
    }
    return isWanted;
  }

  #isKey({ buf, from, to }: ProtoReader): boolean {
    const key = this.#key;
    if (to - from !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (buf[from + i] !== key[i]) return false;
    return true;
  }

  #value(reader: ProtoReader): void {
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (reader.field <= VALUE_FIELD_MAX) this.#tag = tag;
      if (tag === STRING) {
        reader.range();
        this.#from = reader.from;
        this.#to = reader.to;
      } else if (tag === BOOLEAN || tag === INT) {
        reader.varint64();
        this.#low = reader.low;
        this.#high = reader.high;
      } else reader.skip();
    }
  }
}
