/**
 * How the metadata pairs of an entry are stored: names normalised, ascending, of equal names the last pair (a level is
 * looked for in the first). Entries
 * that carry the same names in the same order, which is nearly all of a stream, share one plan, so that normalising
 * and sorting are done once.
 */

import { compareText } from '../../model/labels.ts';
import { DETECTED_LEVEL, levelKeyRank } from './detected-level.ts';
import { normalizeMetadataName } from './stream-labels.ts';
import type { StringTable } from './string-table.ts';

const SEVERITY_NUMBER = 'severity_number';
/** Plans kept; a client that sends ever new names must not fill memory with them. */
const PLANS_MAX = 1024;

/** Positions are those of a pair's name in the entry's list of names and values. */
export interface MetadataPlan {
  /** The names as they were given, string numbers. */
  readonly given: readonly number[];
  /** Position of each pair to store, ascending by name; -1 stands for the detected level. */
  readonly order: readonly number[];
  /** Normalised names, string numbers, beside `order`. */
  readonly names: readonly number[];
  /** Positions of pairs that may hold a level, the best first. */
  readonly levels: readonly number[];
  /** Positions of the pairs of these names, -1 where there is none. */
  readonly severityNumber: number;
  readonly detected: number;
}

export class MetadataPlanner {
  readonly #strings: StringTable;
  readonly #plans = new Map<string, MetadataPlan>();
  #last: MetadataPlan;

  constructor(strings: StringTable) {
    this.#strings = strings;
    this.#last = this.#make([]);
  }

  /** The plan for names and values alternating. Throws `TriliteError` where a name means nothing. */
  planOf(pairs: readonly number[]): MetadataPlan {
    // Fast path: the names of the entry before.
    const last = this.#last.given;
    let same = 2 * last.length === pairs.length;
    for (let i = 0; same && i < last.length; i++) same = pairs[2 * i] === last[i];
    if (!same) this.#last = this.#find(pairs.filter((_, i) => i % 2 === 0));
    return this.#last;
  }

  #find(given: readonly number[]): MetadataPlan {
    const key = given.join();
    let plan = this.#plans.get(key);
    if (!plan) {
      plan = this.#make(given);
      if (this.#plans.size === PLANS_MAX) this.#plans.clear();
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #make(given: readonly number[]): MetadataPlan {
    const { strings } = this.#strings;
    const positions = new Map<string, number>();
    const firsts = new Map<string, number>();
    given.forEach((number, i) => {
      const name = normalizeMetadataName(strings[number]!);
      positions.set(name, 2 * i);
      if (!firsts.has(name)) firsts.set(name, 2 * i);
    });
    const detected = positions.get(DETECTED_LEVEL) ?? -1;
    positions.set(DETECTED_LEVEL, -1);
    const sorted = [...positions].sort(([a], [b]) => compareText(a, b));
    const levels = [...firsts].filter(([name]) => levelKeyRank(name) >= 0);
    return {
      given,
      order: sorted.map(([, position]) => position),
      names: sorted.map(([name]) => this.#strings.ofText(name)),
      levels: levels.sort(([a], [b]) => levelKeyRank(a) - levelKeyRank(b)).map(([, position]) => position),
      severityNumber: firsts.get(SEVERITY_NUMBER) ?? -1,
      detected,
    };
  }
}
