/**
 * The label index against itself: chunks of series say what the postings and hashes must be. Both are summed up, as
 * counts and sums of hashes that do not depend on the order, so the check needs no memory and no look-ups; where a sum
 * differs, the index is made anew from the chunks. Chunks and lists are under checksums of their own: those of a damaged
 * chunk are lost, and with one the sums cannot be compared.
 *
 * What is being added or removed is not whole; the check is then left to the next start.
 */

import zlib from 'node:zlib';
import { ByteReader } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { Labels } from '../../model/labels.ts';
import { brokenStructure } from './corruption.ts';
import type { Connection } from './database.ts';
import { postingRows } from './posting-table.ts';
import { SIGNAL, type SignalNumber } from './schema.ts';
import { type ChunkRow, readChunk } from './series-chunks.ts';
import type { SeriesWriter } from './series-table.ts';

const TWO_32 = 4294967296;
/** Distinct label pairs whose hashes are kept. */
const PAIRS_MAX = 50_000;
/** Rows between two yields. */
const SLICE_ROWS = 128;

interface Parts {
  readonly db: Connection;
  readonly series: SeriesWriter;
  damaged(place: string, what: string): void;
}

/** A multiset of numbers, as far as equality is asked for. */
class Sum {
  count = 0;
  #sum = 0;

  add(a: number, b: number): void {
    let h = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
    this.#sum = (this.#sum + ((h ^ (h >>> 15)) >>> 0)) % TWO_32;
    this.count++;
  }

  equals(other: Sum): boolean {
    return this.count === other.count && this.#sum === other.#sum;
  }
}

interface Sums {
  readonly postings: Sum;
  readonly hashes: Sum;
}

export function* verifySeries(parts: Parts): Generator<void, void> {
  const { db, series } = parts;
  const { changes } = series;
  if (series.isUnderWay()) return;
  const want = yield* sumChunks(parts);
  if (!want) return;
  const have = { postings: yield* sumPostings(db), hashes: yield* sumHashes(db) };
  const isRight = have.postings?.equals(want.postings) && have.hashes.equals(want.hashes);
  if (isRight || series.changes !== changes) return;
  rebuild(parts);
  parts.damaged('label index', 'the label index was damaged and is made anew');
  yield;
}

interface StoredChunk extends ChunkRow {
  readonly signal: SignalNumber;
  readonly first: number;
}

/** By row id, ascending. */
function* storedChunks(db: Connection): Generator<StoredChunk, void> {
  const after = db.prepare(
    'SELECT id, signal, first, ids, labels FROM series_chunk WHERE id > ? ORDER BY id LIMIT 1',
  );
  for (let at = 0; ; ) {
    const row = after.get(at) as StoredChunk | undefined;
    if (!row) return;
    // Rows out of order would send the walk round in circles.
    if (row.id <= at) throw brokenStructure('rows of the series table are out of order');
    at = row.id;
    yield row;
  }
}

/** What the index must be; undefined where a chunk is damaged. */
function* sumChunks({ db, damaged }: Parts): Generator<void, Sums | undefined> {
  const sums: Sums = { postings: new Sum(), hashes: new Sum() };
  const setFirst = db.prepare('UPDATE OR IGNORE series_chunk SET first = ? WHERE id = ?');
  const pairs = new Map<string, number>();
  let whole = true;
  for (const row of storedChunks(db)) {
    const chunk = readChunk(row.signal, row);
    if (!chunk) {
      whole = false;
      damaged(`chunk ${row.id} of the series table`, `chunk ${row.id} of the series table is damaged`);
      continue;
    }
    if (row.first !== chunk.ids[0]) {
      setFirst.run(chunk.ids[0], row.id);
      damaged(`first of chunk ${row.id}`, `the row of chunk ${row.id} was damaged and is put right`);
    }
    chunk.labels.forEach((bytes, i) => {
      const id = chunk.ids[i]!;
      sums.hashes.add(hashBytes(bytes, 0, bytes.length) ^ (hash64.high & 0xffff), id);
      const p = Labels.readFrom(new ByteReader(bytes)).pairs;
      for (let k = 0; k < p.length; k += 2) {
        const key = `${row.signal}${p[k]}\0${p[k + 1]}`;
        let hash = pairs.get(key);
        if (hash === undefined) {
          if (pairs.size >= PAIRS_MAX) pairs.clear();
          pairs.set(key, (hash = zlib.crc32(key)));
        }
        sums.postings.add(hash, id);
      }
    });
    yield;
  }
  return whole ? sums : undefined;
}

/** Undefined where a row is damaged. */
function* sumPostings(db: Connection): Generator<void, Sum | undefined> {
  const sum = new Sum();
  const names = db.prepare('SELECT id, signal, name FROM label_name').all() as {
    id: number;
    signal: number;
    name: string;
  }[];
  let rows = 0;
  for (const { id: label, signal, name } of names) {
    for (const row of postingRows(db, label)) {
      if (!row.ids) return undefined;
      const hash = zlib.crc32(`${signal}${name}\0${row.value}`);
      for (const id of row.ids) sum.add(hash, id);
      if (++rows % SLICE_ROWS === 0) yield;
    }
  }
  return sum;
}

function* sumHashes(db: Connection): Generator<void, Sum> {
  const sum = new Sum();
  const after = db
    .prepare(
      'SELECT hash, series FROM series_hash WHERE (hash, series) > (?, ?) ORDER BY hash, series LIMIT 512',
    )
    .raw();
  for (let at = [-1, -1] as [number, number]; ; ) {
    const rows = after.all(...at) as [number, number][];
    if (rows.length === 0) return sum;
    for (const [hash, series] of rows) sum.add((hash % TWO_32) ^ Math.floor(hash / TWO_32), series);
    const next = rows.at(-1)!;
    if (next[0] < at[0] || (next[0] === at[0] && next[1] <= at[1]))
      throw brokenStructure('rows of the hashes of series are out of order');
    at = next;
    yield;
  }
}

/** Hashes and postings anew, from the chunks. */
function rebuild({ db, series }: Parts): void {
  const rows = db.prepare(
    'SELECT id, signal, first, ids, labels FROM series_chunk WHERE signal = ? AND first > ? ORDER BY first LIMIT 1',
  );
  db.transaction(() => {
    db.exec('DELETE FROM posting; DELETE FROM label_name; DELETE FROM series_hash');
    series.forget();
    for (const signal of [SIGNAL.metrics, SIGNAL.logs]) {
      for (let first = -1; ; ) {
        const row = rows.get(signal, first) as StoredChunk | undefined;
        if (!row) break;
        if (row.first <= first) throw brokenStructure('chunks of series are out of order');
        first = row.first;
        const chunk = readChunk(signal, row);
        if (chunk) series.index(signal, Array.from(chunk.ids), chunk.labels);
      }
    }
  })();
}
