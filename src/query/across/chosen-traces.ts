/** The traces that a TraceQL query selects, as what other signals are asked by: ids, times, services. */

import type { TimeRange, TraceReader } from '../../storage/interface.ts';
import { searchPipeline } from '../traces/query-text.ts';
import { searchTraces } from '../traces/search.ts';

export interface ChosenTraces {
  /** 32 lower-case digits each, newest trace first. */
  readonly ids: readonly string[];
  /** From the start of the earliest to the end of the latest; undefined where there is none. */
  readonly extent: TimeRange | undefined;
  /** Of their spans, sorted. */
  readonly services: readonly string[];
  /** There were more, older ones. */
  readonly cut: boolean;
}

const ID_DIGITS = 32;

/** The newest `limit` that overlap the range. Throws `bad_data` for what is no TraceQL. */
export async function chooseTraces(
  reader: TraceReader,
  text: string,
  range: TimeRange,
  limit: number,
  signal: AbortSignal,
): Promise<ChosenTraces> {
  const pipeline = searchPipeline(text);
  // One more than is wanted shows that there are more.
  const wanted = { pipeline, range, limit: limit + 1, spansPerSpanset: 0 };
  const found = (await searchTraces(reader, wanted, signal)).traces;
  const traces = found.slice(0, limit);
  const services = new Set<string>();
  let minMs = Number.POSITIVE_INFINITY;
  let maxMs = Number.NEGATIVE_INFINITY;
  for (const { startNs, durationMs, serviceStats } of traces) {
    const startMs = Number(startNs / 1_000_000n);
    minMs = Math.min(minMs, startMs);
    // Neither of the two is rounded up.
    maxMs = Math.max(maxMs, startMs + durationMs + 2);
    for (const service of serviceStats.keys()) if (service !== '') services.add(service);
  }
  return {
    ids: traces.map(({ traceId }) => traceId.padStart(ID_DIGITS, '0')),
    extent: traces.length === 0 ? undefined : { minMs, maxMs },
    services: [...services].sort(),
    cut: found.length > limit,
  };
}
