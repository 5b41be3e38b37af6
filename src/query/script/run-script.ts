/**
 * Runs query test scripts against the engine over metrics in memory. Settings are those that the scripts are
 * written for: delayed name removal, start timestamps in use, time zero at the epoch.
 */

import { readFile } from 'node:fs/promises';
import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import { evaluatePromql, type PromqlOptions } from '../engine.ts';
import { labelsText } from '../exec/labels-text.ts';
import type { PromqlResult, VectorResult } from '../result.ts';
import { almostEqual, elementMismatch } from './compare.ts';
import { customBucketSeries } from './custom-buckets.ts';
import { MemoryMetrics, type MemorySample, memoryReader } from './memory-metrics.ts';
import { type EvalCommand, type Expectation, type LoadCommand, parseScript } from './parse-script.ts';
import { withResetHints } from './reset-hints.ts';

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

/** Runs the files one after another; `print` gets a line per failure, with file and line. */
export async function runPromqlScripts(
  files: readonly string[],
  print: (line: string) => void = () => {},
): Promise<ScriptTotals> {
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    const outcome = await runScript(await readFile(file, 'utf8'));
    passed += outcome.passed;
    failed += outcome.failures.length;
    for (const { line, expr, message } of outcome.failures) print(`${file}:${line}: ${expr}: ${message}`);
  }
  return { passed, failed };
}

/** Every `eval` is a case. Throws `bad_data` where the script is malformed. */
export async function runScript(text: string): Promise<ScriptOutcome> {
  const metrics = new MemoryMetrics();
  const failures: ScriptFailure[] = [];
  let passed = 0;
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') metrics.clear();
    else if (command.kind === 'load') load(metrics, command);
    else {
      const message = await runEval(metrics, command);
      if (message === undefined) passed++;
      else failures.push({ line: command.line, expr: command.expr, message });
    }
  }
  return { passed, failures };
}

function load(metrics: MemoryMetrics, command: LoadCommand): void {
  for (const { labels, values, startOffsets } of command.series) {
    const samples: MemorySample[] = [];
    for (const [i, value] of values.entries()) {
      if (value === undefined) continue;
      const timestampMs = i * command.stepMs;
      const offset = startOffsets?.[i];
      const startMs = offset === undefined ? 0 : timestampMs + offset;
      samples.push({ timestampMs, startMs, value: typeof value === 'object' ? value.histogram : value });
    }
    metrics.add(labels, withResetHints(samples));
  }
  if (command.withCustomBuckets) {
    for (const { labels, samples } of customBucketSeries(command))
      metrics.add(labels, withResetHints(samples));
  }
}

async function runEval(metrics: MemoryMetrics, command: EvalCommand): Promise<string | undefined> {
  const storage = memoryReader(metrics);
  const evaluate = (options: PromqlOptions) =>
    evaluatePromql(
      command.expr,
      { delayNameRemoval: true, useStartTimestamps: true, ...options },
      {
        storage,
        signal: new AbortController().signal,
      },
    );
  const { startMs, endMs, stepMs, instant } = command;
  const failing = command.expectations.filter((e) => e.type === 'fail');
  let result: PromqlResult;
  try {
    result = await evaluate({ startMs, endMs, stepMs, instant });
  } catch (error) {
    if (!(error instanceof TriliteError))
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (failing.length === 0) return `unexpected error: ${error.message}`;
    const wrong = failing.find((e) => !matches(e, error.message));
    return wrong === undefined ? undefined : `expected error ${describe(wrong)}, got ${error.message}`;
  }
  if (failing.length > 0) return 'expected an error, got none';
  const mismatch =
    annotationMismatch(command.expectations, 'warn', result.warnings) ??
    annotationMismatch(command.expectations, 'info', result.infos) ??
    (instant ? instantMismatch(command, result) : rangeMismatch(command, result));
  if (mismatch !== undefined || !instant || !repeatable(command, result)) return mismatch;
  // The same instant as the middle of a range must give the same vector.
  const around = { startMs: endMs - REPEAT_STEP_MS, endMs: endMs + REPEAT_STEP_MS, stepMs: REPEAT_STEP_MS };
  const range = await evaluate({ ...around, instant: false });
  const repeated = instantMismatch(command, atStep(range, endMs));
  return repeated === undefined ? undefined : `in the middle of a range query: ${repeated}`;
}

const REPEAT_STEP_MS = 60_000;

/** Queries that ask for the query's own bounds, or whose answer is no set of elements, are not repeated. */
function repeatable({ expr, ordered }: EvalCommand, { data }: PromqlResult): boolean {
  return data.type === 'vector' && !ordered && !/\b(start|end|range|step)\s*\(/.test(expr);
}

/** The vector that a range query has at one of its steps. */
function atStep(result: PromqlResult, timestampMs: number): PromqlResult {
  if (result.data.type !== 'matrix') return result;
  const labels: Labels[] = [];
  const values: number[] = [];
  const histograms: VectorResult['histograms'] & unknown[] = [];
  for (const series of result.data.series) {
    const at = series.timestamps.indexOf(timestampMs);
    if (at < 0) continue;
    labels.push(series.labels);
    values.push(series.values[at]!);
    histograms.push(series.histograms?.[at]);
  }
  return {
    ...result,
    data: { type: 'vector', timestampMs, labels, values: Float64Array.from(values), histograms },
  };
}

function matches({ text, regex }: Expectation, message: string): boolean {
  if (text !== undefined) return text === message;
  return regex === undefined || regex.test(message);
}

function describe({ text, regex }: Expectation): string {
  return text ?? String(regex ?? '');
}

/** Once a kind of annotation is expected, every one of that kind must be. */
function annotationMismatch(
  expectations: readonly Expectation[],
  type: 'warn' | 'info',
  got: readonly string[],
): string | undefined {
  const wanted = expectations.filter((e) => e.type === type);
  if (expectations.some((e) => e.type === `no_${type}`) && got.length > 0)
    return `unexpected ${type}: ${got[0]}`;
  if (wanted.length === 0) return undefined;
  if (got.length === 0) return `expected ${type} ${describe(wanted[0]!)}, got none`;
  const missing = wanted.find((e) => !got.some((text) => matches(e, text)));
  if (missing !== undefined) return `expected ${type} ${describe(missing)}, got ${got.join(' | ')}`;
  const extra = got.find((text) => !wanted.some((e) => matches(e, text)));
  return extra === undefined ? undefined : `unexpected ${type}: ${extra}`;
}

function instantMismatch(command: EvalCommand, { data }: PromqlResult): string | undefined {
  if (data.type === 'string') {
    return data.value === command.expectedString ? undefined : `got string ${JSON.stringify(data.value)}`;
  }
  if (data.type === 'scalar') {
    const want = command.expectedScalar ?? Number.NaN;
    return almostEqual(want, data.value) ? undefined : `expected ${want}, got ${data.value}`;
  }
  if (data.type === 'matrix') {
    if (command.rangeVector === undefined) return 'got a range vector';
    return seriesMismatch(command, data, command.rangeVector);
  }
  const expected = new Map(command.expected.map((e, i) => [e.labels.key(), { ...e, position: i }]));
  for (const [i, labels] of data.labels.entries()) {
    const want = expected.get(labels.key());
    const name = labelsText(labels);
    if (want === undefined) return `unexpected element ${name} ${data.values[i]}`;
    if (command.ordered && want.position !== i)
      return `element ${name} at position ${i}, expected ${want.position}`;
    const mismatch = elementMismatch(want.values[0], data.histograms?.[i] ?? data.values[i]!);
    if (mismatch !== undefined) return `${name}: ${mismatch}`;
    expected.delete(labels.key());
  }
  for (const { labels, values } of expected.values()) {
    if (values[0] !== undefined) return `missing element ${labelsText(labels)}`;
  }
  return undefined;
}

function rangeMismatch(command: EvalCommand, { data }: PromqlResult): string | undefined {
  if (data.type !== 'matrix') return `got a ${data.type}`;
  // A scalar over a range is written as a bare number or as a series without labels.
  return seriesMismatch(command, data, command);
}

function seriesMismatch(
  command: EvalCommand,
  data: PromqlResult['data'] & { type: 'matrix' },
  grid: { startMs: number; endMs: number; stepMs: number },
): string | undefined {
  const expected = new Map(command.expected.map((e) => [e.labels.key(), e]));
  for (const { labels, timestamps, values, histograms } of data.series) {
    const want = expected.get(labels.key());
    const name = labelsText(labels);
    if (want === undefined) return `unexpected series ${name} ${values.join(' ')}`;
    expected.delete(labels.key());
    let at = 0;
    for (let i = 0, t = grid.startMs; t <= grid.endMs || i < want.values.length; i++, t += grid.stepMs) {
      const here = timestamps[at] === t;
      const got = here ? (histograms?.[at] ?? values[at]!) : undefined;
      if (here) at++;
      const mismatch = elementMismatch(want.values[i], got);
      if (mismatch !== undefined) return `${name} at ${t / 1000}s: ${mismatch}; all: ${values.join(' ')}`;
    }
    if (at < timestamps.length) return `${name}: a sample at ${timestamps[at]! / 1000}s, off the grid`;
  }
  for (const { labels, values } of expected.values()) {
    if (values.some((v) => v !== undefined)) return `missing series ${labelsText(labels)}`;
  }
  return undefined;
}
