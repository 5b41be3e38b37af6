/**
 * SQL of deletions. A tombstone says which samples are no more: those of the series that its matchers select, within
 * its times, in blocks of its generation and older ones. What was appended after it lies in newer generations and is
 * there. Each row is under a checksum: a damaged one must not hide what was never deleted.
 */

import zlib from 'node:zlib';
import type { MatcherData } from '../../model/matcher.ts';
import type { Connection } from './database.ts';
import { SIGNAL } from './schema.ts';

export interface Tombstone {
  /** Equal for equal tombstones alone, also where a row's id is used again. */
  readonly key: string;
  readonly id: number;
  readonly generation: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly matchers: readonly MatcherData[];
}

export interface TombstoneTable {
  add(stone: Omit<Tombstone, 'key' | 'id'>, nowMs: number): void;
  all(): Tombstone[];
  remove(id: number): void;
}

interface Row {
  readonly id: number;
  readonly generation: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly selector: string;
  readonly crc: number;
}

function crcOf({ generation, minMs, maxMs, selector }: Omit<Row, 'id' | 'crc'>): number {
  return zlib.crc32(JSON.stringify([SIGNAL.metrics, generation, minMs, maxMs, selector]));
}

/** `onDamage` is told what is damaged, in one line; the deletion is lost. */
export function tombstoneTable(db: Connection, onDamage: (what: string) => void = () => {}): TombstoneTable {
  const add = db.prepare(
    'INSERT INTO tombstone (signal, generation, selector, min_ms, max_ms, created_ms, crc) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const all = db.prepare(
    'SELECT id, generation, min_ms AS minMs, max_ms AS maxMs, selector, crc FROM tombstone ORDER BY id',
  );
  const remove = db.prepare('DELETE FROM tombstone WHERE id = ?');
  return {
    add({ generation, minMs, maxMs, matchers }, nowMs) {
      const selector = JSON.stringify(matchers);
      const crc = crcOf({ generation, minMs, maxMs, selector });
      add.run(SIGNAL.metrics, generation, selector, minMs, maxMs, nowMs, crc);
    },
    all: () =>
      (all.all() as Row[]).flatMap((row) => {
        if (crcOf(row) !== row.crc) {
          onDamage(`tombstone ${row.id} is damaged: what it deleted is there again`);
          return [];
        }
        const { id, generation, minMs, maxMs, crc } = row;
        const matchers = JSON.parse(row.selector) as MatcherData[];
        return { key: `${id}:${crc}`, id, generation, minMs, maxMs, matchers };
      }),
    remove: (id) => void remove.run(id),
  };
}
