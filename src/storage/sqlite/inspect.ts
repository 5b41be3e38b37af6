/** A look at a database that no server need run on: its form, what it holds, whether it is sound. Nothing is written. */

import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { TriliteError } from '../../model/errors.ts';
import type { Signal } from '../interface.ts';
import { databaseAddon } from './addon.ts';
import { openForReading } from './database.ts';
import { BLOCK_STATE, SCHEMA_VERSION, SIGNAL } from './schema.ts';

const LOCK_SUFFIX = '.lock';
/** What SQLite says is wrong; the first are enough. */
const FAULTS_MAX = 5;

export interface InspectedSignal {
  readonly blocks: number;
  readonly items: number;
  readonly bytes: number;
  /** Undefined: there is no block. */
  readonly minMs: number | undefined;
  readonly maxMs: number | undefined;
}

export interface Inspection {
  readonly format: number;
  /** Up to which this program reads. */
  readonly formatMax: number;
  readonly fileBytes: number;
  readonly freeBytes: number;
  /** Rows that no block holds yet: taken up at the next start. */
  readonly walRows: number;
  readonly walBytes: number;
  readonly signals: Readonly<Record<Signal, InspectedSignal>>;
  /** Empty: sound. */
  readonly faults: readonly string[];
}

/** Whether a server runs on the database at `path`. */
export function isLocked(path: string): boolean {
  const nativeBinding = databaseAddon();
  let lock: Database.Database | undefined;
  try {
    const options = { readonly: true, fileMustExist: true, timeout: 0 };
    lock = new Database(path + LOCK_SUFFIX, nativeBinding ? { ...options, nativeBinding } : options);
    // Reading waits for who holds the lock for writing.
    lock.pragma('schema_version');
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'SQLITE_BUSY';
  } finally {
    lock?.close();
  }
}

/** Throws `TriliteError` where the file cannot be opened, or is none of this program's. */
export function inspect(path: string): Inspection {
  const db = opened(path);
  try {
    const number = (pragma: string) => db.pragma(pragma, { simple: true }) as number;
    const pageBytes = number('page_size');
    const format = number('user_version');
    const common = {
      format,
      formatMax: SCHEMA_VERSION,
      fileBytes: statSync(path).size,
      freeBytes: number('freelist_count') * pageBytes,
    };
    const faults = db.pragma(`quick_check(${FAULTS_MAX})`) as { readonly quick_check: string }[];
    const wal = rowOf(db, 'SELECT count(*) AS n, coalesce(sum(length(data)), 0) AS bytes FROM wal');
    return {
      ...common,
      walRows: wal.n!,
      walBytes: wal.bytes!,
      signals: {
        metrics: signalOf(db, SIGNAL.metrics),
        logs: signalOf(db, SIGNAL.logs),
        traces: signalOf(db, SIGNAL.traces),
      },
      faults: faults.map((row) => row.quick_check).filter((text) => text !== 'ok'),
    };
  } catch (error) {
    throw new TriliteError('internal', `cannot read ${path}: ${(error as Error).message}`);
  } finally {
    db.close();
  }
}

function opened(path: string): Database.Database {
  try {
    return openForReading(path, databaseAddon());
  } catch (error) {
    throw new TriliteError('internal', `cannot open ${path}: ${(error as Error).message}`);
  }
}

type Row = Readonly<Record<string, number | null>>;

function rowOf(db: Database.Database, sql: string, ...values: number[]): Record<string, number> {
  return db.prepare(sql).get(...values) as Record<string, number>;
}

function signalOf(db: Database.Database, signal: number): InspectedSignal {
  const sql = `SELECT count(*) AS blocks, coalesce(sum(items), 0) AS items, coalesce(sum(bytes), 0) AS bytes,
    min(min_ms) AS minMs, max(max_ms) AS maxMs FROM block WHERE signal = ? AND state = ?`;
  const row: Row = rowOf(db, sql, signal, BLOCK_STATE.visible);
  return {
    blocks: row.blocks!,
    items: row.items!,
    bytes: row.bytes!,
    minMs: row.minMs ?? undefined,
    maxMs: row.maxMs ?? undefined,
  };
}
