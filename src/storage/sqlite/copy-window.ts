/**
 * Copies what a window of time needs from one database into a new one, row by row in one read transaction: no page is decoded, so
 * every bit is as it was. What is copied is whole pages of metrics and whole blocks of logs and traces, so some of what lies beside
 * the window comes along; nothing of it is missing.
 */

import fs from 'node:fs';
import { readDirectory } from '../block/page.ts';
import { BUCKET_BITS_MAX } from '../chunkenc/id-run.ts';
import { blockReader } from './block-table.ts';
import { beginRead, type Connection, createEmpty, endRead, openForReading } from './database.ts';
import { deadSeries } from './dead-series.ts';
import { type IncidentWindow, writeIncident } from './incident-setting.ts';
import { BLOCK_STATE, SIGNAL, type SignalNumber } from './schema.ts';
import { seriesReader, seriesWriter } from './series-table.ts';

/** Samples before the window that a query at its start looks back for: the default of `--query.lookback-delta`. */
export const LOOKBACK_MS = 5 * 60_000;
/** Spans this far outside of the window come along, so that the traces in it are whole. */
export const TRACE_MARGIN_MS = 60 * 60_000;
/** Copied as they are, whatever the window: what series are called, and what hides deleted data. */
const WHOLE_TABLES = [
  'series_chunk',
  'series_hash',
  'label_name',
  'posting',
  'metric_metadata',
  'tombstone',
  'delete_request',
];
/** Of settings, those that speak of the old file. */
const OWN_SETTINGS = "name <> 'checked_ms' AND name <> 'incident' AND name NOT LIKE 'collected_%'";
/** Rows between which others get their turn. */
const EVERY_ROWS = 16;
/** Of a run's buckets, in `id_bucket.place`. */
const RUN_PLACES = 2 ** BUCKET_BITS_MAX;

export interface CopyOptions {
  readonly window: IncidentWindow;
  readonly createdMs: number;
  readonly nativeBinding?: string | undefined;
}

/** Everything must be in blocks. Yields between rows; `to` must not exist, and is removed where copying fails. It is the caller's to sync it. */
export function* copyWindow(from: string, to: string, options: CopyOptions): Generator<void, void> {
  const { window, createdMs, nativeBinding } = options;
  const source = openForReading(from, nativeBinding);
  let target: Connection | undefined;
  try {
    target = createEmpty(to, { durability: 'process', nativeBinding }, undefined);
    target.pragma('journal_mode = DELETE');
    // Nobody sees the file before it is whole.
    target.pragma('synchronous = OFF');
    beginRead(source);
    target.exec('BEGIN');
    target.exec('DELETE FROM setting');
    yield* copyRows(source, target, 'setting', OWN_SETTINGS);
    for (const table of WHOLE_TABLES) yield* copyRows(source, target, table, '1');
    yield* copyBlocks(source, target, window);
    yield* copyRows(
      source,
      target,
      'exemplar',
      'timestamp_ms BETWEEN ? AND ?',
      window.startMs - LOOKBACK_MS,
      window.endMs,
    );
    writeIncident(target, { ...window, createdMs });
    target.exec('COMMIT');
    yield* dropDeadSeries(target);
    target.pragma('incremental_vacuum');
  } catch (error) {
    target?.close();
    target = undefined;
    for (const suffix of ['', '-wal', '-shm', '-journal']) fs.rmSync(to + suffix, { force: true });
    throw error;
  } finally {
    // Also where nobody goes on with the generator.
    target?.close();
    endRead(source);
    source.close();
  }
}

function* copyRows(
  source: Connection,
  target: Connection,
  table: string,
  where: string,
  ...values: (number | bigint)[]
): Generator<void, void> {
  const columns = (source.pragma(`table_info(${table})`) as { name: string }[]).map((c) => c.name);
  const marks = columns.map(() => '?').join(', ');
  const add = target.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`).safeIntegers();
  const rows = source
    .prepare(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${where}`)
    .raw()
    .safeIntegers();
  let n = 0;
  for (const row of rows.iterate(...values)) {
    add.run(...(row as unknown[]));
    if (++n % EVERY_ROWS === 0) yield;
  }
}

function boundsOf(signal: SignalNumber, { startMs, endMs }: IncidentWindow): readonly [number, number] {
  if (signal === SIGNAL.metrics) return [startMs - LOOKBACK_MS, endMs];
  return signal === SIGNAL.logs ? [startMs, endMs] : [startMs - TRACE_MARGIN_MS, endMs + TRACE_MARGIN_MS];
}

function* copyBlocks(source: Connection, target: Connection, window: IncidentWindow): Generator<void, void> {
  for (const signal of [SIGNAL.metrics, SIGNAL.logs, SIGNAL.traces]) {
    const [minMs, maxMs] = boundsOf(signal, window);
    for (const { id } of blockReader(source).overlapping(signal, minMs, maxMs)) {
      yield* copyRows(source, target, 'block', 'id = ?', id);
      if (signal === SIGNAL.metrics) {
        yield* copyRows(
          source,
          target,
          'page',
          'block = ? AND max_ms >= ? AND min_ms <= ?',
          id,
          minMs,
          maxMs,
        );
        recount(target, id);
      } else yield* copyParts(source, target, id);
    }
  }
}

/** What belongs to a block of logs or traces. */
function* copyParts(source: Connection, target: Connection, block: number): Generator<void, void> {
  for (const table of ['page', 'page_grams', 'span_group', 'id_run'])
    yield* copyRows(source, target, table, 'block = ?', block);
  for (const group of source
    .prepare('SELECT id FROM span_group WHERE block = ?')
    .pluck()
    .all(block) as number[])
    yield* copyRows(source, target, 'span_column', 'span_group = ?', group);
  for (const run of source.prepare('SELECT id FROM id_run WHERE block = ?').pluck().all(block) as number[])
    yield* copyRows(
      source,
      target,
      'id_bucket',
      'place >= ? AND place < ?',
      run * RUN_PLACES,
      (run + 1) * RUN_PLACES,
    );
}

/** Makes the block's row say what its pages have; a block without any goes. */
function recount(db: Connection, block: number): void {
  const pages = blockReader(db).pages(
    block,
    0,
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  );
  if (pages.length === 0) {
    db.prepare('DELETE FROM block WHERE id = ?').run(block);
    return;
  }
  // They count from 0 without gaps.
  const renumber = db.prepare('UPDATE page SET number = ? WHERE block = ? AND number = ?');
  pages.forEach((page, i) => void renumber.run(i, block, page.number));
  let items = 0;
  for (const page of pages)
    for (const chunk of readDirectory(page.directory, page.minMs).chunks) items += chunk.items;
  db.prepare(
    `UPDATE block SET items = ?, (min_ms, max_ms, bytes) =
       (SELECT min(min_ms), max(max_ms), sum(length(directory) + length(body)) FROM page WHERE block = block.id)
     WHERE id = ? AND state = ${BLOCK_STATE.visible}`,
  ).run(items, block);
}

/** Names of what is not in the file are not in it either. */
function* dropDeadSeries(db: Connection): Generator<void, void> {
  const blocks = blockReader(db);
  const reader = seriesReader(db, () => {});
  const writer = seriesWriter(db);
  for (const signal of [SIGNAL.metrics, SIGNAL.logs] as const) {
    // As if an older partition had just gone, which is when they are looked for.
    db.prepare('INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)').run(`collected_${signal}`, -1);
    const dead = yield* deadSeries(db, blocks, reader).find(signal);
    yield* writer.remove(signal, Array.from(dead));
  }
}
