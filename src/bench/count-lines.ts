/** Counts the lines of a run through LogQL, in windows of time, so that no query of the server's is too large. */

import { askJson, type System } from './target.ts';
import type { Sent } from './workload.ts';

const QUERY_LINES_MAX = 2_000_000;

interface VectorAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/** `query` selects the lines: a selector with or without a pipeline. */
export async function countLines(system: System, query: string, sent: Sent): Promise<number> {
  const fromMs = sent.fromMs - 1;
  const toMs = sent.toMs + 1;
  const windows = Math.max(1, Math.ceil(sent.acknowledged / QUERY_LINES_MAX));
  const windowMs = Math.ceil((toMs - fromMs) / windows);
  let found = 0;
  for (let start = fromMs; start < toMs; start += windowMs) {
    const end = Math.min(toMs, start + windowMs);
    // A window is open at its start and closed at its end: together they meet every line once.
    const answer = await askJson<VectorAnswer>(system, 'loki', '/loki/api/v1/query', {
      query: `sum(count_over_time(${query}[${end - start}ms]))`,
      time: `${end}000000`,
    });
    const value = answer.data.result[0]?.value[1];
    if (value !== undefined) found += Number(value);
  }
  return found;
}
