/** A set of series ids as bits from the smallest on: a million ids that lie close together take 128 KiB. */

export class IdSet {
  /** Ids of the first bit, a multiple of 32, and words of 32 bits. */
  #base = 0;
  #words = new Uint32Array(0);
  size = 0;

  has(id: number): boolean {
    const word = (id - this.#base) >>> 5;
    if (id < this.#base || word >= this.#words.length) return false;
    return (this.#words[word]! & (1 << (id & 31))) !== 0;
  }

  add(id: number): void {
    if (id < this.#base || id - this.#base >= this.#words.length * 32) this.#makeRoom(id);
    const word = (id - this.#base) >>> 5;
    const bit = 1 << (id & 31);
    if ((this.#words[word]! & bit) !== 0) return;
    this.#words[word]! |= bit;
    this.size++;
  }

  addAll(other: IdSet): void {
    other.each((id) => this.add(id));
  }

  #makeRoom(id: number): void {
    const aligned = id - (id % 32);
    if (this.#words.length === 0) {
      this.#base = aligned;
      this.#words = new Uint32Array(32);
      return;
    }
    const end = this.#base + this.#words.length * 32;
    const base = Math.min(this.#base, aligned);
    const needed = (Math.max(end, aligned + 32) - base) / 32;
    // Ids come mostly ascending: room is made at the end, twice as much as there was.
    const words = new Uint32Array(base < this.#base ? needed : Math.max(needed, this.#words.length * 2));
    words.set(this.#words, (this.#base - base) / 32);
    this.#base = base;
    this.#words = words;
  }

  /** Calls `visit` with the ids, ascending. */
  each(visit: (id: number) => void): void {
    for (let w = 0; w < this.#words.length; w++) {
      for (let word = this.#words[w]!; word !== 0; word &= word - 1) {
        visit(this.#base + w * 32 + (31 - Math.clz32(word & -word)));
      }
    }
  }
}
