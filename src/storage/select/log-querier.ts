/**
 * Reads log entries for queries, partition by partition in the asked direction: chunks of blocks and segments of
 * the head are brought together per stream; where they overlap they are merged. Runs in a reader thread.
 */

import { intersectAscending, unionAscending } from '../../base/sorted.ts';
import type { EntryChunk } from '../../model/entry-chunk.ts';
import type { IdDemand } from '../../model/entry-id.ts';
import type { Labels } from '../../model/labels.ts';
import { Matcher } from '../../model/matcher.ts';
import { type EntrySource, entryWindows } from '../block/entry-windows.ts';
import { PageCursor } from '../block/page-cursor.ts';
import { PARTITION_MS } from '../block/partition.ts';
import { mergeEntryChunks, sliceEntryChunk } from '../chunkenc/entry-merge.ts';
import { decodeEntryChunk } from '../chunkenc/entry-page.ts';
import { SEGMENT_ROW, type Segment, segmentFromRow } from '../head/log-segments.ts';
import { bytesOfSegment, chunkOfSegment } from '../head/segment-chunk.ts';
import type { HeadAnswers, LogHeadAnswer } from '../head/snapshot.ts';
import type {
  EntryCursor,
  EntrySelect,
  LabelQuery,
  LogReader,
  VolumeSelect,
  VolumeSink,
} from '../interface.ts';
import type { BlockRow, PageRow } from '../sqlite/block-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import { EntryNeedles } from './entry-needles.ts';
import { idPages } from './id-pages.ts';
import { LabelLookup } from './label-lookup.ts';
import type { BlockLogDeletions } from './log-deletions.ts';
import { measurePartition } from './log-volume.ts';

const NS_PER_MS = 1e6;
/** Entries of a merged chunk that are handed out at a time. */
const PIECE_ENTRIES = 8192;
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
    const [minMs, maxMs] = [edges[0]!.ms, edges.at(-1)!.ms];
    const head = await this.#ask('logs', matchers);
    await snapshot.logDeletions.ready();
    const blocks = snapshot.blocks.overlapping(SIGNAL.logs, minMs, maxMs);
    const none = new Uint32Array(0);
    const persisted = blocks.length > 0 ? snapshot.persisted(SIGNAL.logs, matchers) : none;
    for (const partition of partitionsOf({ minMs, maxMs, direction: 'forward' }, blocks, head)) {
      const streams = streamsOf(partition, persisted);
      measurePartition(snapshot, partition, streams, persisted, query, sink, signal);
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
      matchers: matchers.map((m) => m.toData()),
    });
    snapshot.addNewSeries(head.newSeries);
    return head;
  }
}

export interface Partition {
  readonly startMs: number;
  readonly blocks: BlockRow[];
  /** Segments by stream, with the slabs they lie in, oldest generation first. */
  readonly segments: Map<number, { slabs: readonly SharedArrayBuffer[]; segment: Segment }[]>;
}

class LogCursor implements EntryCursor {
  readonly #snapshot: BlockSnapshot;
  readonly #query: EntrySelect;
  readonly #signal: AbortSignal;
  readonly #persisted: Uint32Array;
  readonly #partitions: Partition[];
  /** Streams whose labels say an ID that is asked for: all that they hold is wanted. */
  readonly #exempt: Uint32Array;
  #partition = -1;
  readonly #needles: EntryNeedles;
  #cursors: PageCursor[] = [];
  /** By cursor: what is deleted of its block. */
  #deleted: (BlockLogDeletions | undefined)[] = [];
  #streams: ArrayLike<number> = [];
  #stream = -1;
  #windows: Generator<EntryChunk[], void> | undefined;
  #chunks: readonly EntryChunk[] = [];
  #chunk = -1;

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
    this.#partitions = partitionsOf(query, blocks, head);
    this.#needles = new EntryNeedles(query);
    this.#exempt = exemptStreams(snapshot, this.#needles.demands, persisted);
  }

  async nextBatch(): Promise<boolean> {
    this.#signal.throwIfAborted();
    const partition = this.#partitions[++this.#partition];
    if (!partition) return false;
    this.#cursors = partition.blocks.map(
      (b) =>
        new PageCursor(
          this.#snapshot.blocks,
          b.id,
          this.#pages(b.id, this.#persisted),
          this.#snapshot.onDamage,
        ),
    );
    this.#deleted = partition.blocks.map((b) => this.#snapshot.logDeletions.of(b));
    let inBlocks = partition.blocks.length > 0 ? this.#persisted : new Uint32Array(0);
    if (this.#needles.demands.length > 0 && inBlocks.length > 0) {
      // Few pages are left: the streams in them are fewer than those selected.
      const there = unionAscending(this.#cursors.map((c) => [...c.series()]));
      inBlocks = intersectAscending(Uint32Array.from(there), inBlocks);
    }
    this.#streams = unionAscending([inBlocks, [...partition.segments.keys()].sort((a, b) => a - b)]);
    this.#stream = -1;
    this.#windows = undefined;
    this.#chunks = [];
    this.#chunk = -1;
    return true;
  }

  next(): boolean {
    // A partition may hold millions of entries: a query that is over should not read on to its end.
    this.#signal.throwIfAborted();
    if (this.#chunk + 1 < this.#chunks.length) {
      this.#chunk++;
      return true;
    }
    this.#chunk = 0;
    for (;;) {
      for (let w = this.#windows?.next(); w && !w.done; w = this.#windows!.next()) {
        this.#signal.throwIfAborted();
        this.#chunks = inSequence(w.value);
        if (this.#chunks.length > 0) return true;
      }
      this.#windows = undefined;
      this.#chunks = [];
      if (++this.#stream >= this.#streams.length) return false;
      this.#windows = entryWindows(this.#sources(this.#streams[this.#stream]!));
    }
  }

  labels(): Labels {
    return this.#snapshot.labels(SIGNAL.logs, this.#streams[this.#stream]!);
  }

  chunk(): EntryChunk {
    return this.#chunks[this.#chunk]!;
  }

  close(): void {}

  /** Pages of the block to look into for some streams, ascending, that the query selects. */
  #pages(block: number, streams: Uint32Array): Omit<PageRow, 'body'>[] {
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
        ) as Omit<PageRow, 'body'>[];
    }
    const rows = blocks.pages(block, first, last, minMs, maxMs);
    if (!wanted) return rows;
    const exempt = this.#exempt;
    return rows.filter(
      (p) => wanted.has(p.number) || exempt.some((id) => id >= p.firstSeries && id <= p.lastSeries),
    );
  }

  /** The stream's chunks in the partition: of older blocks first, the head's last. */
  #sources(id: number): EntrySource[] {
    const { minMs, maxMs } = this.#query;
    const sources: EntrySource[] = [];
    const needles = this.#needles;
    const all = needles.isEmpty || needles.exempts(this.labels());
    for (const [i, cursor] of this.#cursors.entries()) {
      const deleted = this.#deleted[i];
      cursor.each(id, minMs, maxMs, (found) => {
        const fate = deleted?.fateOf(id, found.place.minMs, found.place.maxMs) ?? 'kept';
        if (fate === 'gone') return;
        const open = () => {
          const page = found.open();
          if (!page) return undefined;
          const { buf, pos, end } = page.reader;
          if (!all && !needles.mayBeIn(buf.subarray(pos, end))) return undefined;
          const chunk = decodeEntryChunk(buf, pos, end);
          return fate === 'partly' ? deleted!.apply(id, chunk) : chunk;
        };
        sources.push({ minMs: found.place.minMs, open });
      });
    }
    for (const { slabs, segment } of this.#partitions[this.#partition]!.segments.get(id) ?? []) {
      if (segment.maxMs < minMs || segment.minMs > maxMs) continue;
      const open = () => {
        if (!all && !needles.mayBeIn(bytesOfSegment(slabs, segment))) return undefined;
        // What a block holds was merged when it was written; the head may hold an entry twice.
        const chunk = chunkOfSegment(slabs, segment);
        return isSequence([chunk]) ? chunk : mergeEntryChunks([chunk]);
      };
      sources.push({ minMs: segment.minMs, open });
    }
    return sources;
  }
}

/** The chunks of a window: as they are where they follow one another, else merged. */
function inSequence(chunks: readonly EntryChunk[]): readonly EntryChunk[] {
  return chunks.length <= 1 || isSequence(chunks) ? chunks : pieces(mergeEntryChunks(chunks));
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

/** The chunk in pieces of bounded length, since a query looks between chunks whether it is over. */
function pieces(chunk: EntryChunk): EntryChunk[] {
  const out: EntryChunk[] = [];
  for (let from = 0; from < chunk.count; from += PIECE_ENTRIES) {
    out.push(sliceEntryChunk(chunk, from, Math.min(chunk.count, from + PIECE_ENTRIES)));
  }
  return out;
}

/** Whether each chunk begins after the one before ended and no chunk has two entries of one time. */
function isSequence(chunks: readonly EntryChunk[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  const base = chunks[0]!.baseMs;
  for (const c of chunks) {
    const shift = (c.baseMs - base) * NS_PER_MS;
    for (let i = 0; i < c.count; i++) {
      const t = c.offsetsNs[i]! + shift;
      if (t <= last) return false;
      last = t;
    }
  }
  return true;
}

/** Ids of the streams that the partition may have something of, ascending: those in blocks are `persisted`. */
function streamsOf({ blocks, segments }: Partition, persisted: Uint32Array): ArrayLike<number> {
  const inBlocks = blocks.length > 0 ? persisted : new Uint32Array(0);
  return unionAscending([inBlocks, [...segments.keys()].sort((a, b) => a - b)]);
}

function partitionsOf(
  query: Pick<EntrySelect, 'minMs' | 'maxMs' | 'direction'>,
  blocks: readonly BlockRow[],
  head: LogHeadAnswer,
): Partition[] {
  const byStart = new Map<number, Partition>();
  const at = (startMs: number) => {
    let p = byStart.get(startMs);
    if (!p) byStart.set(startMs, (p = { startMs, blocks: [], segments: new Map() }));
    return p;
  };
  for (const b of blocks) at(b.partitionMs).blocks.push(b);
  for (const g of head.generations) {
    for (let i = 0; i < g.segments.length / SEGMENT_ROW; i++) {
      const segment = segmentFromRow(g.segments, i);
      const { partitionMs } = segment;
      if (partitionMs > query.maxMs || partitionMs + PARTITION_MS.logs <= query.minMs) continue;
      const segments = at(partitionMs).segments;
      const list = segments.get(segment.slot);
      const entry = { slabs: g.slabs, segment };
      if (list) list.push(entry);
      else segments.set(segment.slot, [entry]);
    }
  }
  const sign = query.direction === 'forward' ? 1 : -1;
  return [...byStart.values()].sort((a, b) => sign * (a.startMs - b.startMs));
}
