/**
 * Copies of columns, side by side in a few large buffers. An array of its own for each series would be a call of the
 * allocator each, and what many small ones leave behind is not given back to the system; a large buffer is.
 */

import type { Column } from './operator.ts';

const FIRST_BYTES = 16 * 1024;
/** From 2 MiB on the allocator takes a buffer from the system, and gives it back, by itself. */
const LARGEST_BYTES = 4 * 1024 * 1024;
const FLOAT_BYTES = 8;

export class ColumnCopies {
  #buffer = new ArrayBuffer(0);
  #at = 0;

  /** A copy that lives as long as somebody has it. */
  copy(column: Column): Column {
    const values = this.floats(column.values.length);
    values.set(column.values);
    const present = this.#bytes(column.present.length);
    present.set(column.present);
    return {
      labels: column.labels,
      values,
      present,
      histograms: column.histograms?.slice(),
      dropName: column.dropName ?? false,
    };
  }

  /** Room for `count` numbers, zeros. */
  floats(count: number): Float64Array {
    this.#at = Math.ceil(this.#at / FLOAT_BYTES) * FLOAT_BYTES;
    const at = this.#take(count * FLOAT_BYTES);
    return new Float64Array(this.#buffer, at, count);
  }

  #bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return new Uint8Array(this.#buffer, at, count);
  }

  #take(bytes: number): number {
    if (this.#at + bytes > this.#buffer.byteLength) {
      const next = Math.min(LARGEST_BYTES, Math.max(FIRST_BYTES, 2 * this.#buffer.byteLength));
      this.#buffer = new ArrayBuffer(Math.max(next, bytes));
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
