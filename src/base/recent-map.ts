/** A map of bounded size, for what is remembered of strangers: the entry that was used longest ago makes room. */

export class RecentMap<Value> {
  readonly #capacity: number;
  /** The one used last stands last. */
  readonly #entries = new Map<string, Value>();
  /** Entries that had to go. */
  forgotten = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The value of the key; made where there is none. */
  use(key: string, make: () => Value): Value {
    const known = this.#entries.get(key);
    const value = known ?? make();
    if (known !== undefined) this.#entries.delete(key);
    else if (this.#entries.size >= this.#capacity) {
      this.#entries.delete(this.#entries.keys().next().value!);
      this.forgotten++;
    }
    this.#entries.set(key, value);
    return value;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The one used last comes first. */
  values(): Value[] {
    return [...this.#entries.values()].reverse();
  }
}
