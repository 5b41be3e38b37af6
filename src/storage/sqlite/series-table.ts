/**
 * SQL of the label index: series, label pairs, postings. Ids are given by the front and never reused. A series
 * is written once and found by the hash of its canonical label bytes; equal hashes are told apart by the bytes.
 */

import { ByteWriter, compareBytes } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { intersectAscending } from '../../base/sorted.ts';
import { Labels } from '../../model/labels.ts';
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

/** Whether the canonical bytes have the hash: what tells damage to either. */
export function isWhole(bytes: Uint8Array, hash: bigint): boolean {
  hashBytes(bytes, 0, bytes.length);
  return sqlHash(hash64.low, hash64.high) === hash;
}

/**
 * The canonical labels of a series whose row is damaged, from its postings, which say the same: a walk through all of
 * them. Undefined where they too are damaged.
 */
export function labelsFromPostings(
  db: Connection,
  id: number,
  hash: bigint,
  stored: Uint8Array,
): Uint8Array | undefined {
  const pairs = db
    .prepare(
      'SELECT name, value FROM posting JOIN label_pair ON label_pair.id = posting.pair WHERE posting.series = ?',
    )
    .raw()
    .all(id) as [string, string][];
  const out = new ByteWriter();
  Labels.from(pairs).writeTo(out);
  const bytes = out.take();
  // Else it may be the hash that is damaged.
  return isWhole(bytes, hash) || compareBytes(bytes, stored) === 0 ? bytes : undefined;
}

export interface SeriesReader {
  /** Rows of the hash. One whose labels are damaged is among them. */
  find(signal: SignalNumber, hash: bigint): SeriesRow[];
  /**
   * Canonical bytes. Where the row is damaged `onDamage` is told, and they are those that the postings say; undefined
   * where there is no such series or nothing says what it was.
   */
  labels(id: number): Uint8Array | undefined;
  /** Ids of the series that every matcher accepts, ascending. Matchers that accept '' are not narrowed by: the caller filters. */
  candidates(signal: SignalNumber, matchers: readonly Matcher[]): number[];
}

export function seriesReader(db: Connection, onDamage: (series: number) => void = () => {}): SeriesReader {
  const byHash = db.prepare('SELECT id, labels FROM series WHERE hash = ? AND signal = ?');
  const byId = db.prepare('SELECT labels, hash FROM series WHERE id = ?').safeIntegers();
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
    labels(id) {
      const row = byId.get(id) as { labels: Buffer; hash: bigint } | undefined;
      if (!row || isWhole(row.labels, row.hash)) return row?.labels;
      onDamage(id);
      return labelsFromPostings(db, id, row.hash, row.labels);
    },
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
