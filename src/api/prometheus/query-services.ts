/** Services that take a query: evaluating it, and looking at its text. */

import { TriliteError } from '../../model/errors.ts';
import { quote } from '../../model/go-string.ts';
import { DEFAULT_QUERY_SETTINGS } from '../../model/query-settings.ts';
import { TIME_MAX_MS, TIME_MIN_MS } from '../../model/time.ts';
import { evaluatePromql, type PromqlOptions } from '../../query/engine.ts';
import { formatPromqlText, promqlTree, selectorsOf } from '../../query/promql-text.ts';
import { statsJson } from '../../query/query-stats.ts';
import type { QueryStats } from '../../query/result.ts';
import type { Service, ServiceAnswer, ServiceContext } from '../../query/service.ts';
import {
  invalidParameter,
  limitOf,
  namedError,
  optionalTimeMs,
  Params,
  parseDurationParameter,
  readingParameter,
  requiredTimeMs,
} from '../params.ts';
import { success, successValue } from './envelope.ts';
import { resultAnswer } from './result-json.ts';

/** Steps of a range query, so that one series is never more than a screen can show. */
const POINTS_MAX = 11_000;

/** `GET|POST /api/v1/query` */
export const queryService: Service = async (request, context) => {
  const params = new Params(request.params);
  const limit = limitOf(params);
  const timeMs = optionalTimeMs(params, 'time', request.nowMs);
  const options = { startMs: timeMs, endMs: timeMs, stepMs: 0, instant: true };
  return evaluate(params, limit, options, context);
};

/** `GET|POST /api/v1/query_range` */
export const queryRangeService: Service = async (request, context) => {
  const params = new Params(request.params);
  const limit = limitOf(params);
  const startMs = requiredTimeMs(params, 'start');
  const endMs = requiredTimeMs(params, 'end');
  if (endMs < startMs) throw invalidParameter('end', 'end timestamp must not be before start time');
  const stepMs = Math.trunc(readingParameter('step', () => parseDurationParameter(params.get('step'))));
  if (stepMs <= 0) {
    const rule = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
    throw invalidParameter('step', rule);
  }
  if (Math.floor((endMs - startMs) / stepMs) > POINTS_MAX) {
    const rule = 'exceeded maximum resolution of 11,000 points per timeseries';
    throw new TriliteError('bad_data', `${rule}. Try decreasing the query resolution (?step=XX)`);
  }
  return evaluate(params, limit, { startMs, endMs, stepMs, instant: false }, context);
};

async function evaluate(
  params: Params,
  limit: number | undefined,
  grid: Pick<PromqlOptions, 'startMs' | 'endMs' | 'stepMs' | 'instant'>,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const timeout = params.get('timeout');
  // The server has a deadline of its own, which holds where the query names none or a later one.
  const timeoutMs =
    timeout === ''
      ? Number.POSITIVE_INFINITY
      : readingParameter('timeout', () => parseDurationParameter(timeout));
  const settings = context.query ?? DEFAULT_QUERY_SETTINGS;
  const { samplesMax, bytesMax } = settings;
  const lookbackMs = lookbackOf(params) ?? settings.lookbackMs;
  const text = params.get('query');
  const wanted = params.get('stats');
  const queuedMs = context.queuedMs ?? 0;
  const eachStep = wanted === 'all';
  const onEnd = (stats: QueryStats) => {
    const { startMs, endMs, stepMs } = grid;
    const { samplesRead, seriesRead, peakSamples, peakBytes } = stats;
    const promql = { query: text, startMs, endMs, stepMs, stats: statsJson(stats, queuedMs, eachStep) };
    context.report?.({ samplesRead, seriesRead, peakSamples, peakBytes, promql });
  };
  const limits = { samplesMax, bytesMax, deadlineMs: Date.now() + timeoutMs };
  const engine = { storage: context.storage, signal: context.signal, limits, onEnd };
  const countSamples = wanted !== '' || context.logged === true;
  try {
    const result = await evaluatePromql(text, { ...settings, ...grid, lookbackMs, countSamples }, engine);
    if (wanted === '') return resultAnswer(result, { limit });
    const stats = statsJson(result.stats, queuedMs, eachStep);
    return resultAnswer(result, { limit, stats, warning: statsWarning(wanted) });
  } catch (error) {
    throw namedError('query', error);
  }
}

/** Any value switches statistics on; those that mean nothing are on their way out. */
function statsWarning(value: string): string | undefined {
  if (value === 'true' || value === 'all') return undefined;
  return `value ${quote(value)} for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"`;
}

/** Undefined where the default holds. */
function lookbackOf(params: Params): number | undefined {
  const text = params.get('lookback_delta');
  if (text === '') return undefined;
  try {
    const ms = Math.trunc(parseDurationParameter(text));
    return ms > 0 ? ms : undefined;
  } catch (error) {
    const message = error instanceof TriliteError ? error.message : String(error);
    throw new TriliteError('bad_data', `error parsing lookback delta duration: ${message}`);
  }
}

/** `GET|POST /api/v1/query_exemplars`: of the series that the query's selectors match. */
export const exemplarsService: Service = async (request, context) => {
  const params = new Params(request.params);
  const minMs = optionalTimeMs(params, 'start', TIME_MIN_MS);
  const maxMs = optionalTimeMs(params, 'end', TIME_MAX_MS);
  if (maxMs < minMs) {
    throw new TriliteError('bad_data', 'end timestamp must not be before start timestamp');
  }
  const matcherSets = selectorsOf(params.get('query'));
  if (matcherSets.length === 0) return { status: 204, contentType: '', body: new Uint8Array(0) };
  const found = await context.storage.metrics.exemplars({ matcherSets, minMs, maxMs });
  const all = found
    .map(({ labels, exemplars }) => ({
      labels,
      exemplars: exemplars
        .filter((e) => e.timestampMs >= minMs && e.timestampMs <= maxMs)
        .sort((a, b) => a.timestampMs - b.timestampMs),
    }))
    .filter(({ exemplars }) => exemplars.length > 0)
    .sort((a, b) => a.labels.compare(b.labels));
  return success((out) => {
    out.raw('[');
    for (const [i, series] of all.entries()) {
      out.raw(i > 0 ? ',{"seriesLabels":' : '{"seriesLabels":');
      out.pairs(series.labels.pairs);
      for (const [k, exemplar] of series.exemplars.entries()) {
        out.raw(k > 0 ? ',{"labels":' : ',"exemplars":[{"labels":');
        out.pairs(exemplar.labels.pairs);
        out.raw(',"value":');
        out.sampleValue(exemplar.value);
        out.raw(',"timestamp":');
        out.timestamp(exemplar.timestampMs);
        out.raw('}');
      }
      out.raw(']}');
    }
    out.raw(']');
  });
};

function readingQuery<T>(params: Params, read: (text: string) => T): T {
  return readingParameter('query', () => read(params.get('query')));
}

/** `GET|POST /api/v1/format_query` */
export const formatQueryService: Service = async (request) =>
  successValue(readingQuery(new Params(request.params), formatPromqlText));

/** `GET|POST /api/v1/parse_query` */
export const parseQueryService: Service = async (request) =>
  successValue(readingQuery(new Params(request.params), promqlTree));
