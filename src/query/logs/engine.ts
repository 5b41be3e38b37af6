/** LogQL for the surfaces: text and parameters in, streams or columns out. No syntax tree leaves this file. */

import { TriliteError } from '../../model/errors.ts';
import type { Matcher } from '../../model/matcher.ts';
import { makeSteps, singleStep } from '../exec/steps.ts';
import type { LogExpr, LogqlExpr } from '../lang/logql/ast.ts';
import { parseLogql } from '../lang/logql/parser.ts';
import { printLogql } from '../lang/logql/printer.ts';
import type { ResultData } from '../result.ts';
import type { ServiceContext } from '../service.ts';
import { LogQueryRun, type LogStream } from './log-query.ts';
import { runMetricQuery } from './metric-query.ts';
import { parseLines } from './parse-lines.ts';
import { ENTRIES_MAX } from './query-limits.ts';
import type { Instant, ScanStats } from './scan.ts';

/** Which lines are wanted. */
export interface LineSelection {
  /** Entries in `[start, end)`. */
  readonly start: Instant;
  readonly end: Instant;
  readonly limit: number;
  readonly direction: 'forward' | 'backward';
  readonly intervalMs: number;
  readonly categorize: boolean;
}

export type RangeAnswer =
  | { readonly kind: 'streams'; readonly streams: LogStream[] }
  | { readonly kind: 'data'; readonly data: ResultData };

/** A metric query at one time. Throws `bad_data` for a log query. */
export async function queryInstant(
  text: string,
  time: Instant,
  context: ServiceContext,
  stats: ScanStats,
): Promise<ResultData> {
  return queryInstantExpr(parseLogql(text), time, context, stats);
}

/** The same of a tree. */
export async function queryInstantExpr(
  expr: LogqlExpr,
  time: Instant,
  context: ServiceContext,
  stats: ScanStats,
): Promise<ResultData> {
  if (expr.kind === 'log') {
    throw new TriliteError(
      'bad_data',
      'log queries are not supported as an instant query type, please change your query to a range query type',
    );
  }
  const steps = singleStep(time.ms);
  return reporting(context, stats, () =>
    runMetricQuery(expr, steps, { instant: true, timeNs: time.ns }, context, stats),
  );
}

/** Either kind of query over a range. */
export async function queryRange(
  text: string,
  lines: LineSelection,
  stepMs: number,
  context: ServiceContext,
  stats: ScanStats,
): Promise<RangeAnswer> {
  return queryRangeExpr(parseLogql(text), lines, stepMs, context, stats);
}

/** The same of a tree. */
export async function queryRangeExpr(
  expr: LogqlExpr,
  lines: LineSelection,
  stepMs: number,
  context: ServiceContext,
  stats: ScanStats,
): Promise<RangeAnswer> {
  if (expr.kind === 'log') return { kind: 'streams', streams: await runLog(expr, lines, context, stats) };
  const { start, end } = lines;
  // Steps are as many nanoseconds behind their millisecond as the start.
  const steps = makeSteps(start.ms, end.ns < start.ns ? end.ms - 1 : end.ms, stepMs);
  const grid = { instant: false, timeNs: start.ns };
  const data = await reporting(context, stats, () => runMetricQuery(expr, steps, grid, context, stats));
  return { kind: 'data', data };
}

/** A log query; a metric query is refused with `refusal`. `contains`: a regular expression that comes first. */
export async function queryLines(
  text: string,
  contains: string,
  lines: LineSelection,
  refusal: string,
  context: ServiceContext,
  stats: ScanStats,
): Promise<LogStream[]> {
  const parsed = parseLines(text, contains);
  if (!parsed) throw new TriliteError('bad_data', refusal);
  return runLog(parsed, lines, context, stats);
}

function runLog(
  expr: LogExpr,
  lines: LineSelection,
  context: ServiceContext,
  stats: ScanStats,
): Promise<LogStream[]> {
  const entriesMax = context.query?.entriesMax ?? ENTRIES_MAX;
  if (lines.limit > entriesMax) {
    throw new TriliteError(
      'bad_data',
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${lines.limit} > ${entriesMax})`,
    );
  }
  const run = new LogQueryRun({ expr, ...lines }, stats);
  return reporting(context, stats, () => run.run(context.storage.logs, context.signal));
}

/** Tells how much was read when the query has ended, be it by an error. */
async function reporting<T>(context: ServiceContext, stats: ScanStats, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } finally {
    context.report?.({ linesRead: stats.lines, bytesRead: stats.bytes });
  }
}

/** The query in canonical form. */
export function formatLogql(text: string): string {
  return printLogql(parseLogql(text));
}

/** The same of a metric query alone, which is what a rule may have. Throws `bad_data`. */
export function formatMetricLogql(text: string): string {
  const expr = parseLogql(text);
  if (expr.kind === 'log') {
    throw new TriliteError('bad_data', 'a metric query is expected, this one answers log lines');
  }
  return printLogql(expr);
}

/** Matchers of a bare selector. Throws `bad_data` where there is more. */
export function parseSelector(text: string): readonly Matcher[] {
  const expr = parseLogql(text);
  if (expr.kind !== 'log' || expr.stages.length > 0) {
    throw new TriliteError('bad_data', 'only label matchers are supported');
  }
  return expr.matchers;
}
