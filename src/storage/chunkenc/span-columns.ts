/**
 * The pieces that span groups are made of, whether their columns were just built or are decoded on demand: lists
 * that grow, values made once, and attribute columns and tables.
 */

import type { Dictionary } from '../../model/dictionary.ts';
import type { AttributeColumn, AttributeTable, AttributeType } from '../../model/span-group.ts';

/** The attribute types by their number, which is the one on disk: only ever append. */
export const ATTRIBUTE_TYPES: readonly AttributeType[] = ['string', 'int', 'double', 'bool', 'complex'];

/** Numbers appended one by one. */
export class U32List {
  #array: Uint32Array<ArrayBuffer>;
  count = 0;

  constructor(capacity = 16) {
    this.#array = new Uint32Array(capacity);
  }

  push(value: number): void {
    if (this.count === this.#array.length) {
      const next = new Uint32Array(this.count * 2);
      next.set(this.#array);
      this.#array = next;
    }
    this.#array[this.count++] = value;
  }

  /** A copy of exact length in a buffer of its own. */
  take(): Uint32Array<ArrayBuffer> {
    return this.#array.slice(0, this.count);
  }
}

/** A value made at the first call and kept. */
export function once<T>(make: () => T): () => T {
  let value: T;
  let made = false;
  return () => {
    if (!made) {
      value = make();
      made = true;
    }
    return value;
  };
}

/** How a column's occurrences and values are had; each function is called at most once. */
export interface AttributeSource {
  readonly key: string;
  readonly type: AttributeType;
  readonly count: number;
  readonly dense: boolean;
  rows(): Uint32Array;
  dictionary(): Dictionary;
  /** Ints and doubles. */
  numbers(): Float64Array;
  exact(): BigInt64Array | undefined;
  bools(): Uint8Array;
}

export function attributeColumn(source: AttributeSource): AttributeColumn {
  const { key, count, dense } = source;
  const base = { key, count, dense, rows: once(() => source.rows()) };
  switch (source.type) {
    case 'string':
      return { ...base, type: 'string', values: once(() => source.dictionary()) };
    case 'int':
      return {
        ...base,
        type: 'int',
        values: once(() => source.numbers()),
        exact: once(() => source.exact()),
      };
    case 'double':
      return { ...base, type: 'double', values: once(() => source.numbers()) };
    case 'bool':
      return { ...base, type: 'bool', values: once(() => source.bools()) };
    case 'complex':
      return { ...base, type: 'complex', values: once(() => source.dictionary()) };
  }
}

export function attributeTable(columns: readonly AttributeColumn[]): AttributeTable {
  const byKey = once(() => {
    const map = new Map<string, AttributeColumn[]>();
    for (const column of columns) {
      const list = map.get(column.key);
      if (list) list.push(column);
      else map.set(column.key, [column]);
    }
    return map;
  });
  return {
    columns,
    keys: () => [...byKey().keys()],
    of: (key) => byKey().get(key) ?? [],
  };
}

/** The numbers 0 … n-1: the rows of a dense column. */
export function identity(n: number): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  return rows;
}
