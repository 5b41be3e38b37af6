/**
 * The label index in SQLite: series (`series-chunks.ts`) and postings (`posting-table.ts`) together. Ids are given by
 * the front and never reused.
 */

import { ByteReader, ByteWriter, compareBytes } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { PackedLabels, type PackedSeries } from '../head/packed-labels.ts';
import { seriesById } from '../select/id-order.ts';
import type { Connection } from './database.ts';
import { keepingPostings, type PostingReader, postingReader, postingWriter } from './posting-table.ts';
import { SIGNAL, type SignalNumber } from './schema.ts';
import {
  CHUNK_SERIES,
  HASH_END,
  type SeriesChunks,
  seriesChunks,
  seriesChunkWriter,
  sqlHash,
} from './series-chunks.ts';
import { type LabelsOf, selectSeries } from './series-select.ts';

/** Pairs whose postings are written in one transaction. */
const SLICE_PAIRS = 256;
/** Hashes, about, that are written in one transaction. */
const SLICE_HASHES = 512;

export interface SeriesWriter {
  /** Adds series, in any order, and their postings, a slice a transaction. May be repeated when it broke off. */
  add(signal: SignalNumber, series: PackedSeries): Generator<void, void>;
  /** Adds series by their canonical labels, ids ascending; for the migration. */
  addCanonical(signal: SignalNumber, ids: readonly number[], labels: readonly Uint8Array[]): void;
  /** Removes series (ascending) and their postings, a slice a transaction. */
  remove(signal: SignalNumber, ids: readonly number[]): Generator<void, void>;
  /** Adds hashes and postings of series whose chunks are there; for the migration and where the index is made anew. */
  index(signal: SignalNumber, ids: readonly number[], labels: readonly Uint8Array[]): void;
  /** Whether adding or removing is under way, or broke off: the index is not whole then. */
  isUnderWay(): boolean;
  /** How often series were added or removed. */
  readonly changes: number;
  /** Forgets what it remembers of the tables: a transaction was rolled back. */
  forget(): void;
  /** The largest id that was ever in use, 0 when there is none. */
  maxId(): number;
}

export function seriesWriter(db: Connection): SeriesWriter {
  const chunks = seriesChunkWriter(db);
  const read = seriesChunks(db, () => {});
  const postings = postingWriter(db);
  const notes = workNotes(db);
  let changes = 0;

  /** Notes in the database that the tables do not agree until this is done: a start finds the note after a crash. */
  function* noted(what: string, work: Generator<void, void>): Generator<void, void> {
    changes++;
    notes.begin(what);
    yield* work;
    notes.end(what);
  }

  function* writePostings(
    signal: SignalNumber,
    pairs: Iterable<readonly [pair: readonly [name: string, value: string], ids: readonly number[]]>,
    write: (signal: SignalNumber, name: string, value: string, ids: readonly number[]) => void,
  ): Generator<void, void> {
    // In the order of the table: what lies side by side is written together.
    const sorted = [...pairs].sort(([a], [b]) => compare(a[0], b[0]) || compare(a[1], b[1]));
    for (let from = 0; from < sorted.length; from += SLICE_PAIRS) {
      db.transaction(() => {
        for (const [[name, value], ids] of sorted.slice(from, from + SLICE_PAIRS))
          write(signal, name, value, ids);
        postings.changed();
      })();
      yield;
    }
  }

  /** In the order of the table: neighbours share its pages, which each transaction writes anew. */
  function* writeHashes(hashes: Float64Array, ids: ArrayLike<number>): Generator<void, void> {
    const buckets = Array.from({ length: Math.ceil(hashes.length / SLICE_HASHES) }, () => [] as number[]);
    hashes.forEach((hash, i) => {
      buckets[Math.floor((hash / HASH_END) * buckets.length)]!.push(i);
    });
    for (const own of buckets) {
      own.sort((a, b) => hashes[a]! - hashes[b]!);
      db.transaction(() => {
        for (const i of own) chunks.addHash(hashes[i]!, ids[i]!);
      })();
      yield;
    }
  }

  function index(signal: SignalNumber, ids: readonly number[], labels: readonly Uint8Array[]): void {
    labels.forEach((bytes, i) => {
      const low = hashBytes(bytes, 0, bytes.length);
      chunks.addHash(sqlHash(low, hash64.high), ids[i]!);
    });
    for (const [pair, list] of pairsOf(ids, labels)) postings.add(signal, pair[0], pair[1], list);
    postings.changed();
  }

  function* add(signal: SignalNumber, series: PackedSeries): Generator<void, void> {
    const { ids, refs, slabs } = seriesById(series);
    const packed = new PackedLabels(slabs);
    const out = new ByteWriter(512);
    const byPair = new Map<number, number[]>();
    const hashes = new Float64Array(ids.length);
    for (let from = 0; from < ids.length; ) {
      const to = Math.min(ids.length, from + CHUNK_SERIES);
      const labels: Uint8Array[] = [];
      for (let i = from; i < to; i++) {
        out.clear();
        packed.writeCanonical(refs[i]!, out);
        labels.push(out.take());
      }
      const added = db.transaction(() => chunks.add(signal, ids.subarray(from, to), labels))();
      for (let i = from; i < from + added; i++) {
        const bytes = labels[i - from]!;
        const low = hashBytes(bytes, 0, bytes.length);
        hashes[i] = sqlHash(low, hash64.high);
        addToPairs(byPair, packed, refs[i]!, ids[i]!);
      }
      from += added;
      yield;
    }
    yield* writeHashes(hashes, ids);
    yield* writePostings(
      signal,
      Array.from(byPair, ([ref, list]) => [packed.pair(ref), list] as const),
      postings.add,
    );
  }

  function* remove(signal: SignalNumber, ids: readonly number[]): Generator<void, void> {
    for (let from = 0; from < ids.length; from += CHUNK_SERIES) {
      const own = ids.slice(from, from + CHUNK_SERIES);
      // Postings first: a series without them is found again and removed when this broke off.
      const labels = own.map((id) => read.labels(signal, id));
      const there = own.filter((_, i) => labels[i]);
      const pairs = pairsOf(
        there,
        labels.filter((l) => l !== undefined),
      );
      yield* writePostings(signal, pairs, postings.remove);
      db.transaction(() => chunks.remove(signal, there))();
      yield;
    }
  }

  return {
    *add(signal, series) {
      if (series.ids.length > 0) yield* noted(`adding_${signal}`, add(signal, series));
    },
    addCanonical(signal, ids, labels) {
      for (let at = 0; at < ids.length; ) at += chunks.add(signal, ids.slice(at), labels.slice(at));
      index(signal, ids, labels);
    },
    *remove(signal, ids) {
      if (ids.length > 0) yield* noted(`removing_${signal}`, remove(signal, ids));
    },
    index,
    isUnderWay: notes.any,
    get changes() {
      return changes;
    },
    forget: postings.forget,
    maxId: chunks.maxId,
  };
}

const pairRefs: number[] = [];

/** Adds the series to the lists of its pairs. */
function addToPairs(byPair: Map<number, number[]>, packed: PackedLabels, ref: number, id: number): void {
  const n = packed.pairsOf(ref, pairRefs);
  for (let k = 0; k < n; k++) {
    const list = byPair.get(pairRefs[k]!);
    if (list) list.push(id);
    else byPair.set(pairRefs[k]!, [id]);
  }
}

/** What changes the series at the moment, noted in the database. */
function workNotes(db: Connection) {
  const begin = db.prepare("INSERT OR IGNORE INTO setting (name, value) VALUES ('series_' || ?, 1)");
  const end = db.prepare("DELETE FROM setting WHERE name = 'series_' || ?");
  const any = db.prepare("SELECT 1 FROM setting WHERE name GLOB 'series_*' LIMIT 1").pluck();
  return {
    begin: (what: string) => void begin.run(what),
    end: (what: string) => void end.run(what),
    any: () => any.get() === 1,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pairsOf(
  ids: readonly number[],
  labels: readonly Uint8Array[],
): (readonly [pair: readonly [name: string, value: string], ids: number[]])[] {
  const lists = new Map<string, readonly [pair: readonly [string, string], ids: number[]]>();
  ids.forEach((id, i) => {
    const p = Labels.readFrom(new ByteReader(labels[i]!)).pairs;
    for (let k = 0; k < p.length; k += 2) {
      const key = `${p[k]!.length}:${p[k]}${p[k + 1]}`;
      const known = lists.get(key);
      if (known) known[1].push(id);
      else lists.set(key, [[p[k]!, p[k + 1]!], [id]]);
    }
  });
  return [...lists.values()];
}

export interface SeriesReader {
  readonly chunks: SeriesChunks;
  readonly postings: PostingReader;
  /** Canonical labels of a series of whichever signal. */
  labels(id: number): Uint8Array | undefined;
  /** The id of these canonical labels, or undefined. */
  find(signal: SignalNumber, low: number, high: number, canonical: Uint8Array): number | undefined;
  /** Ids of the series that every matcher accepts, ascending. */
  select(signal: SignalNumber, matchers: readonly Matcher[], labelsOf?: LabelsOf): Uint32Array;
}

/** `onDamage` is told of what cannot be read and is left out, by name. */
export function seriesReader(db: Connection, onDamage: (place: string) => void = () => {}): SeriesReader {
  return readerOf(seriesChunks(db, onDamage), postingReader(db, onDamage));
}

/** A reader that keeps postings from one read transaction to the next; `begin` comes first in each. */
export function keepingSeriesReader(
  db: Connection,
  onDamage: (place: string) => void,
): SeriesReader & { begin(): void } {
  const postings = keepingPostings(db, postingReader(db, onDamage));
  return { ...readerOf(seriesChunks(db, onDamage), postings), begin: postings.begin };
}

function readerOf(chunks: SeriesChunks, postings: PostingReader): SeriesReader {
  return {
    chunks,
    postings,
    labels: (id) => chunks.labels(SIGNAL.metrics, id) ?? chunks.labels(SIGNAL.logs, id),
    find(signal, low, high, canonical) {
      return chunks.byHash(sqlHash(low, high)).find((id) => {
        const labels = chunks.labels(signal, id);
        return labels !== undefined && compareBytes(labels, canonical) === 0;
      });
    },
    select: (signal, matchers, labelsOf) => selectSeries({ chunks, postings }, signal, matchers, labelsOf),
  };
}
