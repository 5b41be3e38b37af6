/**
 * An open-addressing table of numbers that stand for something kept elsewhere (a series, a label pair): whoever owns
 * it gives the hash, and says whether a number found under it is the one that is meant. 8 bytes a place.
 */

const CAPACITY_START = 256;
/** Full above this share: linear probing stays short. */
const LOAD_MAX = 0.7;

export class NumberTable {
  #mask = CAPACITY_START - 1;
  /** Number + 1 by place; 0 is free. */
  #places = new Uint32Array(CAPACITY_START);
  #hashes = new Uint32Array(CAPACITY_START);
  readonly #isMeant: (n: number) => boolean;
  size = 0;

  /** `isMeant` is asked of numbers whose hash is the one looked for. */
  constructor(isMeant: (n: number) => boolean) {
    this.#isMeant = isMeant;
  }

  find(hash: number): number {
    const mask = this.#mask;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const place = this.#places[at]!;
      if (place === 0) return -1;
      if (this.#hashes[at] === hash && this.#isMeant(place - 1)) return place - 1;
    }
  }

  /** Adds a number that is not in it. */
  add(hash: number, n: number): void {
    if (this.size + 1 > (this.#mask + 1) * LOAD_MAX) this.#grow();
    this.#put(hash, n + 1);
    this.size++;
  }

  #put(hash: number, place: number): void {
    const mask = this.#mask;
    let at = hash & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = place;
    this.#hashes[at] = hash;
  }

  /** Removes a number that was added under this hash. */
  remove(hash: number, n: number): void {
    const mask = this.#mask;
    let at = hash & mask;
    while (this.#places[at] !== n + 1) {
      if (this.#places[at] === 0) return;
      at = (at + 1) & mask;
    }
    this.size--;
    // What follows in the cluster moves up where its own place is not after the gap.
    for (let next = (at + 1) & mask; this.#places[next] !== 0; next = (next + 1) & mask) {
      const own = this.#hashes[next]! & mask;
      if (((next - own) & mask) < ((next - at) & mask)) continue;
      this.#places[at] = this.#places[next]!;
      this.#hashes[at] = this.#hashes[next]!;
      at = next;
    }
    this.#places[at] = 0;
  }

  #grow(): void {
    const places = this.#places;
    const hashes = this.#hashes;
    const capacity = (this.#mask + 1) * 2;
    this.#mask = capacity - 1;
    this.#places = new Uint32Array(capacity);
    this.#hashes = new Uint32Array(capacity);
    for (let i = 0; i < places.length; i++) if (places[i] !== 0) this.#put(hashes[i]!, places[i]!);
  }
}
