/**
 * Which groups of blocks hold a trace, for queries that ask it of many traces in a row: bounds and filters of the groups
 * in memory, block by block, kept from job to job. Once they are there a trace costs some microseconds; through SQLite
 * it is a hundred for every ten blocks.
 */

import { compareBytes } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { TraceFilter } from '../chunkenc/trace-filter.ts';
import type { SpanGroupRow, SpanTable } from '../sqlite/span-table.ts';

/** A group takes about a kilobyte here, most of it its filter. */
const KEPT_GROUPS_MAX = 16_384;

type OnDamage = (block: number, group: number, reason: string) => void;

export class BlockTraces {
  readonly #table: SpanTable;
  readonly #onDamage: OnDamage;
  readonly #blocks = new Map<number, KnownBlock>();
  #groups = 0;

  constructor(table: SpanTable, onDamage: OnDamage) {
    this.#table = table;
    this.#onDamage = onDamage;
  }

  /**
   * The look-up over the blocks that are visible now, of generations after the one given: groups that may hold the trace, all
   * that do and few others.
   */
  open(after: number): (id: Uint8Array) => SpanGroupRow[] {
    this.#forgetAllBut(new Set(this.#table.blocks()));
    const known = this.#table.blocks(after).map((block) => this.#known(block));
    // More than is kept: all of it is asked of SQLite.
    if (known.includes(undefined)) return (id) => this.#table.ofTrace(id, this.#onDamage, after);
    return (id) => {
      hashBytes(id, 0, TRACE_ID_BYTES);
      const { low, high } = hash64;
      const found: SpanGroupRow[] = [];
      for (const block of known) block!.addHolders(id, low, high, found);
      return found;
    };
  }

  #known(block: number): KnownBlock | undefined {
    let known = this.#blocks.get(block);
    if (known !== undefined) return known;
    if (this.#groups >= KEPT_GROUPS_MAX) return undefined;
    known = new KnownBlock(this.#table, block, this.#onDamage);
    this.#blocks.set(block, known);
    this.#groups += known.groups;
    return known;
  }

  #forgetAllBut(visible: ReadonlySet<number>): void {
    for (const [block, known] of this.#blocks) {
      if (visible.has(block)) continue;
      this.#blocks.delete(block);
      this.#groups -= known.groups;
    }
  }
}

/** Six bytes are exact in a float64. What has no bytes (unknown bounds) comes first. */
function prefixOf(id: Uint8Array): number {
  let prefix = 0;
  for (let k = 0; k < 6; k++) prefix = prefix * 256 + (id[k] ?? 0);
  return prefix;
}

class KnownBlock {
  readonly #table: SpanTable;
  readonly #onDamage: OnDamage;
  /** In the order of their traces. */
  readonly #rows: readonly SpanGroupRow[];
  /** The first bytes of the highest trace of each, which mostly tell the order. */
  readonly #prefixes: Float64Array;
  /** Null: there is none, or it is damaged. */
  readonly #filters: (TraceFilter | null | undefined)[];

  constructor(table: SpanTable, block: number, onDamage: OnDamage) {
    this.#table = table;
    this.#onDamage = onDamage;
    this.#rows = table.groupsOfBlock(block);
    this.#prefixes = Float64Array.from(this.#rows, (row) => prefixOf(row.lastTrace));
    this.#filters = new Array(this.#rows.length);
  }

  get groups(): number {
    return this.#rows.length;
  }

  /** Between groups that follow each other lies at most one trace, which ends the one and begins the other. */
  addHolders(id: Uint8Array, low: number, high: number, found: SpanGroupRow[]): void {
    const rows = this.#rows;
    const prefixes = this.#prefixes;
    const prefix = prefixOf(id);
    let first = 0;
    let end = rows.length;
    while (first < end) {
      const middle = (first + end) >>> 1;
      const order = prefixes[middle]! - prefix || compareBytes(rows[middle]!.lastTrace, id);
      if (order < 0) first = middle + 1;
      else end = middle;
    }
    for (let i = first; i < rows.length && compareBytes(rows[i]!.firstTrace, id) <= 0; i++) {
      if (this.#filter(i)?.mayHold(low, high) !== false) found.push(rows[i]!);
    }
  }

  #filter(i: number): TraceFilter | null {
    let filter = this.#filters[i];
    if (filter === undefined) {
      const row = this.#rows[i]!;
      const bytes = this.#table.filter(row.id);
      filter = bytes === undefined ? null : (TraceFilter.open(bytes) ?? null);
      if (bytes !== undefined && filter === null)
        this.#onDamage(row.block, row.id, 'trace filter is damaged');
      this.#filters[i] = filter;
    }
    return filter;
  }
}
