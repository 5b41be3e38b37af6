/** The log lines of a trace: those that carry its id in their metadata, and those that have it in the line. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { getJson } from '../../api/http.ts';
import type { Bounds } from '../../time/range.ts';
import { type LogLine, logLines, type StreamJson } from './log-lines.ts';

/** More lines than this are read in the logs view. */
export const LINES_MAX = 500;
/** Lines come from other clocks, and after the span that they are of. */
const SLACK_MS = 60_000;

/** The query that the index of trace ids answers; with a span's id its lines alone. */
export function logsQuery(traceId: string, spanId?: string): string {
  const more = spanId === undefined ? '' : ` | span_id=${JSON.stringify(spanId)}`;
  return `{service_name=~".+"} | trace_id=${JSON.stringify(traceId)}${more}`;
}

/** The time in which the lines of something that took `bounds` are. */
export function withSlack({ startMs, endMs }: Bounds): Bounds {
  return { startMs: startMs - SLACK_MS, endMs: endMs + SLACK_MS };
}

/** Oldest first. */
export async function traceLogs(
  traceId: string,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const ask = async (query: string): Promise<readonly StreamJson[]> => {
    const params = {
      query,
      limit: LINES_MAX,
      direction: 'forward',
      start: `${Math.floor(bounds.startMs)}000000`,
      end: `${Math.ceil(bounds.endMs)}000000`,
    };
    const answer = await getJson<{
      data: { result: readonly { stream: Labels; values: [string, string][] }[] };
    }>('/loki/api/v1/query_range', params, signal);
    return answer.data.result;
  };
  const inLine = `{service_name=~".+"} |= ${JSON.stringify(traceId)}`;
  const [byId, byText] = await Promise.all([ask(logsQuery(traceId)), ask(inLine)]);
  return logLines([...byId, ...byText]);
}
