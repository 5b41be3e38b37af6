/**
 * Series as senders name them, by the bytes of their keys: where storage has what became of each, and by which rules. So
 * rules run for new series alone, and storage, which is given handles, looks at no key that a sender made.
 *
 * What nobody asked for in a whole age is forgotten: there are two tables, and what is found in the older one moves over.
 */

import { ByteTable } from '../decode/byte-table.ts';

/** A series that is idle for so long may be forgotten, and is after twice that time. */
const AGE_MS = 30 * 60_000;
const CAPACITY_START = 256;

/** In place of the rules that a series met: it is not stored. */
export const DROPPED = -1;

export class SeriesTable {
  readonly #table = new ByteTable();
  /** By number: as `SeriesHandles` has them. */
  places = new Uint32Array(CAPACITY_START);
  ids = new Uint32Array(CAPACITY_START);
  /** Number of what was met, or `DROPPED`. */
  met = new Int32Array(CAPACITY_START);

  find(space: number, keys: Uint8Array, start: number, end: number): number {
    return this.#table.find(space, keys, start, end);
  }

  add(space: number, keys: Uint8Array, start: number, end: number): number {
    const number = this.#table.add(space, keys, start, end);
    if (number === this.places.length) {
      this.places = grown(this.places);
      this.ids = grown(this.ids);
      this.met = grown(this.met);
    }
    return number;
  }
}

function grown<T extends Uint32Array | Int32Array>(from: T): T {
  const into = new (from.constructor as new (length: number) => T)(2 * from.length);
  into.set(from);
  return into;
}

export class KnownSeries {
  #table = new SeriesTable();
  #older = new SeriesTable();
  readonly #now: () => number;
  #sinceMs: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /** The table in which `find` and `add` give numbers, until this is called anew. */
  begin(): SeriesTable {
    const now = this.#now();
    if (now - this.#sinceMs >= AGE_MS) {
      this.#older = this.#table;
      this.#table = new SeriesTable();
      this.#sinceMs = now;
    }
    return this.#table;
  }

  /** The series' number, -1 where it is new. */
  find(space: number, keys: Uint8Array, start: number, end: number): number {
    const number = this.#table.find(space, keys, start, end);
    if (number >= 0) return number;
    const old = this.#older.find(space, keys, start, end);
    if (old < 0) return -1;
    const moved = this.#table.add(space, keys, start, end);
    this.#table.places[moved] = this.#older.places[old]!;
    this.#table.ids[moved] = this.#older.ids[old]!;
    this.#table.met[moved] = this.#older.met[old]!;
    return moved;
  }
}
