/** What the command line of `trilite bench` comes to: which workloads, against which systems, how, and where reports go. */

import type { Progress } from './progress.ts';
import type { System } from './target.ts';
import type { LineForm, LoadOptions, Workload } from './workload.ts';

/** The flags of the load; what is undefined takes the workload's default. */
export interface LoadFlags {
  readonly seed: number;
  readonly series: number | undefined;
  readonly churn: number;
  readonly churnEvery: number;
  readonly batch: number | undefined;
  readonly items: number | undefined;
  readonly durationMs: number | undefined;
  readonly intervalMs: number | undefined;
  /** How long before now the first item lies; undefined: so that the newest lies at now. */
  readonly startAgoMs: number | undefined;
  readonly targets: number;
  readonly run: string | undefined;
  readonly lines: LineForm | undefined;
  readonly transport: 'http' | 'grpc' | undefined;
  readonly repeat: number | undefined;
  readonly speedup: number | undefined;
}

export interface BenchPlan {
  readonly workloads: readonly Workload[];
  readonly systems: readonly System[];
  /** Index in `systems`: what ratios are against. */
  readonly baseline: number;
  readonly load: LoadFlags;
  readonly rounds: number;
  /** Undefined: the workload's own. */
  readonly concurrency: number | undefined;
  /** Items per second and system; Infinity for as fast as they are taken. */
  readonly rate: number;
  readonly retry: boolean;
  readonly giveUpMs: number;
  readonly timeoutMs: number;
  /** 0: do not wait. */
  readonly settleMaxMs: number;
  /** Not believed to be at rest before: some systems put their work off by minutes. */
  readonly settleMinMs: number;
  /** 0: do not count. */
  readonly readBackMaxMs: number;
  /** `-` for stdout, where the table is left out then. */
  readonly jsonFile: string | undefined;
  readonly quiet: boolean;
  readonly listen: { readonly host: string; readonly port: number };
  readonly scrapeConfigFile: string | undefined;
}

/** One workload of a plan while it runs. */
export interface Run<W extends Workload = Workload> {
  readonly workload: W;
  readonly options: LoadOptions;
  readonly plan: BenchPlan;
  readonly progress: Progress;
  /** Ends the load early; what was measured is reported. */
  readonly signal: AbortSignal;
}

/** Without a number of items a run by duration starts this far back: what Prometheus' head takes, with some room. */
const OPEN_START_AGO_MS = 50 * 60_000;
const DEFAULT_INTERVAL_MS = 15_000;

/** From the first to the newest item. */
export function loadSpanMs(workload: Workload, items: number, series: number, intervalMs: number): number {
  return (Math.ceil(items / (series * (workload.defaults.itemsAtATime ?? 1))) - 1) * intervalMs;
}

/** The options of one workload; `now` and `index`, its place among the run's workloads, name the run. */
export function loadOptions(workload: Workload, flags: LoadFlags, now: number, index: number): LoadOptions {
  const { defaults } = workload;
  const series = flags.series ?? defaults.series;
  const intervalMs = flags.intervalMs ?? defaults.intervalMs ?? DEFAULT_INTERVAL_MS;
  const open = flags.items === undefined && flags.durationMs !== undefined;
  const items = flags.items ?? (open ? Number.POSITIVE_INFINITY : defaults.items);
  const spanMs = open ? OPEN_START_AGO_MS : loadSpanMs(workload, items, series, intervalMs);
  // A system that scrapes was told the name before, so that one follows from the flags alone.
  const suffix = index > 0 ? `x${index}` : '';
  return Object.freeze({
    seed: flags.seed,
    series,
    churn: flags.churn,
    churnEvery: flags.churnEvery,
    batch: flags.batch ?? defaults.batch,
    items,
    startMs: Math.floor((now - (flags.startAgoMs ?? spanMs)) / 1000) * 1000,
    intervalMs,
    targets: flags.targets,
    run: flags.run ?? (workload.drive === 'serve' ? `s${flags.seed}` : `r${now.toString(36)}${suffix}`),
    ...(flags.lines !== undefined && { lines: flags.lines }),
    ...(flags.transport !== undefined && { transport: flags.transport }),
    ...(flags.repeat !== undefined && { repeat: flags.repeat }),
    ...(flags.durationMs !== undefined && { durationMs: flags.durationMs }),
    ...(flags.speedup !== undefined && { speedup: flags.speedup }),
  });
}
