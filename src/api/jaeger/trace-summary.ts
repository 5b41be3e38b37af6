/** What a list of traces shows of one: its root, its extent, how many spans and errors, in all and of each service. */

import { hexOf, isZero, keyOf } from '../../query/traces/ids.ts';
import { attributeOf, type DecodedTrace, type PlacedSpan, placedSpans } from './decoded-trace.ts';
import { SERVICE_NAME_KEY } from './service-names.ts';

const STATUS_ERROR = 2;

interface ServiceSummary {
  readonly name: string;
  spanCount: number;
  errorSpanCount: number;
}

/** As JSON text; zero values are left out, as protobuf's JSON does. The trace has a span at least. */
export function printSummary(trace: DecodedTrace): string {
  const placed = [...placedSpans(trace)];
  const ids = new Set(placed.map(({ span }) => idKey(span.spanId)));
  const services = new Map<string, ServiceSummary>();
  let root: PlacedSpan | undefined;
  let startNs = placed[0]!.span.startNs;
  let endNs = 0n;
  let errors = 0;
  let orphans = 0;
  for (const at of placed) {
    const { span } = at;
    const service = serviceIn(services, serviceOf(at));
    service.spanCount++;
    if (span.statusCode === STATUS_ERROR) {
      service.errorSpanCount++;
      errors++;
    }
    if (span.startNs < startNs) startNs = span.startNs;
    if (span.endNs > endNs) endNs = span.endNs;
    if (!isZero(span.parentId, 0, span.parentId.length)) {
      if (!ids.has(idKey(span.parentId))) orphans++;
    } else if (root === undefined || span.startNs < root.span.startNs) root = at;
  }
  const { traceId } = placed[0]!.span;
  return JSON.stringify({
    traceId: hexOf(traceId, 0, traceId.length),
    rootServiceName: (root && serviceOf(root)) || undefined,
    rootOperationName: root?.span.name || undefined,
    minStartTimeUnixNano: startNs === 0n ? undefined : String(startNs),
    maxEndTimeUnixNano: endNs === 0n ? undefined : String(endNs),
    spanCount: placed.length,
    errorSpanCount: errors || undefined,
    orphanSpanCount: orphans || undefined,
    services: [...services.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((service) => ({ ...service, errorSpanCount: service.errorSpanCount || undefined })),
  });
}

function serviceOf({ resource }: PlacedSpan): string {
  const value = attributeOf(resource.attributes, SERVICE_NAME_KEY);
  return value?.type === 'string' ? value.value : '';
}

function serviceIn(services: Map<string, ServiceSummary>, name: string): ServiceSummary {
  let service = services.get(name);
  if (service === undefined) services.set(name, (service = { name, spanCount: 0, errorSpanCount: 0 }));
  return service;
}

function idKey(id: Uint8Array): string {
  return keyOf(id, 0, id.length);
}
