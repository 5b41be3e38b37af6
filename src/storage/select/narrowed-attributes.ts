/** Attributes of some of their owners: no column stays that none of those has. */

import type { AttributeColumn, AttributeTable } from '../../model/span-group.ts';
import { attributeTable, identity, once } from '../chunkenc/span-columns.ts';
import { type KeptRows, LEFT_OUT, picked, pickedPieces } from './kept-rows.ts';

/** Occurrences that stay, and the rows that they have then. */
interface Places {
  readonly at: Uint32Array;
  readonly rows: Uint32Array;
}

/** Looks at row lists when a column is asked for: at those of one key where it is one, else at all. */
export class NarrowedAttributes implements AttributeTable {
  readonly #table: AttributeTable;
  readonly #kept: () => KeptRows;
  readonly #all: () => AttributeTable;
  readonly #byKey = new Map<string, readonly AttributeColumn[]>();
  /** By row list: columns that occur together share theirs. */
  readonly #places = new Map<Uint32Array, Places>();

  constructor(table: AttributeTable, kept: () => KeptRows) {
    this.#table = table;
    this.#kept = kept;
    this.#all = once(() => attributeTable(table.keys().flatMap((key) => this.of(key))));
  }

  get columns(): readonly AttributeColumn[] {
    return this.#all().columns;
  }

  keys(): readonly string[] {
    return this.#all().keys();
  }

  of(key: string): readonly AttributeColumn[] {
    let columns = this.#byKey.get(key);
    if (!columns) {
      columns = this.#table.of(key).flatMap((column) => this.#narrowed(column) ?? []);
      this.#byKey.set(key, columns);
    }
    return columns;
  }

  #narrowed(column: AttributeColumn): AttributeColumn | undefined {
    const { at, rows } = this.#placesOf(column);
    if (at.length === 0) return undefined;
    const shared = { key: column.key, count: at.length, dense: column.dense, rows: () => rows };
    switch (column.type) {
      case 'string':
        return { ...shared, type: 'string', values: once(() => pickedPieces(column.values(), at)) };
      case 'complex':
        return { ...shared, type: 'complex', values: once(() => pickedPieces(column.values(), at)) };
      case 'bool':
        return { ...shared, type: 'bool', values: once(() => picked(column.values(), at)) };
      case 'double':
        return { ...shared, type: 'double', values: once(() => picked(column.values(), at)) };
      case 'int': {
        const exact = once(() => {
          const all = column.exact();
          return all && picked(all, at);
        });
        return { ...shared, type: 'int', values: once(() => picked(column.values(), at)), exact };
      }
    }
  }

  #placesOf(column: AttributeColumn): Places {
    const kept = this.#kept();
    if (column.dense) return { at: kept.rows, rows: identity(kept.count) };
    const owners = column.rows();
    let places = this.#places.get(owners);
    if (!places) {
      const at = Uint32Array.from(owners.keys()).filter((i) => kept.numbers[owners[i]!] !== LEFT_OUT);
      // Owners may stand in another order than before.
      at.sort((a, b) => kept.numbers[owners[a]!]! - kept.numbers[owners[b]!]! || a - b);
      places = { at, rows: Uint32Array.from(at, (i) => kept.numbers[owners[i]!]!) };
      this.#places.set(owners, places);
    }
    return places;
  }
}
