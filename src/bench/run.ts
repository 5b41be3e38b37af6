/** Runs a plan: workload after workload, each against all systems; gives the report. */

import os from 'node:os';
import { type BenchPlan, loadOptions, loadSpanMs, type Run } from './plan.ts';
import { Progress } from './progress.ts';
import { type BenchReport, REPORT_FORMAT, type RunReport, ratiosOf, type SystemReport } from './report.ts';
import { runPush } from './run-push.ts';
import { runServe } from './run-serve.ts';
import { SystemError } from './system-error.ts';
import { baseUrl, type System } from './target.ts';
import type { LoadOptions, PacedWorkload, Workload } from './workload.ts';

const REACH_MAX_MS = 5000;
/** What a Prometheus that also scrapes takes: samples up to an hour older than its newest. */
const PROMETHEUS_SPAN_MS_MAX = 3_600_000;

/** `generator` names the program and its version. `signal` ends the run early; what was measured is reported. */
export async function runBench(
  plan: BenchPlan,
  generator: string,
  signal: AbortSignal,
): Promise<BenchReport> {
  const progress = new Progress(plan.quiet);
  const started = new Date();
  const runs: RunReport[] = [];
  if (plan.workloads.some((workload) => workload.drive !== 'serve')) await reachAll(plan);
  for (const [index, workload] of plan.workloads.entries()) {
    if (signal.aborted) break;
    const options = loadOptions(workload, plan.load, Date.now(), index);
    warnOfSpan(workload, options, progress);
    progress.say(`${workload.name}: ${workload.describe(options)}`);
    const systems = await runWorkload(workload, { options, plan, progress, signal });
    progress.done();
    const baseline = plan.systems[plan.baseline]!.name;
    runs.push({
      workload: workload.name,
      unit: workload.unit,
      description: workload.describe(options),
      options,
      baseline,
      systems,
      ratios: ratiosOf(systems, baseline),
    });
  }
  return {
    format: REPORT_FORMAT,
    generator,
    startedAt: started.toISOString(),
    machine: {
      cpus: os.availableParallelism(),
      cpuModel: os.cpus()[0]?.model ?? 'unknown',
      memoryBytes: os.totalmem(),
    },
    runs,
    ok: runs.every((run) => run.systems.every((system) => system.ok)),
  };
}

function runWorkload(workload: Workload, how: Omit<Run, 'workload'>): Promise<SystemReport[]> {
  switch (workload.drive) {
    case 'push':
      return runPush({ ...how, workload });
    case 'serve':
      return runServe({ ...how, workload });
    case 'paced':
      return runPaced({ ...how, workload });
  }
}

async function runPaced(run: Run<PacedWorkload>): Promise<SystemReport[]> {
  const { workload, options, plan, progress, signal } = run;
  const reports: SystemReport[] = [];
  for (const system of plan.systems) {
    if (signal.aborted) break;
    progress.say(`${workload.name}: ${system.name}`);
    const { tables, figures, notes, ok } = await workload.run(system, options, signal);
    reports.push({ name: system.name, urls: { ...system.urls }, ok, figures, tables, notes });
  }
  return reports;
}

function warnOfSpan(workload: Workload, options: LoadOptions, progress: Progress): void {
  if (workload.drive !== 'push' || !workload.needs.includes('prometheus') || !Number.isFinite(options.items))
    return;
  const spanMs = loadSpanMs(workload, options.items, options.series, options.intervalMs);
  if (spanMs <= PROMETHEUS_SPAN_MS_MAX) return;
  const minutes = Math.round(spanMs / 60_000);
  progress.warn(
    `the load spans ${minutes} minutes; a Prometheus that also scrapes refuses what is older than an hour`,
  );
}

/** A system that is not there is told at once, and not by a thousand refused requests. */
async function reachAll(plan: BenchPlan): Promise<void> {
  for (const system of plan.systems) {
    const kinds = new Set(plan.workloads.flatMap((workload) => [...workload.needs]));
    for (const kind of kinds) {
      // gRPC's port speaks HTTP/2 alone.
      if (kind !== 'otlp-grpc') await reach(system, baseUrl(system, kind)!);
    }
  }
}

async function reach(system: System, url: string): Promise<void> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(REACH_MAX_MS), redirect: 'manual' });
    await answer.arrayBuffer();
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
    throw new SystemError(
      `${system.name} does not answer at ${url}: ${cause?.message || cause?.code || message}`,
    );
  }
}
