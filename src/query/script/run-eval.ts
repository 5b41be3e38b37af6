/**
 * One `eval` of a script. An instant query is asked several ways that must all give the same answer: at its time, as
 * the middle step of a range, and at other times with `@` holding its selectors to the time that is meant.
 *
 * Settings are those that the scripts are written for: delayed name removal, start timestamps in use, few samples.
 */

import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import type { StorageReader } from '../../storage/interface.ts';
import { evaluatePromqlExpr, type PromqlOptions } from '../engine.ts';
import type { Expr } from '../lang/promql/ast.ts';
import { parsePromql } from '../lang/promql/parser.ts';
import type { PromqlResult, VectorResult } from '../result.ts';
import { annotationMismatch, describe, instantMismatch, matches, rangeMismatch } from './compare-answer.ts';
import type { EvalCommand } from './parse-script.ts';
import { pinned } from './pinned.ts';

/** Samples that a query may hold, so that scripts can meet the bound. */
const SAMPLES_MAX = 10_000;
const AROUND_STEP_MS = 60_000;

type Grid = Pick<PromqlOptions, 'startMs' | 'endMs' | 'stepMs' | 'instant'>;

/** Resolves with what is wrong, undefined where nothing is. */
export async function runEval(storage: StorageReader, command: EvalCommand): Promise<string | undefined> {
  const { expr: text, startMs, endMs, stepMs, instant } = command;
  let expr: Expr;
  try {
    expr = parsePromql(text);
  } catch (error) {
    return failureMismatch(command, error);
  }
  const ask = (grid: Grid, asked = expr): Promise<PromqlResult> => {
    const options = { delayNameRemoval: true, useStartTimestamps: true, ...grid };
    const limits = { samplesMax: SAMPLES_MAX };
    const signal = new AbortController().signal;
    return evaluatePromqlExpr(asked, text, options, { storage, signal, limits });
  };
  const judge = instant ? instantMismatch : rangeMismatch;
  const first = await outcome(command, () => ask({ startMs, endMs, stepMs, instant }), judge);
  if (first.wrong !== undefined || !instant) return first.wrong;
  for (const { expr: held, timeMs } of heldCases(expr, endMs)) {
    const at = { startMs: timeMs, endMs: timeMs, stepMs: 0, instant };
    const { wrong } = await outcome(command, () => ask(at, held), judge);
    if (wrong !== undefined) return `at ${timeMs / 1000}s with @ ${endMs / 1000}: ${wrong}`;
  }
  if (first.result === undefined || !repeatable(command, first.result)) return undefined;
  const range = { startMs: endMs - AROUND_STEP_MS, endMs: endMs + AROUND_STEP_MS, stepMs: AROUND_STEP_MS };
  const repeated = instantMismatch(command, atStep(await ask({ ...range, instant: false }), endMs));
  return repeated === undefined ? undefined : `in the middle of a range query: ${repeated}`;
}

/** What an evaluation gave, and what is wrong about it. */
async function outcome(
  command: EvalCommand,
  run: () => Promise<PromqlResult>,
  judge: (command: EvalCommand, result: PromqlResult) => string | undefined,
): Promise<{ readonly result?: PromqlResult; readonly wrong: string | undefined }> {
  let result: PromqlResult;
  try {
    result = await run();
  } catch (error) {
    return { wrong: failureMismatch(command, error) };
  }
  const { expectations } = command;
  if (expectations.some((e) => e.type === 'fail')) return { wrong: 'expected an error, got none' };
  const wrong =
    annotationMismatch(expectations, 'warn', result.warnings) ??
    annotationMismatch(expectations, 'info', result.infos) ??
    judge(command, result);
  return { result, wrong };
}

function failureMismatch({ expectations }: EvalCommand, error: unknown): string | undefined {
  // A script runs in the main thread, whose stack is smaller than a reader's.
  if (error instanceof RangeError) return `the query nests deeper than a script can follow: ${error.message}`;
  if (!(error instanceof TriliteError)) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const failing = expectations.filter((e) => e.type === 'fail');
  if (failing.length === 0) return `unexpected error: ${error.message}`;
  const wrong = failing.find((e) => !matches(e, error.message));
  return wrong === undefined ? undefined : `expected error ${describe(wrong)}, got ${error.message}`;
}

/** Times far from the one that is meant, at which a query held to it must give the same. */
function heldCases(expr: Expr, timeMs: number): { readonly expr: Expr; readonly timeMs: number }[] {
  const held = pinned(expr, timeMs);
  if (held === undefined) return [];
  const others =
    timeMs === 0 ? [-1000, 0, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs];
  return others.map((other) => ({ expr: held, timeMs: other }));
}

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
