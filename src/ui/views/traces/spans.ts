/**
 * A trace as the page works with it: spans in a list, times as nanoseconds since the trace began (so that they are exact as
 * plain numbers), ids in hexadecimal, every attribute as text.
 */

import {
  type EventJson,
  type KeyValue,
  type LinkJson,
  type SpanJson,
  type TraceAnswer,
  valueText,
} from '../../api/tempo-answers.ts';

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanStatus = 'unset' | 'ok' | 'error';
export type Attributes = readonly (readonly [name: string, value: string])[];

export interface Resource {
  readonly service: string;
  readonly attributes: Attributes;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
}

export interface SpanEvent {
  readonly name: string;
  /** Since the trace began. */
  readonly atNs: number;
  readonly attributes: Attributes;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface Span {
  readonly id: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly resource: Resource;
  readonly scope: Scope;
  /** Since the trace began. */
  readonly startNs: number;
  /** Zero where the end is missing or before the start. */
  readonly durationNs: number;
  readonly hasEnded: boolean;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly traceState: string;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** Attributes, events and links that the sender left out. */
  readonly droppedCount: number;
}

export interface Trace {
  /** 32 digits; as it was asked for where there are no spans. */
  readonly id: string;
  /** When its first span began, since the epoch. */
  readonly startNs: bigint;
  /** From the first start to the last end. */
  readonly durationNs: number;
  readonly spans: readonly Span[];
  /** What the server says of a trace that is not whole. */
  readonly partial: string | undefined;
}

const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];
export const NO_SERVICE = '(no service)';

/** Spans in the order of the answer. */
export function traceOf(asked: string, { trace, status, message }: TraceAnswer): Trace {
  const raw = (trace?.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const attributes = attributesOf(resource?.attributes);
    const service = attributes.find(([name]) => name === 'service.name')?.[1] || NO_SERVICE;
    const owner: Resource = { service, attributes };
    return (scopeSpans ?? []).flatMap(({ scope, spans }) => {
      const made: Scope = {
        name: scope?.name ?? '',
        version: scope?.version ?? '',
        attributes: attributesOf(scope?.attributes),
      };
      return (spans ?? []).map((span) => ({ span, resource: owner, scope: made }));
    });
  });
  const starts = raw.map(({ span }) => BigInt(span.startTimeUnixNano ?? 0));
  // Starts that nobody set would put the trace into 1970.
  const known = starts.filter((start) => start > 0n);
  const startNs = known.reduce((least, start) => (start < least ? start : least), known[0] ?? 0n);
  const spans = raw.map(({ span, resource, scope }) => spanOf(span, resource, scope, startNs));
  const endNs = spans.reduce((last, span) => Math.max(last, span.startNs + span.durationNs), 0);
  return {
    id: hexOf(raw[0]?.span.traceId) || asked.toLowerCase(),
    startNs,
    durationNs: endNs,
    spans,
    partial: status === 'PARTIAL' ? message || 'only a part of the trace was read' : undefined,
  };
}

function spanOf(json: SpanJson, resource: Resource, scope: Scope, baseNs: bigint): Span {
  const start = BigInt(json.startTimeUnixNano ?? 0) || baseNs;
  const end = BigInt(json.endTimeUnixNano ?? 0);
  return {
    id: hexOf(json.spanId),
    parentId: hexOf(json.parentSpanId),
    name: json.name ?? '',
    kind: wordOf(KINDS, json.kind, 'SPAN_KIND_'),
    resource,
    scope,
    startNs: Number(start - baseNs),
    durationNs: end > start ? Number(end - start) : 0,
    hasEnded: end >= start,
    status: wordOf(STATUSES, json.status?.code, 'STATUS_CODE_'),
    statusMessage: json.status?.message ?? '',
    traceState: json.traceState ?? '',
    attributes: attributesOf(json.attributes),
    events: (json.events ?? []).map((event) => eventOf(event, baseNs)).sort((a, b) => a.atNs - b.atNs),
    links: (json.links ?? []).map(linkOf),
    droppedCount:
      (json.droppedAttributesCount ?? 0) + (json.droppedEventsCount ?? 0) + (json.droppedLinksCount ?? 0),
  };
}

function eventOf({ timeUnixNano, name, attributes }: EventJson, baseNs: bigint): SpanEvent {
  return {
    name: name ?? '',
    atNs: Number(BigInt(timeUnixNano ?? 0) - baseNs),
    attributes: attributesOf(attributes),
  };
}

function linkOf({ traceId, spanId, attributes }: LinkJson): SpanLink {
  return { traceId: hexOf(traceId), spanId: hexOf(spanId), attributes: attributesOf(attributes) };
}

function attributesOf(pairs: readonly KeyValue[] | undefined): Attributes {
  return (pairs ?? []).map(({ key, value }) => [key, valueText(value)] as const);
}

function wordOf<T extends string>(
  words: readonly T[],
  value: string | number | undefined,
  prefix: string,
): T {
  if (typeof value === 'number') return words[value] ?? words[0]!;
  const word = value?.replace(prefix, '').toLowerCase();
  return words.find((one) => one === word) ?? words[0]!;
}

/** Whole traces have their ids in base64. */
export function hexOf(base64: string | undefined): string {
  if (!base64) return '';
  let out = '';
  for (const char of atob(base64)) out += char.charCodeAt(0).toString(16).padStart(2, '0');
  return out;
}

/** A moment of the trace in milliseconds since the epoch. */
export function momentMs(trace: Trace, atNs: number): number {
  return Number(trace.startNs / 1000n) / 1000 + atNs / 1e6;
}
