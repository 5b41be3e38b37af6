/** First in, first out: an array whose front is not moved for every item that leaves. */

/** Items that have left stay so many before the array is moved up. */
const GONE_MAX = 1024;

export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #front = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  first(): T | undefined {
    return this.#items[this.#front];
  }

  /** Removes the first item. */
  shift(): T | undefined {
    const item = this.#items[this.#front];
    if (this.#front === this.#items.length) return undefined;
    this.#items[this.#front++] = undefined;
    if (this.#front > GONE_MAX && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front);
      this.#front = 0;
    }
    return item;
  }
}
