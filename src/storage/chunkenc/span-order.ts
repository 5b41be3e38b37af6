/**
 * The order of spans in a group: by trace id, then start time. Traces are told apart by hashing their ids, so that
 * only the distinct ids are sorted and each trace's few spans by themselves. Of spans equal byte for byte under equal
 * resource and scope one stays, so that a batch that was sent again counts once.
 */

import { ProtoReader } from '../../base/protobuf.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanRows } from '../../model/span-rows.ts';
import { Interner } from './interner.ts';

/** Tag of a span's start time. */
const TAG_START = 57;

/** Rows in their final order, with their start times. */
export interface SortedRows {
  readonly rows: SpanRows;
  readonly order: Uint32Array;
  readonly startLow: Uint32Array;
  readonly startHigh: Uint32Array;
  /** Trace number (in order of ids) of each input row. */
  readonly trace: Uint32Array;
}

export function sortRows(rows: SpanRows): SortedRows {
  const n = rows.count;
  const startLow = new Uint32Array(n);
  const startHigh = new Uint32Array(n);
  const readers = rows.batches.map((b) => new ProtoReader(b.bytes));
  const ids = new Interner(Math.max(8, 1 << Math.ceil(Math.log2(n / 8 + 1))));
  const seen = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const b = rows.batch[i]!;
    const s = rows.span[i]!;
    const batch = rows.batches[b]!;
    const r = readers[b]!;
    r.seek(batch.spanStart[s]!, batch.spanEnd[s]!);
    while (r.pos < r.end) {
      if (r.tag() === TAG_START) {
        r.fixed64();
        startLow[i] = r.low;
        startHigh[i] = r.high;
      } else r.skip();
    }
    seen[i] = ids.add(batch.traceIds, s * TRACE_ID_BYTES, (s + 1) * TRACE_ID_BYTES);
  }
  const { rank, starts } = rankTraces(ids, seen);
  const trace = seen.map((t) => rank[t]!);
  const next = starts.slice();
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[next[trace[i]!]!++] = i;
  for (let t = 0; t + 1 < starts.length; t++) {
    order.subarray(starts[t]!, starts[t + 1]!).sort((a, b) => {
      if (startHigh[a] !== startHigh[b]) return startHigh[a]! - startHigh[b]!;
      if (startLow[a] !== startLow[b]) return startLow[a]! - startLow[b]!;
      // Equal spans become neighbours; those of one batch keep their order otherwise.
      return compareSpans(rows, a, b) || a - b;
    });
  }
  return { rows, order: dropDuplicates(rows, order, trace), startLow, startHigh, trace };
}

/** Order of the distinct trace ids, and the first position of each, then the count of rows. */
function rankTraces(ids: Interner, seen: Uint32Array): { rank: Uint32Array; starts: Uint32Array } {
  const bytes = Buffer.from(ids.bytes().buffer);
  const count = ids.size;
  // Six bytes are exact in a float64 and tell nearly all ids apart.
  const prefix = Float64Array.from({ length: count }, (_, t) => bytes.readUIntBE(t * TRACE_ID_BYTES, 6));
  const sorted = Uint32Array.from({ length: count }, (_, t) => t).sort((a, b) => {
    if (prefix[a] !== prefix[b]) return prefix[a]! - prefix[b]!;
    const from = b * TRACE_ID_BYTES;
    const at = a * TRACE_ID_BYTES;
    return bytes.compare(bytes, from, from + TRACE_ID_BYTES, at, at + TRACE_ID_BYTES);
  });
  const rank = new Uint32Array(count);
  for (let k = 0; k < count; k++) rank[sorted[k]!] = k;
  const starts = new Uint32Array(count + 1);
  for (const t of seen) starts[rank[t]! + 1]!++;
  for (let t = 0; t < count; t++) starts[t + 1]! += starts[t]!;
  return { rank, starts };
}

function slice(batch: SpanBatch, start: Uint32Array, end: Uint32Array, i: number): Uint8Array {
  return batch.bytes.subarray(start[i]!, end[i]!);
}

function spanBytes(rows: SpanRows, i: number): Uint8Array {
  const batch = rows.batches[rows.batch[i]!]!;
  return slice(batch, batch.spanStart, batch.spanEnd, rows.span[i]!);
}

function compareSpans(rows: SpanRows, a: number, b: number): number {
  return Buffer.compare(spanBytes(rows, a), spanBytes(rows, b));
}

/** Whether two rows with equal span bytes have equal resources and scopes. */
function sameOrigin(rows: SpanRows, a: number, b: number): boolean {
  const x = rows.batches[rows.batch[a]!]!;
  const y = rows.batches[rows.batch[b]!]!;
  const [i, j] = [rows.span[a]!, rows.span[b]!];
  const [rx, ry] = [x.spanResource[i]!, y.spanResource[j]!];
  const [sx, sy] = [x.spanScope[i]!, y.spanScope[j]!];
  return (
    Buffer.compare(
      slice(x, x.resourceStart, x.resourceEnd, rx),
      slice(y, y.resourceStart, y.resourceEnd, ry),
    ) === 0 &&
    Buffer.compare(slice(x, x.scopeStart, x.scopeEnd, sx), slice(y, y.scopeStart, y.scopeEnd, sy)) === 0
  );
}

function dropDuplicates(rows: SpanRows, order: Uint32Array, trace: Uint32Array): Uint32Array {
  let kept = 0;
  for (let k = 0; k < order.length; k++) {
    const i = order[k]!;
    let duplicate = false;
    // Equal spans stand together; only their origins may alternate.
    for (let p = kept - 1; p >= 0 && !duplicate; p--) {
      const j = order[p]!;
      if (trace[j] !== trace[i] || compareSpans(rows, i, j) !== 0) break;
      duplicate = sameOrigin(rows, i, j);
    }
    if (!duplicate) order[kept++] = i;
  }
  return order.slice(0, kept);
}
