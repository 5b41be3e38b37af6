/**
 * Tail sampling: spans wait until their trace is decided as a whole, and are stored then or not at all.
 *
 *   append    sort spans by what is known of their trace: kept → on to storage, not kept → dropped, else
 *             a record of the journal → durable, acknowledged → the trace waits
 *   due       `decision_wait` after its first span, or early where there are too many → policies → verdict
 *   settle    spans that are kept → storage, durable → decisions, durable → the journal is cut
 *
 * A crash anywhere brings back what was not cut: a trace whose decision is durable keeps it, any other is decided again,
 * and spans that were stored already are stored once. Deciding is done in slices of a few milliseconds.
 */

import { ByteError } from '../../base/bytes.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { AppendOutcome, Journal, JournalStore } from '../../storage/interface.ts';
import type { SpanIntake, SpanOrigin } from '../span-intake.ts';
import { DecisionJournal } from './decision-journal.ts';
import { type Decided, Decisions } from './decisions.ts';
import { HeldBatch, heldRecord, type Piece } from './held-batch.ts';
import { type Decision, PolicySet } from './policy-set.ts';
import type { TailSamplingConfig } from './sampling-config.ts';
import { type EarlyReason, SamplingTelemetry } from './sampling-telemetry.ts';
import { Settler, type Slice } from './settler.ts';
import { subsetOf } from './span-subset.ts';
import { keyPrefix, TraceKeys } from './trace-keys.ts';
import { hasRoot, TraceSpans } from './trace-spans.ts';
import { type WaitingTrace, WaitingTraces } from './waiting-traces.ts';

export interface SamplerParts {
  /** Where spans that are kept go. */
  readonly next: SpanIntake;
  readonly journals: JournalStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** Bytes that may wait where the configuration names no bound. */
  readonly bytesMax: number;
}

const SPANS_JOURNAL = 'sampling.spans';
/** How long deciding holds the main thread at a stretch, in ms. */
const SLICE_MS = 3;
/** Bytes of one slice's spans that are kept: they are copied and appended at once. */
const SLICE_BYTES = 512 * 1024;
/** Slices that are being stored while the next are decided. */
const SETTLING_MAX = 8;
/** Traces that are due within so long are decided together. */
const TICK_MS = 50;
/** Above this multiple of the bound, which storage that does not take what was decided leads to, spans are refused. */
const HARD_FACTOR = 2;
/** A decision that is remembered: its key and its place in a map. */
const DECISION_BYTES = 100;

export class TailSampler implements SpanIntake {
  readonly #config: TailSamplingConfig;
  readonly #parts: SamplerParts;
  readonly #bytesMax: number;
  #policies: PolicySet;
  readonly #counts: SamplingTelemetry;
  readonly #waiting: WaitingTraces;
  readonly #decisions: Decisions;
  readonly #spans = new TraceSpans();
  /** Decided apart from their turn: too large, or late ones that were on their way to the journal. */
  #loose: Slice;
  #journal!: Journal;
  #settler!: Settler;
  readonly #settling = new Set<Promise<void>>();
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** Traces that began until then are decided at once. */
  #decideUpToMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  private constructor(config: TailSamplingConfig, parts: SamplerParts) {
    this.#config = config;
    this.#parts = parts;
    this.#bytesMax = config.bytesMax ?? parts.bytesMax;
    this.#policies = new PolicySet(config);
    this.#counts = new SamplingTelemetry(parts.telemetry, this.#policies.names);
    this.#waiting = new WaitingTraces(config.decisionWaitMs, config.rootWaitMs);
    const sizes = { sampled: config.sampledCacheSize, notSampled: config.nonSampledCacheSize };
    this.#decisions = new Decisions(sizes);
    this.#loose = newSlice();
    const gauge = (name: string, help: string) =>
      parts.telemetry.gauge(`trilite_sampling_${name}`, help).with();
    const traces = gauge('waiting_traces', 'Traces that wait for their decision.');
    const bytes = gauge('held_bytes', 'Memory of traces that wait or are being stored.');
    const remembered = gauge('remembered_decisions', 'Traces whose decision is remembered.');
    parts.telemetry.onCollect(() => {
      traces.set(this.#waiting.count);
      bytes.set(this.#waiting.heldBytes);
      remembered.set(this.#decisions.size);
    });
  }

  /** Takes up what waited when the process before ended. */
  static async open(config: TailSamplingConfig, parts: SamplerParts): Promise<TailSampler> {
    const sampler = new TailSampler(config, parts);
    await sampler.#open();
    return sampler;
  }

  async #open(): Promise<void> {
    const { journals, next, clock, log } = this.#parts;
    const { tracesMax, sampledCacheSize, nonSampledCacheSize } = this.#config;
    const onDamage = (error: ByteError) => log.error('a record of sampling is skipped', { error });
    const remembered = Math.max(tracesMax, sampledCacheSize + nonSampledCacheSize);
    const decisions = await DecisionJournal.open(
      journals,
      remembered,
      (decided) => this.#decisions.add(decided, tracesMax),
      onDamage,
    );
    this.#journal = await journals.openJournal(SPANS_JOURNAL, (record, number) => {
      try {
        this.#takeIn(new HeldBatch(record, number));
      } catch (error) {
        if (!(error instanceof ByteError)) throw error;
        onDamage(error);
      }
    });
    const waiting = this.#waiting;
    const counts = this.#counts;
    this.#settler = new Settler({ next, decisions, journal: this.#journal, waiting, clock, counts, log });
    if (waiting.count > 0) log.info('traces wait for their sampling decision', { traces: waiting.count });
    this.#wake();
  }

  /** Traces that are decided from now on are decided by these policies, which begin anew where they remember anything. */
  setPolicies(policies: PolicySet): void {
    this.#policies = policies;
    this.#counts.setPolicies(policies.names);
  }

  /** Memory of what waits. */
  heldBytes(): number {
    return this.#waiting.heldBytes + this.#decisions.size * DECISION_BYTES;
  }

  async append(batch: SpanBatch, origin: SpanOrigin): Promise<AppendOutcome> {
    if (this.#closed) throw new TriliteError('overloaded', 'the server is stopping');
    const { kept, held, late } = this.#sort(batch, origin.tenant);
    if (held.length > 0 && this.#waiting.heldBytes > this.#bytesMax * HARD_FACTOR)
      throw new TriliteError('overloaded', 'too many spans wait for a sampling decision');
    const passed = kept.length > 0 ? await this.#parts.next.append(partOf(batch, kept), origin) : undefined;
    const durable = held.length > 0 ? this.#hold(partOf(batch, held), origin) : Promise.resolve();
    this.#counts.late(true, kept.length);
    this.#counts.late(false, late);
    const refused = (passed?.refused ?? []).map((r) => ({ ...r, item: kept[r.item]! }));
    const all = Promise.all([passed?.durable, durable]).then(() => {});
    // Whoever waits for it may come later than its failure.
    all.catch(() => {});
    return { accepted: batch.spanCount - refused.length, refused, durable: all };
  }

  /** Spans whose trace is kept, those that wait, and how many come late for a trace that is not kept. */
  #sort(batch: SpanBatch, tenant: string): { kept: number[]; held: number[]; late: number } {
    const keys = new TraceKeys(batch.traceIds, keyPrefix(tenant));
    const kept: number[] = [];
    const held: number[] = [];
    let late = 0;
    let last: string | undefined;
    let known: boolean | undefined;
    for (let i = 0; i < batch.spanCount; i++) {
      const key = keys.at(i);
      if (key !== last) known = this.#decisions.find(key);
      last = key;
      if (known === undefined) held.push(i);
      else if (known) kept.push(i);
      else late++;
    }
    return { kept, held, late };
  }

  /** Resolves when the spans survive a crash. */
  async #hold(batch: SpanBatch, { tenant, nowMs }: SpanOrigin): Promise<void> {
    const record = heldRecord(batch, tenant, nowMs);
    const { number, durable } = this.#journal.append(record);
    await durable;
    this.#takeIn(new HeldBatch(record, number));
    this.#wake();
  }

  /** Adds spans that are durable to their traces. */
  #takeIn(held: HeldBatch): void {
    const waiting = this.#waiting;
    const { traceBytesMax, rootWaitMs, tracesMax } = this.#config;
    waiting.hold(held);
    for (const piece of held.pieces) {
      const known = this.#decisions.find(piece.key);
      if (known !== undefined) {
        waiting.decided(piece);
        this.#counts.late(known, piece.spanCount);
        this.#release([piece], known, this.#loose);
        continue;
      }
      const trace = waiting.add(piece);
      if (trace.pieces.length === 1) this.#counts.newTraces.add();
      if (rootWaitMs > 0 && hasRoot(piece)) waiting.rootCame(trace, held.arrivedMs);
      if (traceBytesMax > 0 && trace.bytes > traceBytesMax) {
        this.#counts.tooLarge(trace.spanCount);
        this.#conclude(trace, false, this.#loose);
      }
    }
    this.#decisions.makeRoom(Math.max(0, tracesMax - waiting.count));
  }

  // ------------------------------------------------------------------------------------------- deciding

  /** Decides what is due, or sets the clock for when something is. */
  #wake(): void {
    if (this.#running || this.#closed) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    const now = this.#parts.clock.now();
    if (this.#loose.pieces.length > 0 || this.#due(now)) {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
        this.#wake();
      });
      this.#parts.clock.during?.(this.#running);
      return;
    }
    const next = this.#waiting.next();
    if (!next) return;
    const delay = Math.max(TICK_MS, next.dueMs - now);
    this.#timer = this.#parts.clock.after(delay, () => this.#wake());
  }

  async #run(): Promise<void> {
    do {
      // Behind what came in meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
      const slice = this.#decideSlice();
      const settled: Promise<void> = this.#settler
        .settle(slice)
        .finally(() => this.#settling.delete(settled));
      this.#settling.add(settled);
      if (this.#settling.size >= SETTLING_MAX) await Promise.race(this.#settling);
    } while (!this.#closed && this.#due(this.#parts.clock.now()));
  }

  /** The trace to be decided now, and why before its time. */
  #due(now: number): { trace: WaitingTrace; early: EarlyReason | undefined } | undefined {
    const waiting = this.#waiting;
    const { decisionWaitMs, tracesMax } = this.#config;
    const trace = waiting.next();
    if (!trace) return undefined;
    // Longer than the whole wait: the clock was set back.
    if (trace.dueMs <= now || trace.dueMs - now > decisionWaitMs) return { trace, early: undefined };
    const oldest = waiting.oldest()!;
    if (oldest.firstMs <= this.#decideUpToMs) return { trace: oldest, early: 'request' };
    if (waiting.count > tracesMax) return { trace: oldest, early: 'num_traces' };
    if (waiting.undecidedBytes > this.#bytesMax) return { trace: oldest, early: 'max_bytes' };
    return undefined;
  }

  #decideSlice(): Slice {
    const { clock } = this.#parts;
    const slice = this.#loose;
    this.#loose = newSlice();
    const began = clock.elapsed();
    const now = clock.now();
    for (let due = this.#due(now); due; due = this.#due(now)) {
      const { trace, early } = due;
      if (early) this.#counts.early(early);
      else this.#counts.lateness.observe(Math.max(0, now - trace.dueMs) / 1000);
      const decision = this.#evaluate(trace, now);
      this.#counts.decided(decision, trace.spanCount);
      this.#conclude(trace, decision === 'sampled', slice);
      if (slice.keptBytes > SLICE_BYTES || clock.elapsed() - began > SLICE_MS) break;
    }
    this.#counts.slice.observe((clock.elapsed() - began) / 1000);
    return slice;
  }

  /** A trace that cannot be evaluated is kept: a mistake here must not lose what was acknowledged. */
  #evaluate(trace: WaitingTrace, now: number): Decision {
    try {
      this.#spans.load(trace.pieces);
      return this.#policies.decide(this.#spans, trace.key, now, (policy, verdict) =>
        this.#counts.verdict(policy, verdict),
      );
    } catch (error) {
      this.#parts.log.error('a trace cannot be evaluated and is kept', { error });
      return 'sampled';
    }
  }

  #conclude(trace: WaitingTrace, isSampled: boolean, into: Slice): void {
    const decided: Decided = { key: trace.key, isSampled };
    this.#waiting.take(trace);
    this.#decisions.add(decided, Math.max(0, this.#config.tracesMax - this.#waiting.count));
    into.decided.push(decided);
    this.#release(trace.pieces, isSampled, into);
  }

  #release(pieces: readonly Piece[], isSampled: boolean, into: Slice): void {
    for (const piece of pieces) {
      into.pieces.push(piece);
      if (!isSampled) continue;
      into.kept.push(piece);
      into.keptBytes += piece.bytes;
    }
  }

  /** Decides every trace that waits, with what has come of it; resolves when what is kept of them is stored. */
  async decideAll(): Promise<void> {
    const upTo = this.#parts.clock.now();
    this.#decideUpToMs = Math.max(this.#decideUpToMs, upTo);
    while (!this.#closed && (this.#running || (this.#waiting.oldest()?.firstMs ?? Infinity) <= upTo)) {
      this.#wake();
      await this.#running;
    }
    await Promise.all(this.#settling);
  }

  /** Decides what waits, and forgets how traces were decided. */
  async reset(): Promise<void> {
    await this.decideAll();
    this.#settler.forgetDecisions();
    this.#decisions.clear();
  }

  /** Stores every trace that waits, but for spans of those that were decided against, and leaves nothing in the journals. */
  async drain(): Promise<void> {
    await this.decideAll();
    this.#settler.forgetDecisions();
    await this.close();
  }

  /** What waits stays in the journal, for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#settler.close();
    await this.#running;
    await Promise.all(this.#settling);
    if (this.#config.dropsPendingAtStop) this.#settler.cutAll();
  }
}

function partOf(batch: SpanBatch, rows: readonly number[]): SpanBatch {
  return rows.length === batch.spanCount ? batch : subsetOf(batch, rows);
}

function newSlice(): Slice {
  return { decided: [], pieces: [], kept: [], keptBytes: 0 };
}
