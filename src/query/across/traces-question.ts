/** The traces that log lines name, or exemplars; narrowed by TraceQL. */

import { TriliteError } from '../../model/errors.ts';
import type { Instant, ScanStats } from '../logs/scan.ts';
import type { ServiceContext } from '../service.ts';
import { searchKnownTraces } from '../traces/known-ids.ts';
import { searchPipeline } from '../traces/query-text.ts';
import type { FoundTrace } from '../traces/search.ts';
import { NAMED_IDS_MAX } from './limits.ts';
import { parseLinesAlone } from './logs-question.ts';
import { type NamedTraces, tracesOfExemplars, tracesOfLines } from './named-traces.ts';

export interface TracesQuestion {
  /** One of the two: lines that name traces, or selectors of series whose exemplars do. */
  readonly logql: string | undefined;
  readonly promql: string | undefined;
  /** '' is every trace. */
  readonly traceql: string;
  /** Of the lines, or exemplars; the traces may be of any time. */
  readonly start: Instant;
  readonly end: Instant;
  readonly limit: number;
  readonly spansPerSpanset: number;
}

export interface TracesAnswer {
  /** Newest first. */
  readonly traces: readonly FoundTrace[];
  readonly named: NamedTraces;
  /** Of the ids that were named, those under which there are spans. */
  readonly stored: number;
  /** Traces that match; those beyond the limit are not given. */
  readonly matched: number;
}

/** Throws `bad_data` where a query is none. */
export async function askTraces(
  question: TracesQuestion,
  context: ServiceContext,
  stats: ScanStats,
): Promise<TracesAnswer> {
  const { traceql, limit, spansPerSpanset } = question;
  const pipeline = searchPipeline(traceql.trim() === '' ? '{}' : traceql);
  const named = await namedTraces(question, context, stats);
  const { storage, signal } = context;
  const search = { pipeline, spansPerSpanset };
  const { traces, stored } = await searchKnownTraces(storage.traces, named.ids, search, signal);
  return { traces: traces.slice(0, limit), named, stored, matched: traces.length };
}

async function namedTraces(
  { logql, promql, start, end }: TracesQuestion,
  { storage, signal, report }: ServiceContext,
  stats: ScanStats,
): Promise<NamedTraces> {
  if ((logql === undefined) === (promql === undefined)) {
    const rule = 'one of "logql", whose lines name traces, and "promql", whose exemplars do, is expected';
    throw new TriliteError('bad_data', rule);
  }
  if (promql !== undefined) {
    const range = { minMs: start.ms, maxMs: end.ms };
    return tracesOfExemplars(storage.metrics, promql, range, NAMED_IDS_MAX);
  }
  const expr = parseLinesAlone(logql!);
  try {
    return await tracesOfLines(storage.logs, expr, { start, end }, NAMED_IDS_MAX, stats, signal);
  } finally {
    report?.({ linesRead: stats.lines, bytesRead: stats.bytes });
  }
}
