/**
 * SQL of journals: durable lists of records that their owners read at start and cut as they are done with them. A row
 * is what was added in one go, packed as a row of the WAL is (`wal-commit.ts`), its number in place of the generation.
 */

import type { Connection } from './database.ts';
import { packCommit, unpackCommit } from './wal-commit.ts';

export interface JournalRow {
  readonly number: number;
  /** Each `u32 length, record`. */
  readonly records: Uint8Array;
}

export interface JournalTable {
  append(name: string, number: number, records: Uint8Array): void;
  /** Removes up to `limit` rows with numbers below `before`; returns how many. */
  cut(name: string, before: number, limit: number): number;
  /** Rows behind number `after` until they have `bytesMax` bytes, one at least where there is one. */
  read(name: string, after: number, bytesMax: number): JournalRow[];
  /** The highest number of any journal, 0 where there is none. */
  lastNumber(): number;
  bytes(): number;
}

/** Rows that are damaged are told of and left out. */
export function journalTable(db: Connection, damaged: (what: string) => void): JournalTable {
  const insert = db.prepare('INSERT INTO journal (seq, name, data) VALUES (?, ?, ?)');
  const remove = db.prepare(
    'DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE name = ? AND seq < ? ORDER BY seq LIMIT ?)',
  );
  const select = db.prepare('SELECT seq, data FROM journal WHERE name = ? AND seq > ? ORDER BY seq');
  const last = db.prepare('SELECT coalesce(max(seq), 0) FROM journal').pluck();
  const size = db.prepare('SELECT coalesce(sum(length(data)), 0) FROM journal').pluck();
  return {
    append: (name, number, records) => void insert.run(number, name, packCommit(records, number)),
    cut: (name, before, limit) => remove.run(name, before, limit).changes,
    read: (name, after, bytesMax) => {
      const rows: JournalRow[] = [];
      let bytes = 0;
      for (const row of select.iterate(name, after) as IterableIterator<{ seq: number; data: Buffer }>) {
        const records = unpacked(row.data, row.seq, (why) =>
          damaged(`row ${row.seq} of journal ${name} is damaged and skipped: ${why}`),
        );
        rows.push({ number: row.seq, records });
        bytes += records.length;
        if (bytes >= bytesMax) break;
      }
      return rows;
    },
    lastNumber: () => last.get() as number,
    bytes: () => size.get() as number,
  };
}

/** No records where they are damaged. */
function unpacked(data: Buffer, number: number, damaged: (why: string) => void): Uint8Array {
  try {
    // A buffer of its own: what is sent to another thread is sent with all that it is a part of.
    return Uint8Array.from(unpackCommit(data, number));
  } catch (error) {
    damaged(error instanceof Error ? error.message : String(error));
    return new Uint8Array(0);
  }
}
