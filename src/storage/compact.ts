/**
 * Compaction: merges the blocks of one time partition into one of the next level, re-compressing harder. Runs in
 * the writer thread, in slices; the new block is published and the old ones hidden in one transaction, so every
 * snapshot sees the data exactly once.
 */

import { BlockBuilder, LEVEL_FULL } from './block/block-builder.ts';
import type { EntrySource } from './block/entry-windows.ts';
import { IdIndexBuilder } from './block/id-index-builder.ts';
import { addSamples } from './block/metric-chunks.ts';
import { type OnDamage, PageCursor } from './block/page-cursor.ts';
import { PAGE_RAW_BYTES } from './block/partition.ts';
import { mergeStream } from './block/stream-merge.ts';
import { decodeEntryChunk } from './chunkenc/entry-page.ts';
import { decodeSeriesChunk } from './chunkenc/series-chunk.ts';
import { MERGE_SPANS_MAX } from './flush-traces.ts';
import { SampleColumns } from './interface.ts';
import { orderSamples } from './select/sample-order.ts';
import type { BlockReader, BlockRow, BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';

/** Blocks of one level and partition that are merged as soon as they have gathered: each byte is rewritten about log8(n) times. */
const MERGE_FAN_IN = 8;
/** Series between two yields to other work. */
const SLICE_SERIES = 128;

/** Groups of blocks to merge: per partition, those of a level that has enough, or all with `all`. */
export function planCompaction(blocks: readonly BlockRow[], all: boolean): BlockRow[][] {
  const groups = new Map<string, BlockRow[]>();
  for (const b of blocks) {
    if (b.signal === SIGNAL.logs && b.level === LEVEL_FULL) continue;
    const key = all ? `${b.signal}:${b.partitionMs}` : `${b.signal}:${b.partitionMs}:${b.level}`;
    const group = groups.get(key);
    if (group) group.push(b);
    else groups.set(key, [b]);
  }
  return [...groups.values()].map(mergeable).filter((g) => g.length >= (all ? 2 : MERGE_FAN_IN));
}

/** Trace blocks are merged only up to a size. */
function mergeable(blocks: readonly BlockRow[]): BlockRow[] {
  let spans = 0;
  return blocks.filter((b) => b.signal !== SIGNAL.traces || (spans += b.items) <= MERGE_SPANS_MAX);
}

/** Merges blocks of metrics or of logs into a new one; the caller publishes it and hides its sources. */
export function* mergeBlocks(
  sources: readonly BlockRow[],
  reader: BlockReader,
  writer: BlockWriter,
  onDamage: OnDamage,
): Generator<void, BlockBuilder> {
  const first = sources[0]!;
  const isMetrics = first.signal === SIGNAL.metrics;
  const target = new BlockBuilder(writer, {
    signal: first.signal,
    level: Math.max(...sources.map((b) => b.level)) + 1,
    partitionMs: first.partitionMs,
    generation: Math.max(...sources.map((b) => b.generation)),
    pageRawBytes: isMetrics ? PAGE_RAW_BYTES.metrics : PAGE_RAW_BYTES.logs,
  });
  const open = () => sources.map((b) => openBlock(reader, b.id, onDamage));
  const ids = new IdIndexBuilder((run) => writer.addIdRun(target.block, run));
  const cursors = open();
  let done = 0;
  // A second set of cursors tells the series: reading chunks must move forward only.
  for (const series of mergeAscending(open().map((c) => c.series()))) {
    if (isMetrics) mergeSeries(cursors, series, target);
    else yield* mergeStream(target, ids, series, entrySources(cursors, series));
    if (++done % SLICE_SERIES === 0) yield;
  }
  target.finish();
  ids.finish();
  return target;
}

function openBlock(reader: BlockReader, block: number, onDamage: OnDamage): PageCursor {
  const all = Number.MAX_SAFE_INTEGER;
  return new PageCursor(reader, block, reader.pages(block, 0, all, -all, all), onDamage);
}

const columns = new SampleColumns();

function mergeSeries(cursors: readonly PageCursor[], series: number, target: BlockBuilder): void {
  columns.count = 0;
  columns.histograms = undefined;
  columns.startTimestamps = undefined;
  for (const cursor of cursors) {
    cursor.each(series, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, (chunk) => {
      const page = chunk.open();
      if (page) decodeSeriesChunk(page.reader, columns, page.timestamps);
    });
  }
  if (columns.count === 0) return;
  orderSamples(columns);
  addSamples(target, series, columns, 0, columns.count);
}

/** The stream's chunks in the sources, of older blocks first. Their pages are read when they are opened. */
function entrySources(cursors: readonly PageCursor[], series: number): EntrySource[] {
  const sources: EntrySource[] = [];
  for (const cursor of cursors) {
    cursor.each(series, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, (chunk) => {
      sources.push({
        minMs: chunk.place.minMs,
        open: () => {
          const page = chunk.open();
          return page && decodeEntryChunk(page.reader.buf, page.reader.pos, page.reader.end);
        },
      });
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
