/**
 * A whole trace as objects, with what Jaeger's collector puts right before it stores a span: names that are missing get
 * one that says so, and a span that does not end after it starts takes a nanosecond and a warning.
 */

import type { WholeTrace } from '../../query/traces/trace-proto.ts';
import { EMPTY_SPAN_NAME, SERVICE_NAME_KEY, serviceOfValue } from './service-names.ts';
import {
  type Attribute,
  decodeResource,
  decodeScope,
  decodeSpan,
  type ResourceFields,
  type ScopeFields,
  type SpanFields,
} from './span-fields.ts';
import { addWarning } from './warnings.ts';

export interface DecodedScope {
  readonly scope: ScopeFields;
  readonly spans: readonly SpanFields[];
}

export interface DecodedResource {
  readonly resource: ResourceFields;
  readonly scopes: readonly DecodedScope[];
}

/** Spans by resource and scope. */
export type DecodedTrace = readonly DecodedResource[];

/** A span with what stands above it. */
export interface PlacedSpan {
  readonly span: SpanFields;
  readonly scope: ScopeFields;
  readonly resource: ResourceFields;
}

export function decodeTrace({ resources }: WholeTrace): DecodedTrace {
  const trace = resources.map(({ resource, scopes }) => ({
    resource: decodeResource(resource),
    scopes: scopes.map(({ scope, spans }) => ({ scope: decodeScope(scope), spans: spans.map(decodeSpan) })),
  }));
  for (const { resource } of trace) nameService(resource);
  for (const { span } of placedSpans(trace)) {
    if (span.name === '') span.name = EMPTY_SPAN_NAME;
    if (span.endNs <= span.startNs) lengthen(span);
  }
  return trace;
}

/** In the order of the trace. */
export function* placedSpans(trace: DecodedTrace): Generator<PlacedSpan> {
  for (const { resource, scopes } of trace) {
    for (const { scope, spans } of scopes) for (const span of spans) yield { span, scope, resource };
  }
}

/** The first value of that key; undefined where there is none. */
export function attributeOf(attributes: readonly Attribute[], key: string) {
  return attributes.find(([name]) => name === key)?.[1];
}

function nameService(resource: ResourceFields): void {
  const { attributes } = resource;
  const at = attributes.findIndex(([key]) => key === SERVICE_NAME_KEY);
  const value = serviceOfValue(attributes[at]?.[1]);
  attributes[at < 0 ? attributes.length : at] = [SERVICE_NAME_KEY, { type: 'string', value }];
}

function lengthen(span: SpanFields): void {
  const endNs = span.startNs + 1n;
  const [was, is] = [goUtcText(span.endNs), goUtcText(endNs)];
  addWarning(
    span,
    `Negative duration detected, sanitizing end timestamp. Original end timestamp: ${was}, adjusted to: ${is}`,
  );
  span.endNs = endNs;
}

/** `2026-01-01 12:00:00.0000012 +0000 UTC`. */
function goUtcText(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const [day, time] = new Date(Number(seconds) * 1000).toISOString().split('T');
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${day} ${time!.slice(0, 8)}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
}
