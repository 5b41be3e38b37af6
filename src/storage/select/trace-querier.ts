/**
 * Reads span groups for queries: those of blocks column by column from SQLite, those of the head built from its
 * rows. Full row groups of the head never change, so their columns are kept from job to job.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { allRows } from '../../model/span-rows.ts';
import { DamagedPageError } from '../block/page.ts';
import { isWholePiece } from '../chunkenc/piece.ts';
import { buildSpanGroup } from '../chunkenc/span-page.ts';
import type { TraceHeadAnswer } from '../head/snapshot.ts';
import { SpanGather } from '../head/span-gather.ts';
import { ROWS_PER_GROUP } from '../head/trace-head.ts';
import type { SpanGroupCursor, TimeRange, TraceReader } from '../interface.ts';
import type { SpanGroupRow } from '../sqlite/span-table.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import { StoredGroup } from './stored-group.ts';
import { StoredGroups } from './stored-groups.ts';

/** Groups between two batch boundaries, where cancellation is seen. */
const BATCH_GROUPS = 4;

type HeadGeneration = TraceHeadAnswer['generations'][number];

export class TraceQuerier implements TraceReader {
  readonly #snapshot: BlockSnapshot;
  /** Columns of full row groups by `generation:group`; only of generations that the head still has. */
  #full = new Map<string, SpanGroup>();
  /**
   * Stored groups of which a piece is damaged. Pieces load while a query runs, which therefore ends with
   * `DamagedPageError`; asked again, it runs without the group.
   */
  readonly #damaged = new Set<number>();
  readonly #stored: StoredGroups;

  constructor(snapshot: BlockSnapshot) {
    this.#snapshot = snapshot;
    this.#stored = new StoredGroups((row, piece) => this.#piece(row, piece));
  }

  /** To be called when a job begins: what the jobs before it have read beyond the bound makes room. */
  begin(): void {
    this.#stored.begin();
  }

  async trace(id: Uint8Array, signal: AbortSignal): Promise<SpanGroupCursor> {
    const generations = await this.#head();
    const groups = this.#whole(this.#snapshot.spans.ofTrace(id, this.#snapshot.onDamage)).map(
      (row): (() => SpanGroup) =>
        () =>
          this.#stored.of(row),
    );
    for (const g of generations) {
      const gather = new SpanGather(g);
      const rows: number[] = [];
      for (let row = 0; row < g.spans; row++) if (gather.isOfTrace(row, id)) rows.push(row);
      if (rows.length > 0) groups.push(() => buildSpanGroup(allRows([gather.batch(rows)])));
    }
    return new GroupCursor(groups, this.#stored, signal);
  }

  async select(query: TimeRange, signal: AbortSignal): Promise<SpanGroupCursor> {
    const generations = await this.#head();
    const rows = this.#whole(this.#snapshot.spans.overlapping(query.minMs, query.maxMs));
    const groups = rows.map((row): (() => SpanGroup) => () => this.#stored.of(row));
    for (const g of generations) {
      if (g.maxMs < query.minMs || g.minMs > query.maxMs) continue;
      for (let k = 0; k * ROWS_PER_GROUP < g.spans; k++) groups.push(() => this.#headGroup(g, k));
    }
    return new GroupCursor(groups, this.#stored, signal);
  }

  async #head(): Promise<readonly HeadGeneration[]> {
    const { flushedGeneration } = this.#snapshot;
    const { generations } = await this.#snapshot.ask({ kind: 'traces', flushedGeneration });
    const live = new Set(generations.map((g) => g.generation));
    for (const key of this.#full.keys()) if (!live.has(Number(key.split(':')[0]))) this.#full.delete(key);
    return generations;
  }

  #piece(row: SpanGroupRow, name: string): Uint8Array {
    const piece = this.#snapshot.spans.column(row.id, name);
    if (piece && isWholePiece(piece)) return piece;
    this.#damaged.add(row.id);
    this.#snapshot.onDamagedGroup(row.id, name);
    throw new DamagedPageError(`span group ${row.id}, piece ${name}`);
  }

  /** How many damaged groups were found since the thread began. */
  get damagedGroups(): number {
    return this.#damaged.size;
  }

  /** Groups of blocks without those that were found damaged. */
  #whole(rows: readonly SpanGroupRow[]): SpanGroupRow[] {
    return rows.filter((row) => !this.#damaged.has(row.id));
  }

  #headGroup(g: HeadGeneration, k: number): SpanGroup {
    const key = `${g.generation}:${k}`;
    const known = this.#full.get(key);
    if (known) return known;
    const first = k * ROWS_PER_GROUP;
    const count = Math.min(ROWS_PER_GROUP, g.spans - first);
    const rows = Uint32Array.from({ length: count }, (_, i) => first + i);
    const group = buildSpanGroup(allRows([new SpanGather(g).batch(rows)]));
    if (count === ROWS_PER_GROUP) this.#full.set(key, group);
    return group;
  }
}

class GroupCursor implements SpanGroupCursor {
  readonly #groups: readonly (() => SpanGroup)[];
  readonly #stored: StoredGroups;
  readonly #signal: AbortSignal;
  #next = 0;
  #batchEnd = 0;
  #group: SpanGroup | undefined;

  constructor(groups: readonly (() => SpanGroup)[], stored: StoredGroups, signal: AbortSignal) {
    this.#groups = groups;
    this.#stored = stored;
    this.#signal = signal;
  }

  async nextBatch(): Promise<boolean> {
    this.#signal.throwIfAborted();
    this.#next = this.#batchEnd;
    this.#batchEnd = Math.min(this.#groups.length, this.#next + BATCH_GROUPS);
    return this.#next < this.#groups.length;
  }

  next(): boolean {
    this.#signal.throwIfAborted();
    if (this.#next >= this.#batchEnd) return false;
    this.#group = this.#groups[this.#next++]!();
    return true;
  }

  group(): SpanGroup {
    return this.#group!;
  }

  passed(): void {
    if (this.#group instanceof StoredGroup) this.#stored.passed(this.#group);
  }

  close(): void {}
}
