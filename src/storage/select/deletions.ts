/**
 * Which samples of blocks are deleted, out of the tombstones: applied when blocks are read, and physically when they are
 * merged or cleaned. The heads need not be asked: a deletion flushes them first (`engine.ts`).
 */

import { Matcher } from '../../model/matcher.ts';
import { wordsOf } from '../../model/sample.ts';
import type { SampleColumns, TimeRange } from '../interface.ts';
import type { BlockRow } from '../sqlite/block-table.ts';
import { SIGNAL } from '../sqlite/schema.ts';
import type { Tombstone, TombstoneTable } from '../sqlite/tombstone-table.ts';
import { IdSet } from './id-set.ts';

interface Deletion extends TimeRange {
  readonly key: string;
  readonly generation: number;
  /** Found when first asked for: a series that comes later has nothing in the blocks that this is about. */
  series(): IdSet;
}

/** The deleted times of a series within a block: ascending, none touches the next. */
export type DeletedTimes = readonly TimeRange[];

const NONE: DeletedTimes = [];

export class Deletions {
  readonly #table: TombstoneTable;
  readonly #select: (matchers: readonly Matcher[]) => ArrayLike<number>;
  #current: readonly Deletion[] = [];

  /** `select` gives the ids of the series in the label index that all matchers accept. */
  constructor(table: TombstoneTable, select: (matchers: readonly Matcher[]) => ArrayLike<number>) {
    this.#table = table;
    this.#select = select;
  }

  /** Takes what the table holds now. */
  refresh(): void {
    const stones = this.#table.all();
    if (stones.length === 0 && this.#current.length === 0) return;
    const known = new Map(this.#current.map((d) => [d.key, d]));
    this.#current = stones.map((stone) => known.get(stone.key) ?? this.#deletionOf(stone));
  }

  #deletionOf({ key, generation, minMs, maxMs, matchers }: Tombstone): Deletion {
    let found: IdSet | undefined;
    const series = () => {
      if (found) return found;
      found = new IdSet();
      const ids = this.#select(matchers.map(Matcher.from));
      for (let i = 0; i < ids.length; i++) found.add(ids[i]!);
      return found;
    };
    return { key, generation, minMs, maxMs, series };
  }

  /** What is deleted of the block; undefined where nothing can be. */
  of(block: BlockRow): BlockDeletions | undefined {
    // A block whose row was damaged does not say what generation it is of: what it holds stays.
    if (this.#current.length === 0 || block.signal !== SIGNAL.metrics || block.generation === 0)
      return undefined;
    const own = this.#current.filter(
      (d) => d.generation >= block.generation && d.maxMs >= block.minMs && d.minMs <= block.maxMs,
    );
    return own.length > 0 ? new BlockDeletions(own) : undefined;
  }
}

export class BlockDeletions {
  readonly #deletions: readonly Deletion[];

  constructor(deletions: readonly Deletion[]) {
    this.#deletions = deletions;
  }

  timesOf(series: number): DeletedTimes {
    const own = this.#deletions.filter((d) => d.series().has(series));
    return own.length > 0 ? merged(own) : NONE;
  }
}

function merged(ranges: readonly TimeRange[]): DeletedTimes {
  const sorted = [...ranges].sort((a, b) => a.minMs - b.minMs);
  const out: { minMs: number; maxMs: number }[] = [];
  for (const { minMs, maxMs } of sorted) {
    const last = out.at(-1);
    if (last && minMs <= last.maxMs + 1) last.maxMs = Math.max(last.maxMs, maxMs);
    else out.push({ minMs, maxMs });
  }
  return out;
}

/** Whether all of a stretch of time is deleted. */
export function isDeleted(times: DeletedTimes, minMs: number, maxMs: number): boolean {
  return times.some((t) => t.minMs <= minMs && t.maxMs >= maxMs);
}

/** Whether a part of a stretch of time is. */
export function isTouched(times: DeletedTimes, minMs: number, maxMs: number): boolean {
  return times.some((t) => t.minMs <= maxMs && t.maxMs >= minMs);
}

/** Takes the deleted ones of the samples `[from, count)` out of the columns. */
export function dropDeleted(columns: SampleColumns, from: number, times: DeletedTimes): void {
  if (times.length === 0) return;
  const { timestamps, histograms, startTimestamps, count } = columns;
  const words = wordsOf(columns.values);
  let kept = from;
  for (let i = from; i < count; i++) {
    if (isDeleted(times, timestamps[i]!, timestamps[i]!)) continue;
    if (kept < i) {
      timestamps[kept] = timestamps[i]!;
      words[2 * kept] = words[2 * i]!;
      words[2 * kept + 1] = words[2 * i + 1]!;
      if (histograms) histograms[kept] = histograms[i];
      if (startTimestamps) startTimestamps[kept] = startTimestamps[i]!;
    }
    kept++;
  }
  columns.count = kept;
  if (histograms) histograms.length = kept;
}
