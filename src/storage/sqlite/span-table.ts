/** SQL of span groups, their columns, and the trace-ID index. */

import type { Connection } from './database.ts';
import { BLOCK_STATE, SIGNAL } from './schema.ts';

/** `trace_index.kind`: what `place` is. */
const KIND_SPAN_GROUP = 0;

export interface SpanGroupRow {
  readonly id: number;
  readonly block: number;
  readonly spans: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface SpanTable {
  /** Adds a group with its columns and its traces' index entries; returns its id and its bytes. */
  addGroup(
    block: number,
    spans: number,
    minMs: number,
    maxMs: number,
    columns: readonly { readonly column: string; readonly data: Uint8Array }[],
    traceIds: Iterable<Uint8Array>,
  ): number;
  groupsOfBlock(block: number): SpanGroupRow[];
  /** Groups of visible blocks that overlap the range. */
  overlapping(minMs: number, maxMs: number): SpanGroupRow[];
  /** Groups of visible blocks that hold spans of the trace. */
  ofTrace(id: Uint8Array): SpanGroupRow[];
  column(group: number, name: string): Buffer | undefined;
}

const COLUMNS = 'g.id, g.block, g.spans, g.min_ms AS minMs, g.max_ms AS maxMs';

export function spanTable(db: Connection): SpanTable {
  const addGroup = db.prepare('INSERT INTO span_group (block, spans, min_ms, max_ms) VALUES (?, ?, ?, ?)');
  const addColumn = db.prepare('INSERT INTO span_column (span_group, name, data) VALUES (?, ?, ?)');
  const addTrace = db.prepare(
    `INSERT OR IGNORE INTO trace_index (trace_id, kind, place) VALUES (?, ${KIND_SPAN_GROUP}, ?)`,
  );
  const ofBlock = db.prepare(`SELECT ${COLUMNS} FROM span_group g WHERE g.block = ? ORDER BY g.id`);
  const overlapping = db.prepare(
    `SELECT ${COLUMNS} FROM block b JOIN span_group g ON g.block = b.id
     WHERE b.signal = ${SIGNAL.traces} AND b.state = ${BLOCK_STATE.visible} AND b.max_ms >= ? AND b.min_ms <= ?
       AND g.max_ms >= ? AND g.min_ms <= ? ORDER BY g.id`,
  );
  const ofTrace = db.prepare(
    `SELECT ${COLUMNS} FROM trace_index t JOIN span_group g ON g.id = t.place JOIN block b ON b.id = g.block
     WHERE t.trace_id = ? AND t.kind = ${KIND_SPAN_GROUP} AND b.state = ${BLOCK_STATE.visible} ORDER BY g.id`,
  );
  const column = db.prepare('SELECT data FROM span_column WHERE span_group = ? AND name = ?').pluck();
  return {
    addGroup: db.transaction((block, spans, minMs, maxMs, columns, traceIds) => {
      const group = Number(addGroup.run(block, spans, minMs, maxMs).lastInsertRowid);
      let bytes = 0;
      for (const c of columns) {
        addColumn.run(group, c.column, c.data);
        bytes += c.data.length;
      }
      for (const id of traceIds) addTrace.run(id, group);
      return bytes;
    }) as SpanTable['addGroup'],
    groupsOfBlock: (block) => ofBlock.all(block) as SpanGroupRow[],
    overlapping: (minMs, maxMs) => overlapping.all(minMs, maxMs, minMs, maxMs) as SpanGroupRow[],
    ofTrace: (id) => ofTrace.all(id) as SpanGroupRow[],
    column: (group, name) => column.get(group, name) as Buffer | undefined,
  };
}
