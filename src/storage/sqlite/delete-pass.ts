/**
 * Carries delete requests of log entries out: blocks that hold what they delete are rewritten without it, then the
 * requests are marked as processed. Runs in the writer thread, a block at a time, so that flushes get their turn in
 * between. Every step is one transaction, and what a pending request deletes is hidden whatever the blocks hold: a crash
 * leaves the requests pending, and the pass begins anew with the blocks as they are by then.
 */

import { openEntries } from '../block/entry-chunks.ts';
import { PageCursor } from '../block/page-cursor.ts';
import { PARTITION_MS } from '../block/partition.ts';
import type { LoadEntryPredicates } from '../interface.ts';
import { type BlockLogDeletions, LogDeletions, type StreamIndex } from '../select/log-deletions.ts';
import type { BlockRow } from './block-table.ts';
import type { DeleteRequestTable, StoredDeleteRequest } from './delete-request-table.ts';
import { type BlockTools, rewriteBlock } from './rewrite-block.ts';
import { SIGNAL } from './schema.ts';

const ALL = Number.MAX_SAFE_INTEGER;

/** The requests that are being carried out together. */
interface Batch {
  readonly ids: ReadonlySet<string>;
  /** Of no concern any more: checked, or written by this pass. */
  readonly clean: Set<number>;
  done: number;
  /** Blocks that were to be looked at when the batch began. */
  readonly total: number;
}

export class DeletePass {
  readonly #requests: DeleteRequestTable;
  readonly #tools: BlockTools;
  readonly #deletions: LogDeletions;
  #batch: Batch | undefined;

  constructor(
    requests: DeleteRequestTable,
    index: StreamIndex,
    loadPredicates: LoadEntryPredicates | undefined,
    tools: BlockTools,
  ) {
    this.#requests = requests;
    this.#tools = tools;
    const pending = () => requests.pending().filter((r) => this.#batch?.ids.has(r.id));
    this.#deletions = new LogDeletions({ pending }, index, loadPredicates);
  }

  /** How much of a request's work is done, 0 to 1. */
  progressOf(id: string): number {
    const batch = this.#batch;
    return batch?.ids.has(id) ? Math.min(1, batch.done / Math.max(1, batch.total)) : 0;
  }

  /** Does a block's worth of work on the requests made until `dueMs`; false when there is none left. */
  async step(dueMs: number, nowMs: number): Promise<boolean> {
    if (!this.#batch && !this.#begin(dueMs)) return false;
    const { blocks } = this.#tools;
    const batch = this.#batch!;
    this.#deletions.refresh();
    await this.#deletions.ready();
    for (const block of blocks.all()) {
      const deleted = batch.clean.has(block.id) ? undefined : this.#deletions.of(block);
      if (!deleted) continue;
      const rewritten = (await this.#tools.sliced(this.#holdsDeleted(block, deleted)))
        ? await rewriteBlock(block, { logDeletions: this.#deletions }, this.#tools)
        : undefined;
      batch.clean.add(rewritten?.block ?? block.id);
      batch.done++;
      return true;
    }
    this.#tools.transaction(() => {
      for (const { id } of this.#requests.pending()) {
        if (batch.ids.has(id)) this.#requests.setProcessed(id, nowMs);
      }
    });
    this.#batch = undefined;
    return true;
  }

  #begin(dueMs: number): boolean {
    const due = this.#requests.pending().filter((r) => r.createdMs <= dueMs);
    if (due.length === 0) return false;
    const ids = new Set(due.map((r) => r.id));
    this.#batch = { ids, clean: new Set(), done: 0, total: 0 };
    this.#deletions.refresh();
    const total = this.#tools.blocks.all().filter((b) => this.#deletions.of(b)).length;
    this.#batch = { ...this.#batch, total };
    return true;
  }

  /** Whether the block has an entry that is deleted. Decodes only what directories cannot tell. */
  *#holdsDeleted(block: BlockRow, deleted: BlockLogDeletions): Generator<void, boolean> {
    const { blocks, onDamage } = this.#tools;
    const rows = blocks.pages(block.id, 0, ALL, -ALL, ALL);
    const cursor = new PageCursor(blocks, block.id, rows, onDamage);
    let found = false;
    // A second cursor tells the streams: reading chunks must move forward only.
    for (const stream of new PageCursor(blocks, block.id, rows, onDamage).series()) {
      cursor.each(stream, -ALL, ALL, (chunk) => {
        const { minMs, maxMs } = chunk.place;
        const fate = found ? 'kept' : deleted.fateOf(stream, minMs, maxMs);
        if (fate === 'gone') found = true;
        if (fate !== 'partly') return;
        const entries = openEntries(chunk);
        found = entries !== undefined && deleted.apply(stream, entries).count < entries.count;
      });
      if (found) return true;
      yield;
    }
    return false;
  }
}

/**
 * Which blocks of logs may be merged with one another while requests are pending: those of one number. What a request is
 * about is told by a block's generation, and a merge of blocks on both sides of it could only be of one.
 */
export function mergeEpochs(pending: readonly StoredDeleteRequest[]): (block: BlockRow) => number {
  return ({ signal, partitionMs, generation }) => {
    if (signal !== SIGNAL.logs) return 0;
    const isBehind = (r: StoredDeleteRequest) =>
      r.generation < generation && r.maxMs >= partitionMs && r.minMs < partitionMs + PARTITION_MS.logs;
    return pending.filter(isBehind).length;
  };
}
