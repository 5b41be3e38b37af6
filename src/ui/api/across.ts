/** Questions across signals (docs/across.md): answers of the signals' own APIs, and what joined them. */

import type { Bounds } from '../time/range.ts';
import { askJson } from './http.ts';
import type { MetricQuestion } from './loki.ts';
import type { Direction, LogStream } from './loki-data.ts';
import type { MatrixSeries } from './prometheus-data.ts';
import type { FoundTraceJson } from './tempo-answers.ts';

const API = '/api/v1/trilite';
const CATEGORIES = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
/** As in a search. */
const SPANS_PER_TRACE = 10;

function times({ startMs, endMs }: Bounds) {
  const ns = (ms: number) => String(BigInt(Math.round(ms)) * 1_000_000n);
  return { start: ns(startMs), end: ns(endMs) };
}

export interface LinesOfTraces {
  readonly data: { readonly result: readonly LogStream[] };
  readonly across: {
    readonly traces: number;
    readonly tracesTruncated: boolean;
    readonly lines: number;
    readonly linesTruncated: boolean;
  };
}

export interface LinesQuestion extends Bounds {
  readonly traceql: string;
  readonly logql: string;
  readonly limit: number;
  readonly direction: Direction;
}

/** Lines of the traces that a TraceQL query selects in the range. */
export function linesOfTraces(question: LinesQuestion, signal?: AbortSignal): Promise<LinesOfTraces> {
  const { traceql, logql, limit, direction } = question;
  return askJson(`${API}/logs`, { traceql, logql, limit, direction, ...times(question) }, signal, CATEGORIES);
}

export interface TracesOfLines {
  readonly traces?: readonly FoundTraceJson[];
  readonly across: {
    readonly lines: number;
    readonly linesWithoutId: number;
    readonly idsWithoutTrace: number;
    readonly idsTruncated: boolean;
  };
}

export interface TracesQuestion extends Bounds {
  readonly logql: string;
  readonly traceql: string;
  readonly limit: number;
}

/** Traces that the lines of a log query in the range name. */
export function tracesOfLines(question: TracesQuestion, signal?: AbortSignal): Promise<TracesOfLines> {
  const { logql, traceql, limit } = question;
  const params = { logql, traceql, limit, spss: SPANS_PER_TRACE, ...times(question) };
  return askJson(`${API}/traces`, params, signal, {});
}

export interface ResourceSelector {
  readonly by: string;
  readonly selector: string;
  readonly series: number;
}

export interface MetricsOfTrace {
  readonly data: { readonly result: readonly MatrixSeries[] };
  readonly across: {
    /** Seconds. */
    readonly start: number;
    readonly end: number;
    readonly step: number;
    readonly selectors: readonly ResourceSelector[];
    readonly seriesTruncated: boolean;
  };
}

/** Series of a trace's resources in its time. */
export function metricsOfTrace(trace: string, signal?: AbortSignal): Promise<MetricsOfTrace> {
  return askJson(`${API}/metrics`, { trace }, signal, {});
}

/** Series of a metric query over the lines of those traces. */
export async function seriesOfTraces(
  traceql: string,
  { query, stepMs, ...bounds }: MetricQuestion,
  signal?: AbortSignal,
): Promise<readonly MatrixSeries[]> {
  const params = { traceql, logql: query, step: stepMs / 1000, ...times(bounds) };
  const answer = await askJson<{ data: { result: readonly MatrixSeries[] } }>(`${API}/logs`, params, signal);
  return answer.data.result;
}
