/**
 * Small pieces of bytes in shared slabs, given out and taken back: what the series index keeps of labels and keys. A
 * piece never moves; freed ones are used again for pieces of the same size, so that a store through which series come
 * and go stays as large as what it holds at most. Other threads read pieces by their refs (`packed-labels.ts`).
 *
 *   ref   (slab * SLAB_BYTES + offset) / 8, never 0; an outsized piece has a slab of its own
 */

import { SLAB_BYTES } from './arena.ts';

export const UNIT_BYTES = 8;
const UNITS_PER_SLAB = SLAB_BYTES / UNIT_BYTES;
/** A ref's slab is `ref >>> REF_SLAB_SHIFT`. */
export const REF_SLAB_SHIFT = Math.log2(UNITS_PER_SLAB);
export const REF_UNIT_MASK = UNITS_PER_SLAB - 1;

export class PieceStore {
  readonly slabs: SharedArrayBuffer[] = [];
  /** Views of the slabs. */
  readonly bytes: Uint8Array[] = [];
  readonly words: Uint32Array[] = [];
  readonly views: DataView[] = [];
  /** Freed pieces by their size in units. */
  readonly #free = new Map<number, number[]>();
  /** 0 is no ref. */
  #usedUnits = UNITS_PER_SLAB;
  /** Bytes of pieces that are in use. */
  liveBytes = 0;

  /** A piece of at least `size` bytes, aligned to 8. Its content is undefined. */
  allocate(size: number): number {
    const units = Math.ceil(size / UNIT_BYTES);
    this.liveBytes += units * UNIT_BYTES;
    const freed = this.#free.get(units)?.pop();
    if (freed !== undefined) return freed;
    if (units > UNITS_PER_SLAB) {
      this.#addSlab(units * UNIT_BYTES);
      this.#usedUnits = UNITS_PER_SLAB;
      return ((this.slabs.length - 1) << REF_SLAB_SHIFT) >>> 0;
    }
    if (this.#usedUnits + units > UNITS_PER_SLAB) {
      if (this.slabs.length === 0) this.#addSlab(UNIT_BYTES);
      this.#addSlab(SLAB_BYTES);
      this.#usedUnits = 0;
    }
    const ref = (((this.slabs.length - 1) << REF_SLAB_SHIFT) | this.#usedUnits) >>> 0;
    this.#usedUnits += units;
    return ref;
  }

  #addSlab(bytes: number): void {
    const slab = new SharedArrayBuffer(bytes);
    this.slabs.push(slab);
    this.bytes.push(new Uint8Array(slab));
    this.words.push(new Uint32Array(slab));
    this.views.push(new DataView(slab));
  }

  /** Gives back a piece that was allocated with this size. */
  free(ref: number, size: number): void {
    const units = Math.ceil(size / UNIT_BYTES);
    this.liveBytes -= units * UNIT_BYTES;
    const list = this.#free.get(units);
    if (list) list.push(ref);
    else this.#free.set(units, [ref]);
  }
}
