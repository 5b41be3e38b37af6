/**
 * Fields of a message that together name something: a range of the body where they stand one behind another, as nearly
 * all senders write them, else a copy of them all in a row.
 */

export class WirePieces {
  /** What `finish` leaves: the fields are `bytes[start, end)`. */
  bytes: Uint8Array;
  start = 0;
  end = 0;
  readonly #body: Uint8Array;
  /** Starts and ends of the pieces before the last. */
  readonly #earlier: number[] = [];

  constructor(body: Uint8Array) {
    this.#body = body;
    this.bytes = body;
  }

  clear(): void {
    this.start = 0;
    this.end = 0;
    this.bytes = this.#body;
    if (this.#earlier.length > 0) this.#earlier.length = 0;
  }

  /** Adds the body's `[start, end)`; positions ascend. */
  add(start: number, end: number): void {
    if (start !== this.end) {
      if (this.end > this.start) this.#earlier.push(this.start, this.end);
      this.start = start;
    }
    this.end = end;
  }

  /** Sets `bytes`, `start` and `end`. */
  finish(): void {
    if (this.#earlier.length === 0) return;
    const all = [...this.#earlier, this.start, this.end];
    const pieces: Uint8Array[] = [];
    for (let i = 0; i < all.length; i += 2) pieces.push(this.#body.subarray(all[i], all[i + 1]));
    const length = pieces.reduce((n, p) => n + p.length, 0);
    this.bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      this.bytes.set(piece, at);
      at += piece.length;
    }
    this.start = 0;
    this.end = length;
  }
}
