/** Puts together the batch that is stored: what stays as it came by where it stands, what was rewritten behind it. */

import type { SpanBatch } from '../../model/batch.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import { Rewritten } from './rewritten.ts';
import type { ItemPlan } from './rule-set.ts';

/** Places of messages, growing. */
interface Places {
  readonly start: number[];
  readonly end: number[];
  /** By number in the batch that came, then by the rules that were met: each once. */
  readonly known: Map<number, Map<ItemPlan, number>>;
}

function noPlaces(): Places {
  return { start: [], end: [], known: new Map() };
}

export class SpanAssembly {
  readonly #given: SpanBatch;
  readonly #rewritten: Rewritten;
  readonly #resources = noPlaces();
  readonly #scopes = noPlaces();
  #count = 0;
  readonly #rows: Uint32Array;
  readonly #start: Uint32Array;
  readonly #end: Uint32Array;
  readonly #resourceOf: Uint32Array;
  readonly #scopeOf: Uint32Array;

  constructor(given: SpanBatch) {
    this.#given = given;
    this.#rewritten = new Rewritten(given.bytes);
    const column = () => new Uint32Array(given.spanCount);
    [this.#rows, this.#start, this.#end, this.#resourceOf, this.#scopeOf] = [
      column(),
      column(),
      column(),
      column(),
      column(),
    ];
  }

  /** The number that resource `i` has under the plan; `make` gives its bytes where they are others. */
  resource(i: number, plan: ItemPlan, make: () => Uint8Array | undefined): number {
    const { resourceStart, resourceEnd } = this.#given;
    return this.#numberOf(this.#resources, i, plan, resourceStart[i]!, resourceEnd[i]!, make);
  }

  scope(i: number, plan: ItemPlan, make: () => Uint8Array | undefined): number {
    const { scopeStart, scopeEnd } = this.#given;
    return this.#numberOf(this.#scopes, i, plan, scopeStart[i]!, scopeEnd[i]!, make);
  }

  #numberOf(
    places: Places,
    i: number,
    plan: ItemPlan,
    from: number,
    to: number,
    make: () => Uint8Array | undefined,
  ): number {
    let byPlan = places.known.get(i);
    if (!byPlan) places.known.set(i, (byPlan = new Map()));
    let number = byPlan.get(plan);
    if (number === undefined) {
      const [start, end] = this.#place(from, to, make());
      places.start.push(start);
      number = places.end.push(end) - 1;
      byPlan.set(plan, number);
    }
    return number;
  }

  #place(from: number, to: number, rewritten: Uint8Array | undefined): readonly [number, number] {
    if (!rewritten) return [from, to];
    const start = this.#rewritten.add(rewritten);
    return [start, start + rewritten.length];
  }

  /** Span `i` is stored, as `rewritten` where that is given. */
  span(i: number, resource: number, scope: number, rewritten: Uint8Array | undefined): void {
    const { spanStart, spanEnd } = this.#given;
    const [start, end] = this.#place(spanStart[i]!, spanEnd[i]!, rewritten);
    const at = this.#count++;
    this.#rows[at] = i;
    this.#start[at] = start;
    this.#end[at] = end;
    this.#resourceOf[at] = resource;
    this.#scopeOf[at] = scope;
  }

  batch(): SpanBatch {
    const n = this.#count;
    return {
      ...this.#spans(),
      bytes: this.#rewritten.bytes(),
      resourceCount: this.#resources.start.length,
      resourceStart: Uint32Array.from(this.#resources.start),
      resourceEnd: Uint32Array.from(this.#resources.end),
      scopeCount: this.#scopes.start.length,
      scopeStart: Uint32Array.from(this.#scopes.start),
      scopeEnd: Uint32Array.from(this.#scopes.end),
      spanCount: n,
      spanStart: this.#start.subarray(0, n),
      spanEnd: this.#end.subarray(0, n),
      spanResource: this.#resourceOf.subarray(0, n),
      spanScope: this.#scopeOf.subarray(0, n),
    };
  }

  /** The columns that rules leave alone, of the spans that are left. */
  #spans(): Pick<SpanBatch, 'traceIds' | 'startMs' | 'endMs'> {
    const { traceIds, startMs, endMs, spanCount } = this.#given;
    if (this.#count === spanCount) return { traceIds, startMs, endMs };
    const rows = this.#rows.subarray(0, this.#count);
    const ids = new Uint8Array(rows.length * TRACE_ID_BYTES);
    rows.forEach((row, i) => {
      const from = row * TRACE_ID_BYTES;
      ids.set(traceIds.subarray(from, from + TRACE_ID_BYTES), i * TRACE_ID_BYTES);
    });
    return {
      traceIds: ids,
      startMs: Float64Array.from(rows, (row) => startMs[row]!),
      endMs: Float64Array.from(rows, (row) => endMs[row]!),
    };
  }
}
