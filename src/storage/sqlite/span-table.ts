/**
 * SQL of span groups and their pieces, and the way from a trace id to groups. Groups of a block follow each other in
 * the order of trace ids, so the block's index of traces is the bounds of its groups: of each block at most one group
 * (several only where one trace is longer than a group) can hold a trace, and the group's filter tells most of those
 * that do not.
 */

import { compareBytes } from '../../base/bytes.ts';
import { mayHoldTrace } from '../chunkenc/trace-filter.ts';
import type { Connection } from './database.ts';
import { BLOCK_STATE, SIGNAL } from './schema.ts';

/** Before every generation. */
const NONE = -1;
/** Name of the row that holds a group's filter, beside its pieces. */
const FILTER = 'filter';

export interface SpanGroupRow {
  readonly id: number;
  readonly block: number;
  readonly spans: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Lowest and highest trace id. */
  readonly firstTrace: Uint8Array;
  readonly lastTrace: Uint8Array;
}

export interface NewSpanGroup {
  readonly spans: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Lowest and highest trace id; not below the highest of the block's group before. */
  readonly firstTrace: Uint8Array;
  readonly lastTrace: Uint8Array;
  readonly filter: Uint8Array;
  readonly pieces: readonly { readonly column: string; readonly data: Uint8Array }[];
}

export interface SpanTable {
  /** Adds a group; returns its bytes. */
  addGroup(block: number, group: NewSpanGroup): number;
  /** In the order of their trace ids. */
  groupsOfBlock(block: number): SpanGroupRow[];
  /** Groups of visible blocks of generations after the one given that overlap the range. */
  overlapping(minMs: number, maxMs: number, after?: number): SpanGroupRow[];
  /** Groups of such blocks that may hold spans of the trace: all that do, and few others. */
  ofTrace(
    id: Uint8Array,
    onDamage: (block: number, group: number, reason: string) => void,
    after?: number,
  ): SpanGroupRow[];
  /** Visible blocks of spans of generations after the one given. */
  blocks(after?: number): number[];
  /** The filter over a group's trace ids; groups of the first format have none. */
  filter(group: number): Buffer | undefined;
  column(group: number, name: string): Buffer | undefined;
}

const COLUMNS = `g.id, g.block, g.spans, g.min_ms AS minMs, g.max_ms AS maxMs,
  g.first_trace AS firstTrace, g.last_trace AS lastTrace`;

export function spanTable(db: Connection): SpanTable {
  const addGroup = db.prepare(
    'INSERT INTO span_group (block, spans, min_ms, max_ms, first_trace, last_trace) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const addColumn = db.prepare('INSERT INTO span_column (span_group, name, data) VALUES (?, ?, ?)');
  const ofBlock = db.prepare(`SELECT ${COLUMNS} FROM span_group g WHERE g.block = ? ORDER BY g.id`);
  const visible = `b.signal = ${SIGNAL.traces} AND b.state = ${BLOCK_STATE.visible}`;
  const overlapping = db.prepare(
    `SELECT ${COLUMNS} FROM block b JOIN span_group g ON g.block = b.id
     WHERE ${visible} AND b.generation > ? AND b.max_ms >= ? AND b.min_ms <= ? AND g.max_ms >= ? AND g.min_ms <= ? ORDER BY g.id`,
  );
  const blocks = db
    .prepare(`SELECT b.id FROM block b WHERE ${visible} AND b.generation > ? ORDER BY b.id`)
    .pluck();
  const below = `SELECT ${COLUMNS} FROM span_group g
     WHERE g.block = ? AND g.first_trace <= ? ORDER BY g.first_trace DESC, g.id DESC`;
  const nearest = db.prepare(`${below} LIMIT 1`);
  const downwards = db.prepare(below);
  const column = db.prepare('SELECT data FROM span_column WHERE span_group = ? AND name = ?').pluck();

  /** Groups of the block between whose bounds the id lies. */
  function around(block: number, id: Uint8Array): SpanGroupRow[] {
    const row = nearest.get(block, id) as SpanGroupRow | undefined;
    if (row === undefined) return [];
    // What stands before a group ends before it begins.
    if (compareBytes(row.firstTrace, id) < 0) return compareBytes(row.lastTrace, id) >= 0 ? [row] : [];
    // It begins with the trace, and so may those before it, or end with it.
    const found: SpanGroupRow[] = [];
    for (const each of downwards.iterate(block, id) as IterableIterator<SpanGroupRow>) {
      if (compareBytes(each.lastTrace, id) >= 0) found.push(each);
      if (compareBytes(each.firstTrace, id) < 0) break;
    }
    return found.reverse();
  }

  return {
    addGroup: db.transaction((block: number, g: NewSpanGroup) => {
      const row = addGroup.run(block, g.spans, g.minMs, g.maxMs, g.firstTrace, g.lastTrace);
      const group = Number(row.lastInsertRowid);
      addColumn.run(group, FILTER, g.filter);
      let bytes = g.filter.length;
      for (const c of g.pieces) {
        addColumn.run(group, c.column, c.data);
        bytes += c.data.length;
      }
      return bytes;
    }) as SpanTable['addGroup'],
    groupsOfBlock: (block) => ofBlock.all(block) as SpanGroupRow[],
    overlapping: (minMs, maxMs, after = NONE) =>
      overlapping.all(after, minMs, maxMs, minMs, maxMs) as SpanGroupRow[],
    ofTrace(id, onDamage, after = NONE) {
      const found: SpanGroupRow[] = [];
      for (const block of blocks.all(after) as number[]) {
        for (const row of around(block, id)) {
          const filter = column.get(row.id, FILTER) as Buffer | undefined;
          const may = filter === undefined ? true : mayHoldTrace(filter, id);
          if (may === undefined) onDamage(row.block, row.id, 'trace filter is damaged');
          if (may !== false) found.push(row);
        }
      }
      return found;
    },
    blocks: (after = NONE) => blocks.all(after) as number[],
    filter: (group) => column.get(group, FILTER) as Buffer | undefined,
    column: (group, name) => column.get(group, name) as Buffer | undefined,
  };
}
