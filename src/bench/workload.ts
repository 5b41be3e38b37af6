/**
 * The seam between the core of the benchmark and its workloads.
 *
 * A workload turns options into requests, purely: the same options give the same bytes, on every machine. The core
 * prepares the requests of a round, sends them to every system in turn, measures, and asks the workload to count what
 * is stored. Items of one run carry its `run` as a label or attribute named `RUN_LABEL`, so that counting finds them alone.
 */

import type { System, TargetUrlKind } from './target.ts';

/** What a workload counts its load in. */
export type Unit = 'samples' | 'lines' | 'spans' | 'queries' | 'points' | 'records';

/** Label (metrics, streams) or resource attribute (OTLP) that holds `LoadOptions.run`. */
export const RUN_LABEL = 'bench_run';

/** What the flags say; frozen. Where a workload has no use for a number it ignores it. */
export interface LoadOptions {
  readonly seed: number;
  /** Series at a time; for logs streams, for traces and OTLP services. */
  readonly series: number;
  /** Share of the series that is replaced by new ones at each churn, 0 to 1. */
  readonly churn: number;
  /** Scrapes (rounds through all series) between two churns. */
  readonly churnEvery: number;
  /** Items of one request; of the last one possibly fewer. */
  readonly batch: number;
  /** Items in all; Infinity where only the duration ends the run. */
  readonly items: number;
  /** Time of the first item; items go on from there, `intervalMs` apart per series, oldest first. */
  readonly startMs: number;
  readonly intervalMs: number;
  /** Targets of the scrape workload; elsewhere instances, over which series are spread. */
  readonly targets: number;
  /** Names this run: `[a-z0-9]+`. */
  readonly run: string;
  /** Form of log lines (`--lines`); the workload's own where absent. */
  readonly lines?: LineForm;
  /** How OTLP is sent (`--transport`); HTTP where absent. */
  readonly transport?: 'http' | 'grpc';
  /** How often each query of a set is asked (`--repeat`). */
  readonly repeat?: number;
  /** How long a workload that paces itself runs (`--duration`), and how much faster than the clock its data's time goes. */
  readonly durationMs?: number;
  readonly speedup?: number;
}

export type LineForm = 'json' | 'logfmt' | 'access' | 'mix';

export interface BenchRequest {
  readonly method: 'GET' | 'POST';
  /** With the query string, from `/`; for gRPC `/package.Service/Method`. */
  readonly path: string;
  /** Lower-case names; the core adds the length and the system's own headers. The same object may serve many requests. */
  readonly headers: Readonly<Record<string, string>>;
  /** For gRPC the bare message: the core frames it. */
  readonly body: Uint8Array;
  readonly items: number;
  /** Bytes of the items before compression, where they are known: for reports only. */
  readonly rawBytes?: number;
  /** Time of the newest item in it; the core hands the newest of all to `count`. */
  readonly newestMs: number;
  /** Which URL of the system takes it. */
  readonly kind: TargetUrlKind;
  readonly transport: 'http' | 'grpc';
  /**
   * Requests of the same shard are sent one after the other, in order: for items that a system wants in the order of
   * their times, per series. Others go out as soon as there is room.
   */
  readonly shard?: number;
  /** Latencies are reported by this name as well: which query it was. */
  readonly label?: string;
}

/** An answer with a 2xx status (gRPC: status 0). Headers have lower-case names; gRPC's body is the bare message. */
export interface BenchAnswer {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** What has been sent, for counting. */
export interface Sent {
  /** Inclusive bounds of the items' times. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly acknowledged: number;
}

/** A count that was extrapolated from a sample, because the system has no cheap way to count all of it. */
export interface SampledCount {
  readonly items: number;
  /** For the report: `sampled: 200 of 20,000 traces`. */
  readonly how: string;
}

export interface Defaults {
  readonly series: number;
  readonly batch: number;
  readonly items: number;
  readonly intervalMs?: number;
  /** Items that one of the `series` has at a time, where it is more than one: points of a service. */
  readonly itemsAtATime?: number;
  /** Of workloads that run for a time; a minute where absent. */
  readonly durationMs?: number;
  /** Requests at a time where `--concurrency` does not say. */
  readonly concurrency?: number;
}

interface WorkloadBase {
  /** As given to `--workload`: `remote-write`, `loki-json`. */
  readonly name: string;
  /** One line for `--list`. */
  readonly summary: string;
  readonly unit: Unit;
  /** APIs that a system must have for it, to write and to read back. */
  readonly needs: readonly TargetUrlKind[];
  readonly defaults: Defaults;
  /** What is sent, in a sentence for the report. */
  describe(options: LoadOptions): string;
  /**
   * How many items of this run the system has stored, by its query API; the core calls it until it is stable.
   * Undefined where there is nothing to count (queries).
   */
  readonly count?: (system: System, options: LoadOptions, sent: Sent) => Promise<number | SampledCount>;
}

/** Requests are sent to the system. */
export interface PushWorkload extends WorkloadBase {
  readonly drive: 'push';
  /** Deterministic by `options`; lazy, for the core prepares a bounded slice at a time. */
  requests(options: LoadOptions): Iterator<BenchRequest>;
  /** Requests that put data in place first and are not measured: what queries ask for. */
  readonly prepare?: (options: LoadOptions) => Iterator<BenchRequest>;
  /** Items of a round, where it is not `--rounds` that says into how many the load is cut. */
  readonly roundItems?: (options: LoadOptions) => number;
  /** How many of the items a 2xx answer accepted (OTLP's partial success …); all where absent. */
  readonly accepted?: (answer: BenchAnswer, request: BenchRequest) => number;
  /**
   * Size of an answer to a query: number of series, lines or traces in it. The report names queries (`label`) whose
   * answers differ in size between systems. Not called within the measured time.
   */
  readonly answerSize?: (answer: BenchAnswer, request: BenchRequest) => number;
}

/** The pages of all targets for one system that scrapes them; values go on with each scrape. */
export interface ServedPages {
  /** The next page of a target: the text exposition format, UTF-8. */
  next(target: number): Uint8Array;
  /** Samples of a page of that target. */
  items(target: number): number;
}

/** The system comes and asks: it scrapes the pages that the workload serves. */
export interface ServeWorkload extends WorkloadBase {
  readonly drive: 'serve';
  /** Deterministic by `options`; every system has pages of its own. */
  pages(options: LoadOptions): ServedPages;
}

/** A table of the report: right-aligned cells below their headings, the first column left-aligned. */
export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a self-paced run found. `figures` are the same numbers for machines, by name with the unit last (`cpu_cores`). */
export interface PacedResult {
  readonly tables: readonly ReportTable[];
  readonly figures: Readonly<Record<string, number>>;
  /** What is to be told beside the tables: failed requests, items lost, what could not be measured. */
  readonly notes: readonly string[];
  /** False where acknowledged items are missing or requests failed that should not: the command fails. */
  readonly ok: boolean;
}

/**
 * The workload paces itself: several kinds of requests at a time at given rates, in phases. It runs against one system
 * after the other; the core prints its tables.
 */
export interface PacedWorkload extends WorkloadBase {
  readonly drive: 'paced';
  run(system: System, options: LoadOptions, signal: AbortSignal): Promise<PacedResult>;
}

export type Workload = PushWorkload | ServeWorkload | PacedWorkload;
