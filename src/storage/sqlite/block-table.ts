/** SQL of blocks and of the pages of metrics and logs. Only visible blocks are ever read. */

import type { EncodedIdRun } from '../chunkenc/id-run.ts';
import type { Connection } from './database.ts';
import { idTable } from './id-table.ts';
import { BLOCK_STATE, type SignalNumber } from './schema.ts';

export interface BlockRow {
  readonly id: number;
  readonly signal: SignalNumber;
  readonly tenant: number;
  readonly level: number;
  readonly partitionMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly items: number;
  readonly bytes: number;
  readonly generation: number;
}

/** Which series and times a page has something of, as far as its row says. */
export interface PageSpan {
  readonly number: number;
  readonly firstSeries: number;
  readonly lastSeries: number;
  readonly minMs: number;
  readonly maxMs: number;
}

export interface PageRow extends PageSpan {
  readonly directory: Uint8Array;
  readonly body: Uint8Array;
  /** Of pages of logs: the bytes of their lines. */
  readonly lines?: Uint8Array;
  /** And which grams these have (`chunkenc/gram-filter.ts`), where that tells something. */
  readonly grams?: Uint8Array;
}

export interface PageGrams {
  readonly number: number;
  readonly filter: Buffer;
}

/** What is read of a page before anything in it is. */
export type PageHead = Omit<PageRow, 'body' | 'lines' | 'grams'>;

const COLUMNS =
  'id, signal, tenant, level, partition_ms AS partitionMs, min_ms AS minMs, max_ms AS maxMs, items, bytes, generation';
const SPAN_COLUMNS =
  'number, first_series AS firstSeries, last_series AS lastSeries, min_ms AS minMs, max_ms AS maxMs';
const PAGE_COLUMNS = `${SPAN_COLUMNS}, directory`;
const SPAN_OVERLAPS = 'block = ? AND last_series >= ? AND first_series <= ? AND max_ms >= ? AND min_ms <= ?';

export interface BlockReader {
  /** Visible blocks of the signal that overlap the range, oldest data first. */
  overlapping(signal: SignalNumber, minMs: number, maxMs: number): BlockRow[];
  all(): BlockRow[];
  /** Time of the signal's oldest item in a visible block. */
  oldestMs(signal: SignalNumber): number | undefined;
  /** Directories of the block's pages that may hold a series in [first, last] in the time range, without bodies. */
  pages(block: number, first: number, last: number, minMs: number, maxMs: number): PageHead[];
  /** The same pages without directories. */
  spans(block: number, first: number, last: number, minMs: number, maxMs: number): PageSpan[];
  /** Directory of one page. */
  page(block: number, number: number): PageHead | undefined;
  body(block: number, number: number): Buffer;
  /** The compressed lines of a page whose directory says that there are some. */
  lines(block: number, number: number): Buffer;
  /** Gram filters of those of the block's pages between the numbers, inclusive, that have one. */
  grams(block: number, first: number, last: number): PageGrams[];
}

export function blockReader(db: Connection): BlockReader {
  const overlapping = db.prepare(
    `SELECT ${COLUMNS} FROM block WHERE signal = ? AND state = ${BLOCK_STATE.visible} AND max_ms >= ? AND min_ms <= ? ORDER BY partition_ms, id`,
  );
  const all = db.prepare(`SELECT ${COLUMNS} FROM block WHERE state = ${BLOCK_STATE.visible} ORDER BY id`);
  const oldest = db
    .prepare(`SELECT min(min_ms) FROM block WHERE signal = ? AND state = ${BLOCK_STATE.visible}`)
    .pluck();
  const pages = db.prepare(`SELECT ${PAGE_COLUMNS} FROM page WHERE ${SPAN_OVERLAPS} ORDER BY number`);
  const spans = db.prepare(`SELECT ${SPAN_COLUMNS} FROM page WHERE ${SPAN_OVERLAPS} ORDER BY number`);
  const page = db.prepare(`SELECT ${PAGE_COLUMNS} FROM page WHERE block = ? AND number = ?`);
  const body = db.prepare('SELECT body FROM page WHERE block = ? AND number = ?').pluck();
  const grams = db.prepare(
    'SELECT number, filter FROM page_grams WHERE block = ? AND number BETWEEN ? AND ?',
  );
  const lines = db.prepare('SELECT lines FROM page WHERE block = ? AND number = ?').pluck();
  return {
    overlapping: (signal, minMs, maxMs) => overlapping.all(signal, minMs, maxMs) as BlockRow[],
    all: () => all.all() as BlockRow[],
    oldestMs: (signal) => (oldest.get(signal) as number | null) ?? undefined,
    pages: (block, first, last, minMs, maxMs) => pages.all(block, first, last, minMs, maxMs) as PageHead[],
    spans: (block, first, last, minMs, maxMs) => spans.all(block, first, last, minMs, maxMs) as PageSpan[],
    page: (block, number) => page.get(block, number) as PageHead | undefined,
    body: (block, number) => body.get(block, number) as Buffer,
    lines: (block, number) => lines.get(block, number) as Buffer,
    grams: (block, first, last) => grams.all(block, first, last) as PageGrams[],
  };
}

export interface BlockWriter {
  /** A new block, invisible until `publish`. */
  begin(
    signal: SignalNumber,
    level: number,
    partitionMs: number,
    generation: number,
    tenant?: number,
  ): number;
  addPage(block: number, page: PageRow): void;
  /** Adds a run of the ID index of a log block. */
  addIdRun(block: number, run: EncodedIdRun): void;
  publish(block: number, minMs: number, maxMs: number, items: number, bytes: number): void;
  /** Takes the block out of every answer; its pages are removed later by `sweep`. */
  hide(block: number): void;
  /** Removes up to `limit` rows of hidden blocks; false when nothing is left to remove. */
  sweep(limit: number): boolean;
}

export function blockWriter(db: Connection): BlockWriter {
  // Readers keep what they read by the number of the block: that of a dropped one must not come again.
  const lastId = db.prepare("SELECT value FROM setting WHERE name = 'max_block_id'").pluck();
  const lastRow = db.prepare('SELECT max(id) FROM block').pluck();
  const setLastId = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('max_block_id', ?)");
  const begin = db.prepare(
    `INSERT INTO block (id, signal, tenant, state, level, partition_ms, min_ms, max_ms, items, bytes, generation)
     VALUES (?, ?, ?, ${BLOCK_STATE.building}, ?, ?, 0, 0, 0, 0, ?)`,
  );
  const addPage = db.prepare(
    'INSERT INTO page (block, number, first_series, last_series, min_ms, max_ms, directory, body, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const addGrams = db.prepare('INSERT INTO page_grams (block, number, filter) VALUES (?, ?, ?)');
  const publish = db.prepare(
    `UPDATE block SET state = ${BLOCK_STATE.visible}, min_ms = ?, max_ms = ?, items = ?, bytes = ? WHERE id = ?`,
  );
  const hide = db.prepare(`UPDATE block SET state = ${BLOCK_STATE.building} WHERE id = ?`);
  const hidden = db.prepare(`SELECT id FROM block WHERE state = ${BLOCK_STATE.building} LIMIT 1`).pluck();
  const dropPages = db.prepare(
    'DELETE FROM page WHERE block = ? AND number IN (SELECT number FROM page WHERE block = ? LIMIT ?)',
  );
  const groups = db.prepare('SELECT id FROM span_group WHERE block = ? LIMIT ?').pluck();
  const dropColumns = db.prepare('DELETE FROM span_column WHERE span_group = ?');
  const dropGroup = db.prepare('DELETE FROM span_group WHERE id = ?');
  const ids = idTable(db);
  const dropGrams = db.prepare('DELETE FROM page_grams WHERE block = ?');
  const dropBlock = db.prepare('DELETE FROM block WHERE id = ?');
  return {
    begin(signal, level, partitionMs, generation, tenant = 0) {
      const noted = lastId.get();
      // A number that was damaged must not give ids twice.
      const id = 1 + Math.max(typeof noted === 'number' ? noted : 0, (lastRow.get() as number | null) ?? 0);
      setLastId.run(id);
      begin.run(id, signal, tenant, level, partitionMs, generation);
      return id;
    },
    addPage(block, p) {
      const { number, firstSeries, lastSeries, minMs, maxMs, directory, body, lines, grams } = p;
      addPage.run(block, number, firstSeries, lastSeries, minMs, maxMs, directory, body, lines ?? null);
      if (grams) addGrams.run(block, number, grams);
    },
    addIdRun: (block, run) => ids.addRun(block, run),
    publish: (block, minMs, maxMs, items, bytes) => void publish.run(minMs, maxMs, items, bytes, block),
    hide: (block) => void hide.run(block),
    sweep(limit) {
      const block = hidden.get() as number | undefined;
      if (block === undefined) return false;
      const pages = dropPages.run(block, block, limit).changes;
      const groupIds = groups.all(block, limit) as number[];
      for (const id of groupIds) {
        dropColumns.run(id);
        dropGroup.run(id);
      }
      const removed = pages + groupIds.length;
      if (pages === limit || groupIds.length === limit) return true;
      ids.drop(block);
      dropGrams.run(block);
      // In a damaged file deleting may not make an end.
      return dropBlock.run(block).changes > 0 || removed > 0;
    },
  };
}
