/**
 * A queue that is fair: what waits is kept apart by whose it is, and everybody's first comes in turn, so that one who asks very
 * much waits for himself.
 */

export class FairQueue<T> {
  /** In the order in which they have their turns; none is empty. */
  readonly #queues = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many wait that are of `whose`. */
  waiting(whose: string): number {
    return this.#queues.get(whose)?.length ?? 0;
  }

  add(whose: string, item: T): void {
    const queue = this.#queues.get(whose);
    if (queue) queue.push(item);
    else this.#queues.set(whose, [item]);
    this.#size++;
  }

  /** Takes out the first of whoever's turn it is and `may` have one; undefined where nobody may. */
  take(may: (whose: string) => boolean): T | undefined {
    for (const [whose, queue] of this.#queues) {
      if (!may(whose)) continue;
      const item = queue.shift()!;
      this.#size--;
      // Whoever has more comes last now.
      this.#queues.delete(whose);
      if (queue.length > 0) this.#queues.set(whose, queue);
      return item;
    }
    return undefined;
  }

  /** Takes the item out; false where it is not there. */
  remove(whose: string, item: T): boolean {
    const queue = this.#queues.get(whose);
    const at = queue?.indexOf(item) ?? -1;
    if (at < 0) return false;
    queue!.splice(at, 1);
    this.#size--;
    if (queue!.length === 0) this.#queues.delete(whose);
    return true;
  }

  /** Takes the newest of whoever has most waiting out, where that is more than `than`. */
  takeFromLongest(than: number): T | undefined {
    let longest: T[] | undefined;
    for (const queue of this.#queues.values()) {
      if (queue.length > (longest?.length ?? than)) longest = queue;
    }
    // More than none are left.
    if (!longest || longest.length < 2) return undefined;
    this.#size--;
    return longest.pop();
  }

  /** Takes out all. */
  clear(): T[] {
    const all = [...this.#queues.values()].flat();
    this.#queues.clear();
    this.#size = 0;
    return all;
  }
}
