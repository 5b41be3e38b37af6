/** Batches made of others': some of a batch's spans, or the spans of traces from wherever they wait. */

import { ByteWriter } from '../../base/bytes.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { type HeldBatch, NO_SPAN, type Piece } from './held-batch.ts';

/** The batch with the spans `rows` alone; its bytes are shared. */
export function subsetOf(batch: SpanBatch, rows: readonly number[]): SpanBatch {
  const pick = (column: Uint32Array) => Uint32Array.from(rows, (row) => column[row]!);
  const traceIds = new Uint8Array(rows.length * TRACE_ID_BYTES);
  rows.forEach((row, i) => {
    const from = row * TRACE_ID_BYTES;
    traceIds.set(batch.traceIds.subarray(from, from + TRACE_ID_BYTES), i * TRACE_ID_BYTES);
  });
  return {
    ...batch,
    spanCount: rows.length,
    spanStart: pick(batch.spanStart),
    spanEnd: pick(batch.spanEnd),
    spanResource: pick(batch.spanResource),
    spanScope: pick(batch.spanScope),
    traceIds,
    startMs: Float64Array.from(rows, (row) => batch.startMs[row]!),
    endMs: Float64Array.from(rows, (row) => batch.endMs[row]!),
  };
}

/** Copied messages and where they lie. */
class Messages {
  readonly #out: ByteWriter;
  readonly start: number[] = [];
  readonly end: number[] = [];

  constructor(out: ByteWriter) {
    this.#out = out;
  }

  add(bytes: Uint8Array, from: number, to: number): number {
    this.start.push(this.#out.length);
    this.#out.bytes(bytes.subarray(from, to));
    return this.end.push(this.#out.length) - 1;
  }
}

/** The spans of the pieces in one batch with bytes of its own; resources and scopes once for each batch that had them. */
export function gathered(pieces: readonly Piece[]): SpanBatch {
  const out = new ByteWriter(pieces.reduce((n, p) => n + p.bytes, 1024));
  const [resources, scopes, spans] = [new Messages(out), new Messages(out), new Messages(out)];
  const copied = new Map<HeldBatch, { resource: Int32Array; scope: Int32Array }>();
  const count = pieces.reduce((n, p) => n + p.spanCount, 0);
  const [spanResource, spanScope] = [new Uint32Array(count), new Uint32Array(count)];
  const traceIds = new Uint8Array(count * TRACE_ID_BYTES);
  const [startMs, endMs] = [new Float64Array(count), new Float64Array(count)];
  let row = 0;
  for (const { held, first } of pieces) {
    const { batch, next } = held;
    let places = copied.get(held);
    if (!places) {
      places = {
        resource: new Int32Array(batch.resourceCount).fill(-1),
        scope: new Int32Array(batch.scopeCount).fill(-1),
      };
      copied.set(held, places);
    }
    for (let s = first; s !== NO_SPAN; s = next[s]!, row++) {
      const [r, c] = [batch.spanResource[s]!, batch.spanScope[s]!];
      if (places.resource[r]! < 0)
        places.resource[r] = resources.add(batch.bytes, batch.resourceStart[r]!, batch.resourceEnd[r]!);
      if (places.scope[c]! < 0)
        places.scope[c] = scopes.add(batch.bytes, batch.scopeStart[c]!, batch.scopeEnd[c]!);
      spanResource[row] = places.resource[r]!;
      spanScope[row] = places.scope[c]!;
      spans.add(batch.bytes, batch.spanStart[s]!, batch.spanEnd[s]!);
      const from = s * TRACE_ID_BYTES;
      traceIds.set(batch.traceIds.subarray(from, from + TRACE_ID_BYTES), row * TRACE_ID_BYTES);
      startMs[row] = batch.startMs[s]!;
      endMs[row] = batch.endMs[s]!;
    }
  }
  const ends = (m: Messages) => [Uint32Array.from(m.start), Uint32Array.from(m.end)] as const;
  const [resourceStart, resourceEnd] = ends(resources);
  const [scopeStart, scopeEnd] = ends(scopes);
  const [spanStart, spanEnd] = ends(spans);
  return {
    bytes: out.view(),
    resourceCount: resourceStart.length,
    resourceStart,
    resourceEnd,
    scopeCount: scopeStart.length,
    scopeStart,
    scopeEnd,
    spanCount: count,
    spanStart,
    spanEnd,
    spanResource,
    spanScope,
    traceIds,
    startMs,
    endMs,
  };
}
