/**
 * Attributes from protobuf to columns. Each KeyValue is read in place and becomes an occurrence: the number of its
 * column (key and type), its row, and 64 bits of value, which for texts is their number among the interned ones. At
 * the end one counting sort by column puts each column's occurrences side by side. So a column costs no more than its
 * occurrences, and keys that a program made up do no harm.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import { ANY_VALUE_TAG } from '../../model/attributes.ts';
import { Dictionary } from '../../model/dictionary.ts';
import type { AttributeTable, AttributeType } from '../../model/span-group.ts';
import { Interner } from './interner.ts';
import {
  ATTRIBUTE_TYPES,
  type AttributeSource,
  attributeColumn,
  attributeTable,
  U32List,
} from './span-columns.ts';

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

/** High halves of the integers that a float64 may not hold exactly start here, on both sides of zero. */
const WIDE_HIGH = 0x200000;

export class AttributesBuilder {
  readonly #keys = new Interner();
  readonly #texts = new Interner();
  /** Column of a key and type, plus 1, at key index × TYPES + type. */
  readonly #columnOf = new U32List();
  /** Key index × TYPES + type of each column. */
  readonly #slots = new U32List();
  /** Columns with integers beyond 2^53. */
  readonly #wide = new Set<number>();
  readonly #columns = new U32List();
  readonly #rows = new U32List();
  readonly #lows = new U32List();
  readonly #highs = new U32List();

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
    if (type === STRING) low = this.#texts.add(r.buf, from, to);
    else if (type === COMPLEX) low = this.#texts.add(r.buf, start, r.end);
    else if (type === INT && ((high | 0) >= WIDE_HIGH || (high | 0) < -WIDE_HIGH)) this.#wide.add(column);
    this.#columns.push(column);
    this.#rows.push(row);
    this.#lows.push(low);
    this.#highs.push(high);
  }

  #column(key: number, type: number): number {
    const slot = key * TYPES + type;
    while (this.#columnOf.count <= slot) this.#columnOf.push(0);
    const known = this.#columnOf.at(slot);
    if (known !== 0) return known - 1;
    const column = this.#slots.count;
    this.#slots.push(slot);
    this.#columnOf.put(slot, column + 1);
    return column;
  }

  /** The table; the builder takes nothing more afterwards. `ownerCount`: rows of the owner, with or without attributes. */
  finish(ownerCount: number): AttributeTable {
    const keys = new Dictionary(new Uint32Array(0), this.#keys.bytes(), this.#keys.ends()).strings;
    const slots = this.#slots.take();
    const texts = new Dictionary(new Uint32Array(0), this.#texts.bytes(), this.#texts.ends());
    const { starts, rows, lows, highs } = this.#sorted(slots.length);
    const all: Occurrences = { rows, lows, highs, texts, numbers: new Uint32Array(texts.size) };
    const columns = Array.from(slots, (slot, c) => {
      const key = keys[Math.floor(slot / TYPES)]!;
      const range = { from: starts[c]!, to: starts[c + 1]!, wide: this.#wide.has(c) };
      return attributeColumn(new BuiltColumn(key, slot % TYPES, range, ownerCount, all));
    });
    return attributeTable(columns);
  }

  /** Occurrences by column, those of a column in the order in which they came, and where each column's begin. */
  #sorted(columnCount: number) {
    const columns = this.#columns.take();
    const starts = new Uint32Array(columnCount + 1);
    for (const column of columns) starts[column + 1]!++;
    for (let c = 0; c < columnCount; c++) starts[c + 1]! += starts[c]!;
    const next = starts.slice();
    const rows = new Uint32Array(columns.length);
    const lows = new Uint32Array(columns.length);
    const highs = new Uint32Array(columns.length);
    for (let i = 0; i < columns.length; i++) {
      const at = next[columns[i]!]!++;
      rows[at] = this.#rows.at(i);
      lows[at] = this.#lows.at(i);
      highs[at] = this.#highs.at(i);
    }
    return { starts, rows, lows, highs };
  }
}

/** The sorted occurrences of a table, and the texts that their values name. */
interface Occurrences {
  readonly rows: Uint32Array;
  readonly lows: Uint32Array;
  readonly highs: Uint32Array;
  readonly texts: Dictionary;
  /** Scratch: number of each text within the column at hand plus 1; all zero between uses. */
  readonly numbers: Uint32Array;
}

class BuiltColumn implements AttributeSource {
  readonly key: string;
  readonly type: AttributeType;
  readonly count: number;
  readonly dense: boolean;
  readonly #from: number;
  readonly #to: number;
  readonly #wide: boolean;
  readonly #all: Occurrences;

  constructor(
    key: string,
    type: number,
    { from, to, wide }: { from: number; to: number; wide: boolean },
    ownerCount: number,
    all: Occurrences,
  ) {
    this.key = key;
    this.type = ATTRIBUTE_TYPES[type]!;
    this.count = to - from;
    this.#from = from;
    this.#to = to;
    this.#wide = wide;
    this.#all = all;
    let dense = this.count === ownerCount;
    for (let i = from; dense && i < to; i++) dense = all.rows[i] === i - from;
    this.dense = dense;
  }

  rows(): Uint32Array {
    return this.#all.rows.subarray(this.#from, this.#to);
  }

  /** Texts numbered anew, in the order in which the column's rows name them. */
  dictionary(): Dictionary {
    const { lows, texts, numbers } = this.#all;
    const indexes = new Uint32Array(this.count);
    const used = new U32List();
    let size = 0;
    for (let i = 0; i < this.count; i++) {
      const text = lows[this.#from + i]!;
      if (numbers[text] === 0) {
        used.push(text);
        numbers[text] = used.count;
        size += texts.piece(text).length;
      }
      indexes[i] = numbers[text]! - 1;
    }
    const bytes = new Uint8Array(size);
    const ends = new Uint32Array(used.count);
    let at = 0;
    for (let k = 0; k < used.count; k++) {
      const piece = texts.piece(used.at(k));
      bytes.set(piece, at);
      at += piece.length;
      ends[k] = at;
      numbers[used.at(k)] = 0;
    }
    return new Dictionary(indexes, bytes, ends);
  }

  /** Low and high halves in turn, as 64-bit values lie in memory. */
  #words(): ArrayBuffer {
    const { lows, highs } = this.#all;
    const words = new Uint32Array(2 * this.count);
    for (let i = 0; i < this.count; i++) {
      words[2 * i] = lows[this.#from + i]!;
      words[2 * i + 1] = highs[this.#from + i]!;
    }
    return words.buffer;
  }

  numbers(): Float64Array {
    if (this.type === 'double') return new Float64Array(this.#words());
    const { lows, highs } = this.#all;
    const values = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) {
      values[i] = (highs[this.#from + i]! | 0) * 4294967296 + lows[this.#from + i]!;
    }
    return values;
  }

  exact(): BigInt64Array | undefined {
    return this.#wide ? new BigInt64Array(this.#words()) : undefined;
  }

  bools(): Uint8Array {
    return Uint8Array.from(this.#all.lows.subarray(this.#from, this.#to));
  }
}
