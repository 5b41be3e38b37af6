/** Flushing a generation's log entries: from segments to blocks, one per time partition. Runs in the writer thread, in slices. */

import { BlockBuilder } from './block/block-builder.ts';
import { addEntries } from './block/entry-chunks.ts';
import { IdIndexBuilder } from './block/id-index-builder.ts';
import { PAGE_RAW_BYTES } from './block/partition.ts';
import { SEGMENT_ROW, type Segment, segmentFromRow } from './head/log-segments.ts';
import { viewOfSegment } from './head/segment-chunk.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { LogFlush } from './sqlite/writer-protocol.ts';

/** Builds the blocks; the caller publishes them. Yields after every stream. */
export function* flushLogs(
  flush: LogFlush,
  generation: number,
  writer: BlockWriter,
): Generator<void, BlockBuilder[]> {
  const blocks = new Map<number, { block: BlockBuilder; ids: IdIndexBuilder }>();
  const rows = flush.segments.length / SEGMENT_ROW;
  for (let i = 0; i < rows; ) {
    const stream = flush.segments[i * SEGMENT_ROW]!;
    const partitions = new Map<number, Segment[]>();
    for (; i < rows && flush.segments[i * SEGMENT_ROW] === stream; i++) {
      const s = segmentFromRow(flush.segments, i);
      const list = partitions.get(s.partitionMs);
      if (list) list.push(s);
      else partitions.set(s.partitionMs, [s]);
    }
    for (const [partitionMs, segments] of partitions) {
      let open = blocks.get(partitionMs);
      if (!open) {
        const block = new BlockBuilder(writer, {
          signal: SIGNAL.logs,
          level: 0,
          partitionMs,
          generation,
          pageRawBytes: PAGE_RAW_BYTES.logs,
        });
        open = { block, ids: new IdIndexBuilder((run) => writer.addIdRun(block.block, run)) };
        blocks.set(partitionMs, open);
      }
      addEntries(
        open.block,
        open.ids,
        stream,
        segments.map((s) => viewOfSegment(flush.slabs, s)),
      );
    }
    yield;
  }
  for (const { block, ids } of blocks.values()) {
    block.finish();
    ids.finish();
    yield;
  }
  return [...blocks.values()].map(({ block }) => block);
}
