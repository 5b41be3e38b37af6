/**
 * The database file's size. Pages that deletes free are used again by what is written next; what stays free is given
 * back to the file system: down to a share of the file while data comes in (it would only grow again), wholly
 * when nothing does. SQLite's own WAL, the file beside it, is copied back after so many pages that it stays
 * small beside what is stored.
 */

import type { Connection } from './database.ts';

/** Pages moved in one go: some 2 ms. */
const VACUUM_PAGES = 64;
/** While data comes in, free pages up to this share of the file stay, and as many as this whatever is stored. */
const FREE_SHARE = 1 / 8;
const FREE_PAGES_MIN = 512;
/** SQLite's WAL is copied back when it has this share of the file's pages, within bounds (4 MiB, 32 MiB). */
const CHECKPOINT_SHARE = 1 / 16;
const CHECKPOINT_PAGES_MIN = 512;
const CHECKPOINT_PAGES_MAX = 4096;

export class FileSpace {
  readonly #db: Connection;
  readonly #pageBytes: number;
  #checkpointPages = 0;

  constructor(db: Connection) {
    this.#db = db;
    this.#pageBytes = this.#number('page_size');
    this.adapt();
  }

  #number(pragma: string): number {
    return this.#db.pragma(pragma, { simple: true }) as number;
  }

  get totalBytes(): number {
    return this.#number('page_count') * this.#pageBytes;
  }

  get freeBytes(): number {
    return this.#number('freelist_count') * this.#pageBytes;
  }

  /** Fits the size of SQLite's WAL to what is stored. */
  adapt(): void {
    const share = Math.round(this.#number('page_count') * CHECKPOINT_SHARE);
    const pages = Math.min(CHECKPOINT_PAGES_MAX, Math.max(CHECKPOINT_PAGES_MIN, share));
    if (pages === this.#checkpointPages) return;
    this.#checkpointPages = pages;
    this.#db.pragma(`wal_autocheckpoint = ${pages}`);
    // A reader's long transaction lets it grow; the file is cut when it is begun anew.
    this.#db.pragma(`journal_size_limit = ${pages * this.#pageBytes}`);
  }

  /** Gives a slice of free pages back; false when those that are left may stay. */
  giveBack(idle: boolean): boolean {
    const free = this.#number('freelist_count');
    const stay = idle ? 0 : Math.max(FREE_PAGES_MIN, this.#number('page_count') * FREE_SHARE);
    if (free <= stay) return false;
    this.#db.pragma(`incremental_vacuum(${VACUUM_PAGES})`);
    return true;
  }

  /** Copies SQLite's WAL back and empties it, as far as no reader needs it; never waits for one. */
  emptyWal(): void {
    const timeout = this.#number('busy_timeout');
    this.#db.pragma('busy_timeout = 0');
    try {
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      this.#db.pragma(`busy_timeout = ${timeout}`);
    }
  }
}
