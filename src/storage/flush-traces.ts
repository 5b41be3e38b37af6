/**
 * Flushing a generation's spans, and merging trace blocks: spans sorted by trace id, cut into groups at trace
 * boundaries, each group stored column by column with its traces in the trace-ID index. Runs in the writer thread,
 * in slices.
 */

import { compareBytes } from '../base/bytes.ts';
import type { SpanBatch } from '../model/batch.ts';
import { TRACE_ID_BYTES } from '../model/span.ts';
import type { SpanGroup } from '../model/span-group.ts';
import { allRows } from '../model/span-rows.ts';
import { spansOf } from '../model/spans-of.ts';
import { DamagedPageError } from './block/page.ts';
import type { OnDamage } from './block/page-cursor.ts';
import { partitionOf } from './block/partition.ts';
import { buildSpanGroup, encodeSpanGroup, mergeSpanGroups, openSpanGroup } from './chunkenc/span-page.ts';
import { SpanGather } from './head/span-gather.ts';
import type { BlockRow, BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { SpanTable } from './sqlite/span-table.ts';
import type { TraceFlush } from './sqlite/writer-protocol.ts';

/** Spans of a group: columns compress better in large ones, a trace by ID reads less of small ones. */
const GROUP_SPANS = 8192;
/** Spans that one merge takes, since its result is one group; larger blocks stay as they are. */
export const MERGE_SPANS_MAX = 8 * GROUP_SPANS;

/** A block of span groups that was built and awaits its publication. */
export interface TraceBlock {
  publish(): void;
}

class TraceBlockBuilder implements TraceBlock {
  readonly #writer: BlockWriter;
  readonly #spans: SpanTable;
  readonly block: number;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;
  #items = 0;
  #bytes = 0;

  constructor(writer: BlockWriter, spans: SpanTable, level: number, partitionMs: number, generation: number) {
    this.#writer = writer;
    this.#spans = spans;
    this.block = writer.begin(SIGNAL.traces, level, partitionMs, generation);
  }

  add(group: SpanGroup): void {
    const { spanCount, minMs, maxMs } = group;
    this.#bytes += this.#spans.addGroup(
      this.block,
      spanCount,
      minMs,
      maxMs,
      encodeSpanGroup(group),
      traceIdsOf(group),
    );
    this.#items += spanCount;
    this.#minMs = Math.min(this.#minMs, minMs);
    this.#maxMs = Math.max(this.#maxMs, maxMs);
  }

  publish(): void {
    if (this.#items > 0) this.#writer.publish(this.block, this.#minMs, this.#maxMs, this.#items, this.#bytes);
  }
}

function* traceIdsOf(group: SpanGroup): IterableIterator<Uint8Array> {
  const starts = group.traceStarts();
  const ids = group.traceIds();
  for (let t = 0; t < starts.length - 1; t++) {
    yield ids.slice(starts[t]! * TRACE_ID_BYTES, (starts[t]! + 1) * TRACE_ID_BYTES);
  }
}

/** Builds the blocks, one per partition of the spans' starts; the caller publishes them. Yields after every group. */
export function* flushTraces(
  flush: TraceFlush,
  generation: number,
  writer: BlockWriter,
  table: SpanTable,
): Generator<void, TraceBlock[]> {
  const gather = new SpanGather(flush);
  const partitions = new Map<number, number[]>();
  for (let row = 0; row < flush.spans; row++) {
    const partition = partitionOf('traces', gather.startMs(row));
    const rows = partitions.get(partition);
    if (rows) rows.push(row);
    else partitions.set(partition, [row]);
  }
  const blocks: TraceBlock[] = [];
  for (const [partition, rows] of partitions) {
    rows.sort((a, b) => compareBytes(gather.traceId(a), gather.traceId(b)));
    const block = new TraceBlockBuilder(writer, table, 0, partition, generation);
    const sameTrace = (i: number) =>
      compareBytes(gather.traceId(rows[i]!), gather.traceId(rows[i - 1]!)) === 0;
    for (const [from, to] of cuts(rows.length, sameTrace)) {
      const built = buildSpanGroup(allRows([gather.batch(rows.slice(from, to))]));
      block.add(built);
      yield;
    }
    blocks.push(block);
  }
  return blocks;
}

/** Ranges of about `GROUP_SPANS` that do not cut a trace (`continues(i)`: row i is of the same trace as the one before). */
function* cuts(n: number, continues: (i: number) => boolean): IterableIterator<[from: number, to: number]> {
  for (let from = 0; from < n; ) {
    let to = Math.min(n, from + GROUP_SPANS);
    while (to < n && continues(to)) to++;
    yield [from, to];
    from = to;
  }
}

/** Merges trace blocks of one partition; the caller publishes the result and hides the sources. */
export function* mergeTraceBlocks(
  sources: readonly BlockRow[],
  writer: BlockWriter,
  table: SpanTable,
  onDamage: OnDamage,
): Generator<void, TraceBlock> {
  const batches: SpanBatch[] = [];
  for (const row of sources.flatMap((b) => table.groupsOfBlock(b.id))) {
    try {
      batches.push(spansOf(openSpanGroup((column) => table.column(row.id, column))));
    } catch (error) {
      if (!(error instanceof DamagedPageError)) throw error;
      onDamage(row.block, row.id, error.message);
    }
    yield;
  }
  const level = Math.max(...sources.map((b) => b.level)) + 1;
  const generation = Math.max(...sources.map((b) => b.generation));
  const block = new TraceBlockBuilder(writer, table, level, sources[0]!.partitionMs, generation);
  if (batches.length > 0) block.add(buildSpanGroup(allRows(batches)));
  yield;
  return block;
}
