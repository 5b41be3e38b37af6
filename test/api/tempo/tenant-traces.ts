/** Traces of tenants that have all they can in common: the same trace ids, the same span ids, attributes of the same names. */

import type { SpanBatch } from '../../../src/model/batch.ts';
import { makeTraces } from '../../differential/traceql/traces.ts';
import { batchOfJson } from '../../storage/memory-traces.ts';

export interface TenantTraces {
  readonly batches: readonly SpanBatch[];
  /** Which the batch of the same place is of. */
  readonly tenants: readonly string[];
  readonly traceIds: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/** Every so many traces a tenant sends the very spans that another has sent. */
const SAME_EVERY = 4;

/**
 * Random traces for each tenant under the ids of the first one's, in turns. Some resources have an attribute of the
 * reserved name, be it another tenant's id.
 */
export function tenantTraces(
  seed: number,
  tenants: readonly string[],
  traces: number,
  spansPerRequest: number,
): TenantTraces {
  const first = makeTraces(seed, traces, spansPerRequest);
  const perTenant = tenants.map((_, t) => {
    if (t === 0) return first.requests;
    const { requests, traceIds } = makeTraces(seed + t, traces, spansPerRequest);
    const own = requests.map((request) => withIds(request, traceIds, first.traceIds));
    return [...own, ...first.requests.filter((_, i) => i % SAME_EVERY === 0)];
  });
  const turns = Math.max(...perTenant.map((requests) => requests.length));
  const batches: SpanBatch[] = [];
  const owners: string[] = [];
  for (let i = 0; i < turns; i++) {
    for (const [t, tenant] of tenants.entries()) {
      const request = perTenant[t]![i];
      if (!request) continue;
      batches.push(batchOfJson(withReserved(request, tenants[(t + i) % tenants.length]!, i)));
      owners.push(tenant);
    }
  }
  return { batches, tenants: owners, traceIds: first.traceIds };
}

function withIds(request: Json, from: readonly string[], to: readonly string[]): Json {
  let text = JSON.stringify(request);
  for (const [i, id] of from.entries()) text = text.replaceAll(id, to[i % to.length]!);
  return JSON.parse(text) as Json;
}

/** What a client may try. */
function withReserved(request: Json, value: string, n: number): Json {
  const keys = ['__tenant_id__', 'original___tenant_id__', 'original_original___tenant_id__'];
  const lists = request.resourceSpans as { resource?: { attributes?: Json[] } }[];
  const resourceSpans = lists.map((one, i) => {
    if ((n + i) % 3 !== 0) return one;
    const attributes = [
      { key: keys[(n + i) % keys.length]!, value: { stringValue: value } },
      ...(one.resource?.attributes ?? []),
    ];
    return { ...one, resource: { ...one.resource, attributes } };
  });
  return { ...request, resourceSpans };
}
