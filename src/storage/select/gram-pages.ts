/**
 * Which pages of a log block may have the words that every wanted line contains, by their gram filters. What cannot be
 * told (a page without a filter, a filter that is damaged) is said to have them: filters save work, they never decide what
 * is found.
 */

import type { OnDamage } from '../block/page-cursor.ts';
import type { GramDemands } from '../chunkenc/gram-filter.ts';
import type { BlockReader, PageHead } from '../sqlite/block-table.ts';

/** Those of the block's pages, which ascend by number, that may have a wanted line. */
export function gramPages(
  blocks: BlockReader,
  block: number,
  pages: readonly PageHead[],
  demands: GramDemands,
  onDamage: OnDamage,
): readonly PageHead[] {
  const first = pages[0];
  if (first === undefined || demands.isEmpty) return pages;
  const unwanted = new Set<number>();
  for (const { number, filter } of blocks.grams(block, first.number, pages.at(-1)!.number)) {
    try {
      if (!demands.admit(filter)) unwanted.add(number);
    } catch (error) {
      onDamage(block, number, error instanceof Error ? error.message : String(error));
    }
  }
  return unwanted.size === 0 ? pages : pages.filter((p) => !unwanted.has(p.number));
}
