/**
 * What a run found, as data: the JSON for machines is these objects as they are, the table for people is made from
 * them (`report-table.ts`). Null stands for what could not be measured.
 */

import type { LatencySummary } from './latency.ts';
import type { LoadOptions, ReportTable, Unit } from './workload.ts';

/** Raised when a field of the JSON changes its meaning or goes away. */
export const REPORT_FORMAT = 1;

export interface BenchReport {
  readonly format: typeof REPORT_FORMAT;
  /** `trilite 1.2.3`, the generator's own version. */
  readonly generator: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly machine: { readonly cpus: number; readonly cpuModel: string; readonly memoryBytes: number };
  readonly runs: readonly RunReport[];
  /** False where a system lost items, acknowledged none, or failed. */
  readonly ok: boolean;
}

export interface RunReport {
  readonly workload: string;
  readonly unit: Unit;
  readonly description: string;
  readonly options: LoadOptions;
  readonly baseline: string;
  readonly systems: readonly SystemReport[];
  /** Of measured systems that pushed or were scraped: by name, against the baseline's figure; null where one is unknown. */
  readonly ratios: Readonly<Record<string, Ratios>>;
}

export interface Ratios {
  readonly itemsPerSecond: number | null;
  readonly cpuPushing: number | null;
  readonly cpuSettled: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly peakMemory: number | null;
  readonly bytesPerItem: number | null;
  /** Geometric mean of the queries' medians. */
  readonly queries: number | null;
}

export interface SystemReport {
  readonly name: string;
  readonly urls: Readonly<Record<string, string>>;
  readonly ok: boolean;
  /** Undefined for workloads that pace themselves. */
  readonly load?: LoadReport;
  readonly use?: UseReport;
  /** Of workloads that pace themselves. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly tables?: readonly ReportTable[];
  readonly notes: readonly string[];
}

export interface LoadReport {
  readonly requests: number;
  /** Attempts that were not answered with 2xx. */
  readonly refusedRequests: number;
  readonly retries: number;
  /** Why, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly items: {
    readonly sent: number;
    readonly acknowledged: number;
    /** Never acknowledged. */
    readonly refused: number;
    /** Null where nothing is counted. */
    readonly found: number | null;
    /** Acknowledged and not found. */
    readonly lost: number | null;
    /** Found and never acknowledged: an answer went missing, or something is stored twice. */
    readonly extra: number | null;
    /** How they were counted, where not item by item. */
    readonly counted: string | null;
  };
  /** While pushing, without the pauses between rounds. */
  readonly seconds: number;
  /** What the generator itself used meanwhile. */
  readonly generatorCpuSeconds: number;
  readonly itemsPerSecond: number;
  readonly bodyBytes: number;
  readonly rawBytes: number;
  readonly latency: LatencySummary;
  /** By the name of the query. */
  readonly latencyByLabel: Readonly<Record<string, LatencySummary & { readonly answerSize: number | null }>>;
  readonly rounds: readonly {
    readonly items: number;
    readonly seconds: number;
    readonly cpuSeconds: number | null;
  }[];
}

export interface UseReport {
  readonly cpu: {
    /** While the system was being pushed to. */
    readonly pushingSeconds: number;
    /** From the first request until it had settled. */
    readonly settledSeconds: number;
    readonly pushingSecondsPerMillion: number | null;
    readonly settledSecondsPerMillion: number | null;
  } | null;
  readonly memory: { readonly peakBytes: number; readonly residentBytes: number } | null;
  readonly disk: {
    readonly dataDir: string;
    readonly beforeBytes: number;
    readonly highestBytes: number;
    readonly settledBytes: number;
    readonly bytesPerItem: number | null;
  } | null;
  readonly settle: {
    readonly seconds: number;
    readonly calls: readonly string[];
    readonly idle: boolean | null;
  } | null;
}

/** `a / b`, null where that says nothing. */
export function ratio(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || b === null || a === undefined || b === undefined || b === 0 ? null : a / b;
}

/** Of the medians of all queries that each of `systems` answered, for the first of them; undefined where there is none. */
export function geometricMeanMs(systems: readonly SystemReport[]): number | undefined {
  const [first] = systems;
  let logs = 0;
  let count = 0;
  for (const [label, { p50Ms }] of Object.entries(first?.load?.latencyByLabel ?? {})) {
    const answered = systems.every((system) => (system.load?.latencyByLabel[label]?.p50Ms ?? 0) > 0);
    if (!answered) continue;
    logs += Math.log(p50Ms);
    count++;
  }
  return count === 0 ? undefined : Math.exp(logs / count);
}

/** Every measured system against the baseline. */
export function ratiosOf(systems: readonly SystemReport[], baseline: string): Record<string, Ratios> {
  const base = systems.find((s) => s.name === baseline);
  const out: Record<string, Ratios> = {};
  for (const system of systems) {
    if (system === base || !system.load || !base?.load) continue;
    const of = (read: (s: SystemReport) => number | null | undefined) => ratio(read(system), read(base));
    out[system.name] = {
      itemsPerSecond: of((s) => s.load?.itemsPerSecond),
      cpuPushing: of((s) => s.use?.cpu?.pushingSecondsPerMillion),
      cpuSettled: of((s) => s.use?.cpu?.settledSecondsPerMillion),
      p50: of((s) => s.load?.latency.p50Ms),
      p99: of((s) => s.load?.latency.p99Ms),
      peakMemory: of((s) => s.use?.memory?.peakBytes),
      bytesPerItem: of((s) => s.use?.disk?.bytesPerItem),
      queries: ratio(geometricMeanMs([system, base]), geometricMeanMs([base, system])),
    };
  }
  return out;
}
