/** From rows of the trace head back to a `SpanBatch`, in the thread that reads or flushes them. */

import type { SpanBatch } from '../../model/batch.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { ROW_FLOATS, ROW_TRACE_ID, ROWS_PER_GROUP } from './trace-head.ts';

/** A generation's spans as they travel (`TraceFlush`, `TraceHeadAnswer`). */
export interface SpanSource {
  readonly slabs: readonly SharedArrayBuffer[];
  readonly rowSlabs: readonly SharedArrayBuffer[];
  readonly places: Float64Array;
  readonly spans: number;
}

export class SpanGather {
  readonly source: SpanSource;
  readonly #bytes: Uint8Array[];
  readonly #rows: Float64Array[];
  readonly #rowBytes: Uint8Array[];

  constructor(source: SpanSource) {
    this.source = source;
    this.#bytes = source.slabs.map((s) => new Uint8Array(s));
    this.#rows = source.rowSlabs.map((s) => new Float64Array(s));
    this.#rowBytes = source.rowSlabs.map((s) => new Uint8Array(s));
  }

  startMs(row: number): number {
    return this.#field(row, 5);
  }

  endMs(row: number): number {
    return this.#field(row, 6);
  }

  #field(row: number, field: number): number {
    return this.#rows[Math.floor(row / ROWS_PER_GROUP)]![(row % ROWS_PER_GROUP) * ROW_FLOATS + field]!;
  }

  /** Where the row's trace id is: 16 bytes at `idOffset` of `idBytes`. */
  idBytes(row: number): Uint8Array {
    return this.#rowBytes[Math.floor(row / ROWS_PER_GROUP)]!;
  }

  idOffset(row: number): number {
    return 8 * ((row % ROWS_PER_GROUP) * ROW_FLOATS + ROW_TRACE_ID);
  }

  sameTrace(a: number, b: number): boolean {
    const x = this.idBytes(a);
    const y = this.idBytes(b);
    const i = this.idOffset(a);
    const j = this.idOffset(b);
    for (let k = 0; k < TRACE_ID_BYTES; k++) if (x[i + k] !== y[j + k]) return false;
    return true;
  }

  /** Whether row `row` belongs to the trace. */
  isOfTrace(row: number, id: Uint8Array): boolean {
    const bytes = this.idBytes(row);
    const at = this.idOffset(row);
    for (let k = 0; k < TRACE_ID_BYTES; k++) if (bytes[at + k] !== id[k]) return false;
    return true;
  }

  /** The rows as a batch, copied into a buffer of its own. */
  batch(rows: ArrayLike<number>): SpanBatch {
    const resources = new Places(this.source.places);
    const scopes = new Places(this.source.places);
    const n = rows.length;
    let size = 0;
    for (let i = 0; i < n; i++) size += this.#field(rows[i]!, 2);
    const spanResource = new Uint32Array(n);
    const spanScope = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      spanResource[i] = resources.index(this.#field(rows[i]!, 3));
      spanScope[i] = scopes.index(this.#field(rows[i]!, 4));
    }
    const bytes = new Uint8Array(size + resources.bytes + scopes.bytes);
    const at = { value: 0 };
    const resource = resources.copyTo(bytes, at, this.#bytes);
    const scope = scopes.copyTo(bytes, at, this.#bytes);
    const batch = {
      bytes,
      resourceCount: resource.start.length,
      resourceStart: resource.start,
      resourceEnd: resource.end,
      scopeCount: scope.start.length,
      scopeStart: scope.start,
      scopeEnd: scope.end,
      spanCount: n,
      spanStart: new Uint32Array(n),
      spanEnd: new Uint32Array(n),
      spanResource,
      spanScope,
      traceIds: new Uint8Array(n * TRACE_ID_BYTES),
      startMs: new Float64Array(n),
      endMs: new Float64Array(n),
    };
    for (let i = 0; i < n; i++) {
      const row = rows[i]!;
      const offset = this.#field(row, 1);
      const length = this.#field(row, 2);
      bytes.set(this.#bytes[this.#field(row, 0)]!.subarray(offset, offset + length), at.value);
      batch.spanStart[i] = at.value;
      batch.spanEnd[i] = at.value += length;
      const ids = this.idBytes(row);
      const id = this.idOffset(row);
      for (let k = 0; k < TRACE_ID_BYTES; k++) batch.traceIds[i * TRACE_ID_BYTES + k] = ids[id + k]!;
      batch.startMs[i] = this.startMs(row);
      batch.endMs[i] = this.endMs(row);
    }
    return batch;
  }
}

/** Resources or scopes that a batch uses, numbered anew. */
class Places {
  readonly #places: Float64Array;
  readonly #index = new Map<number, number>();
  bytes = 0;

  constructor(places: Float64Array) {
    this.#places = places;
  }

  index(place: number): number {
    let i = this.#index.get(place);
    if (i === undefined) {
      i = this.#index.size;
      this.#index.set(place, i);
      this.bytes += this.#places[3 * place + 2]!;
    }
    return i;
  }

  copyTo(bytes: Uint8Array, at: { value: number }, slabs: readonly Uint8Array[]) {
    const start = new Uint32Array(this.#index.size);
    const end = new Uint32Array(this.#index.size);
    let i = 0;
    for (const place of this.#index.keys()) {
      const offset = this.#places[3 * place + 1]!;
      const length = this.#places[3 * place + 2]!;
      bytes.set(slabs[this.#places[3 * place]!]!.subarray(offset, offset + length), at.value);
      start[i] = at.value;
      end[i] = at.value += length;
      i++;
    }
    return { start, end };
  }
}
