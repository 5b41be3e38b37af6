/**
 * Merging and cutting chunks of log entries in memory.
 *
 * 1. Entries are taken as runs that ascend in time; neighbouring runs are merged pairwise until one is left, which
 *    keeps entries of equal time in the order of their chunks. Chunks mostly ascend; a segment of the head may not.
 * 2. Entries equal in time, line and metadata are kept once, the first of them.
 * 3. What is left is copied, with one dictionary for all.
 */

import { assert } from '../../base/assert.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';

const NS_PER_MS = 1_000_000;
/** Up to this many entries of one time are compared one with another; more go through a hash table. */
const COMPARE_PAIRWISE_MAX = 4;

/** All entries of some chunks, numbered through in chunk order. */
class EntryTable {
  readonly chunks: readonly EntryChunk[];
  readonly count: number;
  readonly baseMs: number;
  /** Nanoseconds from `baseMs`. */
  readonly times: Float64Array;
  readonly chunkOf: Uint32Array;
  readonly firstOf: Uint32Array;

  constructor(chunks: readonly EntryChunk[]) {
    this.chunks = chunks;
    this.count = chunks.reduce((sum, c) => sum + c.count, 0);
    this.baseMs = chunks.reduce((min, c) => (c.count > 0 ? Math.min(min, c.baseMs) : min), Infinity);
    if (this.baseMs === Infinity) this.baseMs = chunks[0]?.baseMs ?? 0;
    this.times = new Float64Array(this.count);
    this.chunkOf = new Uint32Array(this.count);
    this.firstOf = new Uint32Array(chunks.length);
    let at = 0;
    chunks.forEach((chunk, c) => {
      this.firstOf[c] = at;
      const shift = (chunk.baseMs - this.baseMs) * NS_PER_MS;
      for (let i = 0; i < chunk.count; i++) this.times[at + i] = chunk.offsetsNs[i]! + shift;
      this.chunkOf.fill(c, at, at + chunk.count);
      at += chunk.count;
      const last = at > 0 ? this.times[at - 1]! : 0;
      assert(last <= Number.MAX_SAFE_INTEGER, 'merged entries span less than 104 days');
    });
  }

  chunk(entry: number): EntryChunk {
    return this.chunks[this.chunkOf[entry]!]!;
  }

  /** The entry's index in its chunk. */
  index(entry: number): number {
    return entry - this.firstOf[this.chunkOf[entry]!]!;
  }

  lineHash(entry: number): number {
    const chunk = this.chunk(entry);
    const i = this.index(entry);
    hashBytes(chunk.lines, lineStart(chunk, i), chunk.lineEnds[i]!);
    return hash64.high * 2097152 + (hash64.low >>> 11);
  }

  /** Whether line and metadata of two entries are equal. */
  same(a: number, b: number): boolean {
    const x = this.chunk(a);
    const y = this.chunk(b);
    const i = this.index(a);
    const j = this.index(b);
    const xLine = lineStart(x, i);
    const yLine = lineStart(y, j);
    const length = x.lineEnds[i]! - xLine;
    if (length !== y.lineEnds[j]! - yLine) return false;
    for (let k = 0; k < length; k++) if (x.lines[xLine + k] !== y.lines[yLine + k]) return false;
    const xPair = pairStart(x, i);
    const yPair = pairStart(y, j);
    const pairs = x.pairEnds[i]! - xPair;
    if (pairs !== y.pairEnds[j]! - yPair) return false;
    for (let k = 0; k < pairs; k++) {
      if (x.strings[x.pairs[xPair + k]!] !== y.strings[y.pairs[yPair + k]!]) return false;
    }
    return true;
  }
}

function lineStart(chunk: EntryChunk, i: number): number {
  return i === 0 ? 0 : chunk.lineEnds[i - 1]!;
}

function pairStart(chunk: EntryChunk, i: number): number {
  return i === 0 ? 0 : chunk.pairEnds[i - 1]!;
}

/** Entry numbers in order of time, stable. */
function orderByTime(table: EntryTable): Uint32Array {
  const { times, count } = table;
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  let ends: number[] = [];
  for (let i = 1; i <= count; i++) if (i === count || times[i]! < times[i - 1]!) ends.push(i);
  let spare = new Uint32Array(count);
  while (ends.length > 1) {
    const merged: number[] = [];
    for (let r = 0; r < ends.length; r += 2) {
      const from = r === 0 ? 0 : ends[r - 1]!;
      const middle = ends[r]!;
      const to = ends[r + 1] ?? middle;
      mergeRuns(order, spare, times, from, middle, to);
      merged.push(to);
    }
    [order, spare] = [spare, order];
    ends = merged;
  }
  return order;
}

function mergeRuns(
  from: Uint32Array,
  into: Uint32Array,
  times: Float64Array,
  start: number,
  middle: number,
  end: number,
): void {
  let a = start;
  let b = middle;
  for (let at = start; at < end; at++) {
    const takeA = a < middle && (b === end || times[from[a]!]! <= times[from[b]!]!);
    into[at] = takeA ? from[a++]! : from[b++]!;
  }
}

/** Drops from `order` what equals an entry of the same time before it; returns how many are left. */
function dropDuplicates(table: EntryTable, order: Uint32Array): number {
  const { times, count } = table;
  let kept = 0;
  for (let start = 0; start < count; ) {
    let end = start + 1;
    const time = times[order[start]!]!;
    while (end < count && times[order[end]!] === time) end++;
    const runStart = kept;
    const seen = end - start > COMPARE_PAIRWISE_MAX ? new Map<number, number[]>() : undefined;
    for (let i = start; i < end; i++) {
      const entry = order[i]!;
      let duplicate = false;
      if (seen) {
        const hash = table.lineHash(entry);
        const others = seen.get(hash);
        if (others) {
          duplicate = others.some((other) => table.same(other, entry));
          if (!duplicate) others.push(entry);
        } else seen.set(hash, [entry]);
      } else {
        for (let k = runStart; k < kept && !duplicate; k++) duplicate = table.same(order[k]!, entry);
      }
      if (!duplicate) order[kept++] = entry;
    }
    start = end;
  }
  return kept;
}

/** Copies the entries `order[0, count)`. */
function gather(table: EntryTable, order: Uint32Array, count: number, room?: LineRoom): EntryChunk {
  let lineBytes = 0;
  let pairCount = 0;
  for (let n = 0; n < count; n++) {
    const chunk = table.chunk(order[n]!);
    const i = table.index(order[n]!);
    lineBytes += chunk.lineEnds[i]! - lineStart(chunk, i);
    pairCount += chunk.pairEnds[i]! - pairStart(chunk, i);
  }
  const offsetsNs = new Float64Array(count);
  const lines = room ? room.take(lineBytes) : new Uint8Array(lineBytes);
  const lineEnds = new Uint32Array(count);
  const pairEnds = new Uint32Array(count);
  const pairs = new Uint32Array(pairCount);
  const strings: string[] = [];
  const numbers = new Map<string, number>();
  // Per chunk: its string indexes in the new dictionary, plus one; 0 where not looked up yet.
  const renumbered = table.chunks.map((c) => new Uint32Array(c.strings.length));
  let line = 0;
  let pair = 0;
  let pieceStart = -1;
  for (let n = 0; n < count; n++) {
    const entry = order[n]!;
    const chunk = table.chunk(entry);
    const i = table.index(entry);
    offsetsNs[n] = table.times[entry]!;
    const from = lineStart(chunk, i);
    const to = chunk.lineEnds[i]!;
    if (pieceStart < 0) pieceStart = from;
    lineEnds[n] = line += to - from;
    // Neighbours of one chunk are copied in one piece, at the last of them.
    if (n + 1 === count || order[n + 1] !== entry + 1 || i + 1 === chunk.count) {
      lines.set(chunk.lines.subarray(pieceStart, to), line - (to - pieceStart));
      pieceStart = -1;
    }
    const map = renumbered[table.chunkOf[entry]!]!;
    for (let k = pairStart(chunk, i); k < chunk.pairEnds[i]!; k++) {
      const old = chunk.pairs[k]!;
      let number = map[old]!;
      if (number === 0) {
        const text = chunk.strings[old]!;
        number = numbers.get(text) ?? 0;
        if (number === 0) {
          strings.push(text);
          number = strings.length;
          numbers.set(text, number);
        }
        map[old] = number;
      }
      pairs[pair++] = number - 1;
    }
    pairEnds[n] = pair;
  }
  return { count, baseMs: table.baseMs, offsetsNs, lines, lineEnds, pairEnds, pairs, strings };
}

/**
 * One chunk of all entries, ordered by time, entries of equal time in the order of their chunks; equal entries
 * once. The chunks must span less than 104 days together. With `room` the lines lie in it, until it is used again.
 */
export function mergeEntryChunks(chunks: readonly EntryChunk[], room?: LineRoom): EntryChunk {
  const table = new EntryTable(chunks);
  const order = orderByTime(table);
  return gather(table, order, dropDuplicates(table, order), room);
}

/** Memory for the lines of one merged chunk after another: fresh pages cost more than what is copied into them. */
export class LineRoom {
  #bytes = new Uint8Array(0);

  take(bytes: number): Uint8Array {
    if (this.#bytes.length < bytes) this.#bytes = new Uint8Array(Math.max(bytes, 2 * this.#bytes.length));
    return this.#bytes.subarray(0, bytes);
  }
}

/** The chunk without the entries that `dropped` has a 1 for; the chunk itself where there are none. */
export function dropEntries(chunk: EntryChunk, dropped: Uint8Array): EntryChunk {
  const first = dropped.indexOf(0);
  if (first < 0) return sliceEntryChunk(chunk, 0, 0);
  const end = dropped.lastIndexOf(0) + 1;
  const gap = dropped.indexOf(1, first);
  if (gap < 0 || gap >= end) return sliceEntryChunk(chunk, first, end);
  const order = new Uint32Array(end - first);
  let kept = 0;
  for (let i = first; i < end; i++) if (dropped[i] === 0) order[kept++] = i;
  return gather(new EntryTable([chunk]), order, kept);
}

/** Entries `[from, to)` of a chunk; bytes and strings are shared with it. */
export function sliceEntryChunk(chunk: EntryChunk, from: number, to: number): EntryChunk {
  if (from === 0 && to === chunk.count) return chunk;
  const count = to - from;
  const firstLine = lineStart(chunk, from);
  const firstPair = pairStart(chunk, from);
  const lineEnds = chunk.lineEnds.slice(from, to);
  const pairEnds = chunk.pairEnds.slice(from, to);
  for (let i = 0; i < count; i++) {
    lineEnds[i]! -= firstLine;
    pairEnds[i]! -= firstPair;
  }
  return {
    count,
    baseMs: chunk.baseMs,
    offsetsNs: chunk.offsetsNs.subarray(from, to),
    lines: chunk.lines.subarray(firstLine, firstLine + (lineEnds[count - 1] ?? 0)),
    lineEnds,
    pairEnds,
    pairs: chunk.pairs.subarray(firstPair, firstPair + (pairEnds[count - 1] ?? 0)),
    strings: chunk.strings,
  };
}
