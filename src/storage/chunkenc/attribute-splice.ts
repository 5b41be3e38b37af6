/**
 * Columns of picked rows of several groups, made from the groups' columns: texts are looked at once per distinct piece
 * of a group, numbers are copied. Shared by attributes and by every other dictionary column of a merge.
 */

import { Dictionary } from '../../model/dictionary.ts';
import type { AttributeColumn, AttributeTable, AttributeType } from '../../model/span-group.ts';
import { Interner } from './interner.ts';
import { attributeColumn, attributeTable } from './span-columns.ts';

/** An attribute table and where its owners' rows go: -1 where a row is not picked. Picked rows ascend. */
export interface TablePart {
  readonly table: AttributeTable;
  readonly newRow: Int32Array;
}

/** Occurrences between two yields. */
const SLICE_OCCURRENCES = 65_536;
/** A counting sort over the rows pays for columns with so many occurrences in a row, on average. */
const DENSE_ENOUGH = 1 / 16;

/** Puts dictionary pieces of several dictionaries together, in the order in which they are first asked for. */
export class DictionarySplicer {
  readonly #interner = new Interner();
  /** By dictionary: new number of each piece, plus 1. */
  readonly #known: (Uint32Array | undefined)[] = [];

  /** New number of piece `index` of `dictionary`, which is number `part`. */
  index(part: number, dictionary: Pick<Dictionary, 'bytes' | 'ends'>, index: number): number {
    const known = (this.#known[part] ??= new Uint32Array(dictionary.ends.length));
    const number = known[index]!;
    if (number !== 0) return number - 1;
    const from = index === 0 ? 0 : dictionary.ends[index - 1]!;
    const added = this.#interner.add(dictionary.bytes, from, dictionary.ends[index]!);
    known[index] = added + 1;
    return added;
  }

  finish(indexes: Uint32Array): Dictionary {
    return new Dictionary(indexes, this.#interner.bytes(), this.#interner.ends());
  }
}

/** The table of the picked rows; `ownerCount` of them in all. Yields now and then. */
export function* spliceAttributes(
  parts: readonly TablePart[],
  ownerCount: number,
): Generator<void, AttributeTable> {
  const byName = new Map<string, { column: AttributeColumn; newRow: Int32Array }[]>();
  for (const { table, newRow } of parts) {
    for (const column of table.columns) {
      const name = `${column.type} ${column.key}`;
      const list = byName.get(name);
      if (list) list.push({ column, newRow });
      else byName.set(name, [{ column, newRow }]);
    }
  }
  const columns: AttributeColumn[] = [];
  let since = 0;
  for (const list of byName.values()) {
    const picked = pickOccurrences(list, ownerCount);
    if (picked.count > 0) columns.push(splicedColumn(list[0]!.column, picked, ownerCount));
    for (const { column } of list) since += column.count;
    if (since < SLICE_OCCURRENCES) continue;
    since = 0;
    yield;
  }
  return attributeTable(columns);
}

/** Occurrences of one spliced column, in the order of rows: where each comes from. */
interface Picked {
  readonly columns: readonly AttributeColumn[];
  readonly count: number;
  readonly rows: Uint32Array;
  readonly part: Uint16Array;
  readonly occurrence: Uint32Array;
}

function pickOccurrences(
  list: readonly { readonly column: AttributeColumn; readonly newRow: Int32Array }[],
  ownerCount: number,
): Picked {
  const room = list.reduce((n, { column }) => n + column.count, 0);
  const rows = new Uint32Array(room);
  const part = new Uint16Array(room);
  const occurrence = new Uint32Array(room);
  let n = 0;
  let ascends = true;
  for (let p = 0; p < list.length; p++) {
    const { column, newRow } = list[p]!;
    const owners = column.rows();
    for (let i = 0; i < owners.length; i++) {
      const row = newRow[owners[i]!]!;
      if (row < 0) continue;
      if (n > 0 && rows[n - 1]! > row) ascends = false;
      rows[n] = row;
      part[n] = p;
      occurrence[n++] = i;
    }
  }
  const picked = {
    rows: rows.subarray(0, n),
    part: part.subarray(0, n),
    occurrence: occurrence.subarray(0, n),
  };
  const columns = list.map(({ column }) => column);
  return { columns, count: n, ...(ascends ? picked : inRowOrder(picked, ownerCount)) };
}

type Order = Pick<Picked, 'rows' | 'part' | 'occurrence'>;

/** The occurrences by row; those of one row, which come from one part, keep their order. */
function inRowOrder({ rows, part, occurrence }: Order, ownerCount: number): Order {
  const n = rows.length;
  const order = n > ownerCount * DENSE_ENOUGH ? countingOrder(rows, ownerCount) : sortedOrder(rows);
  const out = { rows: new Uint32Array(n), part: new Uint16Array(n), occurrence: new Uint32Array(n) };
  for (let k = 0; k < n; k++) {
    const i = order[k]!;
    out.rows[k] = rows[i]!;
    out.part[k] = part[i]!;
    out.occurrence[k] = occurrence[i]!;
  }
  return out;
}

function countingOrder(rows: Uint32Array, ownerCount: number): Uint32Array {
  const next = new Uint32Array(ownerCount + 1);
  for (let i = 0; i < rows.length; i++) next[rows[i]! + 1]!++;
  for (let r = 0; r < ownerCount; r++) next[r + 1]! += next[r]!;
  const order = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) order[next[rows[i]!]!++] = i;
  return order;
}

const TWO_32 = 4294967296;

function sortedOrder(rows: Uint32Array): Uint32Array {
  // Rows are below 2^21, so row and position fit a float64 together.
  const keys = Float64Array.from(rows, (row, i) => row * TWO_32 + i).sort();
  return Uint32Array.from(keys, (key) => key % TWO_32);
}

function splicedColumn(like: AttributeColumn, picked: Picked, ownerCount: number): AttributeColumn {
  const { key, type } = like;
  const { rows, count } = picked;
  let dense = count === ownerCount;
  for (let i = 0; dense && i < count; i++) dense = rows[i] === i;
  return attributeColumn({
    key,
    type,
    count,
    dense,
    rows: () => rows,
    dictionary: () => spliceDictionary(picked),
    numbers: () => new Float64Array(spliceWords(picked, type)),
    exact: () => spliceExact(picked),
    bools: () => spliceBools(picked),
  });
}

function spliceDictionary({ columns, count, part, occurrence }: Picked): Dictionary {
  const values = columns.map((c) => (c.type === 'string' || c.type === 'complex' ? c.values() : undefined)!);
  const splicer = new DictionarySplicer();
  const indexes = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const p = part[i]!;
    const dictionary = values[p]!;
    indexes[i] = splicer.index(p, dictionary, dictionary.indexes[occurrence[i]!]!);
  }
  return splicer.finish(indexes);
}

/** Copied as words: a NaN keeps its payload. */
function spliceWords({ columns, count, part, occurrence }: Picked, type: AttributeType): ArrayBuffer {
  const values = columns.map((c) => {
    const numbers = c.type === type ? (c.values() as Float64Array) : new Float64Array(0);
    return new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  });
  const words = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const from = values[part[i]!]!;
    const at = 2 * occurrence[i]!;
    words[2 * i] = from[at]!;
    words[2 * i + 1] = from[at + 1]!;
  }
  return words.buffer;
}

/** The largest integer whose neighbours a float64 tells apart. */
const EXACT_MAX = 9007199254740991n;

function spliceExact({ columns, count, part, occurrence }: Picked): BigInt64Array | undefined {
  const exact = columns.map((c) => (c.type === 'int' ? c.exact() : undefined));
  if (exact.every((e) => e === undefined)) return undefined;
  const out = new BigInt64Array(count);
  let wide = false;
  for (let i = 0; i < count; i++) {
    const p = part[i]!;
    const at = occurrence[i]!;
    const value = exact[p]?.[at] ?? BigInt((columns[p]!.values() as Float64Array)[at]!);
    if (value > EXACT_MAX || value < -EXACT_MAX) wide = true;
    out[i] = value;
  }
  return wide ? out : undefined;
}

function spliceBools({ columns, count, part, occurrence }: Picked): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = (columns[part[i]!]!.values() as Uint8Array)[occurrence[i]!]!;
  return out;
}
