/** Spans out of few words as a request of OTLP in JSON, and sending it. */

import { postBody } from './http-api.ts';

type Value = string | number | boolean;

export interface MadeSpan {
  readonly service: string;
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly parent?: string;
  readonly name: string;
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly startMs: number;
  /** Without one the span has no end. */
  readonly durationMs?: number;
  /** Why it failed; it did not without one. */
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly resource?: Readonly<Record<string, Value>>;
  readonly events?: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes?: Readonly<Record<string, Value>>;
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

function attributesJson(attributes: Readonly<Record<string, Value>> = {}): unknown[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { stringValue: value } };
    if (typeof value === 'boolean') return { key, value: { boolValue: value } };
    return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
  });
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

function spanJson(span: MadeSpan): unknown {
  const {
    traceId,
    id,
    parent,
    name,
    kind = 'internal',
    startMs,
    durationMs,
    error,
    attributes,
    events,
    links,
  } = span;
  return {
    traceId,
    spanId: id,
    parentSpanId: parent ?? '',
    name,
    kind: KINDS.indexOf(kind),
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: durationMs === undefined ? '0' : nanoseconds(startMs + durationMs),
    attributes: attributesJson(attributes),
    events: (events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: nanoseconds(event.atMs),
      attributes: attributesJson(event.attributes),
    })),
    links: links ?? [],
    status: error === undefined ? {} : { code: 2, message: error },
  };
}

/** The request's body, and its size in spans is whatever was given. */
export function spansRequest(spans: readonly MadeSpan[]): string {
  const groups = Map.groupBy(spans, ({ service, resource }) => JSON.stringify([service, resource ?? {}]));
  const resourceSpans = [...groups].map(([key, own]) => {
    const [service, resource] = JSON.parse(key) as [string, Record<string, Value>];
    return {
      resource: { attributes: attributesJson({ 'service.name': service, ...resource }) },
      scopeSpans: [{ scope: { name: 'made' }, spans: own.map(spanJson) }],
    };
  });
  return JSON.stringify({ resourceSpans });
}

export function sendSpans(base: string, spans: readonly MadeSpan[]): Promise<void> {
  return postBody(`${base}/v1/traces`, { 'content-type': 'application/json' }, spansRequest(spans));
}
