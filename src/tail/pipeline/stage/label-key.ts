/** A text that is equal exactly for equal labels, whatever their order: the key of what stages keep per label set. */

export function labelKey(labels: ReadonlyMap<string, string>): string {
  let out = '';
  for (const name of [...labels.keys()].sort()) {
    const value = labels.get(name)!;
    // Lengths make it unambiguous whatever the values contain.
    out += `${name.length}:${name}${value.length}:${value}`;
  }
  return out;
}

/** A map that forgets what was not used for the longest time when there is more than `max` in it. */
export class RecentMap<Value> {
  readonly #map = new Map<string, Value>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: string): Value | undefined {
    const value = this.#map.get(key);
    if (value === undefined) return undefined;
    this.#map.delete(key);
    this.#map.set(key, value);
    return value;
  }

  /** What was forgotten for it, if anything was. */
  set(key: string, value: Value): Value | undefined {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.#max) return undefined;
    const [oldest, forgotten] = this.#map.entries().next().value!;
    this.#map.delete(oldest);
    return forgotten;
  }

  delete(key: string): void {
    this.#map.delete(key);
  }

  clear(): void {
    this.#map.clear();
  }

  /** Least recently used first. */
  values(): IterableIterator<Value> {
    return this.#map.values();
  }
}
