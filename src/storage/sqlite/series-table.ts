/**
 * SQL of the label index: series, label pairs, postings. Ids are given by the front and never reused. A series
 * is written once and found by the hash of its canonical label bytes; equal hashes are told apart by the bytes.
 */

import { intersectAscending } from '../../base/sorted.ts';
import type { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import type { Connection } from './database.ts';
import type { SignalNumber } from './schema.ts';

export interface SeriesRow {
  readonly id: number;
  readonly labels: Uint8Array;
}

/** The 64-bit hash as SQLite stores it: signed. */
export function sqlHash(low: number, high: number): bigint {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low));
}

export interface SeriesWriter {
  /** Adds a series and its postings. */
  add(id: number, signal: SignalNumber, hash: bigint, bytes: Uint8Array, labels: Labels): void;
  /** Forgets what it remembers of the table: a transaction that added pairs was rolled back. */
  forget(): void;
  /** The largest id in use, 0 when there is none. */
  maxId(): number;
}

export function seriesWriter(db: Connection): SeriesWriter {
  const insert = db.prepare('INSERT OR IGNORE INTO series (id, signal, hash, labels) VALUES (?, ?, ?, ?)');
  const findPair = db
    .prepare('SELECT id FROM label_pair WHERE signal = ? AND name = ? AND value = ?')
    .pluck();
  const addPair = db.prepare('INSERT INTO label_pair (signal, name, value) VALUES (?, ?, ?)');
  const addPosting = db.prepare('INSERT OR IGNORE INTO posting (pair, series) VALUES (?, ?)');
  const max = db.prepare('SELECT coalesce(max(id), 0) FROM series').pluck();
  // Pairs seen in this process: most new series share most of their pairs. Bounded, since values may be unbounded.
  const pairs = new Map<string, number>();
  const PAIRS_MAX = 50_000;
  return {
    add(id, signal, hash, bytes, labels) {
      insert.run(id, signal, hash, bytes);
      const p = labels.pairs;
      for (let i = 0; i < p.length; i += 2) {
        const key = `${signal}\0${p[i]}\0${p[i + 1]}`;
        let pair = pairs.get(key);
        if (pair === undefined) {
          pair = findPair.get(signal, p[i], p[i + 1]) as number | undefined;
          pair ??= Number(addPair.run(signal, p[i], p[i + 1]).lastInsertRowid);
          if (pairs.size >= PAIRS_MAX) pairs.clear();
          pairs.set(key, pair);
        }
        addPosting.run(pair, id);
      }
    },
    forget: () => pairs.clear(),
    maxId: () => max.get() as number,
  };
}

export interface SeriesReader {
  find(signal: SignalNumber, hash: bigint): SeriesRow[];
  labels(id: number): Buffer | undefined;
  /** Ids of the series that every matcher accepts, ascending. Matchers that accept '' are not narrowed by: the caller filters. */
  candidates(signal: SignalNumber, matchers: readonly Matcher[]): number[];
}

export function seriesReader(db: Connection): SeriesReader {
  const byHash = db.prepare('SELECT id, labels FROM series WHERE hash = ? AND signal = ?');
  const byId = db.prepare('SELECT labels FROM series WHERE id = ?').pluck();
  const all = db.prepare('SELECT id FROM series WHERE signal = ? ORDER BY id').pluck();
  const pairOf = db.prepare('SELECT id FROM label_pair WHERE signal = ? AND name = ? AND value = ?').pluck();
  const pairsOf = db.prepare('SELECT id, value FROM label_pair WHERE signal = ? AND name = ?');
  const postings = db.prepare('SELECT series FROM posting WHERE pair = ? ORDER BY series').pluck();

  function pairIds(signal: SignalNumber, m: Matcher): number[] {
    if (m.literals) {
      const ids: number[] = [];
      for (const v of new Set(m.literals)) {
        const id = v === '' ? undefined : (pairOf.get(signal, m.name, v) as number | undefined);
        if (id !== undefined) ids.push(id);
      }
      return ids;
    }
    const rows = pairsOf.all(signal, m.name) as { id: number; value: string }[];
    return rows.filter((r) => m.matches(r.value)).map((r) => r.id);
  }

  return {
    find: (signal, hash) => byHash.all(hash, signal) as SeriesRow[],
    labels: (id) => byId.get(id) as Buffer | undefined,
    candidates(signal, matchers) {
      let ids: number[] | undefined;
      for (const m of matchers) {
        if (m.matchesEmpty) continue;
        const lists = pairIds(signal, m).map((pair) => postings.all(pair) as number[]);
        const union = lists.length === 1 ? lists[0]! : [...new Set(lists.flat())].sort((a, b) => a - b);
        ids = ids === undefined ? union : intersectAscending(ids, union);
        if (ids.length === 0) return ids;
      }
      return ids ?? (all.all(signal) as number[]);
    },
  };
}
