/**
 * Lines as they come in: the newest so many, and what became of the others. What is paused waits, within the same bound; what a
 * connection repeats after a break is left out.
 */

import type { Labels } from '../../../model/correlate/labels.ts';
import type { TailFrame } from '../../api/loki-data.ts';
import { compareNs, contentOf, type LogRow, rowsOf } from './log-row.ts';

/** More lines than this nobody reads as they come, and each takes memory. */
export const TAIL_MAX_LINES = 5000;

export interface TailView {
  /** Oldest first. */
  readonly rows: readonly LogRow[];
  /** Older ones that were let go. */
  readonly goneCount: number;
  /** What the server dropped since the page did not take it fast enough. */
  readonly droppedCount: number;
  readonly waitingCount: number;
}

export class TailBuffer {
  readonly #maxLines: number;
  readonly #categorised: (row: LogRow) => LogRow;
  #rows: readonly LogRow[] = [];
  #waiting: LogRow[] = [];
  #goneCount = 0;
  #droppedCount = 0;
  #isPaused = false;
  /** Of the newest moment, what has come: a connection that begins anew begins there. */
  #newest = { ns: '0', contents: new Set<string>() };

  /** `isStreamLabel` tells the labels of streams among all labels; the others are the query's parsers' where `isParsed`. */
  constructor(
    isStreamLabel: (name: string) => boolean,
    isParsed: boolean,
    maxLines: number = TAIL_MAX_LINES,
  ) {
    this.#maxLines = maxLines;
    this.#categorised = (row) => {
      const stream = Object.entries(row.stream).filter(([name]) => isStreamLabel(name));
      const others: Labels = Object.fromEntries(
        Object.entries(row.stream).filter(([name]) => !isStreamLabel(name)),
      );
      const own = { ...row, stream: Object.fromEntries(stream) };
      return isParsed ? { ...own, parsed: others } : { ...own, metadata: others };
    };
  }

  /** The moment of the newest line; undefined before the first. */
  get newestNs(): string | undefined {
    return this.#newest.ns === '0' ? undefined : this.#newest.ns;
  }

  get view(): TailView {
    return {
      rows: this.#rows,
      goneCount: this.#goneCount,
      droppedCount: this.#droppedCount,
      waitingCount: this.#waiting.length,
    };
  }

  take({ streams, dropped_entries: dropped }: TailFrame): void {
    this.#droppedCount += dropped?.length ?? 0;
    const fresh = rowsOf(streams).filter((row) => this.#isNew(row));
    for (const row of fresh) this.#waiting.push(this.#categorised(row));
    if (!this.#isPaused) this.#flush();
    else if (this.#waiting.length > this.#maxLines) {
      const excess = this.#waiting.length - this.#maxLines;
      this.#waiting = this.#waiting.slice(excess);
      this.#goneCount += excess;
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#flush();
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const rows = [...this.#rows, ...this.#waiting];
    this.#waiting = [];
    const excess = Math.max(0, rows.length - this.#maxLines);
    this.#goneCount += excess;
    this.#rows = excess > 0 ? rows.slice(excess) : rows;
  }

  #isNew(row: LogRow): boolean {
    const order = compareNs(row.ns, this.#newest.ns);
    if (order > 0) this.#newest = { ns: row.ns, contents: new Set() };
    // A line of the past that comes late is one that was not there before.
    if (order < 0) return true;
    const content = contentOf(row);
    if (this.#newest.contents.has(content)) return false;
    this.#newest.contents.add(content);
    return true;
  }
}
