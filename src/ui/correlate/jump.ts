/**
 * From one signal to another: addresses of views that show a service there, around a time. Which label names the service in
 * logs or metrics is asked of the server; where nothing is found, or the server does not say, the most telling one is taken, so that a jump always
 * leads somewhere, to a view that says what it looked for.
 */

import type { Labels } from '../../model/correlate/labels.ts';
import { serviceSelectors, serviceSpans } from '../../model/correlate/service.ts';
import {
  firstStreamSelector,
  metricsUnder,
  redQueries,
  spanCalls,
  streamSelectors,
} from '../../model/correlate/service-queries.ts';
import { getJson } from '../api/http.ts';
import { labelValues, type Within } from '../api/prometheus.ts';
import { href } from '../location.ts';
import type { Bounds } from '../time/range.ts';

/** The range as the shell's parameters say it. */
function rangeOf({ startMs, endMs }: Bounds): { from: string; to: string } {
  return { from: String(Math.floor(startMs)), to: String(Math.ceil(endMs)) };
}

/** The service's log lines. Rejects with `AbortError` only. */
export async function logsAddress(service: string, bounds: Bounds, signal?: AbortSignal): Promise<string> {
  const { from, to } = rangeOf(bounds);
  const asked = { 'match[]': streamSelectors(service), start: `${from}000000`, end: `${to}000000` };
  const found = await orNothing(
    getJson<{ data?: readonly Labels[] | null }>('/loki/api/v1/series', asked, signal),
  );
  const selector = firstStreamSelector(service, found?.data ?? []) ?? streamSelectors(service)[0]!;
  return href('/logs', { q: selector, from, to });
}

/** The service's spans. */
export function tracesAddress(service: string, bounds: Bounds): string {
  return href('/search', { q: serviceSpans(service), ...rangeOf(bounds) });
}

/**
 * The service's rate, errors and durations where they are made from its spans; else the metrics that carry its name.
 * Rejects with `AbortError` only.
 */
export async function metricsAddress(service: string, bounds: Bounds, signal?: AbortSignal): Promise<string> {
  const candidates = [spanCalls(service), ...serviceSelectors(service)];
  const found = await Promise.all(
    candidates.map((match) => hasSeries({ ...bounds, matches: [match] }, signal)),
  );
  if (found[0]) {
    const panels = redQueries(service).flatMap((expr, i) => [
      [`g${i}.expr`, expr],
      [`g${i}.tab`, 'graph'],
    ]);
    return href('/graph', { ...Object.fromEntries(panels), ...rangeOf(bounds) });
  }
  const at = Math.max(1, found.indexOf(true));
  const params = { 'g0.expr': metricsUnder(candidates[at]!), 'g0.tab': 'table' };
  return href('/graph', { ...params, ...rangeOf(bounds) });
}

async function hasSeries(within: Within, signal?: AbortSignal): Promise<boolean> {
  const names = await orNothing(labelValues('__name__', { ...within, limit: 1 }, signal));
  return (names?.length ?? 0) > 0;
}

/** What cannot be had is as if it were not there; whoever broke off is told. */
async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    return undefined;
  }
}
