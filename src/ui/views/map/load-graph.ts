/** Asks for the numbers of the service graph; where there are none, for Jaeger's dependencies. */

import { getJson } from '../../api/http.ts';
import { query } from '../../api/prometheus.ts';
import type { Bounds } from '../../time/range.ts';
import {
  type Dependency,
  graphOfDependencies,
  graphQueries,
  type Sample,
  type ServiceGraph,
  serviceGraph,
} from './service-graph.ts';

/** A rate needs two samples, which come every 15 seconds. */
const RANGE_LEAST_S = 60;

export interface LoadedGraph {
  readonly graph: ServiceGraph;
  readonly source: 'metrics' | 'dependencies';
}

/** How far a rate looks back from the end of a range. */
export function rangeSeconds({ startMs, endMs }: Bounds): number {
  return Math.max(RANGE_LEAST_S, Math.round((endMs - startMs) / 1000));
}

export async function loadGraph(bounds: Bounds, signal: AbortSignal): Promise<LoadedGraph> {
  const rangeS = rangeSeconds(bounds);
  const samples = await vectors(graphQueries(rangeS), bounds.endMs, signal);
  if (samples.total.length > 0) return { graph: serviceGraph(samples), source: 'metrics' };
  const params = { endTs: Math.round(bounds.endMs), lookback: Math.round(bounds.endMs - bounds.startMs) };
  const { data } = await getJson<{ data: readonly Dependency[] | null }>(
    '/jaeger/api/dependencies',
    params,
    signal,
  );
  const calls = data ?? [];
  // Services that call nobody are on the map as well.
  if (calls.length === 0) return { graph: serviceGraph(samples), source: 'metrics' };
  return { graph: graphOfDependencies(calls, rangeS), source: 'dependencies' };
}

/** Instant queries at one moment, side by side. */
export async function vectors<Name extends string>(
  queries: Readonly<Record<Name, string>>,
  atMs: number,
  signal: AbortSignal,
): Promise<{ readonly [K in Name]: readonly Sample[] }> {
  const names = Object.keys(queries) as Name[];
  const answers = await Promise.all(names.map((name) => query(queries[name], atMs, signal)));
  const results = answers.map(({ data }) => (data.resultType === 'vector' ? data.result : []));
  return Object.fromEntries(names.map((name, i) => [name, results[i]!])) as {
    [K in Name]: readonly Sample[];
  };
}
