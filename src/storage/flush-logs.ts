/** Flushing a generation's log entries: from segments to blocks, one per time partition. Runs in the writer thread, in slices. */

import { BlockBuilder } from './block/block-builder.ts';
import { addEntries } from './block/entry-chunks.ts';
import { PAGE_RAW_BYTES } from './block/partition.ts';
import { SEGMENT_ROW, type Segment, segmentFromRow } from './head/log-segments.ts';
import { chunkOfSegment } from './head/segment-chunk.ts';
import { segmentsById } from './select/id-order.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { LogFlush } from './sqlite/writer-protocol.ts';

/** Builds the blocks; the caller publishes them. Yields after every stream. */
export function* flushLogs(
  flush: LogFlush,
  generation: number,
  writer: BlockWriter,
): Generator<void, BlockBuilder[]> {
  const blocks = new Map<number, BlockBuilder>();
  const segments = segmentsById(flush.segments);
  const rows = segments.length / SEGMENT_ROW;
  for (let i = 0; i < rows; ) {
    const stream = segments[i * SEGMENT_ROW]!;
    const partitions = new Map<number, Segment[]>();
    for (; i < rows && segments[i * SEGMENT_ROW] === stream; i++) {
      const s = segmentFromRow(segments, i);
      const list = partitions.get(s.partitionMs);
      if (list) list.push(s);
      else partitions.set(s.partitionMs, [s]);
    }
    for (const [partitionMs, own] of partitions) {
      let block = blocks.get(partitionMs);
      if (!block) {
        block = new BlockBuilder(writer, {
          signal: SIGNAL.logs,
          level: 0,
          partitionMs,
          generation,
          pageRawBytes: PAGE_RAW_BYTES.logs,
        });
        blocks.set(partitionMs, block);
      }
      addEntries(
        block,
        stream,
        own.map((s) => chunkOfSegment(flush.slabs, s)),
      );
    }
    yield;
  }
  for (const block of blocks.values()) block.finish();
  return [...blocks.values()];
}
