/**
 * Salvaging a database whose structure is damaged (a broken page of SQLite's, a file cut short): whatever rows can
 * still be read are copied into a new file, table by table, which then takes the damaged one's place.
 *
 *   trilite.db ──copy──▶ trilite.db.salvaging ──rename──▶ trilite.db       the old one stays as trilite.db.damaged
 *
 * It is no matter of trust: rows that the damage altered are found out by their own checksums when they are read.
 * A crash at any point leaves either the damaged database, which is salvaged again, or the finished copy.
 */

import fs from 'node:fs';
import Database from 'better-sqlite3';
import { TriliteError } from '../../model/errors.ts';
import { forgetCorruption, isCorruption, type Report } from './corruption.ts';
import type { Connection } from './database.ts';

const SALVAGING_SUFFIX = '.salvaging';
const DAMAGED_SUFFIX = '.damaged';
/** Rows copied in one transaction: it bounds what SQLite keeps in memory. */
const ROWS_PER_COMMIT = 2000;
/** Places of one table that are skipped before its rest is given up. */
const GAPS_MAX = 10_000;
const ROWID_MAX = Number.MAX_SAFE_INTEGER;

interface Table {
  readonly name: string;
  /** All that the new form of the table has. */
  readonly columns: readonly string[];
  /** What rows are ordered by: the row id, or the primary key of a table without one. */
  readonly key: readonly string[];
  readonly hasRowId: boolean;
}

/** Puts a finished copy into its place, where a crash came between the two renames. */
export function finishSalvage(path: string): void {
  if (!fs.existsSync(path) && fs.existsSync(path + DAMAGED_SUFFIX) && fs.existsSync(path + SALVAGING_SUFFIX))
    fs.renameSync(path + SALVAGING_SUFFIX, path);
}

/**
 * Replaces the database at `path`, which nobody has open, by what can be read of it. `create` makes an empty database
 * of the version given (undefined: the newest). Throws `TriliteError` where nothing can be read at all.
 */
export function salvage(
  path: string,
  why: string,
  create: (path: string, version: number | undefined) => Connection,
  report: Report,
  nativeBinding?: string,
): void {
  const copy = path + SALVAGING_SUFFIX;
  for (const suffix of ['', '-wal', '-shm']) fs.rmSync(copy + suffix, { force: true });
  const from = openDamaged(path, why, nativeBinding);
  let to: Connection | undefined;
  try {
    to = create(copy, versionOf(from));
    for (const table of tablesOf(to)) copyTable(from, to, table, report);
    to.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    to?.close();
    closeDamaged(from);
  }
  for (const suffix of ['-wal', '-shm', '']) {
    fs.rmSync(path + DAMAGED_SUFFIX + suffix, { force: true });
    if (fs.existsSync(path + suffix)) fs.renameSync(path + suffix, path + DAMAGED_SUFFIX + suffix);
  }
  fs.renameSync(copy, path);
  forgetCorruption(path);
  report(`${why}; what could be read was salvaged, the damaged file is kept as ${path}${DAMAGED_SUFFIX}`);
}

function openDamaged(path: string, why: string, nativeBinding: string | undefined): Connection {
  let db: Connection | undefined;
  try {
    db = new Database(path, nativeBinding ? { nativeBinding } : {});
    // Lets SQLite read a file that is shorter than its header says. Nothing is written.
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    if (tablesOf(db).length === 0) throw new Error('no table can be found');
    return db;
  } catch (error) {
    db?.close();
    throw new TriliteError(
      'internal',
      `database ${path} is damaged beyond what can be salvaged (${why}; ${(error as Error).message}): ` +
        'restore it from a copy, or move it away to begin anew',
    );
  }
}

/** Closing copies SQLite's WAL back, which a damaged file may refuse. */
function closeDamaged(db: Connection): void {
  try {
    db.close();
  } catch (error) {
    if (!isCorruption(error)) throw error;
  }
}

function versionOf(db: Connection): number | undefined {
  try {
    return db.pragma('user_version', { simple: true }) as number;
  } catch {
    return undefined;
  }
}

function tablesOf(db: Connection): Table[] {
  const names = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .pluck();
  return (names.all() as string[]).map((name) => {
    const info = db.pragma(`table_info(${name})`) as { name: string; pk: number }[];
    const list = db.pragma('table_list') as { name: string; wr: number }[];
    const key = info.filter((c) => c.pk > 0).sort((a, b) => a.pk - b.pk);
    const hasRowId = list.find((t) => t.name === name)?.wr !== 1;
    return {
      name,
      columns: info.map((c) => c.name),
      key: hasRowId ? ['rowid'] : key.map((c) => c.name),
      hasRowId,
    };
  });
}

type Row = readonly unknown[];

function copyTable(from: Connection, to: Connection, table: Table, report: Report): void {
  const isIdKey = table.hasRowId && idColumn(to, table.name) !== undefined;
  const columns = table.hasRowId && !isIdKey ? ['rowid', ...table.columns] : table.columns;
  const marks = columns.map(() => '?').join(', ');
  const insert = to.prepare(`INSERT OR IGNORE INTO ${table.name} (${columns.join(', ')}) VALUES (${marks})`);
  const select = `SELECT ${['rowid', ...columns].slice(table.hasRowId ? 0 : 1).join(', ')} FROM ${table.name} NOT INDEXED`;
  let pending = 0;
  let refused = 0;
  let rows = 0;
  to.exec('BEGIN');
  const take = (row: Row) => {
    try {
      insert.run(...(row as unknown[]));
      rows++;
    } catch (error) {
      // A value that the damage made one which the table does not take.
      if (!String((error as { code?: string }).code).startsWith('SQLITE_CONSTRAINT')) throw error;
      refused++;
    }
    if (++pending % ROWS_PER_COMMIT === 0) to.exec('COMMIT; BEGIN');
  };
  let gaps: number;
  try {
    gaps = table.hasRowId ? copyByRowId(from, select, take) : copyFromBothEnds(from, select, table.key, take);
  } catch (error) {
    // The table is not even in the damaged file's schema.
    gaps = 1;
    if (!isCorruption(error) && (error as { code?: string }).code !== 'SQLITE_ERROR') throw error;
  }
  to.exec('COMMIT');
  if (gaps + refused > 0)
    report(`table ${table.name}: ${gaps + refused} damaged places, ${rows} rows salvaged`);
}

function idColumn(db: Connection, table: string): string | undefined {
  const info = db.pragma(`table_info(${table})`) as { name: string; pk: number; type: string }[];
  const keys = info.filter((c) => c.pk > 0);
  return keys.length === 1 && keys[0]!.type === 'INTEGER' ? keys[0]!.name : undefined;
}

/** Forward from the first row; behind a place that cannot be read, on from the next one that can. Returns how many. */
function copyByRowId(from: Connection, select: string, take: (row: Row) => void): number {
  const after = from.prepare(`${select} WHERE rowid >= ? ORDER BY rowid`).raw().safeIntegers();
  let gaps = 0;
  for (let next = -ROWID_MAX; gaps < GAPS_MAX; ) {
    let last: number | undefined;
    try {
      for (const row of after.iterate(BigInt(next)) as IterableIterator<Row>) {
        last = Number(row[0]);
        take(row.slice(1));
      }
      return gaps;
    } catch (error) {
      if (!isCorruption(error)) throw error;
      gaps++;
      const found = nextReadable(from, select, last === undefined ? Math.max(0, next) : last + 1);
      if (found === undefined) return gaps;
      next = found;
    }
  }
  return gaps;
}

/** The smallest row id from `start` on from which reading works again: far ahead first, then back by halves. */
function nextReadable(db: Connection, select: string, start: number): number | undefined {
  const seek = db.prepare(`${select} WHERE rowid >= ? ORDER BY rowid LIMIT 1`).raw().safeIntegers();
  /** -1: cannot be read; undefined: there is no row. */
  const rowAt = (id: number): number | undefined => {
    try {
      const row = seek.get(BigInt(id)) as Row | undefined;
      return row && Number(row[0]);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      return -1;
    }
  };
  let bad = start - 1;
  for (let step = 1; start + step < ROWID_MAX; step *= 2) {
    const probe = start + step - 1;
    const found = rowAt(probe);
    if (found === undefined) return undefined;
    if (found === -1) {
      bad = probe;
      continue;
    }
    let good = probe;
    while (good - bad > 1) {
      const middle = bad + Math.floor((good - bad) / 2);
      if (rowAt(middle) === -1) bad = middle;
      else good = middle;
    }
    return good;
  }
  return undefined;
}

/** Without row ids there is no seeking past a gap: what lies before the first and what lies behind the last. */
function copyFromBothEnds(
  from: Connection,
  select: string,
  key: readonly string[],
  take: (row: Row) => void,
): number {
  for (const direction of ['ASC', 'DESC']) {
    const order = key.map((column) => `${column} ${direction}`).join(', ');
    const all = from.prepare(`${select} ORDER BY ${order}`).raw().safeIntegers();
    try {
      for (const row of all.iterate() as IterableIterator<Row>) take(row);
      return 0;
    } catch (error) {
      if (!isCorruption(error)) throw error;
    }
  }
  return 1;
}
