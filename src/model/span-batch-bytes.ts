/**
 * A `SpanBatch` as bytes: what the WAL keeps of one, and whoever else has spans wait on disk.
 *
 *   resources | scopes | varint spans | per span: varint resource, varint scope, zigzag start ms, varint duration ms, trace id, block
 *   resources, scopes: varint count, then a block each (varint length, bytes)
 */

import { type ByteReader, type ByteWriter, readCount, readIndex } from '../base/bytes.ts';
import type { SpanBatch } from './batch.ts';
import { TRACE_ID_BYTES } from './span.ts';

/** A span: resource, scope, start, duration and length of a byte each at least, and the trace id. */
const SPAN_BYTES_MIN = 5 + TRACE_ID_BYTES;

export function writeSpanBatch(out: ByteWriter, batch: SpanBatch): void {
  writePieces(out, batch.bytes, batch.resourceStart, batch.resourceEnd, batch.resourceCount);
  writePieces(out, batch.bytes, batch.scopeStart, batch.scopeEnd, batch.scopeCount);
  out.varint(batch.spanCount);
  for (let i = 0; i < batch.spanCount; i++) {
    out.varint(batch.spanResource[i]!);
    out.varint(batch.spanScope[i]!);
    out.zigzag(batch.startMs[i]!);
    out.varint(batch.endMs[i]! - batch.startMs[i]!);
    out.bytes(batch.traceIds.subarray(i * TRACE_ID_BYTES, (i + 1) * TRACE_ID_BYTES));
    out.block(batch.bytes.subarray(batch.spanStart[i]!, batch.spanEnd[i]!));
  }
}

function writePieces(
  out: ByteWriter,
  bytes: Uint8Array,
  starts: Uint32Array,
  ends: Uint32Array,
  count: number,
): void {
  out.varint(count);
  for (let i = 0; i < count; i++) out.block(bytes.subarray(starts[i]!, ends[i]!));
}

function readPieces(input: ByteReader): { count: number; starts: Uint32Array; ends: Uint32Array } {
  const count = readCount(input, 1);
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const n = input.varint();
    starts[i] = input.pos;
    input.bytes(n);
    ends[i] = input.pos;
  }
  return { count, starts, ends };
}

/** The batch points into the reader's buffer. Throws `ByteError` where the bytes are not such a batch. */
export function readSpanBatch(input: ByteReader): SpanBatch {
  const resources = readPieces(input);
  const scopes = readPieces(input);
  const n = readCount(input, SPAN_BYTES_MIN);
  const batch = {
    bytes: input.buf,
    resourceCount: resources.count,
    resourceStart: resources.starts,
    resourceEnd: resources.ends,
    scopeCount: scopes.count,
    scopeStart: scopes.starts,
    scopeEnd: scopes.ends,
    spanCount: n,
    spanStart: new Uint32Array(n),
    spanEnd: new Uint32Array(n),
    spanResource: new Uint32Array(n),
    spanScope: new Uint32Array(n),
    traceIds: new Uint8Array(n * TRACE_ID_BYTES),
    startMs: new Float64Array(n),
    endMs: new Float64Array(n),
  };
  for (let i = 0; i < n; i++) {
    batch.spanResource[i] = readIndex(input, resources.count);
    batch.spanScope[i] = readIndex(input, scopes.count);
    batch.startMs[i] = input.zigzag();
    batch.endMs[i] = batch.startMs[i]! + input.varint();
    batch.traceIds.set(input.bytes(TRACE_ID_BYTES), i * TRACE_ID_BYTES);
    const length = input.varint();
    batch.spanStart[i] = input.pos;
    input.bytes(length);
    batch.spanEnd[i] = input.pos;
  }
  return batch;
}
