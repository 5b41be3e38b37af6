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
  readonly #bytes: Buffer[];
  readonly #rows: Float64Array[];
  readonly #rowBytes: Uint8Array[];
  #reused = new Uint8Array(0);

  constructor(source: SpanSource) {
    this.source = source;
    this.#bytes = source.slabs.map((s) => Buffer.from(s));
    this.#rows = source.rowSlabs.map((s) => new Float64Array(s));
    this.#rowBytes = source.rowSlabs.map((s) => new Uint8Array(s));
  }

  startMs(row: number): number {
    return this.#rows[Math.floor(row / ROWS_PER_GROUP)]![(row % ROWS_PER_GROUP) * ROW_FLOATS + 5]!;
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

  /**
   * The rows as a batch, copied into a buffer of its own. With `reuse` that buffer serves the next such call too, which
   * ends the batch's life.
   */
  batch(rows: ArrayLike<number>, reuse = false): SpanBatch {
    const resources = new Places(this.source.places);
    const scopes = new Places(this.source.places);
    const n = rows.length;
    let size = 0;
    const spanResource = new Uint32Array(n);
    const spanScope = new Uint32Array(n);
    const spanEnd = new Uint32Array(n);
    const startMs = new Float64Array(n);
    const endMs = new Float64Array(n);
    const traceIds = new Uint8Array(n * TRACE_ID_BYTES);
    for (let i = 0; i < n; i++) {
      const row = rows[i]!;
      const group = Math.floor(row / ROWS_PER_GROUP);
      const fields = this.#rows[group]!;
      const at = (row % ROWS_PER_GROUP) * ROW_FLOATS;
      spanEnd[i] = fields[at + 2]!;
      size += fields[at + 2]!;
      spanResource[i] = resources.index(fields[at + 3]!);
      spanScope[i] = scopes.index(fields[at + 4]!);
      startMs[i] = fields[at + 5]!;
      endMs[i] = fields[at + 6]!;
      const ids = this.#rowBytes[group]!;
      const id = 8 * (at + ROW_TRACE_ID);
      for (let k = 0; k < TRACE_ID_BYTES; k++) traceIds[i * TRACE_ID_BYTES + k] = ids[id + k]!;
    }
    const bytes = this.#buffer(size + resources.bytes + scopes.bytes, reuse);
    const at = { value: 0 };
    const resource = resources.copyTo(bytes, at, this.#bytes);
    const scope = scopes.copyTo(bytes, at, this.#bytes);
    const spanStart = new Uint32Array(n);
    let to = at.value;
    for (let i = 0; i < n; i++) {
      const row = rows[i]!;
      const fields = this.#rows[Math.floor(row / ROWS_PER_GROUP)]!;
      const place = (row % ROWS_PER_GROUP) * ROW_FLOATS;
      const offset = fields[place + 1]!;
      const length = spanEnd[i]!;
      this.#bytes[fields[place]!]!.copy(bytes, to, offset, offset + length);
      spanStart[i] = to;
      to += length;
      spanEnd[i] = to;
    }
    return {
      bytes,
      resourceCount: resource.start.length,
      resourceStart: resource.start,
      resourceEnd: resource.end,
      scopeCount: scope.start.length,
      scopeStart: scope.start,
      scopeEnd: scope.end,
      spanCount: n,
      spanStart,
      spanEnd,
      spanResource,
      spanScope,
      traceIds,
      startMs,
      endMs,
    };
  }

  #buffer(size: number, reuse: boolean): Uint8Array {
    if (!reuse) return new Uint8Array(size);
    if (this.#reused.length < size) this.#reused = new Uint8Array(size + (size >>> 3));
    return this.#reused;
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
