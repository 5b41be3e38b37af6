/**
 * What the checksums of pages, pieces and WAL rows do not cover is checked against what they do cover, once after
 * each start, in idle time: the columns of rows by which queries find data, and the indexes. Both are derived, so
 * what is wrong is not only reported but put right.
 *
 *   page row    series and time bounds         ←  its directory (under a checksum)
 *   block row   items and time bounds          ←  its pages' directories, its span groups
 *   span group  spans and time bounds          ←  its directory piece (under a checksum)
 *   trace index a row per trace and group      ←  the group's trace ids
 *   postings    a row per label pair of series ←  the series' labels (under their hash)
 *
 * It walks every row but no page body: a body is checked whenever it is read.
 */

import { hash64, hashBytes } from '../../base/hash.ts';
import { Labels } from '../../model/labels.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { readDirectory } from '../block/page.ts';
import { partitionOf } from '../block/partition.ts';
import { openSpanGroup } from '../chunkenc/span-page.ts';
import type { BlockReader, BlockRow, PageRow } from './block-table.ts';
import { brokenStructure, isCorruption } from './corruption.ts';
import type { Connection } from './database.ts';
import { BLOCK_STATE, SIGNAL, type SignalNumber } from './schema.ts';
import { isWhole, labelsFromPostings, type SeriesWriter, sqlHash } from './series-table.ts';
import type { SpanGroupRow, SpanTable } from './span-table.ts';

/** Rows between two yields. */
const SLICE_ROWS = 128;

export interface VerifyParts {
  readonly db: Connection;
  readonly blocks: BlockReader;
  readonly spans: SpanTable;
  readonly series: SeriesWriter;
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
}

/**
 * Rows of pages and groups whose block's own row is lost: it is made anew, with bounds that the checks that follow
 * put right. Should it have been hidden, it holds what another block holds too, and queries drop what is there twice.
 */
function restoreBlocks({ db, damaged }: VerifyParts): void {
  const add = db.prepare(
    `INSERT OR IGNORE INTO block (id, signal, state, level, partition_ms, min_ms, max_ms, items, bytes, generation)
     VALUES (?, ?, ${BLOCK_STATE.visible}, 0, ?, 0, 0, 0, 0, 0)`,
  );
  const pages = db
    .prepare(
      `SELECT block, (SELECT signal FROM series WHERE id = first_series) AS signal, min(min_ms) AS minMs
       FROM page WHERE block NOT IN (SELECT id FROM block) GROUP BY block`,
    )
    .all();
  const groups = db
    .prepare(
      `SELECT block, ${SIGNAL.traces} AS signal, min(min_ms) AS minMs
       FROM span_group WHERE block NOT IN (SELECT id FROM block) GROUP BY block`,
    )
    .all();
  for (const row of [...pages, ...groups] as {
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
    'INSERT INTO span_group (id, block, spans, min_ms, max_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const drop = db.prepare('DELETE FROM span_column WHERE span_group = ?');
  for (const id of lost) {
    try {
      const { spanCount: n, minMs, maxMs } = openSpanGroup((column) => spans.column(id, column));
      db.transaction(() => {
        const block = addBlock.run(partitionOf('traces', minMs), minMs, maxMs, n).lastInsertRowid;
        addGroup.run(id, block, n, minMs, maxMs);
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
  group(id: number, spans: number, minMs: number, maxMs: number): void;
  block(id: number, bounds: Bounds): void;
  /** Adds what is missing; whether something was. */
  trace(id: Uint8Array, group: number): boolean;
}

function repairsOf(db: Connection): Repairs {
  const visible = db.prepare(`SELECT 1 FROM block WHERE id = ? AND state = ${BLOCK_STATE.visible}`).pluck();
  const page = db.prepare(
    'UPDATE page SET first_series = ?, last_series = ?, max_ms = ? WHERE block = ? AND number = ?',
  );
  const group = db.prepare('UPDATE span_group SET spans = ?, min_ms = ?, max_ms = ? WHERE id = ?');
  const block = db.prepare('UPDATE block SET items = ?, min_ms = ?, max_ms = ? WHERE id = ?');
  const trace = db.prepare('INSERT OR IGNORE INTO trace_index (trace_id, kind, place) VALUES (?, 0, ?)');
  const hasTrace = db
    .prepare('SELECT 1 FROM trace_index WHERE trace_id = ? AND kind = 0 AND place = ?')
    .pluck();
  return {
    isVisible: (id) => visible.get(id) === 1,
    page: (id, number, first, last, maxMs) => void page.run(first, last, maxMs, id, number),
    group: (id, spans, minMs, maxMs) => void group.run(spans, minMs, maxMs, id),
    block: (id, b) => void block.run(b.items, b.minMs, b.maxMs, id),
    trace: (id, place) => {
      if (hasTrace.get(id, place) === 1) return false;
      trace.run(id, place);
      return true;
    },
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
  row: Omit<PageRow, 'body'>,
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
  if (row.spans !== group.spanCount || row.minMs !== group.minMs || row.maxMs !== group.maxMs) {
    repairs.group(row.id, group.spanCount, group.minMs, group.maxMs);
    parts.damaged(
      `bounds of group ${row.id}`,
      `the bounds of span group ${row.id} were damaged and are put right`,
    );
  }
  const starts = group.traceStarts();
  const ids = group.traceIds();
  let missing = 0;
  for (let t = 0; t < starts.length - 1; t++) {
    const at = starts[t]! * TRACE_ID_BYTES;
    if (repairs.trace(ids.slice(at, at + TRACE_ID_BYTES), row.id)) missing++;
  }
  if (missing > 0)
    parts.damaged(
      `traces of group ${row.id}`,
      `${missing} traces of span group ${row.id} were missing in the index and are put right`,
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

interface StoredSeries {
  readonly id: number;
  readonly signal: SignalNumber;
  readonly hash: bigint;
  readonly labels: Buffer;
}

/** Labels against their hash; postings against labels: what is missing is added, what is too much goes with a rebuilding. */
function* verifySeries(parts: VerifyParts): Generator<void, void> {
  const { db } = parts;
  const after = db.prepare('SELECT id, signal, hash, labels FROM series WHERE id > ? ORDER BY id LIMIT ?');
  const pairOf = db.prepare('SELECT id FROM label_pair WHERE signal = ? AND name = ? AND value = ?').pluck();
  const hasPosting = db.prepare('SELECT 1 FROM posting WHERE pair = ? AND series = ?').pluck();
  const countOf = db.prepare('SELECT count(*) FROM posting WHERE series <= ?').pluck();
  const pairs = new Map<string, number | undefined>();
  let missing = 0;
  let postings = 0;
  let damaged = 0;
  let last = 0;
  for (;;) {
    const rows = after.safeIntegers(true).all(last, SLICE_ROWS) as StoredSeries[];
    if (rows.length === 0) break;
    for (const row of rows) {
      const { signal } = row;
      last = ascending(last, row.id);
      const whole = wholeLabels(parts, row);
      if (!whole) {
        damaged++;
        continue;
      }
      const p = whole.pairs;
      for (let i = 0; i < p.length; i += 2) {
        const key = `${signal}\0${p[i]}\0${p[i + 1]}`;
        if (!pairs.has(key)) {
          if (pairs.size > PAIRS_MAX) pairs.clear();
          pairs.set(key, pairOf.get(signal, p[i], p[i + 1]) as number | undefined);
        }
        const pair = pairs.get(key);
        postings++;
        if (pair === undefined || hasPosting.get(pair, last) !== 1) missing++;
      }
    }
    yield;
  }
  const extra = damaged > 0 ? 0 : (countOf.get(last) as number) - (postings - missing);
  if (missing === 0 && extra === 0) return;
  yield* rebuildPostings(parts, last);
  parts.damaged(
    'postings',
    `${missing + Math.abs(extra)} rows of the label index were damaged and are put right`,
  );
}

/** Distinct label pairs kept while postings are checked. */
const PAIRS_MAX = 100_000;

/** Rows out of order would send the walk round in circles. */
function ascending(before: number, id: number | bigint): number {
  const next = Number(id);
  if (next > before) return next;
  throw brokenStructure('rows of the series table are out of order');
}

/** The labels, put right where they are damaged and the postings still say what they were. */
function wholeLabels(parts: VerifyParts, row: StoredSeries): Labels | undefined {
  if (isWhole(row.labels, row.hash)) return Labels.fromBytes(row.labels);
  const id = Number(row.id);
  const found = labelsFromPostings(parts.db, id, row.hash, row.labels);
  if (found) {
    hashBytes(found, 0, found.length);
    const hash = sqlHash(hash64.low, hash64.high);
    parts.db.prepare('UPDATE series SET labels = ?, hash = ? WHERE id = ?').run(found, hash, id);
  }
  parts.damaged(
    `series ${id}`,
    found ? `the row of series ${id} was damaged and is put right` : `the labels of series ${id} are lost`,
  );
  return found && Labels.fromBytes(found);
}

/** Postings of the series up to `last` anew, from their labels. */
function* rebuildPostings({ db, series }: VerifyParts, last: number): Generator<void, void> {
  const rows = db.prepare(
    'SELECT id, signal, hash, labels FROM series WHERE id > ? AND id <= ? ORDER BY id LIMIT ?',
  );
  db.transaction(() => {
    db.prepare('DELETE FROM posting WHERE series <= ?').run(last);
    db.prepare('DELETE FROM label_pair WHERE id NOT IN (SELECT pair FROM posting)').run();
    series.forget();
    for (let at = 0; ; ) {
      const next = rows.safeIntegers(true).all(at, last, SLICE_ROWS) as StoredSeries[];
      if (next.length === 0) break;
      for (const { id, signal, hash, labels } of next) {
        at = ascending(at, id);
        if (!isWhole(labels, hash)) continue;
        series.add(at, Number(signal) as SignalNumber, hash, labels, Labels.fromBytes(labels));
      }
    }
  })();
  yield;
}
