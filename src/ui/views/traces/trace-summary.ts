/** A trace in numbers: for its header, for the table of services, and the traces that share its ids in short. */

import type { SpanTree } from './span-tree.ts';
import { NO_SERVICE, type Span } from './spans.ts';

export interface TraceFacts {
  readonly root: Span | undefined;
  /** The largest first. */
  readonly services: readonly { readonly service: string; readonly spanCount: number }[];
  readonly errorCount: number;
}

export function traceFacts({ rows }: SpanTree): TraceFacts {
  const counts = new Map<string, number>();
  let errorCount = 0;
  for (const { span } of rows) {
    counts.set(span.resource.service, (counts.get(span.resource.service) ?? 0) + 1);
    if (span.status === 'error') errorCount++;
  }
  const services = [...counts]
    .map(([service, spanCount]) => ({ service, spanCount }))
    .sort((a, b) => b.spanCount - a.spanCount || (a.service < b.service ? -1 : 1));
  const root = rows.find(({ parent, isOrphan }) => parent < 0 && !isOrphan) ?? rows[0];
  return { root: root?.span, services, errorCount };
}

export interface OperationTime {
  readonly service: string;
  readonly operation: string;
  readonly spanCount: number;
  readonly errorCount: number;
  /** All durations together, in nanoseconds. */
  readonly totalNs: number;
  /** What no child covers. */
  readonly selfNs: number;
  readonly longestNs: number;
  /** Its longest span. */
  readonly longest: Span;
}

/** Per service and operation; `selfNs` is by the span's row. The most own time first. */
export function operationTimes({ rows }: SpanTree, selfNs: Float64Array): readonly OperationTime[] {
  const found = new Map<string, { -readonly [K in keyof OperationTime]: OperationTime[K] }>();
  rows.forEach(({ span }, i) => {
    const { service } = span.resource;
    const key = `${service}\0${span.name}`;
    let one = found.get(key);
    if (!one) {
      const nothing = { spanCount: 0, errorCount: 0, totalNs: 0, selfNs: 0, longestNs: 0 };
      one = { service, operation: span.name, ...nothing, longest: span };
      found.set(key, one);
    }
    one.spanCount++;
    if (span.status === 'error') one.errorCount++;
    one.totalNs += span.durationNs;
    one.selfNs += selfNs[i]!;
    if (span.durationNs > one.longestNs) [one.longestNs, one.longest] = [span.durationNs, span];
  });
  return [...found.values()].sort((a, b) => b.selfNs - a.selfNs);
}

/** Whose metrics and logs may be looked at; undefined for spans without a service. */
export function knownService({ resource }: Span): string | undefined {
  return resource.service === NO_SERVICE ? undefined : resource.service;
}
