/** The benchmark's OTLP encoding against OpenTelemetry's own: what an SDK sends for the same telemetry means the same. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { OTLP_TRACES } from '../../src/bench/otlp-traces-workload.ts';
import { decode } from '../ingest/decode/otlp-arbitrary.ts';
import { allRequests, loadOptions } from './load-options.ts';

type Serialized = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];

const NS_PER_SECOND = 1_000_000_000n;
const KINDS = [
  SpanKind.INTERNAL,
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
  SpanKind.PRODUCER,
  SpanKind.CONSUMER,
];

function hrTime(ns: string): [number, number] {
  return [Number(BigInt(ns) / NS_PER_SECOND), Number(BigInt(ns) % NS_PER_SECOND)];
}

function hex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

interface AnyValue {
  readonly value?: 'stringValue' | 'boolValue' | 'intValue' | 'doubleValue';
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

function attributes(list: readonly KeyValue[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    list.map(({ key, value }) => {
      const number = value.intValue === undefined ? value.doubleValue : Number(value.intValue);
      return [key, value.stringValue ?? value.boolValue ?? number!];
    }),
  );
}

interface PlainSpan {
  readonly [key: string]: unknown;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events?: readonly {
    readonly timeUnixNano: string;
    readonly name: string;
    readonly attributes: readonly KeyValue[];
  }[];
  readonly status?: { readonly code: number; readonly message: string };
}

/** The span as the SDK holds it. */
function readable(
  span: PlainSpan,
  resource: Serialized['resource'],
  scope: Serialized['instrumentationScope'],
): Serialized {
  const context = { traceId: hex(span.traceId), spanId: hex(span.spanId), traceFlags: TraceFlags.SAMPLED };
  const parent = span.parentSpanId ? { ...context, spanId: hex(span.parentSpanId) } : undefined;
  return {
    name: span.name,
    kind: KINDS[span.kind]!,
    spanContext: () => context,
    ...(parent && { parentSpanContext: parent }),
    startTime: hrTime(span.startTimeUnixNano),
    endTime: hrTime(span.endTimeUnixNano),
    status: {
      code: span.status ? SpanStatusCode.ERROR : SpanStatusCode.UNSET,
      ...(span.status && { message: span.status.message }),
    },
    attributes: attributes(span.attributes),
    links: [],
    events: (span.events ?? []).map((event) => ({
      time: hrTime(event.timeUnixNano),
      name: event.name,
      attributes: attributes(event.attributes),
    })),
    duration: [0, 0],
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

test('spans are what OpenTelemetry would send for them', () => {
  for (const request of allRequests(OTLP_TRACES, loadOptions({ items: 2000 }))) {
    const own = decode('TracesData', request.body, false) as unknown as Traces;
    const spans = own.resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const asResource = { attributes: attributes(resource.attributes) } as Serialized['resource'];
      return scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => readable(span, asResource, scope)));
    });
    const theirs = decode('TracesData', ProtobufTraceSerializer.serializeRequest(spans)!, false);
    assert.deepEqual(normal(own), normal(theirs as unknown as Traces));
  }
});

interface Traces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly PlainSpan[];
    }[];
  }[];
}

/** Without what may be left out as well as written: fields at their defaults. */
function normal(traces: Traces): unknown[] {
  return traces.resourceSpans.map(({ resource, scopeSpans }) => [
    resource.attributes.map(({ key, value }) => [key, value.stringValue]),
    scopeSpans.map(({ scope, spans }) => [
      scope.name,
      spans.map((span) => ({
        ids: [span.traceId, span.spanId, span.parentSpanId ?? ''],
        name: span.name,
        kind: span.kind,
        times: [span.startTimeUnixNano, span.endTimeUnixNano],
        attributes: attributes(span.attributes),
        events: (span.events ?? []).map((e) => [e.name, e.timeUnixNano, attributes(e.attributes)]),
        status: [span.status?.code ?? 0, span.status?.message ?? ''],
        flags: span.flags,
      })),
    ]),
  ]);
}
