/** This server's own metrics at one moment, for checks that need no more than a number of them. */

export interface Reading {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Readings {
  readonly #byName: ReadonlyMap<string, readonly Reading[]>;

  constructor(readings: readonly Reading[]) {
    this.#byName = Map.groupBy(readings, ({ name }) => name);
  }

  of(name: string): readonly Reading[] {
    return this.#byName.get(name) ?? [];
  }

  /** Of all metrics whose name fits. */
  matching(name: RegExp): readonly Reading[] {
    return [...this.#byName].filter(([own]) => name.test(own)).flatMap(([, readings]) => readings);
  }

  /** Of all children, 0 where there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.of(name)
      .filter((reading) => Object.entries(labels).every(([key, value]) => reading.labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }
}
