/** Prometheus' query API, as far as several views ask it. Times are in milliseconds here and seconds there. */

import { askJson, getJson, type Params } from './http.ts';
import type { QueryAnswer } from './prometheus-data.ts';

interface Envelope<T> {
  readonly data: T;
}

const API = '/api/v1';

export function query(expr: string, atMs: number, signal?: AbortSignal): Promise<QueryAnswer> {
  return askJson<QueryAnswer>(`${API}/query`, { query: expr, time: atMs / 1000 }, signal);
}

export interface RangeQuestion {
  readonly expr: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export function queryRange(question: RangeQuestion, signal?: AbortSignal): Promise<QueryAnswer> {
  const { expr, startMs, endMs, stepMs } = question;
  const params = { query: expr, start: startMs / 1000, end: endMs / 1000, step: stepMs / 1000 };
  return askJson<QueryAnswer>(`${API}/query_range`, params, signal);
}

/** What names and values are asked for within; all may be left out. */
export interface Within {
  readonly startMs?: number;
  readonly endMs?: number;
  /** Series selectors, of which one must fit. */
  readonly matches?: readonly string[];
  readonly limit?: number;
}

export async function labelNames(within: Within = {}, signal?: AbortSignal): Promise<readonly string[]> {
  return (await askJson<Envelope<readonly string[]>>(`${API}/labels`, narrowed(within), signal)).data;
}

export async function labelValues(
  name: string,
  within: Within = {},
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const path = `${API}/label/${encodeURIComponent(name)}/values`;
  return (await getJson<Envelope<readonly string[]>>(path, narrowed(within), signal)).data;
}

function narrowed({ startMs, endMs, matches, limit }: Within): Params {
  return {
    'match[]': matches,
    start: startMs === undefined ? undefined : startMs / 1000,
    end: endMs === undefined ? undefined : endMs / 1000,
    limit,
  };
}
