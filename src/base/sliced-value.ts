/** A value that takes a while to find and is asked for at once: what is found within a slice is fresh, else it is the last one's. */

import { startSliced } from './slices.ts';

export class SlicedValue<T> {
  #value: T;
  #isRunning = false;

  constructor(first: T) {
    this.#value = first;
  }

  get value(): T {
    return this.#value;
  }

  /** Finds it anew, unless that is under way. The work must not throw. */
  refresh(work: () => Generator<void, T>): void {
    if (this.#isRunning) return;
    const found = startSliced(work());
    if (!(found instanceof Promise)) {
      this.#value = found;
      return;
    }
    this.#isRunning = true;
    void found.then((value) => {
      this.#value = value;
      this.#isRunning = false;
    });
  }
}
