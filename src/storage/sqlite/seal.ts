/** Bringing a database that nobody writes any more into the form that can be read where it lies: one file, no WAL of SQLite's. */

import Database from 'better-sqlite3';

/** The storage must have been closed: what the log has is in blocks. */
export function sealDatabase(path: string, nativeBinding?: string): void {
  const db = new Database(path, nativeBinding ? { nativeBinding } : {});
  try {
    db.exec('DELETE FROM wal; DELETE FROM journal');
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
}
