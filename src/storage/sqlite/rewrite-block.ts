/** Puts a block that is without some of its items into the place of one that has them, in one transaction. */

import type { BlockBuilder } from '../block/block-builder.ts';
import type { OnDamage } from '../block/page-cursor.ts';
import { type MergeOptions, mergeBlocks } from '../compact.ts';
import type { BlockReader, BlockRow, BlockWriter } from './block-table.ts';

/** What of the writer work on blocks needs. */
export interface BlockTools {
  readonly blocks: BlockReader;
  readonly writer: BlockWriter;
  readonly onDamage: OnDamage;
  transaction(work: () => void): void;
  /** Runs to the end, giving way to commits. */
  sliced<T>(work: Generator<void, T>): Promise<T>;
  /** Removes the rows of hidden blocks. */
  sweep(): Promise<void>;
}

/** Resolves with the new block, of the same level; one that nothing is left of was not published. */
export async function rewriteBlock(
  block: BlockRow,
  leaveOut: Omit<MergeOptions, 'level'>,
  { blocks, writer, onDamage, sliced, transaction, sweep }: BlockTools,
): Promise<BlockBuilder> {
  const options = { level: block.level, ...leaveOut };
  const target = await sliced(mergeBlocks([block], blocks, writer, onDamage, options));
  transaction(() => {
    target.publish();
    writer.hide(block.id);
  });
  await sweep();
  return target;
}
