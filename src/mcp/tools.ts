/** The tools: questions in the three languages, what is there, a trace with its log lines, and what has changed. */

import type { LogEntry } from '../client/answer.ts';
import { differences } from '../compare/differences.ts';
import { printDifferences } from '../compare/print.ts';
import { takeProfile } from '../compare/profile.ts';
import { quoted } from '../model/correlate/labels.ts';
import { parseDuration } from '../model/duration.ts';
import { servicesText } from './services.ts';
import { bounded, entriesText, seriesText, timeText, tracesText, traceText, vectorText } from './text.ts';
import {
  ArgumentError,
  objectSchema,
  readCount,
  readFlag,
  readOptionalText,
  readRange,
  readText,
  readTime,
  TIME,
  type Tool,
} from './tool.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LINES_DEFAULT = 50;
const LINES_MAX = 500;
const TRACES_DEFAULT = 20;
const TRACES_MAX = 200;
/** Lines of a trace that are shown with it. */
const TRACE_LINES_MAX = 100;
/** Around a trace: its lines may be written somewhat earlier and later. */
const TRACE_SLACK_MS = 60_000;
/** Points of a range where no step is given. */
const STEPS = 60;
/** What is compared with, at least. */
const BASELINE_MIN_MS = 15 * MINUTE_MS;
/** Of each kind of difference: a model reads more than a terminal shows. */
const DIFFERENCES_MAX = 30;

const LIMIT = (absent: number, max: number) => ({
  type: 'integer',
  minimum: 1,
  maximum: max,
  description: `${absent} where it is not given`,
});

const queryMetrics: Tool = {
  name: 'query_metrics',
  title: 'Query metrics',
  description:
    'A PromQL query. At one moment (time; now where nothing is given), or over a range where start is given: then each series comes with its least, mean and greatest value and some of its points.',
  inputSchema: objectSchema(
    {
      query: { type: 'string', description: 'PromQL, e.g. sum by (service) (rate(http_requests_total[5m]))' },
      time: TIME,
      start: TIME,
      end: TIME,
      step: {
        type: 'string',
        description: `between two points of a range, e.g. 30s; a ${STEPS}th of the range where it is not given`,
      },
    },
    ['query'],
  ),
  async run(given, { client, nowMs }) {
    const query = readText(given, 'query');
    if (given.start === undefined) {
      const answer = await client.promql(query, { timeMs: readTime(given, 'time', nowMs, nowMs) });
      const notes = [...answer.warnings, ...answer.infos].map((note) => `\nnote: ${note}`).join('');
      if (answer.kind === 'scalar') return `${answer.value}${notes}`;
      if (answer.kind === 'string') return answer.text + notes;
      return bounded(
        (answer.kind === 'vector' ? vectorText(answer.samples) : seriesText(answer.series)) + notes,
      );
    }
    const range = readRange(given, nowMs, HOUR_MS);
    const step = readOptionalText(given, 'step');
    const stepMs =
      step === undefined ? Math.max(1000, Math.ceil((range.endMs - range.startMs) / STEPS)) : duration(step);
    const answer = await client.promqlRange(query, { ...range, stepMs });
    const notes = [...answer.warnings, ...answer.infos].map((note) => `\nnote: ${note}`).join('');
    return bounded((answer.kind === 'matrix' ? seriesText(answer.series) : 'no series') + notes);
  },
};

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new ArgumentError(`step: ${(error as Error).message}`);
  }
}

const queryLogs: Tool = {
  name: 'query_logs',
  title: 'Query logs',
  description:
    'A LogQL query over the last hour, or from start to end. A selector with filters gives lines, the newest first, each with its time, level and trace id where they are known; a metric query (rate, count_over_time, …) gives numbers at the end of the range.',
  inputSchema: objectSchema(
    {
      query: {
        type: 'string',
        description:
          'LogQL, e.g. {service_name="checkout"} |= "error" or sum by (level) (count_over_time({service_name="checkout"}[1h]))',
      },
      start: TIME,
      end: TIME,
      limit: LIMIT(LINES_DEFAULT, LINES_MAX),
      direction: { type: 'string', enum: ['backward', 'forward'], description: 'forward: the oldest first' },
    },
    ['query'],
  ),
  async run(given, { client, nowMs }) {
    const query = readText(given, 'query');
    const limit = readCount(given, 'limit', LINES_DEFAULT, LINES_MAX);
    const range = readRange(given, nowMs, HOUR_MS);
    const direction = readOptionalText(given, 'direction') ?? 'backward';
    if (direction !== 'backward' && direction !== 'forward')
      throw new ArgumentError('direction is backward or forward');
    // A log query begins with its selector; anything else makes numbers.
    const isLines = /^\s*\{/.test(query);
    const answer = isLines
      ? await client.logql(query, { ...range, limit, direction })
      : await client.logql(query, { timeMs: range.endMs });
    if (answer.kind === 'entries') return bounded(entriesText(answer.entries, limit));
    if (answer.kind === 'scalar') return String(answer.value);
    return bounded(answer.kind === 'vector' ? vectorText(answer.samples) : seriesText(answer.series));
  },
};

const queryTraces: Tool = {
  name: 'query_traces',
  title: 'Query traces',
  description:
    'A TraceQL query over the last hour, or from start to end. A filter gives traces, the newest first, with the spans that matched; a metrics query ({…} | rate() by (…), quantile_over_time, …) gives series.',
  inputSchema: objectSchema(
    {
      query: {
        type: 'string',
        description:
          'TraceQL, e.g. { resource.service.name = "checkout" && status = error } or { duration > 1s }',
      },
      start: TIME,
      end: TIME,
      limit: LIMIT(TRACES_DEFAULT, TRACES_MAX),
    },
    ['query'],
  ),
  async run(given, { client, nowMs }) {
    const limit = readCount(given, 'limit', TRACES_DEFAULT, TRACES_MAX);
    const range = readRange(given, nowMs, HOUR_MS);
    const answer = await client.traceql(readText(given, 'query'), { ...range, limit });
    return bounded(answer.kind === 'traces' ? tracesText(answer.traces, limit) : seriesText(answer.series));
  },
};

const getTrace: Tool = {
  name: 'get_trace',
  title: 'Get a trace with its logs',
  description:
    'All spans of a trace as a tree, with durations, errors, attributes and events, and the log lines of all services that carry its id.',
  inputSchema: objectSchema(
    {
      trace_id: { type: 'string', description: '32 hexadecimal digits, or fewer without leading zeros' },
      logs: { type: 'boolean', description: 'false leaves the log lines out' },
    },
    ['trace_id'],
  ),
  async run(given, { client }) {
    const id = readText(given, 'trace_id').toLowerCase();
    if (!/^[0-9a-f]{1,32}$/.test(id)) throw new ArgumentError('trace_id must be 1 to 32 hexadecimal digits');
    const withLogs = readFlag(given, 'logs', true);
    const trace = await client.trace(id);
    if (!trace) return `there is no trace ${id}`;
    if (!withLogs) return bounded(traceText(trace));
    const ms = (ns: bigint) => Number(ns / 1_000_000n);
    const starts = trace.spans.map(({ startNs }) => ms(startNs));
    const ends = trace.spans.map(({ endNs }) => ms(endNs));
    const answer = await client.logql(`{service_name=~".+"} | trace_id=${quoted(trace.traceId)}`, {
      startMs: starts.reduce((a, b) => Math.min(a, b)) - TRACE_SLACK_MS,
      endMs: ends.reduce((a, b) => Math.max(a, b)) + TRACE_SLACK_MS,
      limit: TRACE_LINES_MAX,
      direction: 'forward',
    });
    const entries: readonly LogEntry[] = answer.kind === 'entries' ? answer.entries : [];
    return bounded(`${traceText(trace)}\n\nlogs: ${entriesText(entries, TRACE_LINES_MAX)}`);
  },
};

const listServices: Tool = {
  name: 'list_services',
  title: 'List services',
  description:
    'Which services there are and how they do: spans, failed spans and durations of each operation, log lines by level, jobs with metrics. Of the last hour, or from start to end.',
  inputSchema: objectSchema({ start: TIME, end: TIME }),
  async run(given, { client, nowMs }) {
    return bounded(await servicesText({ client, ...readRange(given, nowMs, HOUR_MS) }));
  },
};

const mark: Tool = {
  name: 'mark',
  title: 'Mark this moment',
  description:
    'Gives the text of this moment, by the clock of the server. Take one before a test, a deployment or a change, and ask what_changed with it afterwards.',
  inputSchema: objectSchema({}),
  run: async (_, { nowMs }) => timeText(nowMs),
};

const whatChanged: Tool = {
  name: 'what_changed',
  title: 'Show what changed since a mark',
  description:
    'Compares what services did since a mark with what they did before it: new and failing operations, durations, who calls whom how often, new log lines, new metrics, what counters counted; the worse first.',
  inputSchema: objectSchema(
    {
      since: { ...TIME, description: `what mark gave, or a time: ${TIME.description}` },
      until: TIME,
      baseline: {
        type: 'string',
        description:
          'how much before the mark is compared with, e.g. 1h; as long as since then, 15m at least, where it is not given',
      },
    },
    ['since'],
  ),
  async run(given, { client, nowMs }) {
    const sinceMs = readTime(given, 'since', nowMs, Number.NaN);
    if (Number.isNaN(sinceMs)) throw new ArgumentError('since must be given');
    const endMs = readTime(given, 'until', nowMs, nowMs);
    if (endMs <= sinceMs) throw new ArgumentError('until must be after since');
    const baseline = readOptionalText(given, 'baseline');
    const lengthMs = baseline === undefined ? Math.max(endMs - sinceMs, BASELINE_MIN_MS) : duration(baseline);
    const [before, after] = await Promise.all([
      takeProfile({ client, startMs: sinceMs - lengthMs, endMs: sinceMs - 1 }),
      takeProfile({ client, startMs: sinceMs, endMs }),
    ]);
    const found = differences(before, after);
    const head = `A: ${timeText(sinceMs - lengthMs)} to the mark at ${timeText(sinceMs)}; B: since then to ${timeText(endMs)}`;
    return bounded(`${head}\n\n${printDifferences(found, before, after, false, DIFFERENCES_MAX)}`);
  },
};

export const TOOLS: readonly Tool[] = [
  listServices,
  queryTraces,
  getTrace,
  queryLogs,
  queryMetrics,
  mark,
  whatChanged,
];
