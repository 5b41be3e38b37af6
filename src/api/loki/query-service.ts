/** `query`, `query_range`, `format_query` and the legacy query. */

import { TriliteError } from '../../model/errors.ts';
import { Labels } from '../../model/labels.ts';
import { formatLogql, queryInstant, queryLines, queryRange } from '../../query/logs/engine.ts';
import { labelsText } from '../../query/logs/extract.ts';
import type { LogStream } from '../../query/logs/log-query.ts';
import { ScanStats } from '../../query/logs/scan.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { jsonAnswer, jsonValue, statsOf } from './answer.ts';
import { printResult, printStreams } from './print-result.ts';
import { CATEGORIZE, encodingFlags, LokiRequest } from './request.ts';
import { rfc3339 } from './rfc3339.ts';

export async function queryService(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const time = read.time();
  read.limit();
  read.direction();
  const stats = new ScanStats();
  const data = await queryInstant(read.query, time, context, stats);
  return jsonAnswer(printResult(data, statsOf(stats, data.type === 'vector' ? data.labels.length : 1)));
}

export async function queryRangeService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { start, end } = read.queryBounds();
  const limit = read.limit();
  const direction = read.direction();
  const stepMs = read.stepMs(start, end);
  const intervalMs = read.intervalMs();
  const flags = encodingFlags(request);
  const lines = { start, end, limit, direction, intervalMs, categorize: flags.includes(CATEGORIZE) };
  const stats = new ScanStats();
  const answer = await queryRange(read.query, lines, stepMs, context, stats);
  if (answer.kind === 'streams') {
    return jsonAnswer(printStreams(answer.streams, flags, statsOf(stats, countEntries(answer.streams))));
  }
  const { data } = answer;
  return jsonAnswer(printResult(data, statsOf(stats, data.type === 'matrix' ? data.series.length : 0)));
}

function countEntries(streams: readonly LogStream[]): number {
  return streams.reduce((n, s) => n + s.entries.length, 0);
}

export async function formatQueryService(request: ServiceRequest): Promise<ServiceAnswer> {
  try {
    return jsonValue({ status: 'success', data: formatLogql(new LokiRequest(request).query) });
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    return jsonValue({ status: 'invalid-query', error: error.message }, 400);
  }
}

/** `/api/prom/query`: one object with streams whose labels are text and times RFC 3339. */
export async function legacyQueryService(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const read = new LokiRequest(request);
  const { start, end } = read.queryBounds();
  const limit = read.limit();
  const direction = read.direction();
  const lines = { start, end, limit, direction, intervalMs: 0, categorize: false };
  const stats = new ScanStats();
  const refusal = 'legacy endpoints only support logs result type';
  const streams = await queryLines(read.query, read.params.get('regexp'), lines, refusal, context, stats);
  return jsonValue({
    streams: streams.map((stream) => ({
      labels: labelsText(Labels.fromSorted(stream.labels)),
      entries: stream.entries.map((e) => ({ ts: rfc3339(e.ms, e.ns), line: e.line })),
    })),
    stats: statsOf(stats, countEntries(streams)),
  });
}
