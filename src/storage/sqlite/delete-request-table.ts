/**
 * SQL of requests to delete log entries. A pending one (received, not carried out) hides the entries that its query
 * selects within its times, in blocks of its generation and older ones: what was appended after it lies in newer
 * generations and is there. Carried out, it deletes nothing any more and stays listed. Each row is under a checksum: a
 * damaged one must not hide what was never deleted.
 */

import zlib from 'node:zlib';
import type { MatcherData } from '../../model/matcher.ts';
import type { Connection } from './database.ts';

export interface StoredDeleteRequest {
  readonly id: string;
  /** As it was asked for. */
  readonly query: string;
  /** Whether the query looks at entries, beyond the matchers of its selector. */
  readonly filtered: boolean;
  readonly matchers: readonly MatcherData[];
  /** Both inclusive, to the nanosecond. */
  readonly minMs: number;
  readonly maxMs: number;
  readonly generation: number;
  readonly createdMs: number;
  /** When it was carried out; null while it is pending. */
  readonly processedMs: number | null;
}

export interface DeleteRequestTable {
  add(request: Omit<StoredDeleteRequest, 'processedMs'>): void;
  /** Oldest first. */
  all(): StoredDeleteRequest[];
  pending(): StoredDeleteRequest[];
  find(id: string): StoredDeleteRequest | undefined;
  setProcessed(id: string, nowMs: number): void;
  remove(id: string): void;
}

interface Row {
  readonly id: string;
  readonly query: string;
  readonly filtered: number;
  readonly selector: string;
  readonly minMs: number;
  readonly maxMs: number;
  readonly generation: number;
  readonly createdMs: number;
  readonly processedMs: number | null;
  readonly crc: number;
}

const COLUMNS =
  'id, query, filtered, selector, min_ms AS minMs, max_ms AS maxMs, generation, created_ms AS createdMs, processed_ms AS processedMs, crc';

/** Of all but the time at which it was carried out, which deletes nothing. */
function crcOf(row: Omit<Row, 'processedMs' | 'crc'>): number {
  const { id, query, filtered, selector, minMs, maxMs, generation, createdMs } = row;
  return zlib.crc32(JSON.stringify([id, query, filtered, selector, minMs, maxMs, generation, createdMs]));
}

/** `onDamage` is told what is damaged, in one line; the request is lost. */
export function deleteRequestTable(
  db: Connection,
  onDamage: (what: string) => void = () => {},
): DeleteRequestTable {
  const add = db.prepare(
    `INSERT INTO delete_request (id, query, filtered, selector, min_ms, max_ms, generation, created_ms, crc)
     VALUES (@id, @query, @filtered, @selector, @minMs, @maxMs, @generation, @createdMs, @crc)`,
  );
  const all = db.prepare(`SELECT ${COLUMNS} FROM delete_request ORDER BY created_ms, rowid`);
  const pending = db.prepare(
    `SELECT ${COLUMNS} FROM delete_request WHERE processed_ms IS NULL ORDER BY created_ms, rowid`,
  );
  const find = db.prepare(`SELECT ${COLUMNS} FROM delete_request WHERE id = ?`);
  const setProcessed = db.prepare('UPDATE delete_request SET processed_ms = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM delete_request WHERE id = ?');

  const whole = (rows: readonly Row[]): StoredDeleteRequest[] =>
    rows.flatMap((row) => {
      const { filtered, selector, crc, ...rest } = row;
      if (crcOf(row) === crc) {
        const matchers = JSON.parse(selector) as MatcherData[];
        return [{ ...rest, filtered: filtered === 1, matchers }];
      }
      onDamage(`delete request ${row.id} is damaged: what it hid is there again`);
      return [];
    });

  return {
    add({ filtered, matchers, ...rest }) {
      const row = { ...rest, filtered: filtered ? 1 : 0, selector: JSON.stringify(matchers) };
      add.run({ ...row, crc: crcOf(row) });
    },
    all: () => whole(all.all() as Row[]),
    pending: () => whole(pending.all() as Row[]),
    find: (id) => whole(find.all(id) as Row[])[0],
    setProcessed: (id, nowMs) => void setProcessed.run(nowMs, id),
    remove: (id) => void remove.run(id),
  };
}
