/**
 * Flushing a generation's log entries: from segments to blocks of each time partition. Streams that came in at a high
 * rate get a block of their own, which no compaction touches. Runs in the writer thread, in slices.
 */

import { BlockBuilder, LEVEL_FULL } from './block/block-builder.ts';
import { addEntries } from './block/entry-chunks.ts';
import { IdIndexBuilder } from './block/id-index-builder.ts';
import { PAGE_RAW_BYTES } from './block/partition.ts';
import { mergeStream } from './block/stream-merge.ts';
import { LineRoom, mergeEntryChunks } from './chunkenc/entry-merge.ts';
import { SEGMENT_ROW, type Segment, segmentFromRow } from './head/log-segments.ts';
import { viewOfSegment } from './head/segment-chunk.ts';
import { segmentsById } from './select/id-order.ts';
import type { BlockWriter } from './sqlite/block-table.ts';
import { SIGNAL } from './sqlite/schema.ts';
import type { LogFlush } from './sqlite/writer-protocol.ts';

/** A stream with as much in a flush has chunks as long as chunks get: merging it with others would gain nothing. */
const LONG_STREAM_BYTES = 256 * 1024;
/** Long streams get a block of their own where there is as much of them; less is not worth a block that stays. */
const FULL_BLOCK_BYTES = 8 * 1024 * 1024;
/** Up to this many bytes a stream is merged in one go. */
const ONE_GO_BYTES = 2 * 1024 * 1024;

interface OpenBlock {
  readonly block: BlockBuilder;
  readonly ids: IdIndexBuilder;
}

/** A stream's segments in one partition, in the order in which they were begun. */
interface Part {
  readonly stream: number;
  readonly segments: Segment[];
  lineBytes: number;
}

/** Builds the blocks; the caller publishes them. Yields between slices. */
export function* flushLogs(
  flush: LogFlush,
  generation: number,
  writer: BlockWriter,
): Generator<void, BlockBuilder[]> {
  const blocks: BlockBuilder[] = [];
  for (const [partitionMs, parts] of partsByPartition(segmentsById(flush.segments))) {
    const isLong = (p: Part) => p.lineBytes >= LONG_STREAM_BYTES;
    const long = parts.filter(isLong);
    const separate = long.reduce((n, p) => n + p.lineBytes, 0) >= FULL_BLOCK_BYTES;
    const groups = separate
      ? [
          { level: LEVEL_FULL, group: long },
          { level: 0, group: parts.filter((p) => !isLong(p)) },
        ]
      : [{ level: 0, group: parts }];
    for (const { level, group } of groups) {
      if (group.length === 0) continue;
      const block = new BlockBuilder(writer, {
        signal: SIGNAL.logs,
        level,
        partitionMs,
        generation,
        pageRawBytes: PAGE_RAW_BYTES.logs,
      });
      const ids = new IdIndexBuilder((run) => writer.addIdRun(block.block, run));
      for (const part of group) {
        yield* addPart({ block, ids }, part, flush.slabs);
        yield;
      }
      block.finish();
      ids.finish();
      yield;
      blocks.push(block);
    }
  }
  return blocks;
}

/** Of one stream at a time: it is encoded before the next is merged. */
const room = new LineRoom();

function* addPart(
  { block, ids }: OpenBlock,
  { stream, segments, lineBytes }: Part,
  slabs: readonly SharedArrayBuffer[],
): Generator<void, void> {
  if (lineBytes <= ONE_GO_BYTES) {
    const views = segments.map((s) => viewOfSegment(slabs, s));
    addEntries(block, ids, stream, mergeEntryChunks(views, room));
    return;
  }
  const sources = segments.map((s) => ({
    minMs: s.minMs,
    maxMs: s.maxMs,
    // Merged by itself, since a client that sends twice leaves duplicates in one segment too.
    open: () => mergeEntryChunks([viewOfSegment(slabs, s)]),
  }));
  yield* mergeStream(block, ids, stream, sources);
}

/** The rows of a flush by partition; streams ascend in each. */
function partsByPartition(rows: Float64Array): Map<number, Part[]> {
  const partitions = new Map<number, Part[]>();
  for (let i = 0; i < rows.length / SEGMENT_ROW; i++) {
    const segment = segmentFromRow(rows, i);
    let parts = partitions.get(segment.partitionMs);
    if (!parts) partitions.set(segment.partitionMs, (parts = []));
    let part = parts.at(-1);
    if (part?.stream !== segment.slot)
      parts.push((part = { stream: segment.slot, segments: [], lineBytes: 0 }));
    part.segments.push(segment);
    part.lineBytes += segment.lineBytes;
  }
  return partitions;
}
