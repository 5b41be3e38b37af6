/**
 * What a stage is. Most look at one entry, change it and say whether it stays (`EntryStep`); those that hold entries
 * back, give out several or have stages inside are a `Stage`. No stage throws on any entry.
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

/** Counts what a stage drops, under the reason that the configuration gives. */
export function dropCounter({ telemetry, jobName }: StageContext, reason: string): { add(n?: number): void } {
  return telemetry
    .counter('trilite_tail_dropped_lines_total', 'Lines that pipeline stages dropped.', ['job', 'reason'])
    .with(jobName, reason);
}
