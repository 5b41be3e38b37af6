/** Batches of spans written as one likes, for tests of what is derived from them. */

import { otlpJsonToProtobuf } from '../../src/ingest/decode/otlp-json.ts';
import { decodeOtlpTraces } from '../../src/ingest/decode/otlp-traces.ts';
import type { SpanBatch } from '../../src/model/batch.ts';

export interface SpanText {
  readonly service?: string;
  readonly trace?: number;
  readonly id?: number;
  readonly parent?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly startMs?: number;
  readonly ms?: number;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes?: Readonly<Record<string, string>>;
  readonly resource?: Readonly<Record<string, string>>;
}

export const NOW_MS = 1_767_268_800_000;

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function attributesOf(values: Readonly<Record<string, string>> = {}): unknown[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

let nextId = 1;

export function spanBatch(...spans: readonly SpanText[]): SpanBatch {
  const resourceSpans = spans.map((s) => {
    const start = BigInt(s.startMs ?? NOW_MS) * 1_000_000n;
    const span = {
      traceId: hex(s.trace ?? 0xabc, 32),
      spanId: hex(s.id ?? 0x10000 + nextId++, 16),
      ...(s.parent !== undefined && { parentSpanId: hex(s.parent, 16) }),
      name: s.name ?? 'work',
      kind: s.kind ?? 1,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(Math.round((s.ms ?? 5) * 1e6))),
      attributes: attributesOf(s.attributes),
      ...(s.status && { status: s.status }),
    };
    const resource = {
      attributes: attributesOf({
        ...(s.service !== undefined && { 'service.name': s.service }),
        ...s.resource,
      }),
    };
    return { resource, scopeSpans: [{ spans: [span] }] };
  });
  return decodeOtlpTraces(otlpJsonToProtobuf('traces', Buffer.from(JSON.stringify({ resourceSpans }))));
}
