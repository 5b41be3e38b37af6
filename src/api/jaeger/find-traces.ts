/**
 * Search: a trace is found if one span of it has the service, the operation, all tags, the duration and the start that
 * are asked for. Conditions narrow a mask of each group one after the other, cheap columns first; once nothing is left
 * the other columns are not read. Whole traces are gathered as for TraceQL, newest first.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import type { GroupFilter } from '../../query/traces/filter.ts';
import { NewestFirst } from '../../query/traces/newest-first.ts';
import { readGroups } from '../../query/traces/read-groups.ts';
import { EVER } from '../../query/traces/search.ts';
import { MARGIN_MS } from '../../query/traces/search-margin.ts';
import { rowsOfView } from '../../query/traces/trace-part.ts';
import type { TraceRows } from '../../query/traces/trace-proto.ts';
import type { TraceReader } from '../../storage/interface.ts';
import { EMPTY_SPAN_NAME, serviceNames } from './service-names.ts';
import { matchTag } from './tag-match.ts';

const NS_PER_MS = 1_000_000n;

/** Every bound is inclusive; what is undefined or '' is not asked for. */
export interface TraceQuery {
  /** '' for every one. */
  readonly service: string;
  readonly operation: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Start of the span, ns since 1970. */
  readonly minStartNs: bigint;
  readonly maxStartNs: bigint;
  readonly minDurationNs: number | undefined;
  readonly maxDurationNs: number | undefined;
  /** Traces, at least 1. */
  readonly limit: number;
}

/** What `print` makes of the rows of each trace, newest first. */
export async function findTraces<T>(
  reader: TraceReader,
  query: TraceQuery,
  print: (parts: readonly TraceRows[]) => T,
  signal: AbortSignal,
): Promise<T[]> {
  // The neighbourhood is read too, because the whole trace is shown.
  const range = {
    minMs: Math.max(EVER.minMs, Number(query.minStartNs / NS_PER_MS) - 1 - MARGIN_MS),
    maxMs: Math.min(EVER.maxMs, Number(query.maxStartNs / NS_PER_MS) + 1 + MARGIN_MS),
  };
  const cursor = await reader.select(range, signal);
  try {
    const groups = await readGroups(cursor, signal);
    const filter: GroupFilter = { constant: undefined, bound: (group) => matchSpans(group, query) };
    const newest = new NewestFirst({
      reader,
      groups,
      passed: (group) => cursor.passed(group),
      requirement: { kind: 'filter', filter },
      range: undefined,
      limit: query.limit,
      evaluate: (view) => ({
        startMs: view.baseMs + view.startNs / 1e6,
        printed: print(rowsOfView(view)),
      }),
      signal,
    });
    const found = await newest.run();
    return found.sort((a, b) => b.startMs - a.startMs).map((trace) => trace.printed);
  } finally {
    cursor.close();
  }
}

/** A byte per span: 1 where every condition holds. */
export function matchSpans(group: SpanGroup, query: TraceQuery): Uint8Array {
  const mask = new Uint8Array(group.spanCount);
  const baseNs = BigInt(group.baseMs) * NS_PER_MS;
  const minMs = BigInt(group.minMs) * NS_PER_MS;
  const maxMs = BigInt(group.maxMs) * NS_PER_MS;
  // Fast path: no span can start in the range.
  if (maxMs < query.minStartNs || minMs > query.maxStartNs) return mask;
  if (!markService(group, query.service, mask)) return mask;
  if (query.operation !== '' && !keepOperation(group, query.operation, mask)) return mask;
  if (minMs < query.minStartNs || maxMs > query.maxStartNs) {
    keepBetween(group.startsNs(), Number(query.minStartNs - baseNs), Number(query.maxStartNs - baseNs), mask);
  }
  if (query.minDurationNs !== undefined || query.maxDurationNs !== undefined) {
    const max = query.maxDurationNs ?? Number.POSITIVE_INFINITY;
    // Jaeger has a nanosecond for those that take no time.
    const min = query.minDurationNs === 1 ? 0 : query.minDurationNs;
    keepBetween(group.durationsNs(), min ?? 0, max, mask);
  }
  for (const [key, value] of query.tags) {
    if (!mask.includes(1)) return mask;
    const has = matchTag(group, key, value);
    for (let row = 0; row < mask.length; row++) mask[row] = mask[row]! & has[row]!;
  }
  return mask;
}

/** False where the group has no span of the service. */
function markService(group: SpanGroup, service: string, mask: Uint8Array): boolean {
  if (service === '') {
    mask.fill(1);
    return true;
  }
  const hits = serviceNames(group).map((name) => name === service);
  if (!hits.includes(true)) return false;
  if (!hits.includes(false)) {
    mask.fill(1);
    return true;
  }
  const resourceRows = group.resourceRows();
  for (let row = 0; row < mask.length; row++) if (hits[resourceRows[row]!]) mask[row] = 1;
  return true;
}

function keepOperation(group: SpanGroup, operation: string, mask: Uint8Array): boolean {
  const { indexes, strings } = group.names();
  const wanted = strings.indexOf(operation);
  const unnamed = operation === EMPTY_SPAN_NAME ? strings.indexOf('') : -1;
  for (let row = 0; row < mask.length; row++) {
    if (indexes[row] !== wanted && indexes[row] !== unnamed) mask[row] = 0;
  }
  return wanted >= 0 || unnamed >= 0;
}

function keepBetween(values: Float64Array, min: number, max: number, mask: Uint8Array): void {
  for (let row = 0; row < mask.length; row++) {
    const value = values[row]!;
    if (value < min || value > max) mask[row] = 0;
  }
}
