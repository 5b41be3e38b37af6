/** Tempo's API: searching traces, one by its id, numbers out of spans, names and values of attributes. */

import type { Bounds } from '../time/range.ts';
import { getJson } from './http.ts';
import type {
  FoundTraceJson,
  MetricsAnswer,
  SearchAnswer,
  TagScope,
  TagValue,
  TraceAnswer,
} from './tempo-answers.ts';

/** Spans of a trace that an answer lists; the others are a number. */
const SPANS_PER_TRACE = 10;
/** More names or values than this no list shows. */
const NAMES_MAX = 1000;

export interface SearchQuestion extends Bounds {
  readonly q: string;
  readonly limit: number;
}

/** The API takes whole seconds: the range is widened to them. */
function seconds({ startMs, endMs }: Bounds): { readonly start: number; readonly end: number } {
  return { start: Math.floor(startMs / 1000), end: Math.ceil(endMs / 1000) };
}

export async function searchTraces(
  { q, limit, ...bounds }: SearchQuestion,
  signal?: AbortSignal,
): Promise<readonly FoundTraceJson[]> {
  const params = { q, limit, spss: SPANS_PER_TRACE, ...seconds(bounds) };
  return (await getJson<SearchAnswer>('/api/search', params, signal)).traces ?? [];
}

/** A trace that is not there is an answer without spans. */
export function traceById(id: string, signal?: AbortSignal): Promise<TraceAnswer> {
  return getJson<TraceAnswer>(`/api/v2/traces/${encodeURIComponent(id)}`, {}, signal);
}

export function traceMetrics(
  q: string,
  bounds: Bounds,
  stepMs: number,
  signal?: AbortSignal,
): Promise<MetricsAnswer> {
  const params = { q, step: stepMs / 1000, ...seconds(bounds) };
  return getJson<MetricsAnswer>('/api/metrics/query_range', params, signal);
}

export async function tagScopes(
  bounds: Bounds | undefined,
  signal?: AbortSignal,
): Promise<readonly TagScope[]> {
  const params = { limit: NAMES_MAX, ...(bounds && seconds(bounds)) };
  return (
    (await getJson<{ scopes?: readonly TagScope[] }>('/api/v2/search/tags', params, signal)).scopes ?? []
  );
}

/** `tag` is a TraceQL attribute; `q` narrows, and may be unfinished. */
export async function tagValues(
  tag: string,
  within: { readonly q?: string; readonly bounds?: Bounds } = {},
  signal?: AbortSignal,
): Promise<readonly TagValue[]> {
  const { q, bounds } = within;
  const path = `/api/v2/search/tag/${encodeURIComponent(tag)}/values`;
  const params = { limit: NAMES_MAX, q, ...(bounds && seconds(bounds)) };
  return (await getJson<{ tagValues?: readonly TagValue[] }>(path, params, signal)).tagValues ?? [];
}
