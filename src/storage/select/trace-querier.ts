/**
 * Reads span groups for queries: those of blocks column by column from SQLite, those of the head built from its
 * rows. Full row groups of the head never change, so their columns are kept from job to job.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { allRows } from '../../model/span-rows.ts';
import { DamagedPageError } from '../block/page.ts';
import { isWholePiece } from '../chunkenc/piece.ts';
import { buildSpanGroup } from '../chunkenc/span-page.ts';
import { HeadTraces } from '../head/head-traces.ts';
import type { TraceHeadAnswer } from '../head/snapshot.ts';
import { SpanGather } from '../head/span-gather.ts';
import { ROWS_PER_GROUP } from '../head/trace-head.ts';
import type { SpanGroupCursor, TimeRange, TraceLookup, TraceReader } from '../interface.ts';
import type { SpanGroupRow } from '../sqlite/span-table.ts';
import type { BlockSnapshot } from './block-snapshot.ts';
import { BlockTraces } from './block-traces.ts';
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
  readonly #blockTraces: BlockTraces;
  /** By generation. */
  readonly #headTraces = new Map<number, HeadTraces>();
  /** Of the job: what it is told of the head, and groups of the head that are not full yet. */
  #asked: Promise<readonly HeadGeneration[]> | undefined;
  readonly #begun = new Map<string, SpanGroup>();

  constructor(snapshot: BlockSnapshot) {
    this.#snapshot = snapshot;
    this.#stored = new StoredGroups((row, piece) => this.#piece(row, piece));
    this.#blockTraces = new BlockTraces(snapshot.spans, snapshot.onDamage);
  }

  /** To be called when a job begins: what the jobs before it have read beyond the bound makes room. */
  begin(): void {
    this.#stored.begin();
    this.#asked = undefined;
    this.#begun.clear();
  }

  async trace(id: Uint8Array, signal: AbortSignal): Promise<SpanGroupCursor> {
    const generations = await this.#head();
    this.#stored.keepNothing();
    const groups = this.#whole(this.#blockTraces.open(this.#snapshot.after)(id)).map(
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
    const rows = this.#whole(
      this.#snapshot.spans.overlapping(query.minMs, query.maxMs, this.#snapshot.after),
    );
    const groups = rows.map(
      (row): (() => SpanGroup) =>
        () =>
          this.#stored.of(row),
    );
    for (const g of generations) {
      if (g.maxMs < query.minMs || g.minMs > query.maxMs) continue;
      for (let k = 0; k * ROWS_PER_GROUP < g.spans; k++) groups.push(() => this.#headGroup(g, k));
    }
    return new GroupCursor(groups, this.#stored, signal);
  }

  async lookup(): Promise<TraceLookup> {
    const blocks = this.#blockTraces.open(this.#snapshot.after);
    const heads = (await this.#head()).map((g) => {
      const gather = new SpanGather(g);
      let traces = this.#headTraces.get(g.generation);
      if (traces === undefined) this.#headTraces.set(g.generation, (traces = new HeadTraces()));
      traces.extend(gather, g.spans);
      return { g, gather, traces };
    });
    return {
      groupsOf: (id) => {
        const groups = new Set<SpanGroup>();
        for (const row of blocks(id)) if (!this.#damaged.has(row.id)) groups.add(this.#stored.of(row));
        for (const { g, gather, traces } of heads) {
          for (const row of traces.rowsOf(gather, id))
            groups.add(this.#headGroup(g, Math.floor(row / ROWS_PER_GROUP)));
        }
        return [...groups];
      },
    };
  }

  /** One moment of the head for the whole job. */
  #head(): Promise<readonly HeadGeneration[]> {
    this.#asked ??= this.#askHead();
    return this.#asked;
  }

  async #askHead(): Promise<readonly HeadGeneration[]> {
    const { flushedGeneration, after } = this.#snapshot;
    const { generations } = await this.#snapshot.ask({ kind: 'traces', flushedGeneration, after });
    const live = new Set(generations.map((g) => g.generation));
    for (const key of this.#full.keys()) if (!live.has(Number(key.split(':')[0]))) this.#full.delete(key);
    for (const key of this.#headTraces.keys()) if (!live.has(key)) this.#headTraces.delete(key);
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
    const known = this.#full.get(key) ?? this.#begun.get(key);
    if (known) return known;
    const first = k * ROWS_PER_GROUP;
    const count = Math.min(ROWS_PER_GROUP, g.spans - first);
    const rows = Uint32Array.from({ length: count }, (_, i) => first + i);
    const group = buildSpanGroup(allRows([new SpanGather(g).batch(rows)]));
    (count === ROWS_PER_GROUP ? this.#full : this.#begun).set(key, group);
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

  passed(group: SpanGroup): void {
    if (group instanceof StoredGroup) this.#stored.passed(group);
  }

  close(): void {}
}
