/**
 * Does heavy work disturb those who send? At a steady rate of all three signals, phases of `--duration` each: nothing
 * else, heavy queries, flushes, compactions, and a pass of retention. Per phase the latency of the pushes and, where the
 * system tells it, the delay of its event loop.
 *
 * What a phase sends is made before it begins: the generator must not disturb what it measures.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { heavyQueries } from './isolation-queries.ts';
import { OTLP_TRACES } from './otlp-traces-workload.ts';
import { DelayWatch, ownMetrics } from './own-metrics.ts';
import { latencyCells, PacedSenders } from './paced-senders.ts';
import { type SecondOfLoad, StackLoad } from './stack-load.ts';
import { SIGNALS, type StackSignal } from './stack-report.ts';
import { ask, type System } from './target.ts';
import type { LoadOptions, PacedResult, PacedWorkload } from './workload.ts';

const DEFAULT_PHASE_MS = 10_000;
const MS_PER_SECOND = 1000;
const HOUR_MS = 3_600_000;
/** Seconds of the stack's time that are stored before the first phase: what queries, flushes and compactions work on. */
const STORED_SECONDS = 60;
const CONCURRENCY = 8;
const QUERIES_AT_A_TIME = 2;
/** Pauses between two flushes and between two compactions of a phase, in which there is something new to work on. */
const WORK_EVERY_MS = 2000;
/** Traces are kept for two days by default: these are older, and go with the next pass of retention. */
const OLD_TRACES_AGO_MS = 72 * HOUR_MS;
const OLD_SPANS = 50_000;
const OLD_SPANS_BATCH = 2000;
/** Trilite looks once a minute whether something is due to go. */
const RETENTION_PHASE_MS = 65_000;
const DELAY_AIM_MS = 50;

/** What goes on beside the pushes until `over` aborts. Returns how often; undefined where the system cannot do it. */
type Disturbance = (system: System, options: LoadOptions, over: AbortSignal) => Promise<number | undefined>;

export interface Phase {
  readonly name: string;
  readonly disturb: Disturbance;
  /** Longer than `--duration` where it takes that long to come about. */
  readonly ms?: number;
  readonly needsOldTraces?: boolean;
}

export const PHASES: readonly Phase[] = [
  { name: 'pushes alone', disturb: async () => 0 },
  { name: 'heavy queries', disturb: askHeavily },
  { name: 'flushes', disturb: (system, _options, over) => callRepeatedly(system, '/-/flush', over) },
  {
    name: 'compactions',
    disturb: (system, _options, over) => callRepeatedly(system, '/-/flush?compact=true', over),
  },
  { name: 'retention', disturb: awaitRetention, ms: RETENTION_PHASE_MS, needsOldTraces: true },
];

async function askHeavily(system: System, options: LoadOptions, over: AbortSignal): Promise<number> {
  let asked = 0;
  const client = async (first: number) => {
    for (let i = first; !over.aborted; i++) {
      const queries = heavyQueries(options, Date.now());
      const { kind, path, parameters } = queries[i % queries.length]!;
      const { status } = await ask(system, kind, path, parameters);
      if (status === 200) asked++;
      else await sleep(MS_PER_SECOND);
    }
  };
  await Promise.all(Array.from({ length: QUERIES_AT_A_TIME }, (_, i) => client(i)));
  return asked;
}

async function callRepeatedly(system: System, path: string, over: AbortSignal): Promise<number | undefined> {
  let calls = 0;
  while (!over.aborted) {
    const { status } = await ask(system, 'prometheus', path, {}, 'POST');
    if (status > 299) return calls > 0 ? calls : undefined;
    calls++;
    await sleep(WORK_EVERY_MS);
  }
  return calls;
}

/** Blocks of old spans were put in place: waits for them to go. */
async function awaitRetention(
  system: System,
  _options: LoadOptions,
  over: AbortSignal,
): Promise<number | undefined> {
  const blocks = async () => (await ownMetrics(system)).get('trilite_blocks{signal="traces"}');
  let highest = 0;
  while (!over.aborted) {
    const now = await blocks();
    if (now === undefined) return undefined;
    if (now < highest) return 1;
    highest = now;
    await sleep(MS_PER_SECOND);
  }
  return undefined;
}

/** Runs phases one after the other; keeps the data's time going between them. */
class Isolation {
  readonly #system: System;
  readonly #options: LoadOptions;
  readonly #signal: AbortSignal;
  readonly #load: StackLoad;
  readonly #senders: PacedSenders<StackSignal>;
  readonly #delay: DelayWatch;
  #second = 0;
  readonly rows: string[][] = [];
  readonly figures: Record<string, number> = {};
  readonly notes: string[] = [];

  constructor(system: System, options: LoadOptions, signal: AbortSignal) {
    this.#system = system;
    this.#options = options;
    this.#signal = signal;
    this.#load = new StackLoad(options);
    this.#senders = new PacedSenders(system, { metrics: {}, logs: {}, traces: {} }, CONCURRENCY);
    this.#delay = new DelayWatch(system);
  }

  async prepare(): Promise<void> {
    for (let i = 0; i < STORED_SECONDS && !this.#signal.aborted; i++) {
      const next = this.#next();
      await Promise.all(SIGNALS.map((name) => this.#senders.post(name, next[name], this.#signal)));
    }
    await ask(this.#system, 'prometheus', '/-/flush', {}, 'POST');
    this.#delay.start();
  }

  /** Spans that retention will drop, in blocks of their own. */
  async #storeOldTraces(): Promise<void> {
    const old = {
      ...this.#options,
      startMs: Date.now() - OLD_TRACES_AGO_MS,
      items: OLD_SPANS,
      batch: OLD_SPANS_BATCH,
      intervalMs: 20,
      run: `${this.#options.run}old`,
    };
    const requests = [...{ [Symbol.iterator]: () => OTLP_TRACES.requests(old) }];
    await this.#senders.post('traces', requests, this.#signal);
    await ask(this.#system, 'prometheus', '/-/flush', {}, 'POST');
  }

  #next(): SecondOfLoad {
    return this.#load.next(this.#second++);
  }

  async phase({ name, disturb, ms, needsOldTraces }: Phase): Promise<void> {
    const phaseMs = Math.max(ms ?? 0, this.#options.durationMs ?? DEFAULT_PHASE_MS);
    const seconds = Array.from({ length: Math.ceil(phaseMs / MS_PER_SECOND) }, () => this.#next());
    if (needsOldTraces) await this.#storeOldTraces();
    // What making them and the last phase left behind is not this phase's.
    await this.#delay.take();
    const over = new AbortController();
    const stop = () => over.abort();
    this.#signal.addEventListener('abort', stop);
    const disturbing = disturb(this.#system, this.#options, over.signal);
    // A disturbance that is over, or that there is none of, does not end the phase of those that take a fixed time.
    for (const second of seconds) {
      if (this.#signal.aborted) break;
      await this.#pushSecond(second, name);
      if (ms !== undefined && (await isDone(disturbing))) break;
    }
    over.abort();
    const times = await disturbing;
    await this.#senders.idle();
    const delay = await this.#delay.take();
    this.#signal.removeEventListener('abort', stop);
    this.#report(name, times, delay);
  }

  /** The requests of a second, evenly over a second. */
  async #pushSecond(second: SecondOfLoad, phase: string): Promise<void> {
    const all = SIGNALS.flatMap((name) => second[name].map((request) => ({ name, request })));
    const began = performance.now();
    for (const [i, { name, request }] of all.entries()) {
      const wait = began + (i * MS_PER_SECOND) / all.length - performance.now();
      if (wait > 1) await sleep(wait);
      void this.#senders.post(name, [{ ...request, label: phase }], this.#signal);
    }
    await sleep(Math.max(0, began + MS_PER_SECOND - performance.now()));
  }

  #report(
    phase: string,
    times: number | undefined,
    delay: { p99Ms: number; maxMs: number } | undefined,
  ): void {
    const key = phase.replaceAll(' ', '_');
    for (const name of SIGNALS) {
      const latencies = this.#senders.tally(name).byLabel.get(phase)?.summary();
      if (!latencies) continue;
      const shown = name === 'metrics';
      this.rows.push([
        shown ? phase : '',
        shown ? (times === undefined ? 'none' : String(times)) : '',
        name,
        ...latencyCells(latencies),
        shown && delay ? delay.p99Ms.toFixed(1) : '',
        shown && delay ? delay.maxMs.toFixed(1) : '',
      ]);
      this.figures[`${key}_${name}_p99_ms`] = latencies.p99Ms;
    }
    if (times === undefined)
      this.notes.push(`${phase}: the system has no call for it, or it did not come about`);
    if (!delay) return;
    this.figures[`${key}_event_loop_p99_ms`] = delay.p99Ms;
    this.figures[`${key}_event_loop_max_ms`] = delay.maxMs;
    if (delay.p99Ms > DELAY_AIM_MS) {
      this.notes.push(`${phase}: p99 of the event loop's delay is above the aim of ${DELAY_AIM_MS} ms`);
    }
  }

  async finish(): Promise<PacedResult> {
    await this.#delay.stop();
    this.#senders.close();
    let ok = true;
    for (const name of SIGNALS) {
      const { refusedItems, acknowledgedItems, reasons } = this.#senders.tally(name);
      if (refusedItems > 0) this.notes.push(`${refusedItems} items of ${name} were refused`);
      for (const [reason, times] of reasons) this.notes.push(`${name}: refused ${times} ×: ${reason}`);
      if (acknowledgedItems === 0) ok = false;
    }
    return {
      tables: [
        {
          title: 'latency of pushes and delay of the event loop (worst window of five seconds), in ms',
          columns: ['phase', 'times', 'signal', 'p50', 'p90', 'p99', 'max', 'loop p99', 'loop max'],
          rows: this.rows,
        },
      ],
      figures: this.figures,
      notes: this.notes,
      ok,
    };
  }
}

async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

export async function runIsolation(
  system: System,
  options: LoadOptions,
  signal: AbortSignal,
  phases = PHASES,
): Promise<PacedResult> {
  const startMs = Date.now() - STORED_SECONDS * MS_PER_SECOND;
  const isolation = new Isolation(system, { ...options, startMs }, signal);
  await isolation.prepare();
  for (const phase of phases) {
    if (!signal.aborted) await isolation.phase(phase);
  }
  return isolation.finish();
}

export const ISOLATION: PacedWorkload = {
  drive: 'paced',
  name: 'isolation',
  summary: 'latency of pushes while queries, flushes, compactions and retention run, --duration each',
  unit: 'spans',
  needs: ['prometheus', 'loki', 'tempo', 'otlp'],
  defaults: { series: 100, batch: 500, items: 1, durationMs: DEFAULT_PHASE_MS },
  describe: (o) =>
    `the steady load of a stack of ${o.series} services, phase after phase with other work beside it`,
  run: (system, options, signal) => runIsolation(system, options, signal),
};
