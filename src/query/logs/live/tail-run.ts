/**
 * One tail in the tail thread: entries of matching streams come in, frames for the client go out.
 *
 *   live ─▶ pipeline ─▶ waiting (until due, in order of time) ─▶ ready ─▶ frames, while the client takes them
 *                                        backlog, once and first ──┘
 *
 * The tail begins to take live entries before its backlog is read, so that none is missed; what comes by both ways is
 * known by its identity and shown once. What a slow client does not take is kept within bounds; beyond them the newest
 * is dropped, and the next frame says which.
 */

import type { Clock, Timer } from '../../../base/clock.ts';
import type { Labels } from '../../../model/labels.ts';
import { entryIdentity } from '../entry-identity.ts';
import { LineState, shownLabels } from '../line-state.ts';
import { parseLines } from '../parse-lines.ts';
import type { Pipeline } from '../pipeline.ts';
import { beginEntryAt } from '../scan.ts';
import type { EntryRun } from './entry-batch.ts';
import { pipelineOf, showsStreamOnly, type TailedEntry, type TailQuery } from './tail-query.ts';

/** As the original. */
const FRAME_ENTRIES_MAX = 100;
const FRAMES_UNSENT_MAX = 10;
/** Long lines make shorter frames. */
const FRAME_BYTES = 1024 * 1024;
const UNSENT_MAX_BYTES = 4 * 1024 * 1024;
/** Live entries that are kept for a client that does not take them. */
const PENDING_MAX_ENTRIES = 10_000;
const PENDING_MAX_BYTES = 4 * 1024 * 1024;
/** Dropped entries that are told of, as in the original. */
const DROPPED_TOLD_MAX = 1000;
/** What comes within this time is sent together, and in order. */
const GATHER_MS = 50;
/** What an entry takes beside its line, about. */
const ENTRY_BYTES = 200;

export interface DroppedEntry {
  readonly ms: number;
  readonly ns: number;
  readonly labels: readonly string[];
}

export interface TailHooks {
  readonly clock: Clock;
  /** Prints a frame and sends it; returns its bytes. */
  send(entries: readonly TailedEntry[], dropped: readonly DroppedEntry[]): number;
}

interface Waiting extends TailedEntry {
  readonly dueMs: number;
  /** Not of the backlog. */
  readonly isLive: boolean;
}

export class TailRun {
  readonly #hooks: TailHooks;
  readonly #delayMs: number;
  readonly #pipeline: Pipeline;
  readonly #streamOnly: boolean;
  readonly #categorize: boolean;
  readonly #state = new LineState();
  #backlogRead = false;
  #waiting: Waiting[] = [];
  #ready: Waiting[] = [];
  /** Entries before this are in frames. */
  #readyAt = 0;
  /** Of `waiting` and what is ready, the live ones. */
  #pendingEntries = 0;
  #pendingBytes = 0;
  #dropped: DroppedEntry[] = [];
  #unsentFrames = 0;
  #unsentBytes = 0;
  #timer: Timer | undefined;

  /** Throws `TriliteError` where the query cannot be. */
  constructor(query: TailQuery, delayMs: number, hooks: TailHooks) {
    const expr = parseLines(query.text, query.contains)!;
    this.#pipeline = pipelineOf(expr);
    this.#streamOnly = showsStreamOnly(expr, query.categorize);
    this.#categorize = query.categorize;
    this.#delayMs = delayMs;
    this.#hooks = hooks;
  }

  /** Live entries of a stream. */
  take(stream: Labels, run: EntryRun): void {
    const { chunk, timesMs, timesNs } = run;
    const passed = new Uint8Array(chunk.count).fill(1);
    if (!this.#pipeline.filter.isEmpty) this.#pipeline.filter.apply(chunk, 0, chunk.count, passed);
    const now = this.#hooks.clock.now();
    for (let i = 0; i < chunk.count; i++) {
      if (passed[i] === 0) continue;
      const at = { ms: timesMs[i]!, ns: timesNs[i]! };
      beginEntryAt(this.#state, stream, chunk, i, at.ms, at.ns);
      if (!this.#pipeline.run(this.#state)) continue;
      this.#pend({
        ...at,
        ...this.#shown(stream),
        line: this.#state.text(),
        identity: this.#backlogRead ? undefined : entryIdentity(stream, chunk, i, this.#state),
        dueMs: this.#dueMs(at.ms, now),
        isLive: true,
      });
    }
    this.#wake();
  }

  /** A time that is still to come is not waited for. */
  #dueMs(timeMs: number, nowMs: number): number {
    return Math.min(timeMs, nowMs) + this.#delayMs;
  }

  #shown(stream: Labels) {
    if (this.#streamOnly) return { labels: stream.pairs, metadata: undefined, parsed: undefined };
    return shownLabels(this.#state, this.#categorize);
  }

  #pend(entry: Waiting): void {
    const bytes = bytesOf(entry);
    const isFull =
      this.#pendingEntries >= PENDING_MAX_ENTRIES || this.#pendingBytes + bytes > PENDING_MAX_BYTES;
    // A line that is larger than all that may be kept is still taken alone.
    if (isFull && this.#pendingEntries > 0) {
      this.drop(entry);
      return;
    }
    this.#pendingEntries++;
    this.#pendingBytes += bytes;
    this.#waiting.push(entry);
  }

  /** An entry is not shown; some that are dropped are told of. */
  drop({ ms, ns, labels }: DroppedEntry): void {
    if (this.#dropped.length < DROPPED_TOLD_MAX) this.#dropped.push({ ms, ns, labels });
  }

  /** What was there when the tail began, oldest first, each with its identity. Once. */
  backlog(entries: readonly TailedEntry[]): void {
    const now = this.#hooks.clock.now();
    const known = new Set(entries.map((entry) => entry.identity));
    const live = this.#waiting.filter((entry) => !known.has(entry.identity));
    for (const entry of this.#waiting) if (known.has(entry.identity)) this.#unpend(entry);
    const backlog = entries.map((entry) => ({
      ...entry,
      dueMs: this.#dueMs(entry.ms, now),
      isLive: false,
    }));
    this.#ready = backlog.filter((entry) => entry.dueMs <= now);
    this.#waiting = [...backlog.filter((entry) => entry.dueMs > now), ...live];
    this.#backlogRead = true;
    this.#pump();
  }

  #unpend(entry: Waiting): void {
    if (!entry.isLive) return;
    this.#pendingEntries--;
    this.#pendingBytes -= bytesOf(entry);
  }

  /** The client has a frame. */
  sent(bytes: number): void {
    this.#unsentFrames--;
    this.#unsentBytes -= bytes;
    this.#pump();
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** While entries wait it is looked at often: one that comes late may be due before those that are there. */
  #wake(): void {
    if (!this.#backlogRead || this.#waiting.length === 0) return;
    this.#timer ??= this.#hooks.clock.after(GATHER_MS, () => {
      this.#timer = undefined;
      this.#pump();
    });
  }

  /** Sends what is due and what the client has room for. */
  #pump(): void {
    this.#takeDue();
    while (this.#readyAt < this.#ready.length) {
      if (this.#unsentFrames >= FRAMES_UNSENT_MAX || this.#unsentBytes >= UNSENT_MAX_BYTES) break;
      const frame = this.#nextFrame();
      const bytes = this.#hooks.send(frame, this.#dropped);
      this.#dropped = [];
      this.#unsentFrames++;
      this.#unsentBytes += bytes;
    }
    // A client that is always behind must not let the list grow.
    if (this.#readyAt * 2 >= this.#ready.length) {
      this.#ready.splice(0, this.#readyAt);
      this.#readyAt = 0;
    }
    this.#wake();
  }

  #takeDue(): void {
    if (this.#waiting.length === 0) return;
    const now = this.#hooks.clock.now();
    const due = this.#waiting.filter((entry) => entry.dueMs <= now);
    this.#waiting = this.#waiting.filter((entry) => entry.dueMs > now);
    due.sort((a, b) => a.ms - b.ms || a.ns - b.ns);
    for (const entry of due) this.#ready.push(entry);
  }

  #nextFrame(): TailedEntry[] {
    const frame: TailedEntry[] = [];
    let bytes = 0;
    while (frame.length < FRAME_ENTRIES_MAX && bytes < FRAME_BYTES && this.#readyAt < this.#ready.length) {
      const entry = this.#ready[this.#readyAt++]!;
      frame.push(entry);
      bytes += bytesOf(entry);
      this.#unpend(entry);
    }
    return frame;
  }
}

/** Of a string one byte a character is counted: most lines are ASCII. */
function bytesOf(entry: TailedEntry): number {
  return ENTRY_BYTES + entry.line.length;
}
