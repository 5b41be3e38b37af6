/**
 * Spans that came together and wait: a record of the journal, which is also what stays in memory. The request's bytes
 * are copied once, into the record; everything else points into it.
 *
 *   u8 1 | f64 time at which they came (ms) | text tenant | spans (`model/span-batch-bytes.ts`)
 */

import { ByteError, ByteReader, ByteWriter } from '../../base/bytes.ts';
import { ProtoReader } from '../../base/protobuf.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { readSpanBatch, writeSpanBatch } from '../../model/span-batch-bytes.ts';
import { keyPrefix, TraceKeys } from './trace-keys.ts';

const VERSION = 1;
/** What a span takes beside its bytes: ids, times, offsets, the link to the trace's next one. */
const SPAN_BYTES = 64;
/** What the part of a trace in a batch takes. */
const PIECE_BYTES = 160;
/** No span follows. */
export const NO_SPAN = -1;

/** The spans of one trace in a batch, in the order in which they came. */
export interface Piece {
  readonly held: HeldBatch;
  readonly key: string;
  /** The first; `held.next` has the others. */
  readonly first: number;
  readonly spanCount: number;
  /** Of the spans alone. */
  readonly bytes: number;
}

export class HeldBatch {
  readonly batch: SpanBatch;
  readonly tenant: string;
  readonly arrivedMs: number;
  /** Its number in the journal. */
  readonly number: number;
  readonly pieces: readonly Piece[];
  /** The trace's next span after each, or `NO_SPAN`. */
  readonly next: Int32Array;
  /** Over the record, for whoever looks into spans. */
  readonly reader: ProtoReader;
  /** Memory that it takes. */
  readonly bytes: number;
  /** Pieces whose trace is not decided, and those whose trace is not dealt with. */
  undecided: number;
  unsettled: number;

  /** Throws `ByteError` where the record is none. */
  constructor(record: Uint8Array, number: number) {
    const input = new ByteReader(record);
    if (input.u8() !== VERSION) throw new ByteError('a record of another version', 0);
    this.arrivedMs = input.f64();
    this.tenant = input.text();
    this.batch = readSpanBatch(input);
    this.number = number;
    this.reader = new ProtoReader(record);
    this.next = new Int32Array(this.batch.spanCount).fill(NO_SPAN);
    this.pieces = this.#split();
    this.undecided = this.unsettled = this.pieces.length;
    this.bytes = record.length + this.batch.spanCount * SPAN_BYTES + this.pieces.length * PIECE_BYTES;
  }

  #split(): Piece[] {
    const { batch, next } = this;
    const keys = new TraceKeys(batch.traceIds, keyPrefix(this.tenant));
    const open = new Map<string, { first: number; last: number; spanCount: number; bytes: number }>();
    for (let i = 0; i < batch.spanCount; i++) {
      const key = keys.at(i);
      const length = batch.spanEnd[i]! - batch.spanStart[i]!;
      const piece = open.get(key);
      if (!piece) {
        open.set(key, { first: i, last: i, spanCount: 1, bytes: length });
        continue;
      }
      next[piece.last] = i;
      piece.last = i;
      piece.spanCount++;
      piece.bytes += length;
    }
    return Array.from(open, ([key, { first, spanCount, bytes }]) => ({
      held: this,
      key,
      first,
      spanCount,
      bytes,
    }));
  }
}

/** The record of a batch. */
export function heldRecord(batch: SpanBatch, tenant: string, arrivedMs: number): Uint8Array {
  const out = new ByteWriter(batch.bytes.length + batch.spanCount * SPAN_BYTES + 64);
  out.u8(VERSION);
  out.f64(arrivedMs);
  out.text(tenant);
  writeSpanBatch(out, batch);
  return out.take();
}
