/** SQL of the WAL table and of the settings beside it. */

import zlib from 'node:zlib';
import type { Connection } from './database.ts';

export interface WalTable {
  append(generation: number, data: Uint8Array): void;
  /** Removes up to `limit` rows of generations up to `generation`; returns how many. */
  cut(generation: number, limit: number): number;
  /** Rows of generations after `flushed`, in the order in which they were written. */
  rows(flushed: number): IterableIterator<{ seq: number; generation: number; data: Buffer }>;
  bytes(): number;
  /** The newest generation that is wholly in visible blocks. */
  flushedGeneration(): number;
  setFlushedGeneration(generation: number): void;
  /** Whether the number above is the one that was set; true where an older version set it. */
  flushedGenerationIsWhole(): boolean;
  /** When all was checked last, undefined before the first time. */
  checkedMs(): number | undefined;
  setCheckedMs(ms: number): void;
}

/** What stands beside a setting, so that damage to either shows. */
function checkOf(generation: number): number {
  return zlib.crc32(String(generation));
}

export function walTable(db: Connection): WalTable {
  const insert = db.prepare('INSERT INTO wal (generation, data) VALUES (?, ?)');
  const cut = db.prepare(
    'DELETE FROM wal WHERE seq IN (SELECT seq FROM wal WHERE generation <= ? ORDER BY seq LIMIT ?)',
  );
  const select = db.prepare('SELECT seq, generation, data FROM wal WHERE generation > ? ORDER BY seq');
  const size = db.prepare('SELECT coalesce(sum(length(data)), 0) FROM wal').pluck();
  const get = db.prepare("SELECT value FROM setting WHERE name = 'flushed_generation'").pluck();
  const set = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('flushed_generation', ?)");
  const getCheck = db.prepare("SELECT value FROM setting WHERE name = 'flushed_generation_check'").pluck();
  const setCheck = db.prepare(
    "INSERT OR REPLACE INTO setting (name, value) VALUES ('flushed_generation_check', ?)",
  );
  const getChecked = db.prepare("SELECT value FROM setting WHERE name = 'checked_ms'").pluck();
  const setChecked = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('checked_ms', ?)");
  const generationOf = () => get.get() as number | undefined;
  return {
    append: (generation, data) => void insert.run(generation, data),
    cut: (generation, limit) => cut.run(generation, limit).changes,
    rows: (flushed) => select.iterate(flushed) as ReturnType<WalTable['rows']>,
    bytes: () => size.get() as number,
    flushedGeneration: () => generationOf() ?? 0,
    setFlushedGeneration: (generation) => {
      set.run(generation);
      setCheck.run(checkOf(generation));
    },
    flushedGenerationIsWhole: () => {
      const check = getCheck.get() as number | undefined;
      return check === undefined || check === checkOf(generationOf() ?? 0);
    },
    checkedMs: () => getChecked.get() as number | undefined,
    setCheckedMs: (ms) => void setChecked.run(ms),
  };
}
