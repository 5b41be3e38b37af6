/**
 * Forgetting: what came in generations up to one is no more, in one transaction; rows of its blocks are swept afterwards.
 * What is set up rather than stored (rule groups, silences, alerts, journals) stays.
 */

import type { BlockReader, BlockWriter } from './block-table.ts';
import type { Connection } from './database.ts';
import type { ExemplarTable } from './exemplar-table.ts';

export interface ForgetTools {
  readonly db: Connection;
  readonly blocks: BlockReader;
  readonly writer: BlockWriter;
  readonly exemplars: ExemplarTable;
  /** Whatever partitions there were, they are gone: series without data are to be looked for. */
  seriesMayBeDead(): void;
}

export function forgetUpTo(generation: number, tools: ForgetTools): void {
  const { db, blocks, writer, exemplars } = tools;
  db.transaction(() => {
    for (const block of blocks.all()) if (block.generation <= generation) writer.hide(block.id);
    exemplars.dropUpTo(generation);
    // The front says again what is known of metrics with the next flush.
    exemplars.dropMetadata();
    db.prepare('DELETE FROM tombstone WHERE generation <= ?').run(generation);
    db.prepare('DELETE FROM delete_request WHERE generation <= ?').run(generation);
    tools.seriesMayBeDead();
  })();
}
