/** Which streams of a block still have an entry where some are deleted: lines are looked at only until one is found. */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { openEntries } from '../block/entry-chunks.ts';
import { PageCursor } from '../block/page-cursor.ts';
import type { TimeRange } from '../interface.ts';
import type { BlockRow } from '../sqlite/block-table.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import type { IdSet } from './id-set.ts';
import type { BlockLogDeletions } from './log-deletions.ts';

const NS_PER_MS = 1e6;

/** Adds the streams of which a chunk in the range has an entry left; like other look-ups, it goes by chunks' times. */
export function addSurviving(
  snapshot: BlockSnapshot,
  block: BlockRow,
  deleted: BlockLogDeletions,
  range: TimeRange,
  into: IdSet,
): void {
  const { minMs, maxMs } = range;
  const { blocks, onDamage } = snapshot;
  const rows = blocks.pages(block.id, 0, Number.MAX_SAFE_INTEGER, minMs, maxMs);
  const cursor = new PageCursor(blocks, block.id, rows, onDamage);
  // A second cursor tells the streams: reading chunks must move forward only.
  for (const stream of new PageCursor(blocks, block.id, rows, onDamage).series()) {
    if (into.has(stream)) continue;
    cursor.each(stream, minMs, maxMs, (chunk) => {
      if (into.has(stream)) return;
      const fate = deleted.fateOf(stream, chunk.place.minMs, chunk.place.maxMs);
      if (fate === 'kept') into.add(stream);
      if (fate !== 'partly') return;
      const entries = openEntries(chunk);
      if (entries && overlaps(deleted.apply(stream, entries), range)) into.add(stream);
    });
  }
}

/** Whether the chunk's first and last entry have the range, or a part of it, between them. */
function overlaps({ count, baseMs, offsetsNs }: EntryChunk, { minMs, maxMs }: TimeRange): boolean {
  if (count === 0) return false;
  const timeOf = (i: number) => baseMs + Math.floor(offsetsNs[i]! / NS_PER_MS);
  return timeOf(0) <= maxMs && timeOf(count - 1) >= minMs;
}
