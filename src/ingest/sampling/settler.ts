/**
 * Carries out what was decided: spans that are kept go to storage, then the decisions to their journal, then the journal
 * of spans is cut. The order is what a crash in between needs: a decision that is durable has had its effect.
 */

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Journal } from '../../storage/interface.ts';
import type { SpanIntake } from '../span-intake.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { Decided } from './decisions.ts';
import type { Piece } from './held-batch.ts';
import type { SamplingTelemetry } from './sampling-telemetry.ts';
import { gathered } from './span-subset.ts';
import type { WaitingTraces } from './waiting-traces.ts';

/** What was decided together. */
export interface Slice {
  readonly decided: Decided[];
  /** All pieces of spans that it is about; of those the ones to be stored. */
  readonly pieces: Piece[];
  readonly kept: Piece[];
  keptBytes: number;
}

export interface SettlerParts {
  readonly next: SpanIntake;
  readonly decisions: DecisionJournal;
  readonly journal: Journal;
  readonly waiting: WaitingTraces;
  readonly clock: Clock;
  readonly counts: SamplingTelemetry;
  readonly log: Logger;
}

/** After a failure (a full disk, a full head) it is tried again so much later; twice that the next time. */
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 4000;
/** The journal is cut so often at most, in ms: every cut is a transaction. */
const CUT_MS = 1000;

export class Settler {
  readonly #parts: SettlerParts;
  #cutBefore = 0;
  #cutAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;
  /** Ends pauses between attempts. */
  #wake: () => void = () => {};
  readonly #closing = new Promise<void>((resolve) => {
    this.#wake = resolve;
  });

  constructor(parts: SettlerParts) {
    this.#parts = parts;
  }

  /** Resolves when the slice is stored, or the settler is closed: then the next start finds it undecided. */
  async settle(slice: Slice): Promise<void> {
    const { decisions, waiting } = this.#parts;
    const { decided } = slice;
    if (!(await this.#untilDone(() => this.#store(slice.kept)))) return;
    if (decided.length > 0 && !(await this.#untilDone(() => decisions.add(decided)))) return;
    for (const piece of slice.pieces) this.#cutBefore = waiting.settled(piece) ?? this.#cutBefore;
    this.#cut();
  }

  /** Every trace whole in one append: after a crash all of it is there or nothing. */
  async #store(kept: readonly Piece[]): Promise<void> {
    const { next, clock } = this.#parts;
    const byTenant = Map.groupBy(kept, (piece) => piece.held.tenant);
    for (const [tenant, pieces] of byTenant) {
      const outcome = await next.append(gathered(pieces), { tenant, nowMs: clock.now() });
      await outcome.durable;
    }
  }

  /** False where it was given up. */
  async #untilDone(work: () => Promise<void>): Promise<boolean> {
    const { log, counts } = this.#parts;
    for (let pauseMs = RETRY_MIN_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_MAX_MS)) {
      try {
        await work();
        return true;
      } catch (error) {
        if (this.#closed) return false;
        counts.failures.add();
        if (pauseMs === RETRY_MIN_MS) log.warn('what sampling decided is stored later', { error });
        await this.#pause(pauseMs);
        if (this.#closed) return false;
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    let timer: { cancel(): void } | undefined;
    const over = new Promise<void>((resolve) => {
      timer = this.#parts.clock.after(ms, resolve);
    });
    await Promise.race([over, this.#closing]);
    timer?.cancel();
  }

  #cut(): void {
    const { clock, waiting, journal } = this.#parts;
    const now = clock.elapsed();
    if (this.#cutBefore === 0 || (waiting.count > 0 && now - this.#cutAtMs < CUT_MS)) return;
    journal.cut(this.#cutBefore);
    this.#cutBefore = 0;
    this.#cutAtMs = now;
  }

  /** Forgets all decisions. */
  forgetDecisions(): void {
    this.#parts.decisions.clear();
  }

  /** Forgets what waits. */
  cutAll(): void {
    this.#parts.journal.cut(this.#parts.waiting.lastNumber + 1);
  }

  /** Nothing is tried again. */
  close(): void {
    this.#closed = true;
    this.#wake();
    if (this.#cutBefore > 0) this.#parts.journal.cut(this.#cutBefore);
  }
}
