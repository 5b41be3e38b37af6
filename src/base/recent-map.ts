/**
 * A map of what was used lately, for state by names that strangers choose: it never has more than so many entries, and the
 * one that was used longest ago goes. Who wants another's entry gone has to bring as many names as the map holds.
 */

export class RecentMap<K, V> {
  readonly #max: number;
  /** In the order of their last use. */
  readonly #entries = new Map<K, V>();
  /** Entries that had to go. */
  forgotten = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The key's value, made where there is none; the key counts as used. */
  use(key: K, make: (key: K) => V): V {
    let value = this.#entries.get(key);
    if (value !== undefined) this.#entries.delete(key);
    else {
      value = make(key);
      if (this.#entries.size >= this.#max) {
        this.#entries.delete(this.#entries.keys().next().value!);
        this.forgotten++;
      }
    }
    this.#entries.set(key, value);
    return value;
  }

  /** The key's value where there is one, which does not count as a use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key);
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  /** The one used last comes first. */
  values(): V[] {
    return [...this.#entries.values()].reverse();
  }
}
