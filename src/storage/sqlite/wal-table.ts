/** SQL of the WAL table and of the settings beside it. */

import zlib from 'node:zlib';
import type { Connection } from './database.ts';

export interface WalRow {
  readonly seq: number;
  readonly generation: number;
  readonly data: Buffer;
}

export interface WalTable {
  append(generation: number, data: Uint8Array): void;
  /** Removes up to `limit` rows of generations up to `generation`, of numbers up to `seq`; returns how many. */
  cut(generation: number, limit: number, seq: number): number;
  /** The first rows of generations up to `generation` behind number `after`, up to `limit`. */
  cuttable(generation: number, after: number, limit: number): WalRow[];
  /** Gives a row other data, or removes it. */
  replace(seq: number, data: Uint8Array | undefined): void;
  /** The row that follows number `after`, whatever its generation. */
  next(after: number): WalRow | undefined;
  /** Number of the newest row that there ever was; 0 before the first. */
  lastSeq(): number;
  /** Number of the first row of a generation after `flushed`, undefined where there is none. */
  firstSeq(flushed: number): number | undefined;
  /** Bytes of rows behind number `after` and before `before`. */
  bytesBetween(after: number, before: number): number;
  /** Rows of generations after `flushed`, in the order in which they were written. */
  rows(flushed: number): IterableIterator<WalRow>;
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
  const insert = db.prepare('INSERT INTO wal (seq, generation, data) VALUES (?, ?, ?)');
  const cut = db.prepare(
    'DELETE FROM wal WHERE seq IN (SELECT seq FROM wal WHERE generation <= ? AND seq <= ? ORDER BY seq LIMIT ?)',
  );
  const cuttable = db.prepare(
    'SELECT seq, generation, data FROM wal WHERE generation <= ? AND seq > ? ORDER BY seq LIMIT ?',
  );
  const update = db.prepare('UPDATE wal SET data = ? WHERE seq = ?');
  const remove = db.prepare('DELETE FROM wal WHERE seq = ?');
  const next = db.prepare('SELECT seq, generation, data FROM wal WHERE seq > ? ORDER BY seq LIMIT 1');
  const newest = db
    .prepare(
      "SELECT max((SELECT coalesce(max(seq), 0) FROM wal), coalesce((SELECT value FROM setting WHERE name = 'last_wal_seq'), 0))",
    )
    .pluck();
  const keepNewest = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('last_wal_seq', ?)");
  const first = db.prepare('SELECT min(seq) FROM wal WHERE generation > ?').pluck();
  const between = db
    .prepare('SELECT coalesce(sum(length(data)), 0) FROM wal WHERE seq > ? AND seq < ?')
    .pluck();
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
  let last: number | undefined;
  const lastSeq = () => (last ??= newest.get() as number);
  let kept = 0;
  // A number is never used again: who sends rows on knows by it how far he is.
  const cutRows = db.transaction((generation: number, limit: number, seq: number) => {
    const removed = cut.run(generation, seq, limit).changes;
    if (removed > 0 && kept < lastSeq()) keepNewest.run((kept = lastSeq()));
    return removed;
  });
  return {
    append: (generation, data) => {
      const seq = lastSeq() + 1;
      insert.run(seq, generation, data);
      last = seq;
    },
    cut: (generation, limit, seq) => cutRows(generation, limit, seq),
    cuttable: (generation, after, limit) => cuttable.all(generation, after, limit) as WalRow[],
    replace: (seq, data) => void (data ? update.run(data, seq) : remove.run(seq)),
    next: (after) => next.get(after) as WalRow | undefined,
    lastSeq: () => newest.get() as number,
    firstSeq: (flushed) => (first.get(flushed) as number | null) ?? undefined,
    bytesBetween: (after, before) => between.get(after, before) as number,
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
