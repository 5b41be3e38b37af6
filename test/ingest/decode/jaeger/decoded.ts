/** What a batch's bytes say, in the shape of `translate.ts`; protobufjs reads them. */

import type { SpanBatch } from '../../../../src/model/batch.ts';
import { decode, type PlainMessage } from '../otlp-arbitrary.ts';

interface Attribute {
  readonly key?: string;
  readonly value: PlainMessage;
}

const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

function attributes(list: unknown): unknown[] {
  return ((list ?? []) as Attribute[]).map(({ key, value }) => ({ key: key ?? '', value }));
}

function spanOf(bytes: Uint8Array) {
  const full = decode('Span', bytes) as Record<string, never>;
  const bare = decode('Span', bytes, false) as Record<string, PlainMessage[]>;
  const status = (full.status ?? {}) as { code?: number; message?: string };
  return {
    traceId: hexOf(full.traceId!),
    spanId: hexOf(full.spanId!),
    parentSpanId: hexOf(full.parentSpanId!),
    traceState: full.traceState,
    name: full.name,
    kind: full.kind,
    start: String(full.startTimeUnixNano),
    end: String(full.endTimeUnixNano),
    attributes: attributes(bare.attributes),
    status: { code: status.code ?? 0, message: status.message ?? '' },
    events: (bare.events ?? []).map((e) => ({
      time: String(e.timeUnixNano),
      name: e.name ?? '',
      attributes: attributes(e.attributes),
    })),
    links: (bare.links ?? []).map((l) => ({
      traceId: hexOf(l.traceId as string),
      spanId: hexOf(l.spanId as string),
      type: (l.attributes as { value: { stringValue: string } }[])[0]!.value.stringValue,
    })),
  };
}

/** Each span of the batch with its scope and resource. */
export function decoded(batch: SpanBatch) {
  const slice = (start: Uint32Array, end: Uint32Array, i: number) => batch.bytes.subarray(start[i], end[i]);
  return Array.from({ length: batch.spanCount }, (_, i) => {
    const resource = slice(batch.resourceStart, batch.resourceEnd, batch.spanResource[i]!);
    const scope = slice(batch.scopeStart, batch.scopeEnd, batch.spanScope[i]!);
    const { name, version } = decode('InstrumentationScope', scope) as Record<string, string>;
    return {
      resource: attributes(decode('Resource', resource, false).attributes),
      scope: { name, version },
      span: spanOf(slice(batch.spanStart, batch.spanEnd, i)),
    };
  });
}
