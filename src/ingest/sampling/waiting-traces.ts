/**
 * The traces that wait for their decision, the oldest first, and the batches that hold their spans. A batch's memory
 * is free when all of its traces are dealt with, and so is its place in the journal, which is cut from the front.
 */

import { Fifo } from './fifo.ts';
import type { HeldBatch, Piece } from './held-batch.ts';

export interface WaitingTrace {
  readonly key: string;
  readonly firstMs: number;
  readonly pieces: Piece[];
  spanCount: number;
  /** Of its spans. */
  bytes: number;
  /** When it is decided; its root may bring that forward. */
  dueMs: number;
}

/** Memory of a trace beside its pieces. */
const TRACE_BYTES = 300;

export class WaitingTraces {
  readonly #waitMs: number;
  readonly #rootWaitMs: number;
  /** In the order of their first spans, which is that of their times but for a clock that is set back. */
  readonly #traces = new Map<string, WaitingTrace>();
  /** Those that their root brought forward, in the order in which roots came. */
  readonly #rooted = new Fifo<WaitingTrace>();
  /** Oldest first; those at the front that nobody needs any more are gone. */
  readonly #batches = new Fifo<HeldBatch>();
  /** Of the newest batch in the journal. */
  lastNumber = 0;
  /** Memory of batches that have an undecided trace, and of all that are not dealt with. */
  #undecidedBytes = 0;
  #heldBytes = 0;

  constructor(waitMs: number, rootWaitMs: number) {
    this.#waitMs = waitMs;
    this.#rootWaitMs = rootWaitMs;
  }

  get count(): number {
    return this.#traces.size;
  }

  /** Memory that deciding could free. */
  get undecidedBytes(): number {
    return this.#undecidedBytes + this.#traces.size * TRACE_BYTES;
  }

  get heldBytes(): number {
    return this.#heldBytes + this.#traces.size * TRACE_BYTES;
  }

  /** The batch is held until `settled` was called for each of its pieces. */
  hold(held: HeldBatch): void {
    this.#batches.push(held);
    this.lastNumber = held.number;
    this.#heldBytes += held.bytes;
    this.#undecidedBytes += held.bytes;
  }

  /** Adds a piece to its trace, whose wait begins with its first. */
  add(piece: Piece): WaitingTrace {
    const { key, held } = piece;
    let trace = this.#traces.get(key);
    if (!trace) {
      const firstMs = held.arrivedMs;
      trace = { key, firstMs, pieces: [], spanCount: 0, bytes: 0, dueMs: firstMs + this.#waitMs };
      this.#traces.set(key, trace);
    }
    trace.pieces.push(piece);
    trace.spanCount += piece.spanCount;
    trace.bytes += piece.bytes;
    return trace;
  }

  /** The trace's root has come. */
  rootCame(trace: WaitingTrace, nowMs: number): void {
    const dueMs = nowMs + this.#rootWaitMs;
    if (this.#rootWaitMs === 0 || dueMs >= trace.dueMs) return;
    trace.dueMs = dueMs;
    this.#rooted.push(trace);
  }

  /** The trace that is to be decided next, and when; undefined where none waits. */
  next(): WaitingTrace | undefined {
    let rooted = this.#rooted.first();
    while (rooted && this.#traces.get(rooted.key) !== rooted) {
      this.#rooted.shift();
      rooted = this.#rooted.first();
    }
    const oldest = this.oldest();
    return rooted && oldest && rooted.dueMs < oldest.dueMs ? rooted : oldest;
  }

  oldest(): WaitingTrace | undefined {
    return this.#traces.values().next().value;
  }

  /** The trace is decided: it waits no more, its pieces stay until they are settled. */
  take(trace: WaitingTrace): void {
    this.#traces.delete(trace.key);
    for (const piece of trace.pieces) this.decided(piece);
  }

  decided({ held }: Piece): void {
    if (--held.undecided === 0) this.#undecidedBytes -= held.bytes;
  }

  /** Lets go of the piece; returns up to where the journal can be cut, undefined where that has not moved. */
  settled({ held }: Piece): number | undefined {
    if (--held.unsettled > 0) return undefined;
    this.#heldBytes -= held.bytes;
    if (this.#batches.first() !== held) return undefined;
    while (this.#batches.first()?.unsettled === 0) this.#batches.shift();
    return this.#batches.first()?.number ?? this.lastNumber + 1;
  }
}
