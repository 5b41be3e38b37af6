/**
 * Opening the one database file: pragmas, version check and migration. The writer thread opens it for writing,
 * every reader opens its own read-only connection. Errors that a user can mend (an unwritable directory, a file
 * of a newer version) are `TriliteError` with one clear line.
 */

import Database from 'better-sqlite3';
import { TriliteError } from '../../model/errors.ts';
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

/** Opens for writing, creating or migrating the file. One connection per database. */
export function openForWriting(path: string, options: OpenOptions): Connection {
  let db: Connection;
  try {
    db = open(path, { timeout: BUSY_TIMEOUT_MS, nativeBinding: options.nativeBinding });
    db.pragma(`page_size = ${PAGE_SIZE_BYTES}`);
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
  } catch (error) {
    throw new TriliteError('internal', `cannot open database ${path}: ${reason(error)}`);
  }
  db.pragma(`synchronous = ${options.durability === 'disk' ? 'FULL' : 'NORMAL'}`);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  migrate(db, path);
  return db;
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

/** Ends the read transaction, where one is open. */
export function endRead(db: Connection): void {
  if (db.inTransaction) db.exec('COMMIT');
}

function migrate(db: Connection, path: string): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    db.close();
    throw new TriliteError(
      'internal',
      `database ${path} was written by a newer version of Trilite (format ${version}, this one reads up to ${SCHEMA_VERSION})`,
    );
  }
  if (version === SCHEMA_VERSION) return;
  db.transaction(() => {
    for (let v = version; v < SCHEMA_VERSION; v++) {
      db.exec(MIGRATIONS[v]!);
      MIGRATION_WORK[v]?.(db);
    }
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
