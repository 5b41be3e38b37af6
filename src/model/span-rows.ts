/**
 * Spans as rows of OTLP protobuf, picked from batches: what columns are built from. Rows point into the batches'
 * buffers; nothing is copied.
 */

import type { SpanBatch } from './batch.ts';

/** Row i is span `span[i]` of `batches[batch[i]]`. */
export interface SpanRows {
  readonly batches: readonly SpanBatch[];
  readonly count: number;
  readonly batch: Uint32Array;
  readonly span: Uint32Array;
}

/** Every span of the batches, in order. */
export function allRows(batches: readonly SpanBatch[]): SpanRows {
  const count = batches.reduce((n, b) => n + b.spanCount, 0);
  const batch = new Uint32Array(count);
  const span = new Uint32Array(count);
  let row = 0;
  for (let b = 0; b < batches.length; b++) {
    for (let s = 0; s < batches[b]!.spanCount; s++, row++) {
      batch[row] = b;
      span[row] = s;
    }
  }
  return { batches, count, batch, span };
}
