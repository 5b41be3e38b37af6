/**
 * Which service calls which: spans whose parent belongs to another service, counted by pair. Most parents are in the
 * group of their child, where `parentRows` has them. Children whose parent is elsewhere are remembered by the parent's
 * trace and span id, and a second pass over the groups that hold such traces finds the parents.
 */

import { SPAN_ID_BYTES, TRACE_ID_BYTES } from '../../model/span.ts';
import { PARENT_ELSEWHERE, type SpanGroup } from '../../model/span-group.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { keyOf } from '../../query/traces/ids.ts';
import { eachGroup } from '../../query/traces/read-groups.ts';
import { MARGIN_MS } from '../../query/traces/search-margin.ts';
import { Params } from '../params.ts';
import { envelope } from './envelope.ts';
import { dependenciesParams } from './search-params.ts';
import { serviceNames } from './service-names.ts';

/** Calls by parent and child service. */
type Calls = Map<string, Map<string, number>>;

/** By trace id and then id of the missing parent: its children's services with their counts. */
type Waiting = Map<string, Map<string, Map<string, number>>>;

export async function dependencies(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const { minMs, maxMs, service } = dependenciesParams(new Params(request.params), request.nowMs);
  const calls: Calls = new Map();
  const { storage, signal } = context;
  // A parent may begin earlier than its child and end before it.
  const wide = { minMs: minMs - MARGIN_MS, maxMs: maxMs + MARGIN_MS };
  const waiting: Waiting = new Map();
  await eachGroup(await storage.traces.select({ minMs, maxMs }, signal), signal, (group) =>
    countCalls(group, minMs, maxMs, calls, waiting),
  );
  if (waiting.size > 0) {
    await eachGroup(await storage.traces.select(wide, signal), signal, (group) =>
      findParents(group, waiting, calls),
    );
  }
  const links = [...calls].flatMap(([parent, children]) =>
    [...children].map(([child, callCount]) => ({ parent, child, callCount })),
  );
  const shown = links.filter((l) => service === '' || l.parent === service || l.child === service);
  shown.sort((a, b) => order(a.parent, b.parent) || order(a.child, b.child));
  return envelope(request, { data: JSON.stringify(shown) });
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Calls within a service are none. */
function add(calls: Calls, parent: string, child: string, count: number): void {
  if (parent === child) return;
  const children = inner(calls, parent);
  children.set(child, (children.get(child) ?? 0) + count);
}

function inner<K, V>(outer: Map<string, Map<K, V>>, key: string): Map<K, V> {
  let found = outer.get(key);
  if (found === undefined) outer.set(key, (found = new Map()));
  return found;
}

/** Counts the children that start in the range. */
function countCalls(group: SpanGroup, minMs: number, maxMs: number, calls: Calls, waiting: Waiting): void {
  const parentRows = group.parentRows();
  const services = serviceNames(group);
  const resourceRows = group.resourceRows();
  const isInside = group.minMs >= minMs && group.maxMs <= maxMs;
  const startsNs = isInside ? undefined : group.startsNs();
  const minNs = (minMs - group.baseMs) * 1e6;
  const maxNs = (maxMs - group.baseMs) * 1e6;
  for (let row = 0; row < parentRows.length; row++) {
    const parentRow = parentRows[row]!;
    if (parentRow < 0 && parentRow !== PARENT_ELSEWHERE) continue;
    if (startsNs !== undefined && (startsNs[row]! < minNs || startsNs[row]! > maxNs)) continue;
    const child = services[resourceRows[row]!]!;
    if (parentRow >= 0) {
      // Fast path: one resource, one service.
      if (resourceRows[parentRow] !== resourceRows[row])
        add(calls, services[resourceRows[parentRow]!]!, child, 1);
      continue;
    }
    const trace = keyOf(group.traceIds(), row * TRACE_ID_BYTES, TRACE_ID_BYTES);
    const parent = keyOf(group.parentIds(), row * SPAN_ID_BYTES, SPAN_ID_BYTES);
    const children = inner(inner(waiting, trace), parent);
    children.set(child, (children.get(child) ?? 0) + 1);
  }
}

/** Each missing parent counts once, though it may have been stored twice. */
function findParents(group: SpanGroup, waiting: Waiting, calls: Calls): void {
  const starts = group.traceStarts();
  const traceIds = group.traceIds();
  let services: string[] | undefined;
  for (let t = 0; t + 1 < starts.length; t++) {
    const parents = waiting.get(keyOf(traceIds, starts[t]! * TRACE_ID_BYTES, TRACE_ID_BYTES));
    if (parents === undefined) continue;
    services ??= serviceNames(group);
    const spanIds = group.spanIds();
    const resourceRows = group.resourceRows();
    for (let row = starts[t]!; row < starts[t + 1]!; row++) {
      const id = keyOf(spanIds, row * SPAN_ID_BYTES, SPAN_ID_BYTES);
      const children = parents.get(id);
      if (children === undefined) continue;
      parents.delete(id);
      const parent = services[resourceRows[row]!]!;
      for (const [child, count] of children) add(calls, parent, child, count);
    }
  }
}
