/**
 * What goes through a pipeline of stages: one log entry with its labels, and what stages took out of it on the way
 * (`extracted`). Stages change it in place. Targets make entries, pipelines pass them on, the sender takes what comes out.
 */

export interface TailEntry {
  /** Stream labels. */
  readonly labels: Map<string, string>;
  /** Begins as a copy of the labels; any value that a stage took out: text, number, boolean, null, list, map. */
  readonly extracted: Map<string, unknown>;
  readonly metadata: Map<string, string>;
  /** Floor milliseconds since 1970 and the nanoseconds within. */
  timeMs: number;
  timeNs: number;
  line: string;
  /** Set by the `tenant` stage; undefined: that of the client. */
  tenant: string | undefined;
  /** The file or container that it was read from: lines of two may become one entry, where a file was renamed. */
  readonly source?: object;
}

/** Takes what comes out of a pipeline, in order. */
export type EntrySink = (entry: TailEntry) => void;

/**
 * A list of stages ready to run. One instance serves the targets of one scrape configuration; state that stages keep
 * (lines that are waited for, counters, rates) is in it.
 */
export interface EntryPipeline {
  /**
   * Runs an entry through; zero or more entries come out, now or later (a stage may hold lines back). Resolves when
   * the next may come (a `limit` stage may wait).
   */
  push(entry: TailEntry, sink: EntrySink): void | Promise<void>;
  /** Gives out what stages hold back and is complete in time, `nowMs` being the clock; called about once a second. */
  tick(nowMs: number, sink: EntrySink): void;
  /** Gives out everything that stages hold back: the target has ended. */
  flush(sink: EntrySink): void;
  /** Shows the entries, as they came in, that stages hold back, or at least the first of each group and source. */
  held(visit: (entry: TailEntry) => void): void;
}
