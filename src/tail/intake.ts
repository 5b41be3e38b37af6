/**
 * One job's way from lines to the sender: the rate limit, the pipeline, and the knowledge of which lines have gone in and
 * not come out, because a stage waits for more. Until they have, reading may not be said to have got past them.
 */

import type { Counter } from '../base/telemetry.ts';
import type { LineRate } from './line-rate.ts';
import type { EntryPipeline, EntrySink, TailEntry } from './pipeline/entry.ts';
import type { Sender, Source } from './sender.ts';

/** An entry as it was read, which remembers where. Stages may change all but that. */
export class SourcedEntry implements TailEntry {
  readonly labels: Map<string, string>;
  readonly extracted: Map<string, unknown>;
  readonly metadata = new Map<string, string>();
  timeMs: number;
  timeNs: number;
  line: string;
  tenant: string | undefined = undefined;
  readonly source: Source;
  /** Ascending within the source: where reading has to begin for this entry to come again. */
  readonly position: number;

  constructor(
    source: Source,
    position: number,
    labels: Map<string, string>,
    extracted: Map<string, unknown>,
    time: { readonly timeMs: number; readonly timeNs: number },
    line: string,
  ) {
    this.source = source;
    this.position = position;
    this.labels = labels;
    this.extracted = extracted;
    this.timeMs = time.timeMs;
    this.timeNs = time.timeNs;
    this.line = line;
  }
}

/** Where no stage looks at it. */
const NOTHING_EXTRACTED = new Map<string, unknown>();

export interface IntakeParts {
  /** Undefined: lines go out as they come in. */
  readonly pipeline: EntryPipeline | undefined;
  readonly rate: LineRate;
  readonly sender: Sender;
  readonly counters: { readonly lines: Counter; readonly bytes: Counter };
  /** A stage threw, which none should: that line is given up, and no other. */
  readonly onError: (error: unknown) => void;
}

export class Intake {
  readonly #pipeline: EntryPipeline | undefined;
  readonly #rate: LineRate;
  readonly #onError: (error: unknown) => void;
  readonly #sink: EntrySink;
  readonly sender: Sender;
  readonly counters: IntakeParts['counters'];
  /** Where the first entry of each source stands that is held back; undefined: not known at present. */
  #held: Map<Source, number> | undefined;
  /** Sources of which a stage has an entry on which it makes them wait. */
  readonly #waiting = new Set<Source>();
  #isStopped = false;
  #stop: () => void = () => {};
  readonly #stopped = new Promise<false>((resolve) => {
    this.#stop = () => resolve(false);
  });

  constructor(parts: IntakeParts) {
    this.#pipeline = parts.pipeline;
    this.#rate = parts.rate;
    this.#onError = parts.onError;
    this.sender = parts.sender;
    this.counters = parts.counters;
    this.#sink = (entry) => {
      // What a source was told at the end that it was not taken is read again.
      const isLeft = this.#isStopped && entry instanceof SourcedEntry && this.#waiting.has(entry.source);
      if (!isLeft) parts.sender.add(entry, parts.pipeline === undefined);
    };
  }

  /**
   * Takes a line in; a promise where the next has to wait. Whether it was taken, which at the end it may not be: it has to
   * come again then. `labels` are the source's own and stay as they are.
   */
  line(
    source: Source,
    position: number,
    labels: Map<string, string>,
    time: { readonly timeMs: number; readonly timeNs: number },
    text: string,
  ): boolean | Promise<boolean> {
    this.counters.lines.add();
    const verdict = this.#rate.take();
    if (verdict === 'drop') return true;
    const entry = this.#pipeline
      ? new SourcedEntry(source, position, new Map(labels), new Map(labels), time, text)
      : new SourcedEntry(source, position, labels, NOTHING_EXTRACTED, time, text);
    if (verdict === 'pass') return this.#push(entry);
    const later = verdict.then(() => (this.#isStopped ? false : this.#push(entry)));
    return Promise.race([later, this.#stopped]);
  }

  #push(entry: SourcedEntry): boolean | Promise<boolean> {
    this.#held = undefined;
    if (!this.#pipeline) {
      this.#sink(entry);
      return true;
    }
    let pushed: void | Promise<void>;
    try {
      pushed = this.#pipeline.push(entry, this.#sink);
    } catch (error) {
      this.#onError(error);
      return true;
    }
    if (!pushed) return true;
    this.#waiting.add(entry.source);
    const taken = pushed.catch(this.#onError).then(() => {
      if (this.#isStopped) return false;
      this.#waiting.delete(entry.source);
      return true;
    });
    return Promise.race([taken, this.#stopped]);
  }

  /** Where the source's first entry stands that a stage holds back, undefined where none is. */
  heldAt(source: Source): number | undefined {
    if (!this.#pipeline) return undefined;
    if (!this.#held) {
      const held = new Map<Source, number>();
      this.#pipeline.held((entry) => {
        if (!(entry instanceof SourcedEntry)) return;
        const known = held.get(entry.source);
        if (known === undefined || entry.position < known) held.set(entry.source, entry.position);
      });
      this.#held = held;
    }
    return this.#held.get(source);
  }

  tick(nowMs: number): void {
    this.#held = undefined;
    try {
      this.#pipeline?.tick(nowMs, this.#sink);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** Nothing is taken any more; whoever waits goes on. */
  stop(): void {
    this.#isStopped = true;
    this.#stop();
  }
}
