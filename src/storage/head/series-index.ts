/**
 * The in-memory index of active series (or streams): from key bytes to a *slot*, a small dense number under which
 * the head keeps what it knows of a series, and from matchers to slots. Ids, in contrast, are for ever: they are
 * what blocks and the label index in SQLite hold.
 *
 * Postings are built when a query first needs them, for the slots added since: appending pays nothing for them.
 */

import { ByteReader } from '../../base/bytes.ts';
import { hash64, hashBytes } from '../../base/hash.ts';
import { intersectAscending } from '../../base/sorted.ts';
import { KEY_SPACE } from '../../model/batch.ts';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { KeyTable } from './key-table.ts';

/** Finds the id of a series that an earlier process stored, by hash and canonical bytes. */
export type FindPersisted = (low: number, high: number, bytes: Uint8Array) => number | undefined;

export class SeriesIndex {
  readonly #keys = new KeyTable();
  readonly #labels: Labels[] = [];
  readonly #ids: number[] = [];
  /** Generation in which a series was first seen; 0 where SQLite had it before. */
  readonly #created: number[] = [];
  readonly #slotOfId = new Map<number, number>();
  readonly #postings = new Map<string, Map<string, number[]>>();
  #indexed = 0;
  readonly #nextId: () => number;
  #findPersisted: FindPersisted | undefined;
  /** Called with the slot of every series that is new to this process. */
  onAdd: (slot: number) => void = () => {};

  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  set findPersisted(find: FindPersisted | undefined) {
    this.#findPersisted = find;
  }

  get size(): number {
    return this.#labels.length;
  }

  labels(slot: number): Labels {
    return this.#labels[slot]!;
  }

  id(slot: number): number {
    return this.#ids[slot]!;
  }

  createdIn(slot: number): number {
    return this.#created[slot]!;
  }

  slotOfId(id: number): number | undefined {
    return this.#slotOfId.get(id);
  }

  /** The slot known under these key bytes, or -1. */
  find(space: number, bytes: Uint8Array, start: number, end: number): number {
    return this.#keys.find(space, bytes, start, end);
  }

  /** The slot of the labels, added where they are new; the key bytes are remembered for the next `find`. */
  resolve(
    labels: Labels,
    generation: number,
    space: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const canonical = labels.toBytes();
    let slot = this.#keys.find(KEY_SPACE.canonical, canonical, 0, canonical.length);
    if (slot < 0) slot = this.#add(labels, canonical, generation);
    if (space !== KEY_SPACE.canonical) this.#keys.add(space, bytes, start, end, slot);
    return slot;
  }

  /** The slot of the labels, added where they are new. */
  resolveLabels(labels: Labels, generation: number): number {
    const canonical = labels.toBytes();
    const slot = this.#keys.find(KEY_SPACE.canonical, canonical, 0, canonical.length);
    return slot >= 0 ? slot : this.#add(labels, canonical, generation);
  }

  /** Puts back a series whose id the WAL names. */
  restore(id: number, canonical: Uint8Array, generation: number): number {
    const known = this.#keys.find(KEY_SPACE.canonical, canonical, 0, canonical.length);
    return known >= 0
      ? known
      : this.#place(Labels.readFrom(new ByteReader(canonical)), canonical, id, generation);
  }

  #add(labels: Labels, canonical: Uint8Array, generation: number): number {
    if (this.#findPersisted) {
      hashBytes(canonical, 0, canonical.length);
      const id = this.#findPersisted(hash64.low, hash64.high, canonical);
      if (id !== undefined) return this.#place(labels, canonical, id, 0);
    }
    return this.#place(labels, canonical, this.#nextId(), generation);
  }

  #place(labels: Labels, canonical: Uint8Array, id: number, generation: number): number {
    const slot = this.#labels.length;
    this.#labels.push(labels);
    this.#ids.push(id);
    this.#created.push(generation);
    this.#slotOfId.set(id, slot);
    this.#keys.add(KEY_SPACE.canonical, canonical, 0, canonical.length, slot);
    this.onAdd(slot);
    return slot;
  }

  /** Slots of the series that all matchers accept, ascending. */
  select(matchers: readonly Matcher[]): number[] {
    this.#buildPostings();
    let slots: number[] | undefined;
    const rest: Matcher[] = [];
    for (const m of matchers) {
      if (m.matchesEmpty) {
        rest.push(m);
        continue;
      }
      const list = this.#postingsOf(m);
      slots = slots === undefined ? list : intersectAscending(slots, list);
      if (slots.length === 0) return slots;
    }
    slots ??= Array.from(this.#labels.keys());
    if (rest.length === 0) return slots;
    return slots.filter((slot) => rest.every((m) => m.matches(this.#labels[slot]!.get(m.name))));
  }

  /** Label name → value → slots, of all series. */
  postings(): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
    this.#buildPostings();
    return this.#postings;
  }

  #postingsOf(m: Matcher): number[] {
    const values = this.#postings.get(m.name);
    if (!values) return [];
    const lists: number[][] = [];
    if (m.literals) {
      for (const v of new Set(m.literals)) {
        const list = values.get(v);
        if (list) lists.push(list);
      }
    } else {
      for (const [value, list] of values) if (m.matches(value)) lists.push(list);
    }
    if (lists.length === 1) return lists[0]!;
    return lists.flat().sort((a, b) => a - b);
  }

  #buildPostings(): void {
    for (; this.#indexed < this.#labels.length; this.#indexed++) {
      const p = this.#labels[this.#indexed]!.pairs;
      for (let i = 0; i < p.length; i += 2) {
        let values = this.#postings.get(p[i]!);
        if (!values) this.#postings.set(p[i]!, (values = new Map()));
        const list = values.get(p[i + 1]!);
        if (list) list.push(this.#indexed);
        else values.set(p[i + 1]!, [this.#indexed]);
      }
    }
  }
}
