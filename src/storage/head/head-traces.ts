/** Which rows of a generation of spans belong to a trace: a hash table over its rows, which grows with them. */

import { hashBytes } from '../../base/hash.ts';
import { TRACE_ID_BYTES } from '../../model/span.ts';
import type { SpanGather } from './span-gather.ts';

const NONE = -1;

export class HeadTraces {
  /** By hash: the newest row; then by row the one before it with such a hash. */
  #newest = new Int32Array(1024).fill(NONE);
  #before = new Int32Array(1024);
  #rows = 0;

  /** Takes in the rows up to `rows`; those before have not changed. */
  extend(gather: SpanGather, rows: number): void {
    if (rows > this.#before.length) {
      this.#before = new Int32Array(2 * rows);
      this.#newest = new Int32Array(2 ** Math.ceil(Math.log2(2 * rows))).fill(NONE);
      this.#rows = 0;
    }
    for (; this.#rows < rows; this.#rows++) {
      const at = gather.idOffset(this.#rows);
      const slot = this.#slot(gather.idBytes(this.#rows), at);
      this.#before[this.#rows] = this.#newest[slot]!;
      this.#newest[slot] = this.#rows;
    }
  }

  /** Rows of the trace, newest first. */
  rowsOf(gather: SpanGather, id: Uint8Array): number[] {
    const found: number[] = [];
    for (let row = this.#newest[this.#slot(id, 0)]!; row !== NONE; row = this.#before[row]!) {
      if (gather.isOfTrace(row, id)) found.push(row);
    }
    return found;
  }

  #slot(bytes: Uint8Array, at: number): number {
    return hashBytes(bytes, at, at + TRACE_ID_BYTES) & (this.#newest.length - 1);
  }
}
