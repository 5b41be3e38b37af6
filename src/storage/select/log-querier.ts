/**
 * Reads log entries for queries, slice by slice of time in the asked direction (a slice is a partition, or part of one
 * for a query that may end early): chunks of blocks and segments of the head are brought together per stream; where
 * they overlap they are merged. Runs in a reader thread.
 */

import { intersectAscending, unionAscending } from '../../base/sorted.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { IdDemand } from '../../model/entry-id.ts';
import type { Labels } from '../../model/labels.ts';
import { Matcher } from '../../model/matcher.ts';
import { openEntries } from '../block/entry-chunks.ts';
import { countBefore } from '../block/entry-windows.ts';
import { type PageChunk, PageCursor } from '../block/page-cursor.ts';
import { PARTITION_MS } from '../block/partition.ts';
import { mergeEntryChunks, sliceEntryChunk } from '../chunkenc/entry-merge.ts';
import { SEGMENT_ROW, type Segment, segmentFromRow } from '../head/log-segments.ts';
import { bytesOfSegment, chunkOfSegment, viewOfSegment } from '../head/segment-chunk.ts';
import type { HeadAnswers, LogHeadAnswer } from '../head/snapshot.ts';
import type {
  EntryCursor,
  EntrySelect,
  LabelQuery,
  LogReader,
  TimeRange,
  VolumeSelect,
  VolumeSink,
} from '../interface.ts';
import type { BlockRow, PageHead } from '../sqlite/block-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import { EntryNeedles } from './entry-needles.ts';
import { gramPages } from './gram-pages.ts';
import { idPages } from './id-pages.ts';
import { LabelLookup } from './label-lookup.ts';
import type { BlockLogDeletions } from './log-deletions.ts';
import { cutSlices } from './log-slices.ts';
import { measurePartition } from './log-volume.ts';
import { isSequence, type StreamSource, streamChunks, type Wanted } from './stream-chunks.ts';

/** Up to this many pages of a block are looked up by number; more are found by walking the block's directories. */
const PAGES_ONE_BY_ONE_MAX = 256;

export class LogQuerier implements LogReader {
  readonly #snapshot: BlockSnapshot;

  constructor(snapshot: BlockSnapshot) {
    this.#snapshot = snapshot;
  }

  async select(query: EntrySelect, signal: AbortSignal): Promise<EntryCursor> {
    return this.#open(query, signal);
  }

  async #open(query: EntrySelect, signal: AbortSignal): Promise<LogCursor> {
    const snapshot = this.#snapshot;
    const head = await this.#ask('logs', query.matchers);
    await snapshot.logDeletions.ready();
    const blocks = snapshot.blocks.overlapping(SIGNAL.logs, query.minMs, query.maxMs);
    const persisted =
      blocks.length > 0 ? snapshot.persisted(SIGNAL.logs, query.matchers) : new Uint32Array(0);
    return new LogCursor(snapshot, query, persisted, blocks, head, signal);
  }

  async volume(query: VolumeSelect, sink: VolumeSink, signal: AbortSignal): Promise<void> {
    const snapshot = this.#snapshot;
    const { matchers, edges } = query;
    const range = { minMs: edges[0]!.ms, maxMs: edges.at(-1)!.ms, direction: 'forward' } as const;
    const head = await this.#ask('logs', matchers);
    await snapshot.logDeletions.ready();
    const blocks = snapshot.blocks.overlapping(SIGNAL.logs, range.minMs, range.maxMs);
    const persisted = blocks.length > 0 ? snapshot.persisted(SIGNAL.logs, matchers) : NO_STREAMS;
    for (const partition of partitionsOf(range, blocks, head)) {
      const segments = byStream(partition.segments);
      measurePartition(snapshot, { ...partition, segments, persisted }, query, sink, signal);
    }
  }

  async #lookUp(query: LabelQuery): Promise<LabelLookup> {
    const found = new LabelLookup(this.#snapshot, SIGNAL.logs);
    await this.#snapshot.logDeletions.ready();
    for (const matchers of query.matcherSets.length === 0 ? [[]] : query.matcherSets) {
      const head = await this.#ask('streams', matchers);
      for (const times of head.times) {
        for (let i = 0; i < times.length; i += 3) {
          if (times[i + 2]! >= query.minMs && times[i + 1]! <= query.maxMs) found.add(times[i]!);
        }
      }
      found.addPersisted(query, matchers);
    }
    return found;
  }

  async series(query: LabelQuery): Promise<Labels[]> {
    return (await this.#lookUp(query)).series();
  }

  async labelNames(query: LabelQuery): Promise<string[]> {
    return (await this.#lookUp(query)).names();
  }

  async labelValues(name: string, query: LabelQuery): Promise<string[]> {
    return (await this.#lookUp(query)).values(name);
  }

  async #ask<K extends 'logs' | 'streams'>(kind: K, matchers: readonly Matcher[]): Promise<HeadAnswers[K]> {
    const snapshot = this.#snapshot;
    const head = await snapshot.ask<K>({
      kind,
      flushedGeneration: snapshot.flushedGeneration,
      after: snapshot.after,
      matchers: matchers.map((m) => m.toData()),
    });
    snapshot.addNewSeries(head.newSeries);
    return head;
  }
}

interface Partition {
  readonly startMs: number;
  readonly blocks: BlockRow[];
  readonly segments: HeadSegment[];
}

export interface HeadSegment {
  readonly slabs: readonly SharedArrayBuffer[];
  readonly segment: Segment;
}

/** What a slice of time may have to read. */
interface Slice extends TimeRange {
  /** Of each block that has some, older blocks first. */
  readonly pages: { readonly block: number; readonly rows: readonly PageHead[] }[];
  /** Of older generations first. */
  readonly segments: readonly HeadSegment[];
}

class LogCursor implements EntryCursor {
  readonly #snapshot: BlockSnapshot;
  readonly #query: EntrySelect;
  readonly #signal: AbortSignal;
  readonly #persisted: Uint32Array;
  /** Streams whose labels say an ID that is asked for: all that they hold is wanted. */
  readonly #exempt: Uint32Array;
  readonly #slices: Iterator<Slice>;
  readonly #needles: EntryNeedles;
  /** By block, where some of it is. */
  readonly #deleted = new Map<number, BlockLogDeletions>();
  /** What is still asked for: narrower than the query, and within the slice. */
  #asked: TimeRange;
  #wanted: Wanted;
  #slice: Slice | undefined;
  #cursors: { readonly block: number; readonly pages: PageCursor }[] = [];
  #segments = new Map<number, HeadSegment[]>();
  #streams: ArrayLike<number> = [];
  #stream = -1;
  #chunks: Iterator<EntryChunk> | undefined;
  #chunk: EntryChunk | undefined;

  constructor(
    snapshot: BlockSnapshot,
    query: EntrySelect,
    persisted: Uint32Array,
    blocks: readonly BlockRow[],
    head: LogHeadAnswer,
    signal: AbortSignal,
  ) {
    this.#snapshot = snapshot;
    this.#query = query;
    this.#signal = signal;
    this.#persisted = persisted;
    this.#needles = new EntryNeedles(query);
    this.#exempt = exemptStreams(snapshot, this.#needles.demands, persisted);
    for (const block of blocks) {
      const deleted = snapshot.logDeletions.of(block);
      if (deleted) this.#deleted.set(block.id, deleted);
    }
    this.#asked = query;
    this.#wanted = this.#within(query);
    this.#slices = this.#slicesOf(partitionsOf(query, blocks, head));
  }

  async nextBatch(): Promise<boolean> {
    this.#signal.throwIfAborted();
    const { done, value: slice } = this.#slices.next();
    this.#slice = done ? undefined : slice;
    this.#chunks = undefined;
    this.#chunk = undefined;
    this.#stream = -1;
    this.#streams = [];
    if (!this.#slice) return false;
    this.#wanted = this.#within(this.#slice);
    const { blocks, onDamage } = this.#snapshot;
    this.#cursors = this.#slice.pages.map(({ block, rows }) => ({
      block,
      pages: new PageCursor(blocks, block, rows, onDamage),
    }));
    this.#segments = byStream(this.#slice.segments);
    const inHead = [...this.#segments.keys()].sort((a, b) => a - b);
    this.#streams = unionAscending([this.#streamsInBlocks(), inHead]);
    return true;
  }

  /** Those selected that may have something in the slice's pages. */
  #streamsInBlocks(): Uint32Array {
    if (this.#cursors.length === 0) return NO_STREAMS;
    // Where pages are left out, the streams in those that are read are fewer than those selected.
    if (this.#needles.isEmpty && !this.#query.endsEarly) return this.#persisted;
    const there = unionAscending(this.#cursors.map(({ pages }) => [...pages.series()]));
    return intersectAscending(Uint32Array.from(there), this.#persisted);
  }

  next(): boolean {
    for (;;) {
      // A slice may hold millions of entries: a query that is over should not read on to its end.
      this.#signal.throwIfAborted();
      const next = this.#chunks?.next();
      if (next && !next.done) {
        this.#chunk = this.#inSlice(next.value);
        if (this.#chunk.count > 0) return true;
        continue;
      }
      if (++this.#stream >= this.#streams.length) return false;
      const sources = this.#sources(this.#streams[this.#stream]!);
      this.#chunks = streamChunks(sources, () => this.#wanted);
    }
  }

  /** The part that this slice has of a chunk, which may reach into others. */
  #inSlice(chunk: EntryChunk): EntryChunk {
    const { minMs, maxMs } = this.#slice!;
    const from = countBefore(chunk, minMs);
    const to = maxMs === Number.POSITIVE_INFINITY ? chunk.count : countBefore(chunk, maxMs + 1);
    return sliceEntryChunk(chunk, from, Math.max(from, to));
  }

  labels(): Labels {
    return this.#snapshot.labels(SIGNAL.logs, this.#streams[this.#stream]!);
  }

  chunk(): EntryChunk {
    return this.#chunk!;
  }

  narrow(range: TimeRange): void {
    this.#asked = {
      minMs: Math.max(this.#asked.minMs, range.minMs),
      maxMs: Math.min(this.#asked.maxMs, range.maxMs),
    };
    this.#wanted = this.#within(this.#slice ?? this.#query);
  }

  #within({ minMs, maxMs }: TimeRange): Wanted {
    return {
      minMs: Math.max(this.#asked.minMs, minMs),
      maxMs: Math.min(this.#asked.maxMs, maxMs),
      direction: this.#query.direction,
      withLines: this.#query.withoutLines !== true,
    };
  }

  close(): void {}

  *#slicesOf(partitions: readonly Partition[]): Generator<Slice> {
    for (const { blocks, segments } of partitions) {
      const pages = blocks.map((b) => ({ block: b.id, rows: this.#wantedPages(b.id) }));
      if (!this.#query.endsEarly) {
        yield { ...ALL_TIME, pages, segments };
        continue;
      }
      const units = [...pages.flatMap((p) => p.rows), ...segments.map((s) => s.segment)];
      for (const range of cutSlices(units, this.#query.direction)) {
        const overlaps = (u: TimeRange): boolean => u.maxMs >= range.minMs && u.minMs <= range.maxMs;
        const inRange = pages.map(({ block, rows }) => ({ block, rows: rows.filter(overlaps) }));
        yield {
          ...range,
          pages: inRange.filter((p) => p.rows.length > 0),
          segments: segments.filter((s) => overlaps(s.segment)),
        };
      }
    }
  }

  #wantedPages(block: number): readonly PageHead[] {
    const { blocks, onDamage } = this.#snapshot;
    return gramPages(blocks, block, this.#pages(block, this.#persisted), this.#needles.grams, onDamage);
  }

  /** Pages of the block to look into for some streams, ascending, that the query selects. */
  #pages(block: number, streams: Uint32Array): PageHead[] {
    const first = streams[0];
    if (first === undefined) return [];
    const { blocks, ids, onDamage } = this.#snapshot;
    const { minMs, maxMs } = this.#query;
    const { demands } = this.#needles;
    const last = streams.at(-1)!;
    const wanted = demands.length === 0 ? undefined : idPages(ids, block, demands, onDamage);
    if (wanted && wanted.size <= PAGES_ONE_BY_ONE_MAX && this.#exempt.length === 0) {
      return [...wanted]
        .map((n) => blocks.page(block, n))
        .filter(
          (p) =>
            p !== undefined &&
            p.lastSeries >= first &&
            p.firstSeries <= last &&
            p.maxMs >= minMs &&
            p.minMs <= maxMs,
        ) as PageHead[];
    }
    const rows = blocks.pages(block, first, last, minMs, maxMs);
    if (!wanted) return rows;
    const exempt = this.#exempt;
    return rows.filter(
      (p) => wanted.has(p.number) || exempt.some((id) => id >= p.firstSeries && id <= p.lastSeries),
    );
  }

  /** The stream's chunks in the slice: of older blocks first, the head's last. */
  #sources(id: number): StreamSource[] {
    const { minMs, maxMs } = this.#wanted;
    const sources: StreamSource[] = [];
    const needles = this.#needles;
    const all = needles.isEmpty || needles.exempts(this.labels());
    for (const { block, pages } of this.#cursors) {
      const deleted = this.#deleted.get(block);
      pages.each(id, minMs, maxMs, (found) => {
        const fate = deleted?.fateOf(id, found.place.minMs, found.place.maxMs) ?? 'kept';
        if (fate === 'gone') return;
        const open = (withLines: boolean) => {
          if (!all && !mayHold(found, needles)) return undefined;
          const chunk = openEntries(found, withLines || fate === 'partly');
          return chunk && fate === 'partly' ? deleted!.apply(id, chunk) : chunk;
        };
        sources.push({ origin: block, minMs: found.place.minMs, maxMs: found.place.maxMs, open });
      });
    }
    let origin = -1;
    for (const { slabs, segment } of this.#segments.get(id) ?? []) {
      if (segment.maxMs < minMs || segment.minMs > maxMs) continue;
      const open = (withLines: boolean) => {
        const held = { slabs, segment };
        return all || needles.mayBeIn(bytesOfSegment(slabs, segment), NO_BYTES)
          ? openSegment(held, withLines)
          : undefined;
      };
      sources.push({ origin: origin--, minMs: segment.minMs, maxMs: segment.maxMs, open });
    }
    return sources;
  }
}

const NO_STREAMS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);
const ALL_TIME: TimeRange = { minMs: Number.NEGATIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY };

/** Whether a chunk may hold a wanted entry, or is damaged, which opening it tells. */
function mayHold(found: PageChunk, needles: EntryNeedles): boolean {
  const lines = found.lines();
  if (lines && !needles.linesMayHold(lines)) return false;
  if (lines && needles.demands.length === 0) return true;
  const body = found.open()?.reader;
  const rest = body?.buf.subarray(body.pos, body.end) ?? NO_BYTES;
  return needles.mayBeIn(lines ?? rest, rest);
}

/** What a block holds was merged when it was written; the head may hold an entry twice. */
function openSegment({ slabs, segment }: HeadSegment, withLines: boolean): EntryChunk {
  const view = viewOfSegment(slabs, segment);
  const isClean = segment.ordered && isSequence([view]);
  if (isClean && !withLines) return { ...view, lines: NO_BYTES };
  const chunk = chunkOfSegment(slabs, segment);
  return isClean || isSequence([chunk]) ? chunk : mergeEntryChunks([chunk]);
}

function byStream(segments: readonly HeadSegment[]): Map<number, HeadSegment[]> {
  const streams = new Map<number, HeadSegment[]>();
  for (const s of segments) {
    const list = streams.get(s.segment.slot);
    if (list) list.push(s);
    else streams.set(s.segment.slot, [s]);
  }
  return streams;
}

/** Those of the streams that a demand exempts by their labels. */
function exemptStreams(
  snapshot: BlockSnapshot,
  demands: readonly IdDemand[],
  streams: Uint32Array,
): Uint32Array {
  if (streams.length === 0) return streams;
  const lists: Uint32Array[] = [];
  for (const { labels, anyOf } of demands) {
    for (const name of labels) {
      for (const id of anyOf) {
        lists.push(snapshot.persisted(SIGNAL.logs, [new Matcher('=', name, id)]));
      }
    }
  }
  return intersectAscending(Uint32Array.from(unionAscending(lists)), streams);
}

function partitionsOf(
  query: Pick<EntrySelect, 'minMs' | 'maxMs' | 'direction'>,
  blocks: readonly BlockRow[],
  head: LogHeadAnswer,
): Partition[] {
  const byStart = new Map<number, Partition>();
  const at = (startMs: number) => {
    let p = byStart.get(startMs);
    if (!p) byStart.set(startMs, (p = { startMs, blocks: [], segments: [] }));
    return p;
  };
  for (const b of blocks) at(b.partitionMs).blocks.push(b);
  for (const g of head.generations) {
    for (let i = 0; i < g.segments.length / SEGMENT_ROW; i++) {
      const segment = segmentFromRow(g.segments, i);
      const { partitionMs } = segment;
      if (partitionMs > query.maxMs || partitionMs + PARTITION_MS.logs <= query.minMs) continue;
      at(partitionMs).segments.push({ slabs: g.slabs, segment });
    }
  }
  const sign = query.direction === 'forward' ? 1 : -1;
  return [...byStart.values()].sort((a, b) => sign * (a.startMs - b.startMs));
}
