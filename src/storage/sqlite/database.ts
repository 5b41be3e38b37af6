/**
 * Opening the one database file: pragmas, version check and migration. The writer thread opens it for writing,
 * every reader opens its own read-only connection. Errors that a user can mend (an unwritable directory, a file
 * of a newer version) are `TriliteError` with one clear line.
 */

import Database from 'better-sqlite3';
import { TriliteError } from '../../model/errors.ts';
import { isCorruption } from './corruption.ts';
import { newerVersion } from './file-version.ts';
import { MIGRATION_WORK } from './migrations.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.ts';

export type Connection = Database.Database;

/** 4 KiB pages waste too much on blobs of 64 KiB and more; larger ones write too much for a small WAL row. */
const PAGE_SIZE_BYTES = 8192;
/** SQLite's page cache of one connection; blocks are read once per query, so a large cache only costs memory. */
const CACHE_KIB = 4096;
/** How long a connection waits for another's lock, in ms; only a checkpoint ever holds one for long. */
const BUSY_TIMEOUT_MS = 5000;

export interface OpenOptions {
  /** `process` survives a killed process, `disk` a power cut too (`synchronous=FULL`). */
  readonly durability: 'process' | 'disk';
  /** Path of the addon where it is not found by itself (the single executable). */
  readonly nativeBinding?: string | undefined;
}

function open(path: string, options: Database.Options & { nativeBinding?: string | undefined }): Connection {
  const { nativeBinding, ...rest } = options;
  return new Database(path, nativeBinding ? { ...rest, nativeBinding } : rest);
}

/**
 * Opens for writing, creating or migrating the file. One connection per database. A damaged file throws SQLite's own
 * error (`isCorruption`), everything else a `TriliteError`. `beforeWriting` is called when the file was read from and
 * nothing is written yet.
 */
export function openForWriting(
  path: string,
  options: OpenOptions,
  beforeWriting: () => void = () => {},
): Connection {
  return migrated(connect(path, options, beforeWriting), path);
}

/** A new database with the tables of an older version of the form; undefined or an unknown one: the newest. */
export function createEmpty(path: string, options: OpenOptions, version: number | undefined): Connection {
  const known = version !== undefined && version > 0 && version < SCHEMA_VERSION;
  const db = connect(path, options);
  migrate(db, path, known ? version : SCHEMA_VERSION);
  return db;
}

function migrated(db: Connection, path: string): Connection {
  try {
    migrate(db, path, SCHEMA_VERSION);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function connect(path: string, options: OpenOptions, beforeWriting: () => void = () => {}): Connection {
  let db: Connection | undefined;
  try {
    db = open(path, { timeout: BUSY_TIMEOUT_MS, nativeBinding: options.nativeBinding });
    // The first read takes over what SQLite's WAL holds.
    db.pragma('user_version');
    refuseForeign(db, path);
    beforeWriting();
    db.pragma(`page_size = ${PAGE_SIZE_BYTES}`);
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
  } catch (error) {
    db?.close();
    if (isCorruption(error) || error instanceof TriliteError) throw error;
    throw new TriliteError('internal', `cannot open database ${path}: ${reason(error)}`);
  }
  db.pragma(`synchronous = ${options.durability === 'disk' ? 'FULL' : 'NORMAL'}`);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  return db;
}

/** Throws `TriliteError` where there are tables and none is ours: nothing is added to another program's database. */
function refuseForeign(db: Connection, path: string): void {
  const tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table'";
  if (db.prepare(tables).pluck().get() === 0) return;
  if (db.prepare(`${tables} AND name IN ('setting', 'wal', 'block', 'page')`).pluck().get() === 0)
    throw new TriliteError(
      'internal',
      `${path} is the database of another program: give Trilite another --data directory`,
    );
}

/** Opens a connection that only reads. The file must exist. */
export function openForReading(path: string, nativeBinding?: string): Connection {
  const db = open(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS, nativeBinding });
  db.pragma(`cache_size = -${CACHE_KIB}`);
  return db;
}

/** Opens a read transaction; the first read in it fixes the moment that it sees. */
export function beginRead(db: Connection): void {
  db.exec('BEGIN');
}

/** Ends the read transaction, where one is open. Nothing was written, so it is all the same how. */
export function endRead(db: Connection): void {
  if (!db.inTransaction) return;
  try {
    // After a read that met a broken page, COMMIT would fail for ever.
    db.exec('ROLLBACK');
  } catch (error) {
    if (!isCorruption(error)) throw error;
  }
}

/** Brings the tables up to version `target`. */
function migrate(db: Connection, path: string, target: number): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION) throw newerVersion(path, version);
  if (version >= target) return;
  db.transaction(() => {
    for (let v = version; v < target; v++) {
      db.exec(MIGRATIONS[v]!);
      MIGRATION_WORK[v]?.(db);
    }
    db.pragma(`user_version = ${target}`);
  })();
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
