/**
 * The keys that a parser meets, known by their bytes: a service writes the same keys in the same order, so the key that
 * followed last time is tried first and no string is made of it. For each key stands what follows from its name alone, and,
 * for lines of one layout, under which label its value is stored.
 */

import { utf8Decode } from '../../../base/bytes.ts';
import type { ParserHints } from '../hints.ts';
import type { LineState, SpanForm } from '../line-state.ts';

/** Beyond this many distinct keys of an object the table begins anew: keys may be ids. */
const FIELDS_MAX = 1024;
/** Buckets of the table, by a hash of length and some bytes. */
const BUCKETS = 256;
/** Places of an object whose following key is remembered. */
const PLACES_MAX = 256;

/** What is to be done after a field. */
export const MORE = 0;
/** Every label that is needed is there: the rest of the line is not looked at. */
export const ENOUGH = 1;
/** A filter on the label refuses the line. */
export const REFUSED = 2;
/** The line is out of the ordinary: what was stored must be undone. */
export const UNUSUAL = 3;
export type Outcome = typeof MORE | typeof ENOUGH | typeof REFUSED | typeof UNUSUAL;

/** The label that one or more keys are stored under: the first of them on a line wins. */
export interface Slot {
  /** Undefined where the label is not needed. */
  readonly name: string | undefined;
  /** Metadata has the very name: it is to be hidden. */
  readonly isTaken: boolean;
  /** Serial of the line that has it. */
  line: number;
}

export class KnownField {
  readonly key: Uint8Array;
  /** The label's name before collisions; empty where there is none. */
  readonly name: string;
  /** Of an object under this key; undefined where nothing in it is needed. */
  readonly inside: FieldTable | undefined;
  /** The key adds nothing to the name of the object that it is in, which has rules of its own. */
  readonly isNameless: boolean;
  #layout = -1;
  #slot: Slot | undefined;

  constructor(key: Uint8Array, name: string, inside: FieldTable | undefined, isNameless = false) {
    this.key = key;
    this.name = name;
    this.inside = inside;
    this.isNameless = isNameless;
  }

  /** Where the line's value goes. */
  slot(state: LineState, slots: Slots): Slot {
    if (this.#layout === state.layout) return this.#slot!;
    this.#layout = state.layout;
    this.#slot = slots.of(this.name, state);
    return this.#slot;
  }
}

/** The labels of a parser's lines, for one layout at a time. */
export class Slots {
  readonly #hints: ParserHints;
  #layout = -1;
  readonly #byName = new Map<string, Slot>();
  readonly #enough: number;
  /** Labels stored of the line with this serial. */
  #found = 0;
  #line = -1;

  constructor(hints: ParserHints) {
    this.#hints = hints;
    this.#enough = hints.enough;
  }

  /** For a fresh line: no label but the stream's and metadata is there. */
  of(name: string, state: LineState): Slot {
    if (this.#layout !== state.layout) {
      this.#byName.clear();
      this.#layout = state.layout;
    }
    const stored = state.storedName(name);
    let slot = this.#byName.get(stored);
    if (!slot) {
      const isWanted = name !== '' && this.#hints.wants(stored);
      slot = { name: isWanted ? stored : undefined, isTaken: state.indexOf(stored) >= 0, line: -1 };
      this.#byName.set(stored, slot);
    }
    return slot;
  }

  /** Stores the value `bytes[start, end)` of a field of the line, where its label is needed and not there yet. */
  store(field: KnownField, state: LineState, start: number, end: number, form: SpanForm): Outcome {
    if (field.isNameless) return UNUSUAL;
    const slot = field.slot(state, this);
    if (slot.name === undefined || slot.line === state.serial) return MORE;
    if (slot.isTaken) return UNUSUAL;
    slot.line = state.serial;
    state.addSpan(slot.name, start, end, form);
    if (!this.#hints.admits(slot.name, state)) return REFUSED;
    // Only needed labels are stored, each once a line.
    if (this.#line !== state.serial) {
      this.#line = state.serial;
      this.#found = 0;
    }
    return ++this.#found === this.#enough ? ENOUGH : MORE;
  }
}

/** Makes what is known of a key: its text and the table that it stands in. */
export type MakeField = (key: string, bytes: Uint8Array) => KnownField;

/** The keys of one object, or of one form of line. */
export class FieldTable {
  readonly #make: MakeField;
  #count = 0;
  readonly #buckets: (KnownField[] | undefined)[] = new Array(BUCKETS);
  /** The field met at each place of the object. */
  readonly #places: KnownField[] = [];

  constructor(make: MakeField) {
    this.#make = make;
  }

  /** The field that stood at this place of the last object. */
  expected(place: number): KnownField | undefined {
    return this.#places[place];
  }

  /** The field whose key is `bytes[start, end)`, met at this place. */
  find(bytes: Uint8Array, start: number, end: number, place: number): KnownField {
    const length = end - start;
    const hash = (length * 31 + (bytes[start] ?? 0) * 7 + (bytes[end - 1] ?? 0)) & (BUCKETS - 1);
    let bucket = this.#buckets[hash];
    let field = bucket?.find((f) => isSameKey(f.key, bytes, start, end));
    if (!field) {
      if (this.#count++ >= FIELDS_MAX) {
        this.#buckets.fill(undefined);
        this.#count = 1;
        bucket = undefined;
      }
      const key = bytes.slice(start, end);
      field = this.#make(utf8Decode(key), key);
      if (bucket) bucket.push(field);
      else this.#buckets[hash] = [field];
    }
    if (place < PLACES_MAX) this.#places[place] = field;
    return field;
  }
}

export function isSameKey(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const n = key.length;
  if (end - start !== n) return false;
  for (let i = 0; i < n; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}
