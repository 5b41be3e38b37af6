/** What is in batches of spans, for tests that compare them. */

import type { SpanBatch } from '../../src/model/batch.ts';
import { decode, type PlainMessage } from '../ingest/decode/otlp-arbitrary.ts';

/** Every span of the batch with resource and scope, in a form that does not depend on the order of attributes. */
export function contents(batches: readonly SpanBatch[]): string[] {
  const out: string[] = [];
  for (const batch of batches) {
    const piece = (name: string, start: Uint32Array, end: Uint32Array, i: number) =>
      normalized(decode(name, batch.bytes.subarray(start[i]!, end[i]!)));
    for (let i = 0; i < batch.spanCount; i++) {
      const resource = piece(
        'Resource',
        batch.resourceStart,
        batch.resourceEnd,
        batch.spanResource[i]!,
      ) as PlainMessage;
      delete resource.entityRefs;
      const scope = piece('InstrumentationScope', batch.scopeStart, batch.scopeEnd, batch.spanScope[i]!);
      const span = piece('Span', batch.spanStart, batch.spanEnd, i) as PlainMessage;
      span.status ??= { message: '', code: 0 };
      out.push(JSON.stringify([resource, scope, span]));
    }
  }
  // Equal spans are stored once.
  return [...new Set(out)].sort();
}

function normalized(value: unknown): unknown {
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(normalized);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key !== 'attributes') return [key, normalized(inner)];
    // A value that is absent is an empty value.
    const list = (inner as PlainMessage[]).map((a) => JSON.stringify([a.key, normalized(a.value ?? {})]));
    return [key, list.sort()];
  });
  return Object.fromEntries(entries);
}
