/** A binary heap of entries with a number: the entry with the highest is on top. */

export interface HeapEntry {
  rank: number;
}

export class MaxHeap<T extends HeapEntry> {
  readonly #entries: T[] = [];

  get top(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const up = (at - 1) >>> 1;
      if (entries[up]!.rank >= entry.rank) break;
      entries[at] = entries[up]!;
      at = up;
    }
    entries[at] = entry;
  }

  /** Takes the top entry away; undefined where there is none. */
  pop(): T | undefined {
    const top = this.#entries[0];
    const last = this.#entries.pop();
    if (top !== last) {
      this.#entries[0] = last!;
      this.sink();
    }
    return top;
  }

  /** Puts the top entry in its place after its rank was lowered. */
  sink(): void {
    const entries = this.#entries;
    const entry = entries[0];
    if (entry === undefined) return;
    let at = 0;
    for (let down = 1; down < entries.length; down = 2 * at + 1) {
      if (down + 1 < entries.length && entries[down + 1]!.rank > entries[down]!.rank) down++;
      if (entries[down]!.rank <= entry.rank) break;
      entries[at] = entries[down]!;
      at = down;
    }
    entries[at] = entry;
  }
}
