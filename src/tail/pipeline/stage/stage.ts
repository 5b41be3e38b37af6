/**
 * What a stage is. Most look at one entry, change it and say whether it stays (`EntryStep`); those that hold entries
 * back, give out several or have stages inside are a `Stage`. No stage throws on any entry, and what comes out is one of the
 * objects that came in: whoever made it may know it by that.
 */

import type { Telemetry } from '../../../base/telemetry.ts';
import type { TailEntry } from '../entry.ts';

/** Passes an entry on to the rest of the pipeline; a promise where the next entry has to wait. */
export type Next = (entry: TailEntry) => void | Promise<void>;

/** False: the entry is dropped. */
export type EntryStep = (entry: TailEntry) => boolean;

export interface Stage {
  process(entry: TailEntry, next: Next): void | Promise<void>;
  /** Passes on what was held back and is complete by now. */
  tick?(nowMs: number, next: Next): void;
  /** Passes on everything that was held back. */
  flush?(next: Next): void;
  /** Shows what is held back: of lines that are to become one, the first of each source. */
  held?(visit: (entry: TailEntry) => void): void;
}

/** What stages need of their surroundings. */
export interface StageContext {
  /** The scrape configuration's name; with the names of the match stages around, joined by `_`. */
  readonly jobName: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 0 inclusive to 1 exclusive. */
  readonly random: () => number;
  /** Resolves after so many milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  readonly telemetry: Telemetry;
}

/** Passes entries on in order; a promise where the next has to wait for one of them. */
export function passAll(entries: readonly TailEntry[], next: Next): void | Promise<void> {
  const waits = entries.map(next).filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
}

/** Counts what a stage drops, under the reason that the configuration gives. */
export function dropCounter({ telemetry, jobName }: StageContext, reason: string): { add(n?: number): void } {
  return telemetry
    .counter('trilite_tail_dropped_lines_total', 'Lines that pipeline stages dropped.', ['job', 'reason'])
    .with(jobName, reason);
}

/** Adds an entry to the first ones of lines that are to become one, where it is the first of its source. */
export function noteFirst(firsts: TailEntry[], entry: TailEntry): void {
  if (firsts.every((first) => first.source !== entry.source)) firsts.push(entry);
}
