/** The resources of a trace: which services, instances, pods and hosts its spans come from, and when. */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { TimeRange, TraceReader } from '../../storage/interface.ts';
import { traceOf } from '../traces/known-ids.ts';
import { readAttribute } from '../traces/read-value.ts';
import { RESOURCES_MAX } from './limits.ts';

/** Attributes by name: those that were asked for and that it has, as texts. */
export type Resource = ReadonlyMap<string, string>;

export interface TraceResources {
  readonly traceId: string;
  readonly extent: TimeRange;
  /** Distinct, in the order of their first spans. */
  readonly resources: readonly Resource[];
  /** There were more. */
  readonly cut: boolean;
}

/** `id`: 32 digits. Undefined where there is no such trace. */
export async function resourcesOf(
  reader: TraceReader,
  id: string,
  attributes: readonly string[],
): Promise<TraceResources | undefined> {
  const view = traceOf(await reader.lookup(), id);
  if (view === undefined) return undefined;
  const found = new Map<string, Resource>();
  const seen = new Map<SpanGroup, Set<number>>();
  for (let i = 0; i < view.count && found.size <= RESOURCES_MAX; i++) {
    const group = view.groups[i]!;
    const row = group.resourceRows()[view.rows[i]!]!;
    let rows = seen.get(group);
    if (!rows) seen.set(group, (rows = new Set()));
    if (rows.has(row)) continue;
    rows.add(row);
    const resource = readResource(group, row, attributes);
    found.set(JSON.stringify([...resource]), resource);
  }
  const toMs = (ns: number) => view.baseMs + ns / 1e6;
  return {
    traceId: id.padStart(2 * TRACE_ID_BYTES, '0'),
    extent: { minMs: Math.floor(toMs(view.startNs)), maxMs: Math.ceil(toMs(view.endNs)) },
    resources: [...found.values()].slice(0, RESOURCES_MAX),
    cut: found.size > RESOURCES_MAX,
  };
}

function readResource(group: SpanGroup, row: number, attributes: readonly string[]): Resource {
  const resource = new Map<string, string>();
  for (const name of attributes) {
    const value = readAttribute(group.resources.attributes, name, row);
    if (value === undefined || value.type === 'many' || value.type === 'opaque') continue;
    const text = String(value.value);
    if (text !== '') resource.set(name, text);
  }
  return resource;
}
