/**
 * Attributes from protobuf to columns: each KeyValue is read in place and its value appended to the column of its
 * key and type. Texts and keys are interned as bytes; no string is made but one per distinct key.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { ANY_VALUE_TAG } from '../../model/attributes.ts';
import { Dictionary } from '../../model/dictionary.ts';
import type { AttributeColumn, AttributeTable } from '../../model/span-group.ts';
import { Interner } from './interner.ts';
import { ATTRIBUTE_TYPES, attributeColumn, attributeTable, U32List } from './span-columns.ts';

const TAG_KEY = 10;
const TAG_VALUE = 18;

const TYPES = ATTRIBUTE_TYPES.length;
const STRING = ATTRIBUTE_TYPES.indexOf('string');
const INT = ATTRIBUTE_TYPES.indexOf('int');
const DOUBLE = ATTRIBUTE_TYPES.indexOf('double');
const BOOL = ATTRIBUTE_TYPES.indexOf('bool');
const COMPLEX = ATTRIBUTE_TYPES.indexOf('complex');

/** A dictionary column being built. */
export class TextBuilder {
  readonly #interner = new Interner();
  readonly #indexes: U32List;

  constructor(rows = 16) {
    this.#indexes = new U32List(rows);
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    this.#indexes.push(this.#interner.add(bytes, from, to));
  }

  finish(): Dictionary {
    return new Dictionary(this.#indexes.take(), this.#interner.bytes(), this.#interner.ends());
  }
}

/** One column: rows, and values in the form of its type. */
class ColumnBuilder {
  readonly keyIndex: number;
  readonly type: number;
  readonly rows = new U32List();
  /** Strings and complex values. */
  readonly texts: TextBuilder | undefined;
  /** Ints and doubles as low and high halves in turn; bools as 0 or 1. */
  readonly words = new U32List();
  /** Some int is beyond 2^53. */
  wide = false;

  constructor(keyIndex: number, type: number) {
    this.keyIndex = keyIndex;
    this.type = type;
    this.texts = type === STRING || type === COMPLEX ? new TextBuilder() : undefined;
  }

  addWords(low: number, high: number): void {
    this.words.push(low);
    this.words.push(high);
  }

  finish(key: string, ownerCount: number): AttributeColumn {
    const rows = this.rows.take();
    const count = rows.length;
    // Rows ascend, so as many as owners without a repetition are all of them.
    let dense = count === ownerCount;
    for (let i = 0; dense && i < count; i++) dense = rows[i] === i;
    return attributeColumn({
      key,
      type: ATTRIBUTE_TYPES[this.type]!,
      count,
      dense,
      rows: () => rows,
      dictionary: () => this.texts!.finish(),
      numbers: () =>
        this.type === INT ? intsOf(this.words.take()) : new Float64Array(this.words.take().buffer),
      exact: () => (this.wide ? new BigInt64Array(this.words.take().buffer) : undefined),
      bools: () => Uint8Array.from(this.words.take()),
    });
  }
}

/** The nearest floats of integers given as low and high halves in turn. */
function intsOf(words: Uint32Array): Float64Array {
  const values = new Float64Array(words.length / 2);
  for (let i = 0; i < values.length; i++) {
    values[i] = (words[2 * i + 1]! | 0) * 4294967296 + words[2 * i]!;
  }
  return values;
}

/** High halves of the integers that a float64 may not hold exactly start here, on both sides of zero. */
const WIDE_HIGH = 0x200000;

export class AttributesBuilder {
  readonly #keys = new Interner();
  readonly #columns: ColumnBuilder[] = [];
  /** Column of a key and type, at key index × TYPES + type. */
  readonly #byKey: (ColumnBuilder | undefined)[] = [];

  /** Adds the KeyValue message `[r.from, r.to)` to the attributes of owner `row`; the cursor stays. Rows ascend. */
  add(r: ProtoReader, row: number): void {
    const { pos, end } = r;
    r.seek(r.from, r.to);
    let keyFrom = 0;
    let keyTo = 0;
    let valueFrom = 0;
    let valueTo = 0;
    let pieces: Uint8Array[] | undefined;
    while (r.pos < r.end) {
      switch (r.tag()) {
        case TAG_KEY:
          r.range();
          keyFrom = r.from;
          keyTo = r.to;
          break;
        case TAG_VALUE:
          r.range();
          if (valueTo !== 0) pieces ??= [r.buf.subarray(valueFrom, valueTo)];
          pieces?.push(r.buf.subarray(r.from, r.to));
          valueFrom = r.from;
          valueTo = r.to;
          break;
        default:
          r.skip();
      }
    }
    const key = this.#keys.add(r.buf, keyFrom, keyTo);
    if (pieces === undefined) {
      r.seek(valueFrom, valueTo);
      this.#value(r, key, row);
    } else {
      // Slow path: a value in pieces is their concatenation.
      this.#value(new ProtoReader(Buffer.concat(pieces)), key, row);
    }
    r.seek(pos, end);
  }

  /** Adds the AnyValue from `r.pos` to `r.end`; of several members the last counts. */
  #value(r: ProtoReader, key: number, row: number): void {
    const start = r.pos;
    let type = COMPLEX;
    let low = 0;
    let high = 0;
    let from = 0;
    let to = 0;
    while (r.pos < r.end) {
      switch (r.tag()) {
        case ANY_VALUE_TAG.string:
          r.range();
          type = STRING;
          from = r.from;
          to = r.to;
          break;
        case ANY_VALUE_TAG.bool:
          r.varint64();
          type = BOOL;
          low = (r.low | r.high) === 0 ? 0 : 1;
          break;
        case ANY_VALUE_TAG.int:
          r.varint64();
          type = INT;
          low = r.low;
          high = r.high;
          break;
        case ANY_VALUE_TAG.double:
          r.fixed64();
          type = DOUBLE;
          low = r.low;
          high = r.high;
          break;
        case ANY_VALUE_TAG.array:
        case ANY_VALUE_TAG.kvlist:
        case ANY_VALUE_TAG.bytes:
          r.range();
          type = COMPLEX;
          break;
        default:
          r.skip();
      }
    }
    const column = this.#column(key, type);
    column.rows.push(row);
    if (type === STRING) column.texts!.add(r.buf, from, to);
    else if (type === COMPLEX) column.texts!.add(r.buf, start, r.end);
    else if (type === BOOL) column.words.push(low);
    else {
      column.addWords(low, high);
      const signed = high | 0;
      if (type === INT && (signed >= WIDE_HIGH || signed < -WIDE_HIGH)) column.wide = true;
    }
  }

  #column(key: number, type: number): ColumnBuilder {
    const slot = key * TYPES + type;
    const found = this.#byKey[slot];
    if (found !== undefined) return found;
    const column = new ColumnBuilder(key, type);
    while (this.#byKey.length < (key + 1) * TYPES) this.#byKey.push(undefined);
    this.#byKey[slot] = column;
    this.#columns.push(column);
    return column;
  }

  /** The table; the builder takes nothing more afterwards. `ownerCount`: rows of the owner, with or without attributes. */
  finish(ownerCount: number): AttributeTable {
    const keys = new Dictionary(new Uint32Array(0), this.#keys.bytes(), this.#keys.ends()).strings;
    return attributeTable(this.#columns.map((column) => column.finish(keys[column.keyIndex]!, ownerCount)));
  }
}
