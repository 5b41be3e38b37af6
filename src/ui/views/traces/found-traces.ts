/** Traces that a search found, as the page shows them: times in milliseconds, attributes as text. */

import { type FoundTraceJson, type KeyValue, valueText } from '../../api/tempo-answers.ts';

export interface FoundTrace {
  readonly id: string;
  readonly service: string;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly spanCount: number;
  readonly errorCount: number;
  /** The most spans first. */
  readonly services: readonly {
    readonly service: string;
    readonly spanCount: number;
    readonly errorCount: number;
  }[];
  readonly spans: readonly FoundSpan[];
  /** All that matched; the answer lists the first few. */
  readonly matchedCount: number;
}

export interface FoundSpan {
  readonly id: string;
  readonly name: string;
  readonly startMs: number;
  readonly durationNs: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the server says of a trace whose root it has not seen. */
const NO_ROOT = /^<root span not yet received>$/;

export function foundTraces(traces: readonly FoundTraceJson[]): readonly FoundTrace[] {
  return traces.map(foundTrace);
}

function foundTrace(json: FoundTraceJson): FoundTrace {
  const services = Object.entries(json.serviceStats ?? {})
    .map(([service, { spanCount = 0, errorCount = 0 }]) => ({ service, spanCount, errorCount }))
    .sort((a, b) => b.spanCount - a.spanCount || (a.service < b.service ? -1 : 1));
  const sets = json.spanSets ?? [];
  const root = json.rootServiceName ?? '';
  return {
    id: json.traceID,
    service: NO_ROOT.test(root) ? '' : root,
    name: json.rootTraceName ?? '',
    startMs: Number(json.startTimeUnixNano ?? 0) / 1e6,
    durationMs: json.durationMs ?? 0,
    spanCount: services.reduce((sum, one) => sum + one.spanCount, 0),
    errorCount: services.reduce((sum, one) => sum + one.errorCount, 0),
    services,
    spans: sets.flatMap(({ spans, attributes }) =>
      (spans ?? []).map((span) => ({
        id: span.spanID,
        name: span.name ?? '',
        startMs: Number(span.startTimeUnixNano ?? 0) / 1e6,
        durationNs: Number(span.durationNanos ?? 0),
        attributes: { ...textsOf(attributes), ...textsOf(span.attributes) },
      })),
    ),
    matchedCount: sets.reduce((sum, { matched = 0 }) => sum + matched, 0),
  };
}

function textsOf(pairs: readonly KeyValue[] | undefined): Record<string, string> {
  return Object.fromEntries((pairs ?? []).map(({ key, value }) => [key, valueText(value)]));
}

export type Order = 'newest' | 'longest' | 'errors' | 'spans';
export const ORDERS: readonly Order[] = ['newest', 'longest', 'errors', 'spans'];

export function ordered(traces: readonly FoundTrace[], order: Order): readonly FoundTrace[] {
  const by: Record<Order, (trace: FoundTrace) => number> = {
    newest: ({ startMs }) => startMs,
    longest: ({ durationMs }) => durationMs,
    errors: ({ errorCount }) => errorCount,
    spans: ({ spanCount }) => spanCount,
  };
  const value = by[order];
  return traces.toSorted((a, b) => value(b) - value(a) || b.startMs - a.startMs);
}

/** Where a query is wrong, as the server's message says it: line and column count from 1. */
export function faultPlace(message: string): { readonly line: number; readonly column: number } | undefined {
  const found = /at line (\d+), col (\d+)/.exec(message);
  return found ? { line: Number(found[1]), column: Number(found[2]) } : undefined;
}
