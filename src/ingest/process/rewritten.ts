/** Texts and messages that rules have made, put behind the bytes that came; held to a size, for what a rule sets may be longer than what it is set on. */

import { ByteWriter } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';

/** So many times the bytes that came … */
const GROWTH_MAX = 4;
/** … and so many more: a small request may well become several times as large. */
const GROWTH_ROOM_BYTES = 64 * 1024 * 1024;

export class Rewritten {
  readonly #given: Uint8Array;
  readonly #tail = new ByteWriter(0);
  readonly #maxBytes: number;

  constructor(given: Uint8Array) {
    this.#given = given;
    this.#maxBytes = GROWTH_MAX * given.length + GROWTH_ROOM_BYTES;
  }

  /** Where the piece begins. Throws `TriliteError` (`too_large`) where there is too much of it by now. */
  add(piece: Uint8Array): number {
    const start = this.#given.length + this.#tail.length;
    if (this.#tail.length + piece.length > this.#maxBytes) {
      throw new TriliteError('too_large', 'processors make too much of the request');
    }
    this.#tail.bytes(piece);
    return start;
  }

  /** What came and what was added; the same bytes where nothing was. */
  bytes(): Uint8Array {
    if (this.#tail.length === 0) return this.#given;
    const all = new Uint8Array(this.#given.length + this.#tail.length);
    all.set(this.#given);
    all.set(this.#tail.view(), this.#given.length);
    return all;
  }
}
