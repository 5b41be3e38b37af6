/** `trilite bench`: sends load to this or another system, measures and reports. */

import { openSync, writeFileSync } from 'node:fs';
import { parseBenchFlags } from '../bench/flags.ts';
import type { BenchPlan } from '../bench/plan.ts';
import { renderReport } from '../bench/report-table.ts';
import { runBench } from '../bench/run.ts';
import { BENCH_USAGE, workloadList } from '../bench/usage.ts';
import { ConfigError } from '../config/config-error.ts';
import { VERSION } from '../version.ts';

const EXIT_LOST = 1;

/** Resolves with the exit code: 0, or 1 where a system lost items or failed. Throws `ConfigError` for bad flags. */
export async function benchCommand(rest: readonly string[]): Promise<number> {
  const parsed = parse(rest);
  switch (parsed.command) {
    case 'help':
      process.stdout.write(BENCH_USAGE);
      return 0;
    case 'list':
      process.stdout.write(workloadList());
      return 0;
    case 'run':
      return runPlan(parsed.plan);
  }
}

function parse(rest: readonly string[]): ReturnType<typeof parseBenchFlags> {
  try {
    return parseBenchFlags(rest);
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'BenchFlagError') throw error;
    throw new ConfigError(`${message}; see trilite bench --help`);
  }
}

/** Before the run: a report must not be lost for want of a place. */
function openForWriting(file: string): number {
  try {
    return openSync(file, 'w');
  } catch (error) {
    throw new ConfigError(`--json: ${(error as Error).message}`);
  }
}

async function runPlan(plan: BenchPlan): Promise<number> {
  const json =
    plan.jsonFile === undefined || plan.jsonFile === '-' ? undefined : openForWriting(plan.jsonFile);
  const stop = new AbortController();
  // The first interrupt ends the load and still reports; the second one ends the process.
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const report = await runBench(plan, `trilite ${VERSION}`, stop.signal);
  const text = `${JSON.stringify(report, undefined, 2)}\n`;
  if (plan.jsonFile === '-') process.stdout.write(text);
  else process.stdout.write(renderReport(report));
  if (json !== undefined) writeFileSync(json, text);
  return report.ok ? 0 : EXIT_LOST;
}
