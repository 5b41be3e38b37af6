/**
 * Names and values of tags that whole groups were found to have. Who builds a query asks for them at every keystroke;
 * groups never change, so they are remembered as long as storage keeps the object of the group. Groups hold much the
 * same names and values, of which one is kept each.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import { type Value, valueKey } from './value.ts';

/** A tag with more values in a group is looked up each time: ids, mostly. */
const VALUES_MAX = 256;
/** Values in all lists together (8 bytes each); then all is forgotten and found again. */
const LISTED_MAX = 2_000_000;
/** Distinct values and lists of names. */
const DISTINCT_MAX = 100_000;

class KnownTags {
  #values = new WeakMap<SpanGroup, Map<string, readonly Value[]>>();
  #names = new WeakMap<SpanGroup, Map<string, readonly string[]>>();
  #listed = 0;
  readonly #distinctValues = new Map<string, Value>();
  readonly #distinctNames = new Map<string, readonly string[]>();

  names(group: SpanGroup, scope: string, find: () => readonly string[]): readonly string[] {
    let known = this.#names.get(group);
    if (known === undefined) this.#names.set(group, (known = new Map()));
    let names = known.get(scope);
    if (names === undefined) {
      this.#makeRoom();
      names = kept(this.#distinctNames, JSON.stringify(find()), find);
      known.set(scope, names);
    }
    return names;
  }

  values(group: SpanGroup, key: string, find: () => readonly Value[]): readonly Value[] {
    const known = this.#values.get(group)?.get(key);
    if (known !== undefined) return known;
    const found = find();
    if (found.length > VALUES_MAX) return found;
    this.#makeRoom();
    const values = found.map((value) => kept(this.#distinctValues, valueKey(value), () => value));
    this.#listed += values.length;
    const byKey = this.#values.get(group);
    if (byKey === undefined) this.#values.set(group, new Map([[key, values]]));
    else byKey.set(key, values);
    return values;
  }

  #makeRoom(): void {
    const distinct = this.#distinctValues.size + this.#distinctNames.size;
    if (this.#listed < LISTED_MAX && distinct < DISTINCT_MAX) return;
    this.#values = new WeakMap();
    this.#names = new WeakMap();
    this.#distinctValues.clear();
    this.#distinctNames.clear();
    this.#listed = 0;
  }
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** Of the thread. */
export const KNOWN_TAGS = new KnownTags();
