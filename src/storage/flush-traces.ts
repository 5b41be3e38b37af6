/**
 * Flushing a generation's spans: rows sorted by trace id, cut into groups at trace boundaries, each group decoded into
 * columns and stored. Runs in the writer thread, in slices.
 */

import { allRows } from '../model/span-rows.ts';
import { partitionOf } from './block/partition.ts';
import { sortByTrace } from './block/trace-order.ts';
import { buildSpanGroupSteps } from './chunkenc/span-page.ts';
import { SpanGather } from './head/span-gather.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import type { SpanTable } from './sqlite/span-table.ts';
import type { TraceFlush } from './sqlite/writer-protocol.ts';
import { GROUP_SPANS, TRACE_SPANS_MAX, TraceBlockBuilder } from './trace-block.ts';

/** Rows between two yields where little is done for each. */
const SLICE_ROWS = 16_384;

/** Builds the blocks, one per partition of the spans' starts; the caller publishes them. */
export function* flushTraces(
  flush: TraceFlush,
  generation: number,
  writer: BlockWriter,
  table: SpanTable,
): Generator<void, TraceBlockBuilder[]> {
  const gather = new SpanGather(flush);
  const blocks: TraceBlockBuilder[] = [];
  for (const [partition, rows] of yield* partitionRows(gather, flush.spans)) {
    yield* sortByTrace(rows, gather);
    const block = new TraceBlockBuilder(writer, table, 0, partition, generation);
    for (const [from, to] of cuts(gather, rows)) {
      const group = yield* buildSpanGroupSteps(allRows([gather.batch(rows.subarray(from, to), true)]));
      yield* block.add(group);
    }
    blocks.push(block);
  }
  return blocks;
}

/** The rows of each partition, in the order in which they came. */
function* partitionRows(gather: SpanGather, spans: number): Generator<void, Map<number, Uint32Array>> {
  const counts = new Map<number, number>();
  let last = Number.NaN;
  let inLast = 0;
  const partitions = new Float64Array(spans);
  for (let row = 0; row < spans; row++) {
    const partition = partitionOf('traces', gather.startMs(row));
    partitions[row] = partition;
    if (partition !== last) {
      if (inLast > 0) counts.set(last, (counts.get(last) ?? 0) + inLast);
      last = partition;
      inLast = 0;
    }
    inLast++;
    if (row % SLICE_ROWS === 0) yield;
  }
  if (inLast > 0) counts.set(last, (counts.get(last) ?? 0) + inLast);
  const rows = new Map<number, { all: Uint32Array; used: number }>();
  for (const [partition, count] of counts) rows.set(partition, { all: new Uint32Array(count), used: 0 });
  for (let row = 0; row < spans; row++) {
    const list = rows.get(partitions[row]!)!;
    list.all[list.used++] = row;
  }
  return new Map([...rows].map(([partition, list]) => [partition, list.all]));
}

/** Ranges of about `GROUP_SPANS` that cut only traces that are longer than a group may be. */
function* cuts(gather: SpanGather, rows: Uint32Array): IterableIterator<[from: number, to: number]> {
  const n = rows.length;
  for (let from = 0; from < n; ) {
    let to = Math.min(n, from + GROUP_SPANS);
    const end = Math.min(n, from + TRACE_SPANS_MAX);
    while (to < end && gather.sameTrace(rows[to]!, rows[to - 1]!)) to++;
    yield [from, to];
    from = to;
  }
}
