/** Some of a table's rows, and what becomes of its columns where those alone are left. */

import { Dictionary } from '../../model/dictionary.ts';
import type { DictionaryColumn } from '../../model/span-group.ts';

/** Of a row that is left out. */
export const LEFT_OUT = -1;

export class KeptRows {
  /** In the order in which they stand then. */
  readonly rows: Uint32Array;
  /** What each row of the table becomes. */
  readonly numbers: Int32Array;

  private constructor(rows: Uint32Array, count: number) {
    this.rows = rows;
    this.numbers = new Int32Array(count).fill(LEFT_OUT);
    for (let i = 0; i < rows.length; i++) this.numbers[rows[i]!] = i;
  }

  /** Those whose place in `keeps` is not 0, in the order that they have. */
  static of(keeps: Uint8Array): KeptRows {
    const rows = Uint32Array.from(keeps.keys()).filter((row) => keeps[row] !== 0);
    return new KeptRows(rows, keeps.length);
  }

  /** Of a table with `count` rows those that are used, in the order of their first use. */
  static used(uses: Iterable<number>, count: number): KeptRows {
    return new KeptRows(Uint32Array.from(new Set(uses)), count);
  }

  get count(): number {
    return this.rows.length;
  }
}

type Numbers = Uint32Array | Int32Array | Uint8Array | Float64Array | BigInt64Array;

/** The numbers that stand at `places`. */
export function picked<N extends Numbers>(column: N, places: Uint32Array): N {
  const out = new (column.constructor as new (length: number) => N)(places.length);
  for (let i = 0; i < places.length; i++) out[i] = column[places[i]!]!;
  return out;
}

/** The ids of `bytes` bytes each that stand at `places`. */
export function pickedIds(ids: Uint8Array, bytes: number, places: Uint32Array): Uint8Array {
  const out = new Uint8Array(places.length * bytes);
  for (let i = 0; i < places.length; i++) {
    const from = places[i]! * bytes;
    for (let k = 0; k < bytes; k++) out[i * bytes + k] = ids[from + k]!;
  }
  return out;
}

/** The dictionary of what stands at `places`: no piece is in it that none of them names. */
export function pickedPieces(column: Omit<DictionaryColumn, 'strings'>, places: Uint32Array): Dictionary {
  const numbers = new Int32Array(column.size).fill(LEFT_OUT);
  const pieces: number[] = [];
  const indexes = new Uint32Array(places.length);
  for (let i = 0; i < places.length; i++) {
    const piece = column.indexes[places[i]!]!;
    if (numbers[piece] === LEFT_OUT) numbers[piece] = pieces.push(piece) - 1;
    indexes[i] = numbers[piece]!;
  }
  const ends = new Uint32Array(pieces.length);
  let length = 0;
  for (let i = 0; i < pieces.length; i++) ends[i] = length += column.piece(pieces[i]!).length;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < pieces.length; i++) bytes.set(column.piece(pieces[i]!), i === 0 ? 0 : ends[i - 1]!);
  return new Dictionary(indexes, bytes, ends);
}
