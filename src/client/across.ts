/** Questions across signals (docs/across.md), and what joined the signals. */

import type { FoundTrace, LogqlAnswer, Series } from './answer.ts';
import { type Asking, type Client, type LogqlJson, type OverLines, readLogql } from './client.ts';
import { type MatrixJson, readMatrix } from './read-metrics.ts';
import { readSearch, type SearchJson } from './read-traces.ts';

export type AcrossSignal = 'logs' | 'traces' | 'metrics';
export type AcrossParams = readonly (readonly [name: string, value: string])[];

/** Counts, limits that cut something, selectors: as the server tells them. */
export type Joined = Readonly<Record<string, unknown>>;

interface JoinedJson {
  readonly across: Joined;
}

export type AcrossAnswer = { readonly joined: Joined } & (
  | { readonly signal: 'logs'; readonly answer: LogqlAnswer }
  | { readonly signal: 'traces'; readonly traces: readonly FoundTrace[] }
  | { readonly signal: 'metrics'; readonly series: readonly Series[] }
);

/** The body as it came. Rejects as every method of the client does. */
export function rawAcross<T>(
  client: Client,
  signal: AcrossSignal,
  params: AcrossParams,
  asking: Asking = {},
): Promise<T & JoinedJson> {
  const headers = { ...asking.headers, 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
  return client.json({ path: `/api/v1/trilite/${signal}`, params, ...asking, headers });
}

/** `params` are those of the endpoint. */
export async function askAcross(
  client: Client,
  signal: AcrossSignal,
  params: AcrossParams,
  asking: Asking = {},
): Promise<AcrossAnswer> {
  if (signal === 'logs') {
    const body = await rawAcross<LogqlJson>(client, signal, params, asking);
    const direction = params.find(([name]) => name === 'direction')?.[1] as OverLines['direction'];
    return { signal, answer: readLogql(body, direction), joined: body.across };
  }
  if (signal === 'traces') {
    const body = await rawAcross<SearchJson>(client, signal, params, asking);
    return { signal, traces: readSearch(body), joined: body.across };
  }
  const body = await rawAcross<{ data: { result: readonly MatrixJson[] } }>(client, signal, params, asking);
  return { signal, series: readMatrix(body.data.result), joined: body.across };
}
