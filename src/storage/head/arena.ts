/**
 * Memory that threads share: slabs of `SharedArrayBuffer`, given out piece by piece and never moved. The front
 * writes, the writer (at a flush) and the readers (at a query) look at the same bytes; a piece is published by
 * sending its place in a message after it was written, so readers never see one half-written.
 *
 * Slabs that are done with are used again: shared memory does not count for the garbage collector, which would let
 * hundreds of megabytes of it wait. A slab that is used again holds what it held; nobody may count on zeros.
 */

/** Large enough that a head of 100 MB is a hundred handles to send, small enough that an idle process stays small. */
export const SLAB_BYTES = 1 << 20;

/** As many done slabs are kept for use again; beyond, the garbage collector has them. */
const POOL_SLABS_MAX = 64;

const pool: SharedArrayBuffer[] = [];

/** Takes slabs back that no thread will look at again. */
export function recycleSlabs(slabs: readonly SharedArrayBuffer[]): void {
  for (const slab of slabs) {
    if (slab.byteLength === SLAB_BYTES && pool.length < POOL_SLABS_MAX) pool.push(slab);
  }
}

/** Bytes of the kept slabs. */
export function pooledBytes(): number {
  return pool.length * SLAB_BYTES;
}

/** Lets one of the kept slabs go; called now and then, so that a quiet process becomes small again. */
export function shrinkPool(): void {
  pool.pop();
}

export class Arena {
  readonly slabs: SharedArrayBuffer[] = [];
  readonly #slabBytes: number;
  #used: number;
  /** Where the last `allocate` put its piece. */
  slab = 0;
  offset = 0;
  /** Bytes of all slabs. */
  bytes = 0;

  constructor(slabBytes = SLAB_BYTES) {
    this.#slabBytes = slabBytes;
    this.#used = slabBytes;
  }

  /** Room for `size` bytes, aligned to 8; its place is left in `slab` and `offset`. True when a slab was added. */
  allocate(size: number): boolean {
    const need = (size + 7) & ~7;
    if (this.#used + need <= this.#slabBytes) {
      this.slab = this.slabs.length - 1;
      this.offset = this.#used;
      this.#used += need;
      return false;
    }
    const slabBytes = Math.max(need, this.#slabBytes);
    this.slabs.push((slabBytes === SLAB_BYTES && pool.pop()) || new SharedArrayBuffer(slabBytes));
    this.bytes += slabBytes;
    this.slab = this.slabs.length - 1;
    this.offset = 0;
    // An outsized piece fills its slab; the next one starts a new slab.
    this.#used = Math.min(need, this.#slabBytes);
    return true;
  }
}
