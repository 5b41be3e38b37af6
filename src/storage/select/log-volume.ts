/**
 * How many entries and bytes of lines there are of each stream, by bucket of time, mostly without looking at a line:
 *
 *   a chunk within one bucket             → its page's directory says all
 *   cut by a bound, or in an older page   → its times and lengths of lines are read
 *   a head segment of distinct times      → the segment says all, or its columns where it is cut
 *   overlaps one of another place         → the times of both are read; where one is in both, the two are merged with
 *                                           their lines, since equal entries count once
 *   touched by a deletion                 → opened, and what is left is counted
 *
 * Times are nanoseconds from the partition's start, which float64 holds exactly.
 */

import { unionAscending } from '../../base/sorted.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { Labels } from '../../model/labels.ts';
import { openEntries } from '../block/entry-chunks.ts';
import { type EntrySource, entryWindows } from '../block/entry-windows.ts';
import { type PageChunk, PageCursor } from '../block/page-cursor.ts';
import { mergeEntryChunks } from '../chunkenc/entry-merge.ts';
import { decodeEntrySizes, type EntrySizes } from '../chunkenc/entry-page.ts';
import { columnsOf, type Segment } from '../head/log-segments.ts';
import { chunkOfSegment } from '../head/segment-chunk.ts';
import type { VolumeSelect, VolumeSink } from '../interface.ts';
import type { BlockRow } from '../sqlite/block-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import type { BlockLogDeletions } from './log-deletions.ts';
import type { HeadSegment } from './log-querier.ts';

const NS_PER_MS = 1e6;

/** Something of a stream in one place. */
interface Part {
  /** Number of the block among the partition's, whose chunks share no entries; each segment has a number of its own. */
  readonly source: number;
  /** Bounds of its times, both inclusive. */
  readonly minNs: number;
  readonly maxNs: number;
  readonly entries: number;
  /** Undefined where only opening tells: entries and bytes, or which of the entries are left. */
  readonly bytes: number | undefined;
  sizes(): EntrySizes | undefined;
  open(): EntryChunk | undefined;
}

/** What lies in one partition. */
export interface MeasuredPartition {
  readonly startMs: number;
  readonly blocks: readonly BlockRow[];
  /** Of the asked streams those that blocks may have something of, ascending. */
  readonly persisted: Uint32Array;
  /** By stream. */
  readonly segments: ReadonlyMap<number, readonly HeadSegment[]>;
}

/** Tells `sink` what the partition has of the streams. */
export function measurePartition(
  snapshot: BlockSnapshot,
  partition: MeasuredPartition,
  query: VolumeSelect,
  sink: VolumeSink,
  signal: AbortSignal,
): void {
  const { blocks, logDeletions, onDamage } = snapshot;
  const inBlocks = partition.blocks.length > 0 ? partition.persisted : new Uint32Array(0);
  const streams = unionAscending([inBlocks, [...partition.segments.keys()].sort((a, b) => a - b)]);
  const edges = Float64Array.from(query.edges, (e) => (e.ms - partition.startMs) * NS_PER_MS + e.ns);
  const [minMs, maxMs] = [query.edges[0]!.ms, query.edges.at(-1)!.ms];
  const opened = partition.blocks.map((block) => {
    const [first, last] = [inBlocks[0], inBlocks.at(-1)];
    const rows = first === undefined ? [] : blocks.pages(block.id, first, last!, minMs, maxMs);
    const cursor = new PageCursor(blocks, block.id, rows, onDamage);
    return { cursor, deleted: logDeletions.of(block) };
  });
  for (let i = 0; i < streams.length; i++) {
    signal.throwIfAborted();
    const stream = streams[i]!;
    const parts: Part[] = [];
    opened.forEach(({ cursor, deleted }, source) => {
      cursor.each(stream, minMs, maxMs, (chunk) => {
        const part = chunkPart(stream, source, chunk, deleted, partition.startMs);
        if (part) parts.push(part);
      });
    });
    for (const { slabs, segment } of partition.segments.get(stream) ?? []) {
      if (segment.count > 0) parts.push(segmentPart(opened.length + parts.length, slabs, segment));
    }
    const own = parts.filter((p) => p.maxNs >= edges[0]! && p.minNs < edges.at(-1)!);
    if (own.length === 0) continue;
    measureStream(own, partition.startMs, new Buckets(edges, snapshot.labels(SIGNAL.logs, stream), sink));
  }
}

function measureStream(parts: Part[], baseMs: number, buckets: Buckets): void {
  const pairs = overlapping(parts);
  const overlaps = new Set(pairs.flat());
  for (const part of parts) if (!overlaps.has(part)) measurePart(part, baseMs, buckets);
  if (pairs.length === 0) return;
  const sizes = new Map([...overlaps].map((part) => [part, part.sizes()]));
  const twins = new Set(pairs.filter(([a, b]) => haveCommonTime(sizes.get(a), sizes.get(b))).flat());
  for (const [part, own] of sizes) if (own && !twins.has(part)) buckets.addAll(own, baseMs);
  const sources = parts.filter((p) => twins.has(p)).map((p) => asEntrySource(p, baseMs));
  for (const chunks of entryWindows(sources)) {
    if (chunks.length > 0)
      buckets.addAll(chunks.length === 1 ? chunks[0]! : mergeEntryChunks(chunks), baseMs);
  }
}

/** A part that no other has an entry of. */
function measurePart(part: Part, baseMs: number, buckets: Buckets): void {
  const bucket = buckets.of(part.minNs);
  if (part.bytes !== undefined && bucket >= 0 && bucket === buckets.of(part.maxNs)) {
    buckets.add(bucket, part.entries, part.bytes);
    return;
  }
  const sizes = part.sizes();
  if (sizes) buckets.addAll(sizes, baseMs);
}

function asEntrySource(part: Part, baseMs: number): EntrySource {
  const msOf = (ns: number) => baseMs + Math.floor(ns / NS_PER_MS);
  return { minMs: msOf(part.minNs), maxMs: msOf(part.maxNs), open: () => part.open() };
}

/** Pairs of parts of different sources that overlap; sorts the parts by time. */
function overlapping(parts: Part[]): (readonly [Part, Part])[] {
  const pairs: (readonly [Part, Part])[] = [];
  parts.sort((a, b) => a.minNs - b.minNs || a.source - b.source);
  for (let i = 0; i < parts.length; i++) {
    for (let j = i + 1; j < parts.length && parts[j]!.minNs <= parts[i]!.maxNs; j++) {
      if (parts[i]!.source !== parts[j]!.source) pairs.push([parts[i]!, parts[j]!]);
    }
  }
  return pairs;
}

/** Equal entries are of one time: where there is none in common, neither lines nor metadata have to be compared. */
function haveCommonTime(a: EntrySizes | undefined, b: EntrySizes | undefined): boolean {
  if (!a || !b || a.count === 0 || b.count === 0) return false;
  const shift = (b.baseMs - a.baseMs) * NS_PER_MS;
  let i = firstFrom(a.offsetsNs, a.count, b.offsetsNs[0]! + shift);
  if (i === a.count) return false;
  let j = firstFrom(b.offsetsNs, b.count, a.offsetsNs[i]! - shift);
  while (i < a.count && j < b.count) {
    const distance = a.offsetsNs[i]! - (b.offsetsNs[j]! + shift);
    if (distance === 0) return true;
    if (distance < 0) i++;
    else j++;
  }
  return false;
}

function chunkPart(
  stream: number,
  source: number,
  chunk: PageChunk,
  deleted: BlockLogDeletions | undefined,
  baseMs: number,
): Part | undefined {
  const { minMs, maxMs, items, linesStart, linesEnd } = chunk.place;
  const fate = deleted?.fateOf(stream, minMs, maxMs) ?? 'kept';
  if (fate === 'gone') return undefined;
  const isPartly = fate === 'partly';
  const open = () => {
    const entries = openEntries(chunk);
    return entries && isPartly ? deleted!.apply(stream, entries) : entries;
  };
  const sizes = () => {
    const page = chunk.open();
    return page && decodeEntrySizes(page.reader.buf, page.reader.pos, page.reader.end);
  };
  return {
    source,
    minNs: (minMs - baseMs) * NS_PER_MS,
    maxNs: (maxMs - baseMs + 1) * NS_PER_MS - 1,
    entries: items,
    // Pages of version 1 say none, and an empty chunk is soon opened.
    bytes: isPartly || linesEnd === linesStart ? undefined : linesEnd - linesStart,
    sizes: isPartly ? open : sizes,
    open,
  };
}

function segmentPart(source: number, slabs: readonly SharedArrayBuffer[], s: Segment): Part {
  const { offsets, lineEnds } = columnsOf(slabs[s.slab]!, s);
  const isDistinct = s.ordered && ascends(offsets, s.count);
  const open = () => {
    const chunk = chunkOfSegment(slabs, s);
    // The head may hold an entry twice.
    return isDistinct ? chunk : mergeEntryChunks([chunk]);
  };
  const sizes = () => ({ count: s.count, baseMs: s.partitionMs, offsetsNs: offsets, lineEnds });
  return {
    source,
    minNs: s.ordered ? offsets[0]! : (s.minMs - s.partitionMs) * NS_PER_MS,
    maxNs: s.ordered ? offsets[s.count - 1]! : (s.maxMs - s.partitionMs + 1) * NS_PER_MS - 1,
    entries: s.count,
    bytes: isDistinct ? s.lineBytes : undefined,
    sizes: isDistinct ? sizes : open,
    open,
  };
}

/** Whether no two of the offsets are equal, where they do not descend. */
function ascends(offsets: Float64Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (offsets[i]! <= offsets[i - 1]!) return false;
  return true;
}

/** The buckets between ascending edges, of one stream. */
class Buckets {
  readonly #edges: Float64Array;
  readonly #labels: Labels;
  readonly #sink: VolumeSink;

  constructor(edges: Float64Array, labels: Labels, sink: VolumeSink) {
    this.#edges = edges;
    this.#labels = labels;
    this.#sink = sink;
  }

  /** The bucket that a time lies in; -1 before the first, as many as there are behind the last. */
  of(ns: number): number {
    return firstAbove(this.#edges, this.#edges.length, ns) - 1;
  }

  add(bucket: number, entries: number, bytes: number): void {
    this.#sink.add(this.#labels, bucket, entries, bytes);
  }

  /** Entries that ascend in time. */
  addAll({ count, baseMs, offsetsNs, lineEnds }: EntrySizes, partitionMs: number): void {
    const edges = this.#edges;
    const shift = (baseMs - partitionMs) * NS_PER_MS;
    let from = firstFrom(offsetsNs, count, edges[0]! - shift);
    while (from < count) {
      const bucket = this.of(offsetsNs[from]! + shift);
      if (bucket >= edges.length - 1) return;
      const to = firstFrom(offsetsNs, count, edges[bucket + 1]! - shift);
      this.add(bucket, to - from, lineEnds[to - 1]! - (from === 0 ? 0 : lineEnds[from - 1]!));
      from = to;
    }
  }
}

/** The first index whose value is at least `least`. */
function firstFrom(values: Float64Array, count: number, least: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (values[mid]! < least) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** The first index whose value is greater. */
function firstAbove(values: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if (values[mid]! <= value) low = mid + 1;
    else high = mid;
  }
  return low;
}
