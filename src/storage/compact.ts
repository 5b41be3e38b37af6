/**
 * Compaction: merges the blocks of one time partition into one of the next level, re-compressing harder. Runs in
 * the writer thread, in slices; the new block is published and the old ones hidden in one transaction, so every
 * snapshot sees the data exactly once. A merge has the bytes of its sources and of its result on disk for a while,
 * which is why merges have a bound that grows with what is stored.
 */

import { BlockBuilder, LEVEL_FULL } from './block/block-builder.ts';
import { openEntries } from './block/entry-chunks.ts';
import { countBefore, type EntrySource } from './block/entry-windows.ts';
import { IdIndexBuilder } from './block/id-index-builder.ts';
import { addSamples } from './block/metric-chunks.ts';
import { type ChunkPlace, DamagedPageError, readDirectory } from './block/page.ts';
import { type OnDamage, PageCursor } from './block/page-cursor.ts';
import { PAGE_RAW_BYTES } from './block/partition.ts';
import { mergeStream } from './block/stream-merge.ts';
import { sliceEntryChunk } from './chunkenc/entry-merge.ts';
import { decodeSeriesChunk } from './chunkenc/series-chunk.ts';
import { SampleColumns, type Signal } from './interface.ts';
import { planTraceMerge } from './merge-traces.ts';
import { SIGNAL_NAMES } from './retention.ts';
import { type BlockDeletions, type Deletions, dropDeleted } from './select/deletions.ts';
import type { BlockLogDeletions, LogDeletions } from './select/log-deletions.ts';
import { orderSamples } from './select/sample-order.ts';
import type { BlockReader, BlockRow, BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';

/** Blocks of one level and partition that are merged as soon as they have gathered: each byte is rewritten about log8(n) times. */
const MERGE_FAN_IN = 8;
/** Series between two yields to other work. */
const SLICE_SERIES = 128;

/** Sources of one merge may have this many bytes at least, whatever is stored. */
const MERGE_BYTES_MIN = 8 * 1024 * 1024;
/** The same on request (`all`), for metrics: the longer a series' chunks, the fewer bytes a sample takes. */
const MERGE_ALL_METRICS_MIN = 64 * 1024 * 1024;
/** And never more: a flush waits for a merge under way, some seconds at this size. */
const MERGE_BYTES_MAX = 256 * 1024 * 1024;
/** Beyond the least, this share of all blocks: what a merge takes on top while it runs. */
const MERGE_SHARE = 1 / 8;
const MERGE_ALL_SHARE = 1 / 3;

/**
 * Groups of blocks to merge: per partition, those of a level that has enough, or all with `all`. No group has more
 * bytes than a merge may take, or than `bytesMax` says of its signal; what is left over waits for the next plan. Blocks
 * are merged only with such as `epochOf` says the same of: whether a pending deletion is about a block is told by its
 * generation, of which a merged one has one.
 */
export function planCompaction(
  blocks: readonly BlockRow[],
  all: boolean,
  bytesMax: (signal: Signal) => number = () => Number.POSITIVE_INFINITY,
  epochOf: (block: BlockRow) => number = () => 0,
): BlockRow[][] {
  const groups = new Map<string, BlockRow[]>();
  for (const b of blocks) {
    if (b.signal === SIGNAL.logs && b.level === LEVEL_FULL) continue;
    const anyLevel = all || b.signal === SIGNAL.traces;
    const key = `${b.signal}:${b.tenant}:${b.partitionMs}:${epochOf(b)}${anyLevel ? '' : `:${b.level}`}`;
    const group = groups.get(key);
    if (group) group.push(b);
    else groups.set(key, [b]);
  }
  const stored = blocks.reduce((n, b) => n + b.bytes, 0);
  const room = (signal: Signal) => {
    const atLeast = all && signal === 'metrics' ? MERGE_ALL_METRICS_MIN : MERGE_BYTES_MIN;
    const share = Math.max(atLeast, stored * (all ? MERGE_ALL_SHARE : MERGE_SHARE));
    return Math.min(bytesMax(signal), MERGE_BYTES_MAX, share);
  };
  const plans: BlockRow[][] = [];
  for (const group of groups.values()) {
    const { signal } = group[0]!;
    const bytes = room(SIGNAL_NAMES[signal]);
    if (signal === SIGNAL.traces) {
      const plan = planTraceMerge(group, all, bytes);
      if (plan) plans.push(plan);
    } else if (group.length >= (all ? 2 : MERGE_FAN_IN)) {
      plans.push(...bounded(group, bytes).filter((run) => run.length >= 2));
    }
  }
  return plans;
}

/** Cuts a group, in order of time, into runs that a merge may take. */
function bounded(blocks: readonly BlockRow[], bytesMax: number): BlockRow[][] {
  const runs: BlockRow[][] = [];
  let bytes = 0;
  for (const b of [...blocks].sort((a, c) => a.minMs - c.minMs || a.id - c.id)) {
    bytes += b.bytes;
    if (runs.length === 0 || bytes > bytesMax) {
      runs.push([]);
      bytes = b.bytes;
    }
    runs.at(-1)!.push(b);
  }
  return runs;
}

/** What a merge does besides merging. */
export interface MergeOptions {
  /** The result's level; one above its sources' where absent. */
  readonly level?: number;
  /** Items of the series before this time are left out. */
  readonly keepFrom?: (series: number) => number;
  /** Samples that are deleted are left out. */
  readonly deletions?: Deletions;
  /** Log entries that are deleted are left out. */
  readonly logDeletions?: LogDeletions;
}

/** Merges blocks of metrics or of logs into a new one; the caller publishes it and hides its sources. */
export function* mergeBlocks(
  sources: readonly BlockRow[],
  reader: BlockReader,
  writer: BlockWriter,
  onDamage: OnDamage,
  options: MergeOptions = {},
): Generator<void, BlockBuilder> {
  const first = sources[0]!;
  const isMetrics = first.signal === SIGNAL.metrics;
  const target = new BlockBuilder(writer, {
    signal: first.signal,
    level: options.level ?? Math.max(...sources.map((b) => b.level)) + 1,
    tenant: first.tenant,
    partitionMs: first.partitionMs,
    generation: Math.max(...sources.map((b) => b.generation)),
    pageRawBytes: isMetrics ? PAGE_RAW_BYTES.metrics : PAGE_RAW_BYTES.logs,
  });
  const open = () => sources.map((b) => openBlock(reader, b.id, onDamage));
  const ids = new IdIndexBuilder((run) => writer.addIdRun(target.block, run));
  const cursors = open();
  const deleted = sources.map((b) => options.deletions?.of(b));
  const logsDeleted = sources.map((b) => options.logDeletions?.of(b));
  let done = 0;
  // A second set of cursors tells the series: reading chunks must move forward only.
  for (const series of mergeAscending(open().map((c) => c.series()))) {
    const fromMs = options.keepFrom?.(series) ?? Number.NEGATIVE_INFINITY;
    if (isMetrics) mergeSeries(cursors, deleted, series, target, fromMs);
    else yield* mergeStream(target, ids, series, entrySources(cursors, logsDeleted, series, fromMs));
    if (++done % SLICE_SERIES === 0) yield;
  }
  target.finish();
  ids.finish();
  return target;
}

/** Whether the block has a chunk that begins before its series' time in `keepFrom`. Reads directories alone. */
export function holdsOlder(
  block: BlockRow,
  reader: BlockReader,
  keepFrom: (series: number) => number,
): Generator<void, boolean> {
  return holdsChunk(block, reader, (c) => c.minMs < keepFrom(c.series));
}

/** Whether the block has such a chunk. Reads directories alone; yields between pages. */
export function* holdsChunk(
  block: BlockRow,
  reader: BlockReader,
  isSuch: (chunk: ChunkPlace) => boolean,
): Generator<void, boolean> {
  const all = Number.MAX_SAFE_INTEGER;
  for (const row of reader.pages(block.id, 0, all, -all, all)) {
    try {
      if (readDirectory(row.directory, row.minMs).chunks.some(isSuch)) return true;
    } catch (error) {
      // Told and counted when the block is read for its data.
      if (!(error instanceof DamagedPageError)) throw error;
    }
    yield;
  }
  return false;
}

function openBlock(reader: BlockReader, block: number, onDamage: OnDamage): PageCursor {
  const all = Number.MAX_SAFE_INTEGER;
  return new PageCursor(reader, block, reader.pages(block, 0, all, -all, all), onDamage);
}

const columns = new SampleColumns();

function mergeSeries(
  cursors: readonly PageCursor[],
  deleted: readonly (BlockDeletions | undefined)[],
  series: number,
  target: BlockBuilder,
  fromMs: number,
): void {
  columns.count = 0;
  columns.histograms = undefined;
  columns.startTimestamps = undefined;
  cursors.forEach((cursor, i) => {
    const from = columns.count;
    cursor.each(series, fromMs, Number.POSITIVE_INFINITY, (chunk) => {
      const page = chunk.open();
      if (page) decodeSeriesChunk(page.reader, columns, page.timestamps);
    });
    const times = deleted[i]?.timesOf(series);
    if (times) dropDeleted(columns, from, times);
  });
  if (columns.count === 0) return;
  orderSamples(columns);
  let from = 0;
  while (from < columns.count && columns.timestamps[from]! < fromMs) from++;
  if (from < columns.count) addSamples(target, series, columns, from, columns.count);
}

/** The stream's chunks in the sources, of older blocks first. Their pages are read when they are opened. */
function entrySources(
  cursors: readonly PageCursor[],
  deleted: readonly (BlockLogDeletions | undefined)[],
  series: number,
  fromMs: number,
): EntrySource[] {
  const sources: EntrySource[] = [];
  for (const [i, cursor] of cursors.entries()) {
    cursor.each(series, fromMs, Number.POSITIVE_INFINITY, (chunk) => {
      const { minMs, maxMs } = chunk.place;
      const fate = deleted[i]?.fateOf(series, minMs, maxMs) ?? 'kept';
      if (fate === 'gone') return;
      const open = () => {
        const all = openEntries(chunk);
        const entries = all && fate === 'partly' ? deleted[i]!.apply(series, all) : all;
        return entries && minMs < fromMs
          ? sliceEntryChunk(entries, countBefore(entries, fromMs), entries.count)
          : entries;
      };
      sources.push({ minMs, maxMs, open });
    });
  }
  return sources;
}

/** The distinct numbers of ascending iterators, ascending. */
function* mergeAscending(inputs: readonly Iterator<number>[]): IterableIterator<number> {
  const heads = inputs.map((it) => it.next());
  for (;;) {
    let low = Number.POSITIVE_INFINITY;
    for (const h of heads) if (!h.done && h.value < low) low = h.value;
    if (low === Number.POSITIVE_INFINITY) return;
    heads.forEach((h, i) => {
      if (!h.done && h.value === low) heads[i] = inputs[i]!.next();
    });
    yield low;
  }
}
