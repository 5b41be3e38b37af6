/**
 * What the checksums of pages, pieces and WAL rows do not cover is checked against what they do cover, in idle time after
 * a start that follows a kill, found damage, or comes a week after the last check: the columns of rows by which queries find data, and the indexes. Both are derived, so
 * what is wrong is not only reported but put right.
 *
 *   page row    series and time bounds         ←  its directory (under a checksum)
 *   block row   items and time bounds          ←  its pages' directories, its span groups
 *   span group  spans and time bounds          ←  its directory piece (under a checksum)
 *               lowest and highest trace id    ←  its trace ids (under a checksum)
 *   label index (`verify-series.ts`), order of small tables
 *
 * It walks every row but no page body, and of the spans only the trace ids: what carries a checksum is checked
 * whenever it is read.
 */

import { compareBytes } from '../../base/bytes.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { readDirectory } from '../block/page.ts';
import { partitionOf } from '../block/partition.ts';
import { openSpanGroup } from '../chunkenc/span-page.ts';
import type { BlockReader, BlockRow, PageHead } from './block-table.ts';
import { brokenStructure, isCorruption } from './corruption.ts';
import type { Connection } from './database.ts';
import { BLOCK_STATE, SIGNAL, type SignalNumber } from './schema.ts';
import type { SeriesReader, SeriesWriter } from './series-table.ts';
import type { SpanGroupRow, SpanTable } from './span-table.ts';
import { verifySeries } from './verify-series.ts';

export interface VerifyParts {
  readonly db: Connection;
  readonly blocks: BlockReader;
  readonly spans: SpanTable;
  readonly series: SeriesWriter;
  readonly reader: SeriesReader;
  /** Counts and tells of damage at a place, each place once. */
  damaged(place: string, what: string): void;
}

interface Bounds {
  items: number;
  minMs: number;
  maxMs: number;
}

/** Runs all checks; yields between slices. Blocks may come and go meanwhile. */
export function* verifyDatabase(parts: VerifyParts): Generator<void, void> {
  const repairs = repairsOf(parts.db);
  restoreBlocks(parts);
  restoreGroups(parts);
  yield;
  for (const block of parts.blocks.all()) {
    const check = block.signal === SIGNAL.traces ? verifyGroups : verifyPages;
    const bounds = yield* check(parts, repairs, block);
    if (bounds && repairs.isVisible(block.id)) compareBlock(parts, repairs, block, bounds);
    yield;
  }
  yield* verifySeries(parts);
  verifyOrder(parts.db);
}

/** Tables that are read by their order alone, and that no other can tell anything about; all are small beside the blocks. */
const FOUND_BY_ORDER: readonly string[] = [
  'exemplar',
  'metric_metadata',
  'series_chunk',
  'tombstone',
  'rule_group',
  'silence',
  'alert_state',
];

/** A page of SQLite's whose rows are out of order, or whose count of rows is not theirs, hides some without a word: SQLite looks. */
function verifyOrder(db: Connection): void {
  for (const table of FOUND_BY_ORDER) {
    const found = db.pragma(`quick_check(${table})`, { simple: true }) as string;
    if (found !== 'ok') throw brokenStructure(found);
  }
}

/**
 * Rows of pages and groups whose block's own row is lost: it is made anew, with bounds that the checks that follow
 * put right. Should it have been hidden, it holds what another block holds too, and queries drop what is there twice.
 */
function restoreBlocks({ db, reader, damaged }: VerifyParts): void {
  const add = db.prepare(
    `INSERT OR IGNORE INTO block (id, signal, state, level, partition_ms, min_ms, max_ms, items, bytes, generation)
     VALUES (?, ?, ${BLOCK_STATE.visible}, 0, ?, 0, 0, 0, 0, 0)`,
  );
  const pages = db
    .prepare(
      `SELECT block, first_series AS series, min(min_ms) AS minMs FROM page
       WHERE block NOT IN (SELECT id FROM block) GROUP BY block`,
    )
    .all() as { block: number; series: number; minMs: number }[];
  const signalOf = (id: number): SignalNumber | null =>
    [SIGNAL.metrics, SIGNAL.logs].find((s) => reader.chunks.labels(s, id)) ?? null;
  const groups = db
    .prepare(
      `SELECT block, ${SIGNAL.traces} AS signal, min(min_ms) AS minMs
       FROM span_group WHERE block NOT IN (SELECT id FROM block) GROUP BY block`,
    )
    .all();
  const ofPages = pages.map((p) => ({ ...p, signal: signalOf(p.series) }));
  for (const row of [...ofPages, ...groups] as {
    block: number;
    signal: SignalNumber | null;
    minMs: number;
  }[]) {
    if (row.signal !== null) {
      const name = row.signal === SIGNAL.metrics ? 'metrics' : row.signal === SIGNAL.logs ? 'logs' : 'traces';
      add.run(row.block, row.signal, partitionOf(name, row.minMs));
    }
    damaged(`lost block ${row.block}`, `the row of block ${row.block} was lost and is made anew`);
  }
}

/** Columns whose group's own row is lost: it is made anew, in a block of its own. */
function restoreGroups({ db, spans, damaged }: VerifyParts): void {
  const lost = db
    .prepare(
      'SELECT DISTINCT span_group FROM span_column WHERE span_group NOT IN (SELECT id FROM span_group)',
    )
    .pluck()
    .all() as number[];
  const addBlock = db.prepare(
    `INSERT INTO block (signal, state, level, partition_ms, min_ms, max_ms, items, bytes, generation)
     VALUES (${SIGNAL.traces}, ${BLOCK_STATE.visible}, 0, ?, ?, ?, ?, 0, 0)`,
  );
  const addGroup = db.prepare(
    'INSERT INTO span_group (id, block, spans, min_ms, max_ms, first_trace, last_trace) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const drop = db.prepare('DELETE FROM span_column WHERE span_group = ?');
  for (const id of lost) {
    try {
      const group = openSpanGroup((column) => spans.column(id, column));
      const { spanCount: n, minMs, maxMs } = group;
      const { first, last } = traceBounds(group);
      db.transaction(() => {
        const block = addBlock.run(partitionOf('traces', minMs), minMs, maxMs, n).lastInsertRowid;
        addGroup.run(id, block, n, minMs, maxMs, first, last);
      })();
      damaged(`lost group ${id}`, `the row of span group ${id} was lost and is made anew`);
    } catch (error) {
      if (isCorruption(error)) throw error;
      // Its number will be given to another group.
      drop.run(id);
      damaged(`lost group ${id}`, `span group ${id} is lost`);
    }
  }
}

interface Repairs {
  isVisible(block: number): boolean;
  page(block: number, number: number, first: number, last: number, maxMs: number): void;
  group(id: number, bounds: Bounds, traces: TraceBounds): void;
  block(id: number, bounds: Bounds): void;
}

interface TraceBounds {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** Lowest and highest trace id of a group. */
function traceBounds(group: ReturnType<typeof openSpanGroup>): TraceBounds {
  const starts = group.traceStarts();
  const ids = group.traceIds();
  let first: Uint8Array = ids.slice(0, TRACE_ID_BYTES);
  let last = first;
  for (let t = 1; t < starts.length - 1; t++) {
    const at = starts[t]! * TRACE_ID_BYTES;
    const id = ids.subarray(at, at + TRACE_ID_BYTES);
    if (compareBytes(id, first) < 0) first = id;
    if (compareBytes(id, last) > 0) last = id;
  }
  return { first, last };
}

function repairsOf(db: Connection): Repairs {
  const visible = db.prepare(`SELECT 1 FROM block WHERE id = ? AND state = ${BLOCK_STATE.visible}`).pluck();
  const page = db.prepare(
    'UPDATE page SET first_series = ?, last_series = ?, max_ms = ? WHERE block = ? AND number = ?',
  );
  const group = db.prepare(
    'UPDATE span_group SET spans = ?, min_ms = ?, max_ms = ?, first_trace = ?, last_trace = ? WHERE id = ?',
  );
  const block = db.prepare('UPDATE block SET items = ?, min_ms = ?, max_ms = ? WHERE id = ?');
  return {
    isVisible: (id) => visible.get(id) === 1,
    page: (id, number, first, last, maxMs) => void page.run(first, last, maxMs, id, number),
    group: (id, b, t) => void group.run(b.items, b.minMs, b.maxMs, t.first, t.last, id),
    block: (id, b) => void block.run(b.items, b.minMs, b.maxMs, id),
  };
}

function newBounds(): Bounds {
  return { items: 0, minMs: Number.POSITIVE_INFINITY, maxMs: Number.NEGATIVE_INFINITY };
}

function include(bounds: Bounds, items: number, minMs: number, maxMs: number): void {
  bounds.items += items;
  bounds.minMs = Math.min(bounds.minMs, minMs);
  bounds.maxMs = Math.max(bounds.maxMs, maxMs);
}

/** Undefined where something cannot be read: then the block's own bounds are all that is known. */
function* verifyPages(
  parts: VerifyParts,
  repairs: Repairs,
  block: BlockRow,
): Generator<void, Bounds | undefined> {
  const all = Number.MAX_SAFE_INTEGER;
  const bounds = newBounds();
  let whole = true;
  let next = 0;
  for (const row of parts.blocks.pages(block.id, -all, all, -all, all)) {
    if (row.number !== next) whole = false;
    next = row.number + 1;
    try {
      verifyPage(parts, repairs, block, row, bounds);
    } catch (error) {
      if (isCorruption(error)) throw error;
      whole = false;
      const reason = error instanceof Error ? error.message : String(error);
      parts.damaged(
        `${block.id}:${row.number}`,
        `page ${row.number} of block ${block.id} is damaged: ${reason}`,
      );
    }
    yield;
  }
  return whole ? bounds : undefined;
}

function verifyPage(
  parts: VerifyParts,
  repairs: Repairs,
  block: BlockRow,
  row: PageHead,
  bounds: Bounds,
): void {
  const { chunks } = readDirectory(row.directory, row.minMs);
  const own = newBounds();
  for (const c of chunks) include(own, c.items, c.minMs, c.maxMs);
  include(bounds, own.items, own.minMs, own.maxMs);
  const first = chunks[0]?.series ?? 0;
  const last = chunks.at(-1)?.series ?? 0;
  if (row.firstSeries === first && row.lastSeries === last && row.maxMs === own.maxMs) return;
  repairs.page(block.id, row.number, first, last, own.maxMs);
  parts.damaged(
    `bounds ${block.id}:${row.number}`,
    `the bounds of page ${row.number} of block ${block.id} were damaged and are put right`,
  );
}

function* verifyGroups(
  parts: VerifyParts,
  repairs: Repairs,
  block: BlockRow,
): Generator<void, Bounds | undefined> {
  const bounds = newBounds();
  let whole = true;
  for (const row of parts.spans.groupsOfBlock(block.id)) {
    try {
      verifyGroup(parts, repairs, row, bounds);
    } catch (error) {
      if (isCorruption(error)) throw error;
      if (!repairs.isVisible(block.id)) return undefined;
      whole = false;
      const reason = error instanceof Error ? error.message : String(error);
      parts.damaged(`group ${row.id}`, `span group ${row.id} is damaged: ${reason}`);
    }
    yield;
  }
  return whole ? bounds : undefined;
}

function verifyGroup(parts: VerifyParts, repairs: Repairs, row: SpanGroupRow, bounds: Bounds): void {
  const group = openSpanGroup((column) => parts.spans.column(row.id, column));
  include(bounds, group.spanCount, group.minMs, group.maxMs);
  const own = newBounds();
  include(own, group.spanCount, group.minMs, group.maxMs);
  const traces = traceBounds(group);
  const isRight =
    row.spans === own.items &&
    row.minMs === own.minMs &&
    row.maxMs === own.maxMs &&
    compareBytes(row.firstTrace, traces.first) === 0 &&
    compareBytes(row.lastTrace, traces.last) === 0;
  if (isRight) return;
  repairs.group(row.id, own, traces);
  parts.damaged(
    `bounds of group ${row.id}`,
    `the bounds of span group ${row.id} were damaged and are put right`,
  );
}

function compareBlock(parts: VerifyParts, repairs: Repairs, block: BlockRow, bounds: Bounds): void {
  if (block.items === bounds.items && block.minMs === bounds.minMs && block.maxMs === bounds.maxMs) return;
  if (bounds.items > 0) repairs.block(block.id, bounds);
  parts.damaged(
    `block ${block.id}`,
    `block ${block.id} says ${block.items} items and holds ${bounds.items}: its row or some of its pages were damaged`,
  );
}
