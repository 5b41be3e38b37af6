/**
 * SQL of the series themselves: chunks of label sets, and the hash by which a label set's id is found. Ids are given
 * by the front and never reused. Chunks of a signal do not overlap: a series whose id lies within a chunk goes into
 * it, which is then written anew and halved when it is too long; one behind a chunk goes into it while that is short.
 *
 *   ids      CRC-32 (from the signal), then varints of the differences, the first from 0
 *   labels   zstd with its checksum: per series u32 length, then the canonical labels one after another
 */

import zlib from 'node:zlib';
import { ByteWriter } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { indexInAscending } from '../../base/sorted.ts';
import type { Connection } from './database.ts';
import { countIds, readIds, sealIds, unsealIds, writeIds } from './id-list.ts';
import { SIGNAL, type SignalNumber } from './schema.ts';

/** Labels compress to a tenth and less together; one series' labels cost the decompression of its whole chunk. */
export const CHUNK_SERIES = 128;
/** Written once, read for long; level 3 is half of level 9's time within a tenth of its size. */
const LEVEL = 3;
/** Decompressed chunks that a connection keeps: neighbours are asked for one after another. */
const OPEN_CHUNKS_MAX = 64;
/** A chunk that says more is damaged. */
const CHUNK_BYTES_MAX = 256 * 1024 * 1024;
const TWO_32 = 4294967296;

/** Chunks that one transaction writes anew: each is some 0.3 ms. */
const REWRITES_MAX = 8;

/** Every hash that the table keeps is below this. */
export const HASH_END = 2 ** 48;

/** What of a label set's 64-bit hash the table keeps: 48 bits, equal ones are told apart by the bytes. */
export function sqlHash(low: number, high: number): number {
  return (high & 0xffff) * TWO_32 + low;
}

interface Chunk {
  readonly row: number;
  readonly signal: SignalNumber;
  /** Ascending. */
  readonly ids: Uint32Array;
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

export interface ChunkRow {
  readonly id: number;
  readonly ids: Buffer;
  readonly labels: Buffer;
}

export interface SeriesChunks {
  /** Ids of series whose label set may have this hash. */
  byHash(hash: number): number[];
  /** Canonical bytes of the series, or undefined. */
  labels(signal: SignalNumber, id: number): Uint8Array | undefined;
  /** All ids of the signal, ascending. */
  ids(signal: SignalNumber): Uint32Array;
}

/** `onDamage` is told of a chunk that cannot be read, by name: its series have no labels then. */
export function seriesChunks(db: Connection, onDamage: (place: string) => void): SeriesChunks {
  const byHash = db.prepare('SELECT series FROM series_hash WHERE hash = ?').pluck();
  const find = db.prepare(
    'SELECT id, ids, labels FROM series_chunk WHERE signal = ? AND first <= ? ORDER BY first DESC LIMIT 1',
  );
  const all = db.prepare('SELECT id, ids FROM series_chunk WHERE signal = ? ORDER BY first');
  const rowOf = db
    .prepare('SELECT id FROM series_chunk WHERE signal = ? AND first <= ? ORDER BY first DESC LIMIT 1')
    .pluck();
  // A chunk may grow or be cleaned up: what is kept is dropped when it lacks what is asked for, or all is.
  const open = new Map<number, Chunk>();
  let latest: Chunk | undefined;

  function chunkOf(signal: SignalNumber, id: number): Chunk | undefined {
    // Most look-ups go through the series in ascending order.
    if (latest?.signal === signal && indexInAscending(latest.ids, id) >= 0) return latest;
    return (latest = findChunk(signal, id));
  }

  function findChunk(signal: SignalNumber, id: number): Chunk | undefined {
    const row = rowOf.get(signal, id) as number | undefined;
    if (row === undefined) return undefined;
    const known = open.get(row);
    if (known && indexInAscending(known.ids, id) >= 0) return known;
    const read = find.get(signal, id) as ChunkRow | undefined;
    if (!read) return undefined;
    const chunk = openWhole(signal, read);
    if (!chunk) {
      onDamage(`chunk ${row} of the series table`);
      return undefined;
    }
    if (open.size >= OPEN_CHUNKS_MAX) open.delete(open.keys().next().value!);
    open.set(row, chunk);
    return chunk;
  }

  return {
    byHash: (hash) => byHash.all(hash) as number[],
    labels(signal, id) {
      const chunk = chunkOf(signal, id);
      const at = chunk ? indexInAscending(chunk.ids, id) : -1;
      if (!chunk || at < 0) return undefined;
      return chunk.bytes.subarray(at === 0 ? 0 : chunk.ends[at - 1]!, chunk.ends[at]!);
    },
    ids(signal) {
      const lists: Uint8Array[] = [];
      for (const row of all.iterate(signal) as IterableIterator<Pick<ChunkRow, 'id' | 'ids'>>) {
        const list = unsealIds(row.ids, signal);
        if (list) lists.push(list);
        else onDamage(`chunk ${row.id} of the series table`);
      }
      const out = new Uint32Array(lists.reduce((n, list) => n + countIds(list), 0));
      let at = 0;
      for (const list of lists) at = readIds(list, 0, out, at);
      return out;
    },
  };
}

/** The chunk, or undefined where it is damaged. */
function openWhole(signal: SignalNumber, row: ChunkRow): Chunk | undefined {
  try {
    return openChunk(signal, row);
  } catch {
    return undefined;
  }
}

/** None where they are damaged. */
function idsOf(signal: SignalNumber, row: ChunkRow): Uint32Array {
  const list = unsealIds(row.ids, signal);
  const ids = new Uint32Array(list ? countIds(list) : 0);
  if (list) readIds(list, 0, ids, 0);
  return ids;
}

/** Ids and canonical labels of a row of the table, or undefined where it is damaged. */
export function readChunk(
  signal: SignalNumber,
  row: ChunkRow,
): { readonly ids: Uint32Array; readonly labels: readonly Uint8Array[] } | undefined {
  const chunk = openWhole(signal, row);
  return chunk && { ids: chunk.ids, labels: labelsOf(chunk) };
}

function openChunk(signal: SignalNumber, row: ChunkRow): Chunk {
  const ids = idsOf(signal, row);
  if (ids.length === 0) throw new RangeError('damaged list of ids');
  const raw = zlib.zstdDecompressSync(row.labels, { maxOutputLength: CHUNK_BYTES_MAX });
  const ends = new Uint32Array(ids.length);
  let end = 0;
  for (let i = 0; i < ids.length; i++) ends[i] = end += raw.readUInt32LE(4 * i);
  if (4 * ids.length + end !== raw.length) throw new RangeError('other labels than ids');
  return { row: row.id, signal, ids, ends, bytes: raw.subarray(4 * ids.length) };
}

export interface SeriesChunkWriter {
  /**
   * Adds series, ascending, but for their hashes; those that are there already stay. One transaction's worth: returns
   * how many of them it was, at least one.
   */
  add(signal: SignalNumber, ids: ArrayLike<number>, labels: readonly Uint8Array[]): number;
  addHash(hash: number, id: number): void;
  /** Removes series (ascending). One transaction's worth. */
  remove(signal: SignalNumber, ids: readonly number[]): void;
  /** The largest id in use, 0 when there is none. */
  maxId(): number;
}

export function seriesChunkWriter(db: Connection): SeriesChunkWriter {
  const last = db.prepare(
    'SELECT id, ids, labels FROM series_chunk WHERE signal = ? ORDER BY first DESC LIMIT 1',
  );
  const following = db
    .prepare('SELECT first FROM series_chunk WHERE signal = ? AND first > ? ORDER BY first LIMIT 1')
    .pluck();
  const find = db.prepare(
    'SELECT id, ids, labels FROM series_chunk WHERE signal = ? AND first <= ? ORDER BY first DESC LIMIT 1',
  );
  const insert = db.prepare('INSERT INTO series_chunk (signal, first, ids, labels) VALUES (?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM series_chunk WHERE id = ?');
  const addHash = db.prepare('INSERT OR IGNORE INTO series_hash (hash, series) VALUES (?, ?)');
  const dropHash = db.prepare('DELETE FROM series_hash WHERE hash = ? AND series = ?');
  // Ids are never reused, also when the newest series were removed.
  const max = db.prepare("SELECT value FROM setting WHERE name = 'max_series_id'").pluck();
  const setMax = db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('max_series_id', ?)");
  const maxId = () => {
    const noted = max.get();
    // A number that was damaged must not give ids twice.
    const known = typeof noted === 'number' && noted >= 0 && noted < TWO_32 ? noted : 0;
    return Math.max(known, newestOf(SIGNAL.metrics), newestOf(SIGNAL.logs));
  };

  function newestOf(signal: SignalNumber): number {
    const row = last.get(signal) as ChunkRow | undefined;
    return (row && idsOf(signal, row).at(-1)) ?? 0;
  }

  /** As few chunks as there must be, of about one size. */
  function write(signal: SignalNumber, ids: readonly number[], labels: readonly Uint8Array[]): void {
    const size = Math.ceil(ids.length / Math.ceil(ids.length / CHUNK_SERIES));
    for (let from = 0; from < ids.length; from += size) {
      const own = ids.slice(from, from + size);
      const packed = packLabels(labels.slice(from, from + size));
      const list = new ByteWriter(2 * own.length + 8);
      writeIds(list, 0, own);
      insert.run(signal, own[0], sealIds(list.view(), signal), packed);
    }
  }

  /** Adds series that lie before the next chunk. Whether a chunk was written anew for them. */
  function addRun(signal: SignalNumber, ids: readonly number[], labels: readonly Uint8Array[]): boolean {
    const row = find.get(signal, ids[0]) as ChunkRow | undefined;
    const known = row ? idsOf(signal, row) : new Uint32Array(0);
    const isWithin = known.length > 0 && ids[0]! <= known.at(-1)!;
    // A damaged chunk stays as it is.
    const chunk = row && (isWithin || known.length < CHUNK_SERIES / 2) ? openWhole(signal, row) : undefined;
    if (!chunk) {
      write(signal, ids, labels);
      return false;
    }
    const all = new Map<number, Uint8Array>();
    labelsOf(chunk).forEach((bytes, i) => {
      all.set(chunk.ids[i]!, bytes);
    });
    ids.forEach((id, i) => {
      if (!all.has(id)) all.set(id, labels[i]!);
    });
    if (all.size === chunk.ids.length) return false;
    const sorted = [...all.keys()].sort((a, b) => a - b);
    drop.run(chunk.row);
    write(
      signal,
      sorted,
      sorted.map((id) => all.get(id)!),
    );
    return true;
  }

  return {
    maxId,
    addHash: (hash, id) => void addHash.run(hash, id),
    add(signal, ids, labels) {
      setMax.run(Math.max(maxId(), ids[ids.length - 1]!));
      let from = 0;
      for (let rewritten = 0; from < ids.length && rewritten < REWRITES_MAX; ) {
        const next = following.get(signal, ids[from]) as number | undefined;
        let to = from + 1;
        while (to < ids.length && (next === undefined || ids[to]! < next)) to++;
        const own = Array.prototype.slice.call(ids, from, to) as number[];
        if (addRun(signal, own, labels.slice(from, to))) rewritten++;
        from = to;
      }
      return from;
    },
    remove(signal, ids) {
      for (let i = 0; i < ids.length; ) {
        const row = find.get(signal, ids[i]!) as ChunkRow | undefined;
        const chunk = row && openWhole(signal, row);
        const newest = chunk?.ids.at(-1) ?? 0;
        const gone = new Set<number>();
        for (; i < ids.length && (ids[i]! <= newest || gone.size === 0); i++) gone.add(ids[i]!);
        if (!chunk) continue;
        const keptIds: number[] = [];
        const kept: Uint8Array[] = [];
        labelsOf(chunk).forEach((bytes, k) => {
          const id = chunk.ids[k]!;
          if (gone.has(id)) {
            const low = hashBytes(bytes, 0, bytes.length);
            dropHash.run(sqlHash(low, hash64.high), id);
          } else {
            keptIds.push(id);
            kept.push(bytes);
          }
        });
        if (kept.length === chunk.ids.length) continue;
        drop.run(chunk.row);
        if (kept.length > 0) write(signal, keptIds, kept);
      }
    },
  };
}

function labelsOf(chunk: Chunk): Uint8Array[] {
  return Array.from(chunk.ends, (end, i) => chunk.bytes.subarray(i === 0 ? 0 : chunk.ends[i - 1]!, end));
}

function packLabels(labels: readonly Uint8Array[]): Buffer {
  const out = new ByteWriter(256 * labels.length);
  for (const bytes of labels) out.u32(bytes.length);
  for (const bytes of labels) out.bytes(bytes);
  const { ZSTD_c_compressionLevel: level, ZSTD_c_checksumFlag: checksum } = zlib.constants;
  return zlib.zstdCompressSync(out.view(), { params: { [level]: LEVEL, [checksum]: 1 } });
}
