/**
 * The trace head: spans that the WAL holds, in OTLP's protobuf form, sliced from the requests they came in. Span,
 * resource and scope bytes lie in shared slabs; a row per span says where, in slabs of `ROWS_PER_GROUP` rows, so
 * that a reader can build columns of a full group once and keep them.
 *
 *   row, 10 × float64:  slab, offset, length, resource, scope, start ms, end ms, -, trace id (16 bytes)
 *   resource or scope, 3 × float64 in `places`:  slab, offset, length
 */

import type { ByteReader, ByteWriter } from '../../base/bytes.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { readSpanBatch, writeSpanBatch } from '../../model/span-batch-bytes.ts';
import { Arena } from './arena.ts';
import { KeyTable } from './key-table.ts';
import { WAL_KIND } from './wal-record.ts';

export const ROW_FLOATS = 10;
/** Rows of one group: large enough for columns to pay, small enough that the newest, still growing one is cheap to rebuild. */
export const ROWS_PER_GROUP = 4096;
/** Index of the trace id's first float in a row. */
export const ROW_TRACE_ID = 8;

/** Spaces of the table that finds equal resources and scopes. */
const RESOURCE_SPACE = 1;
const SCOPE_SPACE = 2;

export class SpanStore {
  readonly #data = new Arena();
  readonly #views: Uint8Array[] = [];
  readonly rowSlabs: SharedArrayBuffer[] = [];
  #rows: Float64Array = new Float64Array(0);
  #rowBytes: Uint8Array = new Uint8Array(0);
  readonly #keys = new KeyTable();
  /** Slab, offset and length of each distinct resource and scope. */
  readonly places: number[] = [];
  spans = 0;
  minMs = Number.POSITIVE_INFINITY;
  maxMs = Number.NEGATIVE_INFINITY;

  get slabs(): readonly SharedArrayBuffer[] {
    return this.#data.slabs;
  }

  get bytes(): number {
    return this.#data.bytes + this.rowSlabs.length * ROWS_PER_GROUP * ROW_FLOATS * 8;
  }

  append(batch: SpanBatch): void {
    const resources = this.#internAll(
      batch.bytes,
      batch.resourceStart,
      batch.resourceEnd,
      batch.resourceCount,
      RESOURCE_SPACE,
    );
    const scopes = this.#internAll(
      batch.bytes,
      batch.scopeStart,
      batch.scopeEnd,
      batch.scopeCount,
      SCOPE_SPACE,
    );
    for (let i = 0; i < batch.spanCount; i++) {
      const start = batch.spanStart[i]!;
      const length = batch.spanEnd[i]! - start;
      this.#copy(batch.bytes, start, length);
      const row = this.spans % ROWS_PER_GROUP;
      if (row === 0) this.#addRowSlab();
      const at = row * ROW_FLOATS;
      const rows = this.#rows;
      rows[at] = this.#data.slab;
      rows[at + 1] = this.#data.offset;
      rows[at + 2] = length;
      rows[at + 3] = resources[batch.spanResource[i]!]!;
      rows[at + 4] = scopes[batch.spanScope[i]!]!;
      rows[at + 5] = batch.startMs[i]!;
      rows[at + 6] = batch.endMs[i]!;
      const into = 8 * (at + ROW_TRACE_ID);
      for (let k = 0; k < TRACE_ID_BYTES; k++)
        this.#rowBytes[into + k] = batch.traceIds[i * TRACE_ID_BYTES + k]!;
      if (batch.startMs[i]! < this.minMs) this.minMs = batch.startMs[i]!;
      if (batch.endMs[i]! > this.maxMs) this.maxMs = batch.endMs[i]!;
      this.spans++;
    }
  }

  #internAll(
    bytes: Uint8Array,
    starts: Uint32Array,
    ends: Uint32Array,
    count: number,
    space: number,
  ): number[] {
    const out: number[] = [];
    for (let i = 0; i < count; i++) {
      let index = this.#keys.find(space, bytes, starts[i]!, ends[i]!);
      if (index < 0) {
        this.#copy(bytes, starts[i]!, ends[i]! - starts[i]!);
        index = this.places.length / 3;
        this.places.push(this.#data.slab, this.#data.offset, ends[i]! - starts[i]!);
        this.#keys.add(space, bytes, starts[i]!, ends[i]!, index);
      }
      out.push(index);
    }
    return out;
  }

  /** Copies into the arena; the place is left in it. */
  #copy(bytes: Uint8Array, start: number, length: number): void {
    // An empty message still needs a place.
    if (this.#data.allocate(Math.max(length, 1))) this.#views.push(new Uint8Array(this.#data.slabs.at(-1)!));
    this.#views[this.#data.slab]!.set(bytes.subarray(start, start + length), this.#data.offset);
  }

  #addRowSlab(): void {
    const slab = new SharedArrayBuffer(ROWS_PER_GROUP * ROW_FLOATS * 8);
    this.rowSlabs.push(slab);
    this.#rows = new Float64Array(slab);
    this.#rowBytes = new Uint8Array(slab);
  }
}

export interface TraceGeneration {
  readonly number: number;
  readonly store: SpanStore;
}

export class TraceHead {
  current: TraceGeneration;
  sealed: readonly TraceGeneration[] = [];

  constructor(generation: number) {
    this.current = { number: generation, store: new SpanStore() };
  }

  /** Adds the batch to the head and writes its WAL record. */
  append(batch: SpanBatch, out: ByteWriter): void {
    this.current.store.append(batch);
    out.u8(WAL_KIND.traces);
    writeSpanBatch(out, batch);
  }

  replay(input: ByteReader): void {
    this.current.store.append(readSpanBatch(input));
  }

  seal(next: number): TraceGeneration {
    const sealed = this.current;
    this.sealed = [...this.sealed, sealed];
    this.current = { number: next, store: new SpanStore() };
    return sealed;
  }

  retire(generation: number): void {
    this.sealed = this.sealed.filter((g) => g.number > generation);
  }
}
