/** Spans of a test, as OTLP over HTTP takes them in JSON: trees are made flat, what is not said is filled in. */

import { randomBytes } from 'node:crypto';
import type { AttributeSet, AttributeValue, SpanKind, SpanStatus } from '../client/answer.ts';
import { durationNs, momentNs } from './moments.ts';
import type { Pushed, SpanToPush } from './sink.ts';

const DEFAULT_SERVICE = 'test';
const DEFAULT_DURATION_MS = 1;
const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error'];
const TRACE_ID = /^[0-9a-f]{32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number | string;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** What a span has of its parent. */
interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly service: string;
  readonly startNs: bigint;
}

interface ResourceSpans {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly scopeSpans: readonly [{ readonly scope: object; readonly spans: readonly object[] }];
}

/** The body of an export, and what is in it. Throws `TypeError` where a span is none. */
export function otlpSpansBody(
  spans: readonly SpanToPush[],
  nowMs: number,
): { readonly body: { readonly resourceSpans: readonly ResourceSpans[] }; readonly pushed: Pushed['spans'] } {
  const resourceSpans: ResourceSpans[] = [];
  const pushed: { name: string; traceId: string; spanId: string }[] = [];
  const add = (span: SpanToPush, parent: Parent | undefined) => {
    const self = identity(span, parent, nowMs);
    pushed.push({ name: span.name, traceId: self.traceId, spanId: self.spanId });
    const resource = attributesJson({ 'service.name': self.service, ...span.resource });
    resourceSpans.push({
      resource: { attributes: resource },
      scopeSpans: [{ scope: span.scope ?? {}, spans: [spanJson(span, self, parent)] }],
    });
    for (const child of span.children ?? []) add(child, self);
  };
  for (const span of spans) add(span, undefined);
  return { body: { resourceSpans }, pushed };
}

function identity(span: SpanToPush, parent: Parent | undefined, nowMs: number): Parent {
  if (typeof span.name !== 'string') throw new TypeError(`a span needs a name: ${JSON.stringify(span)}`);
  const traceId = span.traceId ?? parent?.traceId ?? randomBytes(16).toString('hex');
  const spanId = span.spanId ?? randomBytes(8).toString('hex');
  if (!TRACE_ID.test(traceId))
    throw new TypeError(`${JSON.stringify(traceId)} is no trace id: 32 hexadecimal digits`);
  for (const id of [spanId, span.parentSpanId ?? spanId]) {
    if (!SPAN_ID.test(id)) throw new TypeError(`${JSON.stringify(id)} is no span id: 16 hexadecimal digits`);
  }
  const lengthNs = durationNs(span.duration ?? DEFAULT_DURATION_MS);
  const startNs =
    span.start === undefined ? (parent?.startNs ?? momentNs(nowMs) - lengthNs) : momentNs(span.start);
  return { traceId, spanId, service: span.service ?? parent?.service ?? DEFAULT_SERVICE, startNs };
}

function spanJson(
  span: SpanToPush,
  { traceId, spanId, startNs }: Parent,
  parent: Parent | undefined,
): object {
  const { name, kind = 'internal', status = 'unset', attributes = {}, events = [], links = [] } = span;
  if (!KINDS.includes(kind)) throw new TypeError(`${JSON.stringify(kind)} is no kind: ${KINDS.join(', ')}`);
  if (!STATUSES.includes(status))
    throw new TypeError(`${JSON.stringify(status)} is no status: ${STATUSES.join(', ')}`);
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanId ?? parent?.spanId ?? '',
    name,
    kind: KINDS.indexOf(kind),
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + durationNs(span.duration ?? DEFAULT_DURATION_MS)),
    attributes: attributesJson(attributes),
    events: events.map((event) => ({
      name: event.name,
      timeUnixNano: String(event.time === undefined ? startNs : momentNs(event.time)),
      attributes: attributesJson(event.attributes ?? {}),
    })),
    links: links.map((link) => ({ ...link, attributes: attributesJson(link.attributes ?? {}) })),
    status: { code: STATUSES.indexOf(status), message: span.statusMessage ?? '' },
  };
}

function attributesJson(attributes: AttributeSet): KeyValue[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { intValue: String(value) };
    return { doubleValue: Number.isFinite(value) ? value : String(value) };
  }
  if (isList(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: attributesJson(value) } };
}

function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value);
}
