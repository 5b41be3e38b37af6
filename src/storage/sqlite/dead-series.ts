/**
 * Finds series of which no block holds anything any more, so that the label index does not grow for ever. Looked for
 * when a signal's oldest time partition is gone, which is when retention took something away for good. Whether the
 * front still knows such a series is the front's to say: it may be about to have samples again.
 */

import { readDirectory } from '../block/page.ts';
import { IdSet } from '../select/id-set.ts';
import type { BlockReader } from './block-table.ts';
import type { Connection } from './database.ts';
import type { SignalNumber } from './schema.ts';
import type { SeriesReader } from './series-table.ts';

/** So many go in one pass; the rest waits for the next. */
const DEAD_MAX = 200_000;
const ALL = Number.MAX_SAFE_INTEGER;

export interface DeadSeries {
  /** Ids of series without data, ascending; empty while the oldest partition is still there. Yields between pages. */
  find(signal: SignalNumber): Generator<void, Uint32Array>;
  /** The next search looks through all there is. */
  expect(signal: SignalNumber): void;
  /** What `find` said last of the signal was removed. */
  removed(signal: SignalNumber): void;
}

export function deadSeries(db: Connection, blocks: BlockReader, series: SeriesReader): DeadSeries {
  const get = db.prepare('SELECT value FROM setting WHERE name = ?').pluck();
  const set = db.prepare('INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)');
  const nameOf = (signal: SignalNumber) => `collected_${signal}`;
  /** The oldest partition that the last search saw, where it found all there was. */
  const searched = new Map<SignalNumber, number>();

  return {
    *find(signal) {
      const rows = blocks.all().filter((b) => b.signal === signal);
      const oldest = rows.reduce((min, b) => Math.min(min, b.partitionMs), ALL);
      const before = (get.get(nameOf(signal)) as number | undefined) ?? ALL;
      searched.delete(signal);
      if (oldest <= before) {
        // The first partition, or one that came in late: nothing went before it.
        if (oldest < before) set.run(nameOf(signal), oldest);
        return new Uint32Array(0);
      }
      const alive = new IdSet();
      for (const row of rows) {
        for (const page of blocks.pages(row.id, 0, ALL, -ALL, ALL)) {
          try {
            for (const c of readDirectory(page.directory, page.minMs).chunks) alive.add(c.series);
          } catch {
            // It cannot be said which of these are in it.
            for (let id = page.firstSeries; id <= page.lastSeries; id++) alive.add(id);
          }
          yield;
        }
      }
      const dead: number[] = [];
      const ids = series.chunks.ids(signal);
      for (let i = 0; i < ids.length && dead.length < DEAD_MAX; i++) {
        if (!alive.has(ids[i]!)) dead.push(ids[i]!);
      }
      if (dead.length === 0) set.run(nameOf(signal), oldest);
      else if (dead.length < DEAD_MAX) searched.set(signal, oldest);
      return Uint32Array.from(dead);
    },
    expect: (signal) => void set.run(nameOf(signal), Number.MIN_SAFE_INTEGER),
    removed(signal) {
      const oldest = searched.get(signal);
      if (oldest !== undefined) set.run(nameOf(signal), oldest);
    },
  };
}
