/** What became of the items of a transfer: nothing goes missing without a word. */

export type ItemNoun = 'samples' | 'log entries' | 'spans';

/** Different reasons that are remembered; receivers put values into theirs. */
const REASONS_MAX = 20;

export class Tally {
  readonly noun: ItemNoun;
  items = 0;
  exemplars = 0;
  refused = 0;
  /** Words of the receiver → items. */
  readonly #refusals = new Map<string, number>();
  /** What the format cannot say → how many. */
  readonly #notCarried = new Map<string, number>();

  constructor(noun: ItemNoun) {
    this.noun = noun;
  }

  taken(items: number, exemplars = 0): void {
    this.items += items;
    this.exemplars += exemplars;
  }

  refuse(words: string, items: number): void {
    this.refused += items;
    add(this.#refusals, this.#refusals.size < REASONS_MAX ? words : 'other reasons', items);
  }

  notCarried(what: string, count = 1): void {
    add(this.#notCarried, what, count);
  }

  get hasLoss(): boolean {
    return this.refused > 0 || this.#notCarried.size > 0;
  }

  /** Lines for people. `verb` is what was done: `exported`, `imported`. */
  lines(verb: string): string[] {
    const { items, exemplars, noun } = this;
    const with_ = exemplars > 0 ? ` and ${exemplars} exemplars` : '';
    return [
      `${verb} ${items} ${noun}${with_}`,
      ...Array.from(this.#refusals, ([words, n]) => `  refused ${n} ${noun}: ${words}`),
      ...Array.from(this.#notCarried, ([what, n]) => `  not in the format: ${n} ${what}`),
    ];
  }

  toJSON(): object {
    const { items, exemplars, refused } = this;
    return {
      items,
      ...(exemplars > 0 && { exemplars }),
      refused,
      refusals: Object.fromEntries(this.#refusals),
      notCarried: Object.fromEntries(this.#notCarried),
    };
  }
}

function add(map: Map<string, number>, key: string, n: number): void {
  map.set(key, (map.get(key) ?? 0) + n);
}
