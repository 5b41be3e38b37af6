/** Lines of the traces that a TraceQL query selects, or of their services; as they are, filtered or counted by LogQL. */

import { serviceOf } from '../../model/correlate/service.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import type { TimeRange } from '../../storage/interface.ts';
import type { LogExpr, LogqlExpr } from '../lang/logql/ast.ts';
import { parseLogql, parseUncheckedSelector } from '../lang/logql/parser.ts';
import { type LineSelection, queryInstantExpr, queryRangeExpr, type RangeAnswer } from '../logs/engine.ts';
import type { Instant, ScanStats } from '../logs/scan.ts';
import type { ServiceContext } from '../service.ts';
import { chosenEntries, type EntryChoice } from './chosen-entries.ts';
import { type ChosenTraces, chooseTraces } from './chosen-traces.ts';
import { entriesNaming } from './wanted-ids.ts';

export interface LogsQuestion {
  readonly traceql: string;
  /** '' is every line. A log query may open with `{}`, or with its first stage. */
  readonly logql: string;
  /** Traces that overlap it are selected; a metric query is evaluated over it. */
  readonly start: Instant;
  readonly end: Instant;
  readonly traces: number;
  readonly by: 'trace' | 'service';
  /** All notations of ids are known, and all lines are read. */
  readonly deep: boolean;
  readonly slackMs: number;
  readonly lines: Pick<LineSelection, 'limit' | 'direction' | 'categorize'>;
  /** Of a metric query: undefined for its value at the end. */
  readonly stepMs: number | undefined;
}

export interface LogsAnswer {
  readonly answer: RangeAnswer;
  readonly chosen: ChosenTraces;
  /** Where lines were looked for; undefined where no trace was selected, and of a metric query, which says that itself. */
  readonly lines: TimeRange | undefined;
}

const ALL_LINES: LogExpr = { kind: 'log', matchers: [], stages: [] };

/** Throws `bad_data` where one of the queries is none. */
export async function askLogs(
  question: LogsQuestion,
  context: ServiceContext,
  stats: ScanStats,
): Promise<LogsAnswer> {
  const expr = parseLines(question.logql);
  const { traceql, start, end, traces, stepMs } = question;
  const range = { minMs: start.ms, maxMs: end.ms };
  const { storage, signal } = context;
  const chosen = await chooseTraces(storage.traces, traceql, range, traces, signal);
  const seen = { ...context, storage: withLogs(question, chosen, context) };
  if (expr.kind === 'log') {
    if (!chosen.extent) return { answer: { kind: 'streams', streams: [] }, chosen, lines: undefined };
    const lines = {
      minMs: chosen.extent.minMs - question.slackMs,
      maxMs: chosen.extent.maxMs + question.slackMs,
    };
    const within = { start: { ms: lines.minMs, ns: 0 }, end: { ms: lines.maxMs, ns: 0 }, intervalMs: 0 };
    const selection = { ...question.lines, ...within };
    return { answer: await queryRangeExpr(expr, selection, 1000, seen, stats), chosen, lines };
  }
  const selection = { ...question.lines, start, end, intervalMs: 0 };
  const answer: RangeAnswer =
    stepMs === undefined
      ? { kind: 'data', data: await queryInstantExpr(expr, end, seen, stats) }
      : await queryRangeExpr(expr, selection, stepMs, seen, stats);
  return { answer, chosen, lines: undefined };
}

/** Metrics and traces are not asked by LogQL. */
function withLogs(question: LogsQuestion, chosen: ChosenTraces, { storage }: ServiceContext) {
  return {
    metrics: storage.metrics,
    traces: storage.traces,
    logs: chosenEntries(storage.logs, choiceOf(question, chosen)),
  };
}

function choiceOf({ by, deep }: LogsQuestion, { ids, services }: ChosenTraces): EntryChoice {
  if (by === 'trace') return entriesNaming(ids, deep);
  const wanted = new Set(services);
  const verdicts = new Map<Labels, boolean>();
  const stream = (labels: Labels): boolean => {
    let verdict = verdicts.get(labels);
    if (verdict === undefined) {
      verdict = wanted.has(serviceOf(labels.toObject()) ?? '');
      verdicts.set(labels, verdict);
    }
    return verdict;
  };
  return { stream };
}

/** A query of lines need not name a stream: the traces narrow it. */
function parseLines(text: string): LogqlExpr {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === '{}') return ALL_LINES;
  if (/^(\||!=|!~)/.test(trimmed)) return parseUncheckedSelector(`{} ${trimmed}`);
  if (/^\{\s*\}/.test(trimmed)) return parseUncheckedSelector(trimmed);
  return parseLogql(trimmed);
}

/** Of a question that takes lines alone. Throws `bad_data` for a metric query. */
export function parseLinesAlone(text: string): LogExpr {
  const expr = parseLines(text);
  if (expr.kind === 'log') return expr;
  throw new TriliteError('bad_data', 'a query of log lines is expected, this one makes numbers of them');
}
