/**
 * What a tail follows: the selector, which the front asks of streams; the pipeline, which the tail thread runs; and
 * the backlog, which a reader finds.
 */

import type { MatcherData } from '../../../model/matcher.ts';
import type { LogExpr } from '../../lang/logql/ast.ts';
import type { ServiceContext } from '../../service.ts';
import { logHints } from '../hints.ts';
import { type LogEntry, LogQueryRun } from '../log-query.ts';
import { parseLines } from '../parse-lines.ts';
import { Pipeline } from '../pipeline.ts';
import { ENTRIES_MAX } from '../query-limits.ts';
import { type Instant, ScanStats } from '../scan.ts';

/** Plain data. */
export interface TailQuery {
  readonly text: string;
  /** A regular expression that lines must match first; '' is none. */
  readonly contains: string;
  /** Tell stream labels, metadata and parsed labels apart. */
  readonly categorize: boolean;
}

/** An entry under its own labels. */
export interface TailedEntry extends LogEntry {
  readonly labels: readonly string[];
}

/** Entries with times up to here are stored; limits of receivers are far below. */
const END_OF_TIME: Instant = { ms: 8.64e15, ns: 0 };

/**
 * The one place where the matchers of a tail are made: what is to narrow every tail (whose logs they are) joins them
 * here. Undefined for a metric query. Throws `TriliteError` (`bad_data`) for a query that cannot be.
 */
export function tailMatchers(query: TailQuery): readonly MatcherData[] | undefined {
  const expr = parseLines(query.text, query.contains);
  if (!expr) return undefined;
  pipelineOf(expr);
  return expr.matchers.map((matcher) => matcher.toData());
}

export function pipelineOf(expr: LogExpr): Pipeline {
  return new Pipeline(expr.stages, logHints(expr));
}

/**
 * Whether entries show under the labels of their stream alone: without categories those of a query that does no more
 * than filter lines.
 */
export function showsStreamOnly(expr: LogExpr, categorize: boolean): boolean {
  return !categorize && expr.stages.every((stage) => stage.kind === 'line-filter');
}

/**
 * The newest entries from `start` on, at most `limit` (and no more than a query may ask for), oldest first, each with its
 * identity. What is stored with a time that is still to come is among them: it is no more a part of what comes next.
 */
export async function queryBacklog(
  query: TailQuery,
  start: Instant,
  limit: number,
  context: ServiceContext,
): Promise<TailedEntry[]> {
  const expr = parseLines(query.text, query.contains);
  if (!expr) return [];
  const streamOnly = showsStreamOnly(expr, query.categorize);
  const run = new LogQueryRun(
    {
      expr,
      start,
      end: END_OF_TIME,
      limit: Math.min(limit, ENTRIES_MAX),
      direction: 'backward',
      intervalMs: 0,
      categorize: query.categorize || streamOnly,
      identify: true,
    },
    new ScanStats(),
  );
  const streams = await run.run(context.storage.logs, context.signal);
  const entries = streams.flatMap(({ labels, entries: own }) =>
    own.reverse().map(({ ms, ns, line, metadata, parsed, identity }) => ({
      ms,
      ns,
      line,
      labels,
      metadata: streamOnly ? undefined : metadata,
      parsed: streamOnly ? undefined : parsed,
      identity,
    })),
  );
  return entries.sort((a, b) => a.ms - b.ms || a.ns - b.ns);
}
