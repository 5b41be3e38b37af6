/** Asks for the exemplars of a query. */

import { ApiError, askJson } from '../../api/http.ts';
import type { Bounds } from '../../time/range.ts';
import { type Exemplar, type ExemplarSeries, exemplarsOf, thinned } from './exemplars.ts';

/** More marks hide the graph, and cannot be told apart. */
const SHOWN_MAX = 200;
const NO_CONTENT = 204;

interface ExemplarAnswer {
  readonly data?: readonly ExemplarSeries[] | null;
}

/** Oldest first; where there are very many, the largest of each stretch of time. */
export async function queryExemplars(
  expr: string,
  { startMs, endMs }: Bounds,
  signal?: AbortSignal,
): Promise<readonly Exemplar[]> {
  const params = { query: expr, start: startMs / 1000, end: endMs / 1000 };
  try {
    const { data } = await askJson<ExemplarAnswer>('/api/v1/query_exemplars', params, signal);
    return thinned(exemplarsOf(data ?? []), { startMs, endMs }, SHOWN_MAX);
  } catch (error) {
    // A query without a selector has no answer at all.
    if (error instanceof ApiError && error.status === NO_CONTENT) return [];
    throw error;
  }
}
