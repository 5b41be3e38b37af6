/**
 * Runs query test scripts against the engine over metrics in memory, file by file, `eval` by `eval`
 * (`run-eval.ts`). docs/promql-scripts.md is for who writes them.
 */

import { readFile } from 'node:fs/promises';
import { TriliteError } from '../../model/errors.ts';
import { customBucketSeries } from './custom-buckets.ts';
import { MemoryMetrics, type MemorySample, memoryReader } from './memory-metrics.ts';
import { type LoadCommand, type LoadSeries, parseScript } from './parse-script.ts';
import { withResetHints } from './reset-hints.ts';
import { runEval } from './run-eval.ts';

export interface ScriptFailure {
  readonly line: number;
  readonly expr: string;
  readonly message: string;
}

export interface ScriptOutcome {
  readonly passed: number;
  readonly failures: readonly ScriptFailure[];
}

export interface ScriptTotals {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the files one after another; `print` gets a line per failure, with file and line. A malformed file is one. */
export async function runPromqlScripts(
  files: readonly string[],
  print: (line: string) => void = () => {},
): Promise<ScriptTotals> {
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    try {
      const outcome = await runScript(await readFile(file, 'utf8'));
      passed += outcome.passed;
      failed += outcome.failures.length;
      for (const { line, expr, message } of outcome.failures) print(`${file}:${line}: ${expr}: ${message}`);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      failed++;
      print(`${file}:${error.message}`);
    }
  }
  return { passed, failed };
}

/** Every `eval` is a case. Throws `bad_data` where the script is malformed, its message beginning with the line. */
export async function runScript(text: string): Promise<ScriptOutcome> {
  const metrics = new MemoryMetrics();
  const storage = memoryReader(metrics);
  const failures: ScriptFailure[] = [];
  let passed = 0;
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') metrics.clear();
    else if (command.kind === 'load') load(metrics, command);
    else {
      const message = await runEval(storage, command);
      if (message === undefined) passed++;
      else failures.push({ line: command.line, expr: command.expr, message });
    }
  }
  return { passed, failures };
}

function load(metrics: MemoryMetrics, command: LoadCommand): void {
  for (const series of command.series) metrics.add(series.labels, loadedSamples(series, command.stepMs));
  if (command.withCustomBuckets) {
    for (const { labels, samples } of customBucketSeries(command))
      metrics.add(labels, withResetHints(samples));
  }
}

/** The samples that a line of a `load` stands for, the first at `firstMs`. */
export function loadedSamples(
  { values, startOffsets }: LoadSeries,
  stepMs: number,
  firstMs = 0,
): MemorySample[] {
  const samples: MemorySample[] = [];
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    const timestampMs = firstMs + i * stepMs;
    const offset = startOffsets?.[i];
    const startMs = offset === undefined ? 0 : timestampMs + offset;
    samples.push({ timestampMs, startMs, value: typeof value === 'object' ? value.histogram : value });
  }
  return withResetHints(samples);
}
