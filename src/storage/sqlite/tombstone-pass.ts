/**
 * Carries deletions out where nobody asked for a merge: blocks that hold deleted samples are rewritten without them, and
 * tombstones that no block is concerned by any more go. Runs in the writer thread, in slices; every step is one
 * transaction, so a crash leaves each block as it was or as it is to be, and its tombstones.
 */

import { holdsChunk } from '../compact.ts';
import { type Deletions, isTouched } from '../select/deletions.ts';
import type { BlockRow } from './block-table.ts';
import { type BlockTools, rewriteBlock } from './rewrite-block.ts';
import { SIGNAL } from './schema.ts';
import type { TombstoneTable } from './tombstone-table.ts';

/** What of the writer a pass works with. */
export interface TombstoneTools extends BlockTools {
  readonly tombstones: TombstoneTable;
  readonly deletions: Deletions;
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
    if (await sliced(touched)) await rewriteBlock(block, { deletions }, tools);
  }
  transaction(() => {
    for (const { id } of stones) tombstones.remove(id);
  });
  deletions.refresh();
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
