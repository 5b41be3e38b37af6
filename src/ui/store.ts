/** A value that components follow: whoever uses it is drawn again when it changes. */

import { useEffect, useState } from 'preact/hooks';

export class Store<T> {
  #value: T;
  readonly #followers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const follower of [...this.#followers]) follower();
  }

  /** Returns how to stop. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(() => store.get());
  useEffect(() => {
    // It may have changed between the first drawing and now.
    setValue(() => store.get());
    return store.follow(() => setValue(() => store.get()));
  }, [store]);
  return value;
}

/** A word in the browser's memory, for what outlives a visit; browsers that keep nothing are fine. */
export function remembered(key: string): { get(): string | undefined; set(value: string | undefined): void } {
  const name = `trilite.${key}`;
  return {
    get: () => {
      try {
        return localStorage.getItem(name) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set: (value) => {
      try {
        if (value === undefined) localStorage.removeItem(name);
        else localStorage.setItem(name, value);
      } catch {
        // Then it holds for this visit only.
      }
    },
  };
}
