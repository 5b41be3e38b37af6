/** `/api/v1/trilite/logs`: lines of the traces that a TraceQL query selects, in the form of Loki's API. */

import { LINE_SLACK_MS, TRACES_DEFAULT, TRACES_MAX } from '../../query/across/limits.ts';
import { askLogs } from '../../query/across/logs-question.ts';
import { ScanStats } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { jsonAnswer, statsOf } from '../loki/answer.ts';
import { printResult, printStreams } from '../loki/print-result.ts';
import { CATEGORIZE, encodingFlags, LokiRequest } from '../loki/request.ts';
import { countOf, flagOf, requiredText, slackOf, stepOf, wordOf } from './across-params.ts';
import { withAcross } from './joined.ts';

export async function logsAcross(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { params } = read;
  const { start, end } = read.queryBounds();
  const flags = encodingFlags(request);
  const limit = read.limit();
  const deep = flagOf(params, 'deep');
  const by = wordOf(params, 'by', ['trace', 'service']);
  // Whether there is a step decides what a metric query answers; how small it may be is the original's rule.
  const stepMs = stepOf(params) === undefined ? undefined : read.stepMs(start, end);
  const question = {
    traceql: requiredText(params, 'traceql', 'which traces'),
    logql: params.get('logql'),
    start,
    end,
    traces: countOf(params, 'traces', TRACES_DEFAULT, TRACES_MAX),
    by,
    deep,
    slackMs: slackOf(params, LINE_SLACK_MS),
    lines: { limit, direction: read.direction(), categorize: flags.includes(CATEGORIZE) },
    stepMs,
  } as const;
  const stats = new ScanStats();
  const { answer, chosen, lines } = await askLogs(question, context, stats);
  const count =
    answer.kind === 'streams' ? answer.streams.reduce((n, s) => n + s.entries.length, 0) : undefined;
  const across = {
    traces: chosen.ids.length,
    tracesTruncated: chosen.cut,
    services: chosen.services,
    by,
    deep,
    lines: count,
    // There may be more: the first `limit` are looked for, and no more.
    linesTruncated: count === undefined ? undefined : count === limit,
    start: lines && nanoseconds(lines.minMs),
    end: lines && nanoseconds(lines.maxMs),
  };
  if (answer.kind === 'streams') {
    return withAcross(jsonAnswer(printStreams(answer.streams, flags, statsOf(stats, count!))), across);
  }
  const { data } = answer;
  const series =
    data.type === 'matrix' ? data.series.length : data.type === 'vector' ? data.labels.length : 1;
  return withAcross(jsonAnswer(printResult(data, statsOf(stats, series))), across);
}

function nanoseconds(ms: number): string {
  return String(BigInt(ms) * 1_000_000n);
}
