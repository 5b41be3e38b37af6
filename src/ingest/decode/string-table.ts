/**
 * Distinct strings of a batch by number. Pieces of the request's buffer are found by their bytes, so that a name or
 * value that comes back costs a hash and a comparison, not a string.
 */

import { hashBytes } from '../../base/hash.ts';

export class StringTable {
  readonly strings: string[] = [];
  readonly #bytes: Buffer;
  readonly #byText = new Map<string, number>();
  /** Open addressing: piece number + 1, 0 for a free slot. */
  #slots = new Uint32Array(256);
  #pieceStart: number[] = [];
  #pieceEnd: number[] = [];
  #pieceHash: number[] = [];
  #pieceString: number[] = [];

  /** `bytes` is the buffer that `ofBytes` looks into. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  ofText(text: string): number {
    let index = this.#byText.get(text);
    if (index === undefined) {
      index = this.strings.push(text) - 1;
      this.#byText.set(text, index);
    }
    return index;
  }

  /** The number of the UTF-8 text `bytes[start, end)`; invalid sequences and U+FFFD become spaces. */
  ofBytes(start: number, end: number): number {
    const bytes = this.#bytes;
    const length = end - start;
    const hash = hashBytes(bytes, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const piece = this.#slots[slot]! - 1;
      if (piece < 0) break;
      if (this.#pieceHash[piece] === hash && this.#pieceEnd[piece]! - this.#pieceStart[piece]! === length) {
        const at = this.#pieceStart[piece]!;
        let i = 0;
        while (i < length && bytes[at + i] === bytes[start + i]) i++;
        if (i === length) return this.#pieceString[piece]!;
      }
      slot = (slot + 1) & mask;
    }
    const text = bytes.toString('utf8', start, end);
    const index = this.ofText(text.includes('\ufffd') ? text.replaceAll('\ufffd', ' ') : text);
    this.#slots[slot] = this.#pieceStart.push(start);
    this.#pieceEnd.push(end);
    this.#pieceHash.push(hash);
    this.#pieceString.push(index);
    if (2 * this.#pieceStart.length > this.#slots.length) this.#grow();
    return index;
  }

  #grow(): void {
    const slots = new Uint32Array(4 * this.#slots.length);
    const mask = slots.length - 1;
    this.#pieceHash.forEach((hash, piece) => {
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = piece + 1;
    });
    this.#slots = slots;
  }
}
