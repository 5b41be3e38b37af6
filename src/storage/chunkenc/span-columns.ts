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

  at(i: number): number {
    return this.#array[i]!;
  }

  /** Overwrites a number that is there. */
  put(i: number, value: number): void {
    this.#array[i] = value;
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

/** A class, not closures: a group whose keys a program made up may have hundreds of thousands of these. */
class Column {
  readonly key: string;
  readonly type: AttributeType;
  readonly count: number;
  readonly dense: boolean;
  readonly #source: AttributeSource;
  #rows: Uint32Array | undefined;
  #values: Dictionary | Float64Array | Uint8Array | undefined;
  /** Null: not asked for yet. */
  #exact: BigInt64Array | undefined | null = null;

  constructor(source: AttributeSource) {
    this.key = source.key;
    this.type = source.type;
    this.count = source.count;
    this.dense = source.dense;
    this.#source = source;
  }

  rows(): Uint32Array {
    this.#rows ??= this.#source.rows();
    return this.#rows;
  }

  values(): Dictionary | Float64Array | Uint8Array {
    this.#values ??= this.#read();
    return this.#values;
  }

  exact(): BigInt64Array | undefined {
    if (this.#exact === null) this.#exact = this.type === 'int' ? this.#source.exact() : undefined;
    return this.#exact;
  }

  #read(): Dictionary | Float64Array | Uint8Array {
    if (this.type === 'bool') return this.#source.bools();
    return this.type === 'int' || this.type === 'double' ? this.#source.numbers() : this.#source.dictionary();
  }
}

export function attributeColumn(source: AttributeSource): AttributeColumn {
  // The type of the values goes with `type`, which TypeScript does not see in a class.
  return new Column(source) as unknown as AttributeColumn;
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
