/**
 * Carries deletions out where nobody asked for a merge: blocks that hold deleted samples are rewritten without them, and
 * tombstones that no block is concerned by any more go. Runs in the writer thread, in slices; every step is one
 * transaction, so a crash leaves each block as it was or as it is to be, and its tombstones.
 */

import type { OnDamage } from '../block/page-cursor.ts';
import { holdsChunk, mergeBlocks } from '../compact.ts';
import { type Deletions, isTouched } from '../select/deletions.ts';
import type { BlockReader, BlockRow, BlockWriter } from './block-table.ts';
import { SIGNAL } from './schema.ts';
import type { TombstoneTable } from './tombstone-table.ts';

/** What of the writer a pass works with. */
export interface TombstoneTools {
  readonly tombstones: TombstoneTable;
  readonly deletions: Deletions;
  readonly blocks: BlockReader;
  readonly writer: BlockWriter;
  readonly onDamage: OnDamage;
  transaction(work: () => void): void;
  /** Runs to the end, giving way to commits. */
  sliced<T>(work: Generator<void, T>): Promise<T>;
  /** Removes the rows of hidden blocks. */
  sweep(): Promise<void>;
}

/** Rewrites what has to be, and removes all tombstones: nothing is left of what they deleted. */
export async function cleanTombstones(tools: TombstoneTools): Promise<void> {
  const { tombstones, deletions, blocks, sliced, transaction } = tools;
  const stones = tombstones.all();
  deletions.refresh();
  for (const block of blocks.all()) {
    const deleted = deletions.of(block);
    if (!deleted) continue;
    const touched = holdsChunk(block, blocks, (c) => isTouched(deleted.timesOf(c.series), c.minMs, c.maxMs));
    if (await sliced(touched)) await rewrite(block, tools);
  }
  transaction(() => {
    for (const { id } of stones) tombstones.remove(id);
  });
  deletions.refresh();
}

async function rewrite(block: BlockRow, tools: TombstoneTools): Promise<void> {
  const { deletions, blocks, writer, onDamage, sliced, transaction, sweep } = tools;
  const options = { level: block.level, deletions };
  const target = await sliced(mergeBlocks([block], blocks, writer, onDamage, options));
  transaction(() => {
    target.publish();
    writer.hide(block.id);
  });
  await sweep();
}

/** Removes tombstones whose time no block of their generation or an older one has. */
export function pruneTombstones({ tombstones, blocks, transaction }: TombstoneTools): void {
  const stones = tombstones.all();
  if (stones.length === 0) return;
  const rows = blocks.all().filter((b) => b.signal === SIGNAL.metrics);
  transaction(() => {
    for (const s of stones) {
      const concerns = (b: BlockRow) =>
        b.generation <= s.generation && b.maxMs >= s.minMs && b.minMs <= s.maxMs;
      if (!rows.some(concerns)) tombstones.remove(s.id);
    }
  });
}
