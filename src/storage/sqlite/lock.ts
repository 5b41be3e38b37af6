/**
 * One process per data directory. Beside the database lies an empty file, itself opened as a database, whose
 * exclusive lock the writer holds for as long as it runs. The lock is the operating system's: it goes with the
 * process, also after `kill -9`, so that there is no stale lock to be told from a live one.
 */

import Database from 'better-sqlite3';
import { TriliteError } from '../../model/errors.ts';
import type { Connection } from './database.ts';

const LOCK_SUFFIX = '.lock';
/** A predecessor that was just killed may still be on its way out. */
const WAIT_MS = 200;

/** Takes the lock of the database at `path`; closing what it gives releases it. Throws `TriliteError`. */
export function lockForWriting(path: string, nativeBinding?: string): Connection {
  const options = nativeBinding ? { timeout: WAIT_MS, nativeBinding } : { timeout: WAIT_MS };
  let lock: Connection | undefined;
  try {
    lock = new Database(path + LOCK_SUFFIX, options);
    // Nothing is ever written, so no journal need lie about.
    lock.pragma('journal_mode = OFF');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    const { code, message } = error as { code?: string; message: string };
    throw new TriliteError(
      'internal',
      code === 'SQLITE_BUSY'
        ? `database ${path} is in use by another trilite: stop it, or give this one another --data directory`
        : `cannot lock database ${path}: ${message}`,
    );
  }
}
